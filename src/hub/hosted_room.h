// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "automod/channel_memory.h"
#include "automod/raid_breaker.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/scheduler.h"
#include "base/time.h"
#include "chat/event.h"
#include "chat/room.h"
#include "chat/shared_chat.h"
#include "emotes/emote_set.h"
#include "hub/catch_up.h"
#include "hub/gateway.h"
#include "hub/member.h"
#include "hub/shared_presence.h"
#include "moderation/automod_desk.h"

namespace clamor::hub {

/// A command that waits for facts; told whether they came.
using Parked = std::function<void(bool ok)>;

/// What a room knows of one user who is present or has spoken lately.
struct ChatterEntry {
    chat::Chatter chatter;
    emotes::Access access;
    std::uint32_t connections = 0;  ///< sessions of theirs in the room, over all shards
    bool ready = false;        ///< their facts are loaded and no earlier command of theirs waits
    bool loading = false;      ///< a worker reads their facts
    bool tell = false;         ///< their sessions are told of the new facts once they are loaded
    bool stale = false;        ///< what the worker reads may be older than what happened meanwhile
    bool again = false;        ///< they could not be read, and are to be a little later
    std::uint64_t lookup = 0;  ///< a reply's parent or a larger model that they wait for; 0: none
    MonoTime last_used{};
    std::optional<WallTime> account_made{};  ///< known where the raid breaker is on
    std::vector<Parked> parked;

    bool waiting() const { return loading || lookup != 0; }
};

/// Acts on their way to a worker and back; a room has one call at a time there.
struct PendingActs {
    ActRequest request;
    std::function<void(ActAnswers)> done;
};

/// A raid that is about to leave.
struct OutgoingRaid {
    chat::Person target;  ///< no id: none
    chat::EventRef act{};
    TimerId timer{};
};

/// How the raid breaker acts, where it has tripped.
struct TripInForce {
    std::string batch{};
    bool shadow = false;  ///< nothing was done, and nothing is to be taken back
    TimerId timer{};
};

/// The raid breaker of a channel that has it.
struct RaidWatch {
    automod::RaidBreaker breaker;
    TripInForce trip;
};

/// Where what a region has published ends, as far as it was handed out here.
struct RegionEnd {
    Position last;
    WallTime sent_at{};
    std::list<Heard> from_others{};  ///< the newest events of other nodes, in order
};

/// Who joined since certain moments.
class Newcomers {
  public:
    /// A moment; who joins from now on is remembered until it is forgotten.
    std::uint64_t watch() { return *moments_.insert(++last_).first; }
    void forget(std::uint64_t moment) {
        moments_.erase(moment);
        if (moments_.empty()) joined_.clear();
    }
    /// `last`: the position behind which they began.
    void joined(const MemberRef& who, Position last) {
        if (!moments_.empty()) joined_.push_back({.who = who, .moment = last_, .last = last});
    }
    void left(const MemberRef& who) {
        std::erase_if(joined_, [&](const Newcomer& one) { return one.who == who; });
    }
    std::vector<MemberRef> since(std::uint64_t moment) const {
        return those([&](const Newcomer& one) { return one.moment >= moment; });
    }
    /// Of them, those who began in front of the place.
    std::vector<MemberRef> since(std::uint64_t moment, Position place) const {
        return those([&](const Newcomer& one) { return one.moment >= moment && one.last < place; });
    }

  private:
    struct Newcomer {
        MemberRef who;
        std::uint64_t moment;  ///< the newest at that time
        Position last;
    };
    template <class Which>
    std::vector<MemberRef> those(Which which) const {
        std::vector<MemberRef> found;
        for (const Newcomer& one : joined_) {
            if (which(one)) found.push_back(one.who);
        }
        return found;
    }

    std::set<std::uint64_t> moments_;
    std::vector<Newcomer> joined_;
    std::uint64_t last_ = 0;
};

/// What belongs to the newest `kMost` ids that were added.
template <class Value, std::size_t kMost>
class NewestById {
  public:
    /// False: the oldest is forgotten for it.
    bool add(MessageId id, Value value = {}) {
        if (!values_.insert_or_assign(id, value).second) return true;
        order_.push_back(id);
        if (order_.size() <= kMost) return true;
        values_.erase(order_.front());
        order_.pop_front();
        return false;
    }
    bool contains(MessageId id) const { return values_.contains(id); }
    /// Value() where the id is not known.
    Value of(MessageId id) const {
        const auto found = values_.find(id);
        return found == values_.end() ? Value() : found->second;
    }

