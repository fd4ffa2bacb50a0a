// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/scheduler.h"
#include "bus/bus.h"
#include "chat/room.h"
#include "hub/catch_up.h"
#include "hub/counters.h"
#include "hub/member.h"

namespace clamor::store {
class Catalog;
class LogQueue;
class MessageLog;
}  // namespace clamor::store

namespace clamor::moderation {
class Service;
}

namespace clamor::hub {

class AccountLimits;
class LargerModel;
class Observer;
class SharedLimits;
class SharedPresence;

/// What a node's hubs share. All of it outlives them.
struct Services {
    std::function<std::unique_ptr<bus::Bus>(bus::Receiver&, Scheduler&)>
        make_bus;  ///< called once by each hub, on construction
    Executor& workers;
    store::Catalog& catalog;
    store::MessageLog& log;
    store::LogQueue& log_queue;
    AccountLimits& limits;
    const Encoder& encoder;
    moderation::Service& moderation;
    LargerModel* model = nullptr;           ///< null: there is none
    SharedLimits* shared_limits = nullptr;  ///< null: this node is alone
    SharedPresence* shared_presence = nullptr;
};

struct Options {
    bool create_channels = false;  ///< dev mode: a channel comes into being when it is named
    std::chrono::milliseconds coalesce_max = limits::kCoalesceMax;
    chat::MessageLimits message_limits{};
    limits::Window role_changes = limits::kRoleChanges;  ///< of moderators, and of VIPs
    std::uint64_t id_seed = 1;  ///< seeds message ids; the app passes real randomness
    unsigned region = 0;        ///< this node's
};

/// The shard that owns a channel's room.
ShardId owner_shard(ChannelId channel, std::uint16_t shard_count);

/// One shard's part of the chat: the sessions that live here, by channel, with their open batches;
/// and the rooms that this shard owns. Hubs of a node speak with each other through the Scheduler
/// only. All calls are for the shard's thread.
class Hub {
  public:
    /// `peers` are the hubs of all shards by ShardId; filled before the first call.
    Hub(Scheduler& scheduler, const std::vector<Hub*>& peers, const Services& services,
        const Options& options);
    ~Hub();

    /// A session that may now ask; it must remove() itself before it goes. Leaves all its rooms
    /// then.
    MemberRef add(Member& member);
    void remove(MemberRef ref);

    /// Each is answered exactly once (a send after NotStoredYet once more) through the member, from
    /// a later task of this shard, unless the member is removed first.
    /// `had`: the newest position of each region that the session came with. Where the channel is
    /// not that far here, the join waits for it, for limits::kMissedPatience.
    void join(MemberRef ref, RequestId request, std::string channel_login,
              std::vector<Position> had = {});
    void send(MemberRef ref, RequestId request, SendRequest message);
    void names(MemberRef ref, RequestId request, std::string channel_login);
    /// Reads what lies behind `after` up to `upto` from the log, Joined::last and those beside it,
    /// for a session that was in the channel before.
    void catch_up(MemberRef ref, RequestId request, ChannelId channel,
                  std::vector<CatchUp::Range> ranges);
    void act(MemberRef ref, RequestId request, std::string channel_login, chat::Act act);
    /// Takes effect at once, also for a join that is not answered yet; false when the session was
    /// not in the channel.
    bool leave(MemberRef ref, const std::string& channel_login);
    std::size_t channels_of(MemberRef ref) const;

    /// Who is told of events on this shard, besides the members; null: nobody. Calls to watch() and
    /// unwatch() are counted.
    void set_observer(Observer* observer);
    void watch(ChannelId channel);
    void unwatch(ChannelId channel);

    /// The rooms that this shard owns and how many sessions are in each.
    void visit_rooms(const std::function<void(ChannelId, const std::string& login,
                                              std::size_t members)>& visit) const;

    /// The node ends soon: what waits to be shown is shown at once from now on.
    void hurry();

    const HubCounters& counters() const;

  private:
    friend class HubGateway;
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace clamor::hub
