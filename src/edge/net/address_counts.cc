// SPDX-License-Identifier: Apache-2.0
#include "edge/net/address_counts.h"

namespace clamor::edge::net {

bool AddressCounts::enter(const std::string& address) {
    Stripe& at = stripe(address);
    const std::lock_guard lock(at.mutex);
    std::size_t& count = at.counts[address];
    if (count >= max_) return false;
    ++count;
    return true;
}

void AddressCounts::leave(const std::string& address) {
    Stripe& at = stripe(address);
    const std::lock_guard lock(at.mutex);
    const auto found = at.counts.find(address);
    if (found != at.counts.end() && --found->second == 0) at.counts.erase(found);
}

}  // namespace clamor::edge::net
