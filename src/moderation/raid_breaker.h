// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/time.h"
#include "moderation/raid_settings.h"

namespace clamor::moderation {

/// What made a rush of newcomers look like a raid by bots.
struct RaidAlarm {
    std::size_t newcomers = 0;
    std::size_t suspicious = 0;  ///< for one of these reasons at least
    std::size_t young = 0;       ///< their accounts are new
    std::size_t alike_names = 0;
    std::size_t alike_messages = 0;
};

/// Watches who comes to one channel. Pure: time is an argument; remembers at most
/// limits::kNewcomersWatched people, and those only as long as the window.
class RaidBreaker {
  public:
    /// Somebody whom the channel does not know has come.
    void came(UserId user, std::string_view login, std::optional<WallTime> account_made,
              const RaidSettings& settings, const Now& now);
    /// What such a person says first; `sketch` as automod::sketch_of().
    void spoke(UserId user, std::uint64_t sketch);
    /// Whether what was seen up to now is a raid.
    std::optional<RaidAlarm> alarm(const RaidSettings& settings, MonoTime now);
    void forget() { newcomers_.clear(); }

  private:
    struct Newcomer {
        UserId user;
        std::string pattern;  ///< of the name; empty: of no pattern
        bool young = false;
        std::uint64_t sketch = 0;  ///< of the first message; 0: none
        MonoTime at;
    };
    std::deque<Newcomer> newcomers_;
};

/// `bot_1234` and `bot_9` have one: what stands before the digits at the end. Empty for a name
/// without digits at its end, or with too little in front of them.
std::string name_pattern(std::string_view login);

}  // namespace clamor::moderation