  private:
    std::unordered_map<MessageId, Value> values_;
    std::list<MessageId> order_;
};

/// Acts that were undone, the newest limits::kUndoneActs. Their events may get here later, by
/// another way: what they delete is not to be deleted then.
using UndoneActs = NewestById<std::monostate, limits::kUndoneActs>;

/// Messages that were deleted one by one, and by which acts. What was shown early may get its place
/// behind its deletion.
using DeletedMessages = NewestById<MessageId, limits::kMissedEvents>;

/// An act that took messages out of sight, when it came.
struct Hiding {
    chat::EventRef act;
    MonoTime at;
};

/// One channel's live state on its owner shard: the data that RoomHost works on.
/// A node has very many of them, so that what most rooms never have takes next to nothing: lists
/// where other code has deques, of which an empty one takes 600 bytes.
struct HostedRoom {
    ChannelId channel;
    std::string login;
    bool ready = false;
    bool loading = false;      ///< a worker reads its facts
    bool stale = false;        ///< and what it reads may be older than what happened meanwhile
    bool again = false;        ///< they could not be read, and are to be a little later
    bool known = false;        ///< it was loaded before: what it has in memory is newer
    WallTime read_at{};        ///< when its facts were read last
    bool subscribing = false;  ///< the facts are there; the bus has not said yet that it listens
    std::vector<Parked> parked;
    chat::Room rules;
    std::shared_ptr<const emotes::EmoteSet> emotes;
    std::unordered_map<UserId, ChatterEntry> chatters;
    std::uint32_t users_present = 0;  ///< chatters with a connection
    std::vector<std::pair<ShardId, std::uint32_t>>
        members;                         ///< sessions by shard, only shards that have some
    std::vector<ShardId> watchers;       ///< shards whose observer wants the events
    std::vector<chat::EventRef> recent;  ///< a ring of the newest messages, for replies
    std::size_t recent_next = 0;
    std::set<UserId> membership_changed;  ///< who came or left since the last announcement
    std::uint32_t not_durable =
        0;  ///< messages published and not yet on disk: the room must not be let go
    std::list<PendingActs> acts;  ///< the first one is being done, where acts_running
    bool acts_running = false;
    UndoneActs undone_acts;
    DeletedMessages deleted;
    std::list<Hiding> hidings;  ///< the newest limits::kMissedEvents
    /// Messages of this node may be on their way to the log, or it has deleted others there.
    bool published_here = false;
    bool delete_again = false;  ///< once the facts are read: what was deleted lately
    Newcomers newcomers;
    /// Shown here without a place in the order yet, since the bus is away, and when.
    std::list<std::pair<MessageId, std::uint64_t>> shown_early;
    std::uint32_t gaps = 0;             ///< that are to be filled from the log
    std::set<MessageId> placed_late{};  ///< since there are some: shown already
    std::list<chat::Event> outgoing;    ///< what acts made happen and is not published yet
    bool publishing = false;            ///< a timer goes on with `outgoing`
    OutgoingRaid raid;
    moderation::RoomPolicyRef automod;  ///< null: not loaded yet
    automod::ChannelMemory automod_memory;
    std::map<MessageId, MonoTime> held;  ///< messages that wait for moderators, and until when
    bool shield = false;
    std::optional<chat::SharedChat> shared_chat{};  ///< the session that the channel is in
    std::unique_ptr<RaidWatch> raid_watch;          ///< null: the raid breaker was never on
    std::uint32_t holding = 0;                      ///< what a worker does with such messages now
    std::vector<std::pair<UserId, WallTime>> shoutouts;  ///< of the last hour
    std::vector<RegionEnd> ends;  ///< of each region that has published something, by its number
    WallTime last_sent_at{};      ///< what is published here is not earlier
    MonoTime last_used{};
    Present elsewhere;  ///< on other nodes, as far as is known
    MonoTime presence_due{};

    /// The act that has deleted the message and holds; none: there is none.
    MessageId deleted_by(MessageId message) const {
        const MessageId act = deleted.of(message);
        return undone_acts.contains(act) ? MessageId() : act;
    }
    RaidWatch& raids() {
        if (!raid_watch) raid_watch = std::make_unique<RaidWatch>();
        return *raid_watch;
    }
    bool watches_raids() const { return automod != nullptr && automod->raid.on; }
    /// A raid has tripped the raid breaker, and that holds.
    bool tripped() const { return raid_watch != nullptr && raid_watch->breaker.trip() != nullptr; }
    RegionEnd& end_of(unsigned region) {
        if (ends.size() <= region) ends.resize(region + 1);
        return ends[region];
    }
    bool is_behind(const std::vector<Position>& had) const {
        return std::ranges::any_of(had, [this](Position one) {
            return one.epoch != 0 &&
                   one > (one.region() < ends.size() ? ends[one.region()].last : Position{});
        });
    }
    /// How far each region but this one was handed out.
    std::vector<Position> beside(unsigned region) const {
        std::vector<Position> others;
        for (const RegionEnd& end : ends) {
            if (end.last != Position{} && end.last.region() != region) others.push_back(end.last);
        }
        return others;
    }
    std::size_t member_count() const {
        std::size_t total = 0;
        for (const auto& [shard, count] : members) total += count;
        return total;
    }
    /// On all nodes: sessions, and logged-in users (one on two nodes counts twice).
    std::uint64_t viewers() const { return member_count() + elsewhere.sessions; }
    std::uint64_t users() const { return users_present + elsewhere.users; }
};

}  // namespace clamor::hub
