// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "chat/event.h"
#include "sim/violations.h"
#include "store/message_log.h"

namespace clamor::sim {

/// One life of a node; never used again for another.
using NodeId = std::uint64_t;
/// One client in a run, over all its connections to all nodes.
using ClientId = std::uint64_t;

/// Holds what clients of several nodes are shown, over lost connections, crashed nodes and a Redis
/// that forgets, against what nodes published, what Redis gave places to, and what is in the log:
/// - a place has one event, for every client and in the log, and places only grow, for a client in
/// one connection and in a node's bus, except for what a gap in the bus left out and the log
/// brought later;
/// - nothing comes twice in one connection, and over connections only what had no place the first
/// time;
/// - what is in the log and lies behind where a client began was shown to it, or is in a gap of
/// which it was told, with as many events as were not shown at least; what moderation took away
/// meanwhile may be left out, and what came to its node when it was deleted already;
/// - an echo is in the log at its place, and what a living node published and got a place is there;
/// - what is taken out of sight in the log is what moderators did and did not undo;
/// - no node accepts a message of a user after it was given the event of a ban or timeout that is
/// in the catalog still. (What it accepted before may have its place behind the ban: the bus gives
/// places in the order in which they are asked for.)
class ContinuityChecker {
  public:
    ContinuityChecker(Violations& violations, store::MessageLog& log)
        : violations_(violations), log_(log) {}

    // Of nodes.
    /// A room gave it to the bus. `banned`: its author is, by the catalog.
    void published(NodeId node, const chat::Event& event, bool banned);
    /// The bus handed it to a room, with its place unless it came early.
    void received(NodeId node, const chat::Event& event, bool again);
    void gap(NodeId node, ChannelId channel, Position after, Position before);
    void crashed(NodeId node) { crashed_.insert(node); }
    /// The room's bus begins anew.
    void subscribed(NodeId node, ChannelId channel) { newest_[{node, channel}] = {}; }
    /// Redis gave it a place, perhaps for the second time.
    void placed(Position position, const chat::Event& event);

    // Of moderators.
    /// The user's ban was put into the catalog, up to `ends_at`, or removed: what nodes have heard
    /// of is older.
    void ban_changed(ChannelId channel, UserId user, std::optional<WallTime> ends_at);
    /// The node told the log to take back what the act took out of sight.
    void undone(NodeId node, MessageId act);

    // Of clients.
    /// It is in the channel, and is to be shown all behind `from`.
    void begins(ClientId client, ChannelId channel, Position from);
    bool follows(ClientId client, ChannelId channel) const;
    /// A connection of it, to that node, is in the channel.
    void connects(ClientId client, ChannelId channel, NodeId node);
    void ends(ClientId client, ChannelId channel) { stays_.erase({client, channel}); }
    /// Where it goes on after a lost connection.
    Position newest(ClientId client, ChannelId channel) const;
    void shown(ClientId client, const chat::Event& event);
    /// It says something, and need not be shown it.
    void says(ClientId client, const std::string& nonce) { sayers_[nonce] = client; }
    /// What it said itself has this place and is durable.
    void echoed(ClientId client, ChannelId channel, MessageId id, Position position);
    /// It was told that it misses so many between the two.
    void announced(ClientId client, ChannelId channel, Position after, Position before,
                   std::uint64_t count);
    /// The log was asked for what is between, and does not give what is deleted now. The node does
    /// not give what the acts that it knows of take away, before the log knows of them.
    void not_given(ClientId client, ChannelId channel, Position after, Position upto);

    /// All nodes hold together, and nothing is under way.
    void check_at_rest();

    std::uint64_t behind_bans() const { return behind_bans_; }
    std::uint64_t gaps() const { return gaps_seen_; }
    std::uint64_t announcements() const { return announcements_; }

  private:
    using Place = std::pair<ChannelId, Position>;
    using InNode = std::pair<NodeId, ChannelId>;
    using OfNode = std::pair<NodeId, MessageId>;
    struct Published {
        NodeId node;
        ChannelId channel;
        std::uint64_t order;
    };
    /// An act as a node was given it.
    struct Given {
        MessageId id;
        chat::Moderation what;
        std::uint64_t order;
    };
    /// What a client was given of the log while its node knew of these acts.
    struct CaughtUp {
        Position after;
        Position upto;
        std::vector<Given> acts;
    };
    struct Gap {
        Position after;
        Position before;
        std::uint64_t count;
    };
    struct Stay {
        Position from;
        Position newest;  ///< that it was shown
        NodeId node = 0;
        std::set<NodeId> nodes{};  ///< all so far
        std::set<MessageId> shown{};
        std::set<MessageId> without_place{};  ///< of them
        std::set<MessageId> shown_here{};     ///< by this connection
        std::set<MessageId> excused{};
        std::vector<Gap> announced{};
        std::vector<CaughtUp> caught_up{};
    };
    struct Act {
        MessageId id;
        Position position;
        chat::Moderation what;
    };
    /// Of a user in a channel, as the catalog has it.
    struct Ban {
        std::optional<WallTime> ends_at;  ///< none: never
        std::set<NodeId> known_to;
    };

    void note_ban(NodeId node, ChannelId channel, const chat::Moderation& act);
    bool in_gap(NodeId node, ChannelId channel, Position position) const;
    /// All that it was given: Redis may have forgotten the first.
    std::vector<Position> places_of(const store::StoredMessage& entry) const;
    bool taken_away(const Stay& stay, const store::StoredMessage& entry) const;
    bool behind_gap(ChannelId channel, const store::StoredMessage& entry) const;
    void check_place(const char* who, ChannelId channel, Position position, MessageId id);
    void check_log(ChannelId channel, const std::vector<store::StoredMessage>& entries);
    bool lost_with_its_node(ChannelId channel, MessageId act) const;
    void check_hidden(ChannelId channel, const store::StoredMessage& entry);
    void check_stay(ClientId client, ChannelId channel, const Stay& stay,
                    const std::vector<store::StoredMessage>& entries);

    Violations& violations_;
    store::MessageLog& log_;
    std::map<MessageId, Published> published_;
    std::map<std::string, ClientId> sayers_;  ///< by nonce
    std::map<MessageId, ClientId> sayer_of_;
    std::map<Place, MessageId> places_;
    std::map<MessageId, std::vector<Position>> places_of_;
    std::map<ChannelId, std::vector<Act>> acts_;
    std::map<MessageId, NodeId> undone_;  // by which node
    std::set<NodeId> crashed_;
    std::map<InNode, std::vector<Given>> given_;  ///< that nobody has undone there
    std::set<OfNode> deleted_at_;                 ///< messages that such acts named
    std::set<OfNode> came_deleted_;               ///< of them, those that came behind that
    std::uint64_t order_ = 0;                     ///< of what happens
    std::map<InNode, Position> newest_;           ///< that the bus handed out
    std::map<InNode, std::vector<Gap>> bus_gaps_;
    std::map<std::pair<ChannelId, UserId>, Ban> bans_;
    std::set<std::pair<ClientId, MessageId>> echoes_;
    std::map<std::pair<ClientId, ChannelId>, Stay> stays_;
    std::uint64_t behind_bans_ = 0;
    std::uint64_t gaps_seen_ = 0;
    std::uint64_t announcements_ = 0;
};

}  // namespace clamor::sim
