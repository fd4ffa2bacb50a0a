// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "chat/act.h"
#include "chat/event.h"
#include "chat/people.h"
#include "sim/violations.h"
#include "store/moderation_store.h"

namespace clamor::sim {

/// Holds what moderators do against who may do it and against what the catalog says:
/// - only moderators and broadcasters act, and whoever may not is told so;
/// - what is in the catalog is published, once, and in that order what concerns the same person or
///   nobody, and nothing else is; what was taken back before may be left out;
/// - all that was published makes of a user what the catalog says of them.
class ActChecker {
  public:
    explicit ActChecker(Violations& violations) : violations_(violations) {}

    /// A line of the audit log, as the catalog takes it. `role` is the actor's at that moment.
    void committed(const store::AuditEntry& entry, chat::Role role);
    /// What the catalog knew of a user before an act changed it for the first time.
    void knew(ChannelId channel, UserId user, const chat::Standing& standing) {
        standings_.try_emplace({channel, user}, standing);
    }
    /// The acts of a batch, by their ids.
    std::vector<MessageId> acts_of(ChannelId channel, const std::string& batch) const;

    void published(ChannelId channel, const chat::Moderation& act);
    /// A fault took the act's event: nobody is told of it, but it is done.
    void lost(ChannelId channel, const chat::Moderation& act);

    /// `role` is what the actor was from the question to the answer; none: it changed meanwhile.
    void answered(const std::string& actor, std::optional<chat::Role> role, const chat::Act& act,
                  const chat::ActAnswer& answer);
    /// A session was taken out of the channel.
    void evicted(ChannelId channel, UserId user);
    /// A session is in the channel at rest.
    void present_at_rest(ChannelId channel, const chat::User& user);
    /// Everything committed is published. `find` is the catalog's standing of a user.
    template <class Find>
    void check_at_rest(WallTime now, Find find) {
        check_published();
        for (const auto& [who, standing] : standings_)
            check_standing(who.first, who.second, standing, find(who.first, who.second), now);
    }

  private:
    using ChannelUser = std::pair<ChannelId, UserId>;
    struct Act {
        MessageId id;
        UserId target;
    };
    struct Channel {
        std::deque<Act> unpublished;    // in the catalog's order
        std::set<MessageId> withdrawn;  // of those: taken back
        std::set<UserId> undid;         // whose events have no line of their own
        std::map<std::string, std::vector<MessageId>> batches;
    };

    static void withdraw(Channel& channel, MessageId act);
    void came(ChannelId channel, const chat::Moderation& act);
    void check_published();
    void check_standing(ChannelId channel, UserId user, const chat::Standing& told,
                        const chat::Standing& in_catalog, WallTime now);

    Violations& violations_;
    std::unordered_map<ChannelId, Channel> channels_;
    std::map<ChannelUser, chat::Standing> standings_;  // by all events
    std::set<ChannelUser> banned_;                     // for good, and everybody was told
    std::set<ChannelUser> ever_banned_;
};

}  // namespace clamor::sim
