// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "chat/room.h"
#include "sim/violations.h"

namespace clamor::sim {

/// Holds what rooms accepted and refused against the rules, worked out anew from all that was
/// accepted and done by moderators before.
///
/// An act is in the catalog first (`committed`), and from the moment in which its event or its
/// answer shows that the room knows of it (`seen`) it holds, until the catalog says otherwise.
/// Between the two the room may decide by either.
class RuleChecker {
  public:
    explicit RuleChecker(Violations& violations) : violations_(violations) {}

    /// The modes at the start of a run.
    void set_modes(ChannelId channel, const chat::RoomState& modes) {
        modes_[channel] = {{.modes = modes, .replaced_at = MonoTime::max()}};
    }
    /// An act's modes are in the catalog.
    void modes_committed(ChannelId channel, const chat::RoomState& modes);
    /// The catalog has new facts of a user; `act` is the last one about them, none where an undo
    /// changed them.
    void standing_committed(ChannelId channel, UserId user, const chat::Standing& before,
                            const chat::Standing& after, MessageId act, MonoTime now);
    /// The room knows of the act: it was published, or answered.
    void seen(ChannelId channel, const chat::Moderation& act);
    /// The act's place in the channel's order, from which on its modes hold.
    void published(ChannelId channel, const chat::Moderation& act, MonoTime now);

    /// A message is on its way to its room, whatever becomes of it there.
    void asked(const chat::Chatter& author, MonoTime now);
    /// `author` as the catalog knows them.
    void accepted(ChannelId channel, const chat::Chatter& author, const chat::Message& message,
                  Now now);
    /// A refusal needs a reason; it is told some time after it was decided.
    void refused(ChannelId channel, const chat::Chatter& author, const chat::Refused& refusal,
                 Now now);
    /// The room failed and has forgotten what was said.
    void forget(ChannelId channel, MonoTime now);

    /// Names the ban for good that the room must know of; 0: there is none. While it stays the same
    /// nobody gets in.
    std::uint64_t ban_for_good(ChannelId channel, UserId user) const;
    /// A join needs a reason to be refused as well.
    void join_refused(ChannelId channel, const chat::Chatter& who, Now now);
    /// When the user's role in the channel changed last.
    MonoTime role_changed_at(ChannelId channel, UserId user) const;

    /// How long an answer may have been on its way.
    static constexpr std::chrono::seconds kLate{5};
    /// How long a message may wait for facts before it is decided.
    static constexpr std::chrono::seconds kParked{150};

  private:
    struct Said {
        MonoTime at;
        std::string text;
    };
    /// Modes that a room may go by, or went by until they were replaced.
    struct Modes {
        chat::RoomState modes;
        MonoTime replaced_at;
    };
    /// What acts made of a user.
    struct Known {
        chat::Standing in_catalog;
        MessageId last_act;
        // Whether the room must know of it.
        bool ban_seen = false;
        bool role_seen = false;
        bool suspicion_seen = false;
        std::uint64_t bans = 0;  ///< changes of the ban
        MonoTime unbanned_at{};
        WallTime timeout_ended{};
        MonoTime role_changed_at{};
    };
    using Author = std::pair<ChannelId, UserId>;
    using Window = std::pair<UserId, std::uint32_t>;  // and how many it takes

    std::deque<MonoTime>& accepted_by(const chat::Chatter& author, MonoTime now);
    std::deque<MonoTime>& asked_by(UserId user, MonoTime now);
    const Known* known(ChannelId channel, UserId user) const;
    void check_standing(ChannelId channel, const chat::Chatter& author,
                        const chat::Message& message, WallTime now);
    /// What is against the modes; nullptr: nothing.
    const char* broken(const chat::RoomState& modes, const chat::Chatter& author,
                       const chat::Message& message, const Said* last, Now now) const;
    bool banned_lately(ChannelId channel, const chat::Chatter& who, Now now) const;
    template <class Holds>
    bool any_mode(ChannelId channel, MonoTime now, Holds holds) const;

    Violations& violations_;
    std::unordered_map<ChannelId, std::vector<Modes>> modes_;
    std::map<Author, Known> known_;
    std::map<Author, Said> last_;
    std::unordered_map<ChannelId, MonoTime> forgotten_at_;
    std::map<Window, std::deque<MonoTime>> accepted_;
    std::map<UserId, std::deque<MonoTime>> asked_;
};

}  // namespace clamor::sim
