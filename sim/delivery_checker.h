// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/ids.h"
#include "hub/member.h"
#include "sim/violations.h"

namespace clamor::sim {

/// Holds what every session got against what was published:
/// - one order: sequences only grow, and a sequence is the same message for everybody (so nothing
/// comes twice);
/// - nothing from a channel that the session is not in, nothing that it said itself;
/// - nothing is missing between what came, except what the session was told that it skipped; of
/// what moderators did nothing at all;
/// - what restricted users say reaches nobody;
/// - who is put out of a channel was told of the ban first.
class DeliveryChecker {
  public:
    explicit DeliveryChecker(Violations& violations) : violations_(violations) {}

    /// What a session may expect of an event.
    enum class Kind { message, for_moderators, act };

    /// The bus gave an event its position. `by` is the session that sent it; kNoSession: none.
    void published(ChannelId channel, Position position, MessageId id, SessionId by,
                   Kind kind = Kind::message);

    void join_asked(SessionId session, hub::RequestId request, const std::string& login);
    void join_answered(SessionId session, hub::RequestId request, const hub::JoinAnswer& answer);
    /// What the hub said to a wish to leave: whether the session was there, or on its way in.
    void left(SessionId session, const std::string& login, bool was_there);
    void gone(SessionId session);
    /// The hub took the session out.
    void evicted(SessionId session, const std::string& login);

    void delivered(SessionId session, ChannelId channel, Position position, MessageId id);
    /// It was the ban of the session's own user that was delivered.
    void told_of_ban(SessionId session, ChannelId channel);
    /// An event without a position.
    void delivered_other(SessionId session, ChannelId channel);
    void skipped(SessionId session, ChannelId channel, std::uint64_t messages);
    /// From now on deliveries may be shed on their way: who misses something is told of it a while
    /// later.
    void allow_loss() { loss_allowed_ = true; }
    bool loss_allowed() const { return loss_allowed_; }

    /// Nothing is on its way any more: whatever was published has arrived.
    void check_at_rest();

    struct Stay {
        ChannelId channel;
        std::uint64_t last_seen =
            0;  ///< the newest that came in this stay, or that was published when it began
        std::uint64_t missing = 0;
        std::uint64_t skipped = 0;
        bool told_of_ban = false;
    };
    /// The channels that a session is in, by login.
    const std::map<std::string, Stay>& stays_of(SessionId session) const;
    std::uint64_t published_in(ChannelId channel) const;

  private:
    struct Said {
        MessageId id;
        SessionId by;
        Kind kind;
    };
    struct Joining {
        hub::RequestId request;
        std::string login;
        bool cancelled;
    };
    struct Session {
        std::map<std::string, Stay> stays;
        std::vector<Joining> joining;
        std::unordered_map<ChannelId, std::uint64_t> newest;  // over all stays
    };

    Stay* stay_in(SessionId session, ChannelId channel);
    void count_missing(SessionId session, Stay& stay, std::uint64_t before);
    void check_told(SessionId session, Stay& stay, std::uint64_t before);

    Violations& violations_;
    std::unordered_map<ChannelId, std::vector<Said>> published_;  // by sequence, from 1 on
    std::map<SessionId, Session> sessions_;
    bool loss_allowed_ = false;
};

}  // namespace clamor::sim
