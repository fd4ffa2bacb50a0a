// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include <nlohmann/json.hpp>
#include <sys/types.h>

#include "load/process_usage.h"
#include "load/swarm.h"

namespace clamor::bench {

using Json = nlohmann::ordered_json;

/// One window of traffic: how much, how long, and what it cost the server with the given process id
/// (0: not measured).
struct Window {
    double per_second = 20;
    std::size_t channels = 1;
    MonoClock::duration length{};
    pid_t server = 0;
};

/// The server's use so far; nothing when there is no process to look at. Exits when it is gone.
std::optional<load::ProcessUsage> usage_of(pid_t server);

/// Sends the window's traffic, waits for all of it, and returns what scenarios print: counts,
/// latencies, costs.
Json measure(load::Swarm& swarm, const Window& window);

/// The tally and latencies alone.
Json describe(const load::Swarm& swarm);
Json describe(const LatencyHistogram& histogram);

}  // namespace clamor::bench
