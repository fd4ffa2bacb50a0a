// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "reactor/engine.h"
#include "sim/cluster.h"
#include "sim/redis_server.h"

namespace clamor::sim {

/// The TCP connections between the nodes of a run and its Redis server: bytes arrive in order,
/// late, and in pieces, or not at all once a connection is cut. Where nothing gets through for a
/// while they arrive afterwards, as TCP sends again.
class RedisNetwork {
  public:
    RedisNetwork(Timeline& timeline, RedisServer& server, std::uint64_t seed);
    ~RedisNetwork();

    /// What the node's thread for Redis does its I/O with; of the thread Cluster::aside().
    std::unique_ptr<reactor::Engine> make_engine(Cluster& node);
    /// The node has crashed. Before its engine and its cluster go.
    void forget(const Cluster& node);

    /// Ends all connections of the node, or one of them; what is under way on them is lost.
    void cut(const Cluster& node);
    void cut_one(const Cluster& node);
    /// Nothing passes between the node and the server for so long.
    void part(const Cluster& node, std::chrono::nanoseconds duration);
    /// From now on bytes are under way for up to so long.
    void set_latency(std::chrono::nanoseconds max) { latency_max_ = max; }
    /// The server does nothing for so long.
    void stall(std::chrono::nanoseconds duration);
    /// The server ends, and is back after so long: with the data of `with`, or with its own.
    void restart(std::chrono::nanoseconds away, std::optional<RedisData> with);
    /// Whatever holds anything up ends soon.
    void heal();

  private:
    class NodeEngine;
    struct Side {
        Cluster* node = nullptr;  ///< null: it has crashed
        MonoTime parted_until{};
    };
    /// What is under way on it names it without keeping it.
    struct Wire : std::enable_shared_from_this<Wire> {
        Wire(std::shared_ptr<Side> of, reactor::Stream& from)
            : side(std::move(of)), stream(&from) {}

        std::shared_ptr<Side> side;
        reactor::Stream* stream;  ///< null: the node has closed it
        bool dead = false;        ///< nothing that is under way arrives
        bool receiving = true;
        std::string held{};  ///< while it is not
        std::optional<RedisServer::ClientId> client{};
        std::deque<Task> up{};    ///< under way, in order
        std::deque<Task> down{};  ///< the other way
        MonoTime last_up{};
        MonoTime last_down{};
    };
    using WirePtr = std::shared_ptr<Wire>;

    MonoTime arrival(MonoTime& last);
    void go_up(const WirePtr& wire, Task task);
    void arrive_up(const WirePtr& wire);
    void go_down(const WirePtr& wire, Task task);
    void arrive_down(const WirePtr& wire);
    /// Runs on the node, unless it has closed the connection by then.
    void on_node(const WirePtr& wire, Task task);
    void connected(const WirePtr& wire);
    void reset(const WirePtr& wire, std::errc why);
    static void end_client(RedisServer& server, Wire& wire);
    std::vector<WirePtr> wires_of(const Cluster& node) const;

    Timeline& timeline_;
    RedisServer& server_;
    Random random_;
    std::vector<std::shared_ptr<Side>> sides_;
    std::vector<WirePtr> wires_;
    std::chrono::nanoseconds latency_max_{std::chrono::microseconds(500)};
    MonoTime stalled_until_{};
    MonoTime away_until_{};
};

}  // namespace clamor::sim
