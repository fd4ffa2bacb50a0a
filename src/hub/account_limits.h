// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "base/ids.h"
#include "base/limits.h"
#include "chat/rate_limiter.h"

namespace clamor::hub {

/// The windows of all accounts of a node for one thing that is limited: messages, joins or logins.
/// An account's limit holds over all its connections and channels, so this is the one thing that
/// the shards share and change; accounts are spread over stripes with a lock each, and a check
/// holds one for well under a microsecond (docs/adr/0006). Any thread. Idle accounts are forgotten.
class AccountLimits {
  public:
    /// Counts one act of `user` at `now` against `window`. Each class of window is a bucket of its
    /// own: what a moderator says in their channel does not use up what they may say as a
    /// viewer elsewhere (spec twitch-chat 11.2).
    chat::LimitAnswer check(UserId user, const limits::Window& window, MonoTime now);
    std::size_t remembered() const;

  private:
    struct Bucket {
        limits::Window window;
        chat::SlidingWindow times;
    };
    using Account = std::vector<Bucket>;  // one or two
    struct Stripe {
        mutable std::mutex mutex;
        std::unordered_map<UserId, Account> accounts;
        std::size_t sweep_at = 1024;
    };
    static constexpr std::size_t kStripes = 16;

    std::array<Stripe, kStripes> stripes_;
};

}  // namespace clamor::hub
