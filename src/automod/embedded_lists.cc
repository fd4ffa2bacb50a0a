// SPDX-License-Identifier: Apache-2.0
#include "automod/embedded_lists.h"

extern "C" {
extern const char clamor_automod_tlds[];
extern const char clamor_automod_tlds_end[];
extern const char clamor_automod_terms[];
extern const char clamor_automod_terms_end[];
}

namespace clamor::automod {
namespace {

std::string_view between(const char* begin, const char* end) {
    return {begin, static_cast<std::size_t>(end - begin)};
}

}  // namespace

std::string_view embedded_top_level_domains() {
    return between(clamor_automod_tlds, clamor_automod_tlds_end);
}

std::string_view embedded_terms() {
    return between(clamor_automod_terms, clamor_automod_terms_end);
}

}  // namespace clamor::automod
