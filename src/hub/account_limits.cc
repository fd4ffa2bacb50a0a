// SPDX-License-Identifier: Apache-2.0
#include "hub/account_limits.h"

#include <algorithm>

namespace clamor::hub {

chat::LimitAnswer AccountLimits::check(UserId user, const limits::Window& window, MonoTime now) {
    Stripe& stripe = stripes_[user.value % kStripes];
    const std::lock_guard lock(stripe.mutex);
    if (stripe.accounts.size() >= stripe.sweep_at) {
        std::erase_if(stripe.accounts, [now](const auto& entry) {
            return std::all_of(
                entry.second.begin(), entry.second.end(),
                [now](const Bucket& bucket) { return bucket.times.idle(bucket.window, now); });
        });
        stripe.sweep_at = std::max<std::size_t>(1024, 2 * stripe.accounts.size());
    }
    Account& account = stripe.accounts[user];
    auto bucket = std::find_if(account.begin(), account.end(), [&window](const Bucket& known) {
        return known.window.count == window.count && known.window.length == window.length;
    });
    if (bucket == account.end())
        bucket = account.insert(account.end(), {.window = window, .times = {}});
    return bucket->times.check(window, now);
}

std::size_t AccountLimits::remembered() const {
    std::size_t total = 0;
    for (const Stripe& stripe : stripes_) {
        const std::lock_guard lock(stripe.mutex);
        total += stripe.accounts.size();
    }
    return total;
}

}  // namespace clamor::hub
