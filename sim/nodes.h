// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/client.h"
#include "sim/node.h"

namespace clamor::sim {

/// The catalog of all nodes, which tells the checker whose ban changes.
class SharedCatalog final : public store::MemoryCatalog {
  public:
    explicit SharedCatalog(ContinuityChecker*& checker) : checker_(checker) {}
    Result<void> apply(std::span<const store::Change> changes,
                       std::span<const store::AuditEntry> audit) override;

  private:
    ContinuityChecker*& checker_;
};

/// Several nodes in simulated time, with one catalog, one log and one Redis: the real hubs and the
/// real client of Redis, over simulated connections to a server that runs our scripts. Clients
/// speak, moderate, go and come back to another node behind what they have; connections are cut,
/// held up and slow, Redis hangs, starts anew and loses what was newest, nodes crash and their
/// clocks differ by up to a second. Everything is drawn from one seed. After every round of steps
/// all is well for a while, and then everything has to be as it should.
class NodesSimulation {
  public:
    static constexpr std::uint64_t kStepsPerRound = 1500;

    explicit NodesSimulation(std::uint64_t seed);
    ~NodesSimulation();

    /// Takes so many steps, a step being something that one client does. Stops early at the end of
    /// a round in which something was found broken.
    void run(std::uint64_t steps);

    const Violations& violations() const { return violations_; }
    const ContinuityChecker& continuity() const { return checker_; }
    const ClientCheckers& clients() const { return checkers_; }
    std::uint64_t crashes() const { return crashes_; }
    std::uint64_t early() const;
    std::chrono::seconds simulated() const;
    std::string describe() const;

  private:
    struct Client {
        ClientId id;
        hub::Identity identity;
        std::vector<std::string> channels;
        std::uint64_t node = kAway;  ///< its place in nodes_
        ShardId shard{};
        std::uint64_t life = 0;  ///< counts connections, so that a late task knows its own
        std::unique_ptr<Connection> connection{};
    };
    static constexpr std::uint64_t kAway = ~0ull;
    static constexpr std::size_t kChannels = 3;
    using Probe = std::pair<std::uint64_t, std::unique_ptr<Connection>>;  // and its node's place

    void step();
    void start_node(std::size_t place);
    void crash(std::size_t place);
    void miss_node();
    void connect(Client& client);
    /// Runs on its shard while it is connected there.
    template <class Run>
    void on_shard(Client& client, Run run);
    void act(Client& client);
    void moderate(Client& client, const std::string& login);
    void bulk();
    void disturb();
    std::optional<std::size_t> any_node();

    void quiet_down();
    void check_nodes();
    void check_facts();
    void check_names();

    Timeline timeline_;
    Random random_;
    Violations violations_;
    store::MemoryMessageLog log_;
    ContinuityChecker checker_{violations_, log_};
    ContinuityChecker* watching_ = nullptr;
    SharedCatalog catalog_{watching_};
    Population population_;
    RedisServer redis_;
    RedisNetwork network_;
    ClientCheckers checkers_;
    std::size_t stream_entries_ = limits::kStreamEntries;
    std::vector<std::unique_ptr<Node>> nodes_;  ///< null: it has crashed
    std::vector<MonoTime> starts_at_;           ///< of these
    std::deque<MonoTime> misses_at_;            ///< those that crashed, when others find it
    NodeId nodes_made_ = 0;
    std::vector<Client> clients_;
    std::vector<std::pair<ChannelId, std::string>> batches_;  ///< that may be taken back
    std::uint64_t bulks_ = 0;
    std::optional<std::pair<MonoTime, RedisData>> failover_;
    std::uint64_t crashes_ = 0;
    std::uint64_t failovers_ = 0;
    std::uint64_t early_ = 0;  ///< of nodes that crashed
    std::uint64_t steps_ = 0;
    std::chrono::nanoseconds pace_max_{1};
    MonoTime started_at_;
};

}  // namespace clamor::sim
