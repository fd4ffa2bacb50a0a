// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace clamor::load {

/// `clamor bench`: an operator's load on the own server.
struct BenchOptions {
    std::vector<std::string> servers = {"ws://127.0.0.1:8080"};  ///< the nodes of one chat
    std::vector<std::string> channels = {"bench"};
    std::string token;  ///< of the senders; empty: development login
    std::size_t viewers = 100;
    double rate = 10;  ///< messages a second, over all channels
    double seconds = 10;
    std::uint64_t seed = 1;
    std::string
        plot;  ///< an SVG file that is written with the latencies second by second; empty: none
    bool quiet = false;  ///< no progress
};

/// What happened in one second of a bench.
struct BenchSecond {
    std::uint64_t deliveries = 0;
    double p50_ms = 0;
    double p99_ms = 0;
};

/// Bars of p99, a line each second, for a terminal.
std::string draw_ascii_plot(const std::vector<BenchSecond>& seconds);
Result<void> write_svg_plot(const std::string& file, const std::vector<BenchSecond>& seconds);

/// Connects, measures, prints. Returns the exit status: 0 when nothing was lost, 1 when something
/// was, 2 when the load could not be brought up. Blocks; one thread.
int run_bench(const BenchOptions& options);

}  // namespace clamor::load
