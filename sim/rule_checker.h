// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <map>
#include <unordered_map>
#include <utility>

#include "base/ids.h"
#include "base/time.h"
#include "chat/room.h"
#include "sim/violations.h"

namespace clamor::sim {

/// Holds what rooms accepted and refused against the rules, worked out anew from all that was
/// accepted before.
class RuleChecker {
  public:
    explicit RuleChecker(Violations& violations) : violations_(violations) {}

    void set_modes(ChannelId channel, const chat::RoomState& modes) { modes_[channel] = modes; }
    /// A message is on its way to its room, whatever becomes of it there.
    void asked(const chat::Chatter& author, MonoTime now);
    void accepted(ChannelId channel, const chat::Chatter& author, const chat::Message& message,
                  MonoTime now);
    /// A refusal needs a reason; it is told some time after it was decided.
    void refused(ChannelId channel, const chat::Chatter& author, const chat::Refused& refusal,
                 MonoTime now);
    /// The room failed and has forgotten what was said.
    void forget(ChannelId channel, MonoTime now);

    /// How long an answer may have been on its way.
    static constexpr std::chrono::seconds kLate{5};
    /// How long a message may wait for facts before it is decided.
    static constexpr std::chrono::seconds kParked{150};

  private:
    struct Said {
        MonoTime at;
        std::string text;
    };
    using Author = std::pair<ChannelId, UserId>;
    using Window = std::pair<UserId, std::uint32_t>;  // and how many it takes
    struct Times {
        std::deque<MonoTime> accepted;
        std::deque<MonoTime> asked;
    };

    Times& times_of(const chat::Chatter& author, MonoTime now);
    void check_modes(const chat::RoomState& modes, const chat::Chatter& author,
                     const chat::Message& message);

    Violations& violations_;
    std::unordered_map<ChannelId, chat::RoomState> modes_;
    std::map<Author, Said> last_;
    std::unordered_map<ChannelId, MonoTime> forgotten_at_;
    std::map<Window, Times> windows_;
};

}  // namespace clamor::sim
