// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/time.h"

namespace clamor::automod {

/// What AutoMod remembers of one channel: its recent messages as hashes, and what moderators let
/// pass for a while. Owned by the channel's room; one thread. Bounded: 12 KiB, allocated with the
/// first message that a rule wants remembered.
class ChannelMemory {
  public:
    static constexpr std::size_t kMessages = 256;  ///< the oldest is forgotten for a new one
    static constexpr std::size_t kPermits = 64;    ///< the one that ends first makes room
    static constexpr std::size_t kAllowedOnce = 16;

    struct Message {
        UserId author{};
        std::uint64_t hash = 0;    ///< of the normalised text
        std::uint64_t sketch = 0;  ///< SimHash of it; 0: too short for one
        MonoTime at{};
    };

    /// The user may post links until then.
    void permit_links(UserId user, MonoTime until);
    bool may_post_links(UserId user, MonoTime now) const;

    /// The phrase passes once, of this user (none: of anybody), until then. The text is normalised
    /// by whoever calls.
    void allow_once(UserId user, std::string normalised_phrase, MonoTime until);
    /// The first phrase that is in force for the user and for which `found` says yes is used up.
    template <class Found>
    bool use_allowed(UserId user, MonoTime now, const Found& found) {
        for (std::size_t i = 0; i < allowed_.size(); ++i) {
            const Allowed& allowed = allowed_[i];
            if (allowed.until <= now || (allowed.user && allowed.user != user)) continue;
            if (!found(allowed.phrase)) continue;
            allowed_.erase(allowed_.begin() + static_cast<std::ptrdiff_t>(i));
            return true;
        }
        return false;
    }
    bool allows_anything() const { return !allowed_.empty(); }

    void remember(const Message& message);
    /// Calls `see(message)` for those not older than `since`, the newest first, until it says
    /// false.
    template <class See>
    void each_since(MonoTime since, const See& see) const {
        for (std::size_t i = 0; i < used_; ++i) {
            const Message& message = ring_[(next_ + kMessages - 1 - i) % kMessages];
            if (message.at < since || !see(message)) return;
        }
    }

  private:
    struct Permit {
        UserId user;
        MonoTime until;
    };
    struct Allowed {
        UserId user;
        std::string phrase;
        MonoTime until;
    };

    std::vector<Message> ring_;
    std::size_t next_ = 0;
    std::size_t used_ = 0;
    std::vector<Permit> permits_;
    std::vector<Allowed> allowed_;
};

}  // namespace clamor::automod
