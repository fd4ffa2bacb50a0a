// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "base/result.h"

namespace clamor {

namespace detail {
void check_failed(const char* file, int line, const char* condition, const char* why) {
    std::fprintf(stderr, "clamor: bug at %s:%d: %s is false: %s\n", file, line, condition, why);
    std::abort();
}
}  // namespace detail

tl::unexpected<Error> fail_errno(std::string detail) {
    return fail(std::error_code(errno, std::generic_category()), std::move(detail));
}

}  // namespace clamor
