// SPDX-License-Identifier: Apache-2.0
#include "store/terms.h"

#include <iterator>
#include <utility>

namespace clamor::store {

Result<std::vector<Term>> all_terms(ModerationStore& store, ChannelId channel, WallTime now) {
    constexpr std::size_t kPage = 1000;
    std::vector<Term> terms;
    for (const bool permitted : {false, true}) {
        for (std::string after;;) {
            auto page = store.list_terms(channel, permitted, after, now, kPage);
            if (!page) return tl::unexpected(page.error());
            const bool last = page->size() < kPage;
            if (!last) after = page->back().id;
            std::move(page->begin(), page->end(), std::back_inserter(terms));
            if (last) break;
        }
    }
    return terms;
}

}  // namespace clamor::store
