// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "hub/account_limits.h"
#include "hub/gateway.h"
#include "hub/hub.h"
#include "moderation/service.h"
#include "sim/checkers.h"
#include "sim/cluster.h"
#include "sim/faulty_log.h"
#include "sim/population.h"
#include "sim/session.h"
#include "sim/watched_catalog.h"
#include "sim/wire.h"
#include "store/memory_message_log.h"

namespace clamor::sim {

/// Whole hubs in simulated time: sessions come and go, join, leave, speak, moderate and read
/// slowly, while mailboxes interleave, workers answer late, the disk fails and rooms fault.
/// Everything is drawn from one seed. After every round of steps it is quiet for a while, and then
/// everything that was under way has to have arrived.
class Simulation {
  public:
    static constexpr std::uint64_t kStepsPerRound = 2000;

    explicit Simulation(std::uint64_t seed);
    ~Simulation();

    /// Takes so many steps, a step being something that one session does. Stops early at the end of
    /// a round in which something was found broken.
    void run(std::uint64_t steps);

    const Checkers& checkers() const { return checkers_; }
    const Violations& violations() const { return checkers_.violations; }
    std::chrono::seconds simulated() const;
    std::string describe() const;

  private:
    /// The logins of those present, by the channel's login.
    using Present = std::map<std::string, std::set<std::string>>;

    struct Draw {
        explicit Draw(std::uint64_t seed);
        Random random;
        Cluster::Options cluster;
        std::size_t log_max;
        std::size_t sessions_max;
    };

    void step();
    void connect();
    void act(Session& session);
    /// moderate.cc: an act of a session's, of whatever it may do or not.
    void moderate(Session& session);
    /// Acts without a session: many at once, or a batch of them taken back.
    void bulk();
    void ask(hub::ActRequest request);
    void disturb();
    void quiet_down();
    void check_rosters();
    void check_counters();
    void check_views(const Present& present);
    void check_names(const Present& present);
    std::string any_channel();
    std::chrono::nanoseconds pace();

    Draw draw_;
    Random& random_ = draw_.random;
    Timeline timeline_;
    Cluster cluster_;
    WatchedCatalog catalog_{timeline_};
    store::MemoryMessageLog log_;
    FaultyLog log_queue_;
    Population population_;
    Checkers checkers_;
    moderation::Service moderation_{catalog_, log_, {}};
    hub::AccountLimits limits_;
    Encoder encoder_;
    bool fail_next_publish_ = false;
    std::vector<hub::Hub*> peers_;
    hub::HubGateway gateway_{peers_, cluster_, catalog_, false};
    std::vector<std::unique_ptr<hub::Hub>> hubs_;
    std::map<SessionId, std::unique_ptr<Session>> sessions_;
    SessionId sessions_made_ = 0;
    hub::RequestId bulks_ = 0;
    std::vector<std::pair<ChannelId, std::string>> batches_;  ///< that may be taken back
    std::uint64_t steps_ = 0;
    std::chrono::nanoseconds pace_max_{1};
    MonoTime started_at_;
};

}  // namespace clamor::sim
