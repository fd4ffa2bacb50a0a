// SPDX-License-Identifier: Apache-2.0
#include "automod/channel_memory.h"

#include <algorithm>
#include <utility>

namespace clamor::automod {
namespace {

/// Makes room for one more: what has ended goes, else what ends first.
template <class List>
void make_room(List& list, std::size_t most) {
    if (list.size() < most) return;
    list.erase(std::ranges::min_element(list, {}, [](const auto& item) { return item.until; }));
}

}  // namespace

void ChannelMemory::permit_links(UserId user, MonoTime until) {
    const auto known = std::ranges::find(permits_, user, &Permit::user);
    if (known != permits_.end()) {
        known->until = std::max(known->until, until);
        return;
    }
    make_room(permits_, kPermits);
    permits_.push_back({user, until});
}

bool ChannelMemory::may_post_links(UserId user, MonoTime now) const {
    const auto permit = std::ranges::find(permits_, user, &Permit::user);
    return permit != permits_.end() && permit->until > now;
}

void ChannelMemory::allow_once(UserId user, std::string normalised_phrase, MonoTime until) {
    if (normalised_phrase.empty()) return;
    make_room(allowed_, kAllowedOnce);
    allowed_.push_back({user, std::move(normalised_phrase), until});
}

void ChannelMemory::remember(const Message& message) {
    if (ring_.empty()) ring_.resize(kMessages);
    ring_[next_] = message;
    next_ = (next_ + 1) % kMessages;
    used_ = std::min(used_ + 1, kMessages);
}

}  // namespace clamor::automod
