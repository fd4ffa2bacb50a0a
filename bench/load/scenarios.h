// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "figures.h"

namespace clamor::bench {

/// What every scenario is told. Times in seconds.
struct ScenarioOptions {
    std::size_t viewers = 1000;
    std::size_t channels = 1;
    std::size_t connections = 100;  ///< channels: that share the channels
    double rate = 20;
    double rate_max = 8000;  ///< saturate
    double warm_s = 2;
    double length_s = 10;
    bool same_channel = false;  ///< storm: the newcomers join the watchers' channel
    pid_t server = 0;
};

/// `viewers` spread evenly over `channels`, `rate` messages a second over all of them.
Json run_fanout(load::Swarm& swarm, const ScenarioOptions& options);
/// The rate grows by a quarter from window to window until p99 passes 100 ms or something is lost,
/// three times at one rate.
Json run_saturate(load::Swarm& swarm, const ScenarioOptions& options);
/// 200 viewers watch a channel with traffic while `viewers` newcomers join as fast as the server
/// lets them.
Json run_storm(load::Swarm& swarm, const ScenarioOptions& options);
/// `viewers` that are silent.
Json run_idle(load::Swarm& swarm, const ScenarioOptions& options);
/// `channels` with one member each, joined by a few connections.
Json run_channels(load::Swarm& swarm, const ScenarioOptions& options);

/// How many channels the swarm needs for a scenario.
std::size_t channels_of(std::string_view scenario, const ScenarioOptions& options);

}  // namespace clamor::bench
