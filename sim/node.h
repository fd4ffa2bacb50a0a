// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "app/redis_adapters.h"
#include "bus/redis/link.h"
#include "hub/account_limits.h"
#include "hub/gateway.h"
#include "hub/hub.h"
#include "moderation/service.h"
#include "sim/cluster.h"
#include "sim/continuity_checker.h"
#include "sim/faulty_log.h"
#include "sim/redis_network.h"
#include "sim/wire.h"
#include "store/memory_catalog.h"
#include "store/memory_message_log.h"

namespace clamor::sim {

/// What all nodes of a run have in common. All of it outlives them.
struct CommonGround {
    Timeline& timeline;
    store::MemoryCatalog& catalog;
    store::MemoryMessageLog& log;
    RedisNetwork& network;
    ContinuityChecker& checker;
};

/// One node of several: hubs, the real client of Redis, and everything that is between them, on
/// threads of its own in simulated time. Its end is a crash: nothing that was under way happens,
/// and what its log had not written is lost.
class Node {
  public:
    struct Options {
        Cluster::Options cluster;
        std::size_t stream_entries = limits::kStreamEntries;
        std::uint64_t seed = 1;
    };

    Node(const CommonGround& ground, NodeId id, const Options& options);
    ~Node();

    NodeId id() const { return id_; }
    Cluster& cluster() { return cluster_; }
    FaultyLog& log_queue() { return log_queue_; }
    hub::HubGateway& gateway() { return gateway_; }
    hub::Hub& hub(ShardId shard) { return *hubs_[shard.value]; }
    std::uint16_t shards() const { return static_cast<std::uint16_t>(hubs_.size()); }
    const bus::redis::Link& link() const { return *link_; }

  private:
    class WatchedQueue;
    class WatchedLink;

    std::unique_ptr<bus::Bus> make_bus(bus::Receiver& receiver, Scheduler& shard);

    const CommonGround ground_;
    const NodeId id_;
    Cluster cluster_;
    FaultyLog log_queue_;
    const std::unique_ptr<WatchedQueue> watched_queue_;
    const std::unique_ptr<reactor::Engine> engine_;
    const std::unique_ptr<bus::redis::Link> link_;
    app::RedisLimits shared_limits_;
    app::RedisPresence shared_presence_;
    moderation::Service moderation_;
    hub::AccountLimits limits_;
    Encoder encoder_;
    std::vector<hub::Hub*> peers_;
    hub::HubGateway gateway_;
    std::vector<std::unique_ptr<hub::Hub>> hubs_;
};

}  // namespace clamor::sim
