// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <ctime>
#include <random>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/log.h"
#include "sim/nodes.h"
#include "sim/simulation.h"

namespace {

using namespace clamor;

/// Says what happened with one seed; whether all promises were kept.
template <class Simulation>
bool run(std::uint64_t seed, std::uint64_t steps, const char* again) {
    fmt::print("seed {}\n", seed);
    std::fflush(stdout);
    Simulation simulation(seed);
    simulation.run(steps);
    fmt::print("{}\n", simulation.describe());
    const sim::Violations& violations = simulation.violations();
    for (const std::string& what : violations.kept()) fmt::print("BROKEN: {}\n", what);
    if (violations.count() == 0) return true;
    fmt::print("{} promises broken; again with: clamor-sim {}--seed {} --steps {}\n",
               violations.count(), again, seed, steps);
    return false;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Runs whole hubs in simulated time and holds what happens against the promises.",
                 "clamor-sim");
    std::uint64_t seed = 0;
    std::uint64_t steps = 0;
    std::uint64_t seeds = 1;
    bool nodes = false;
    const auto* seed_option =
        app.add_option("--seed,seed", seed, "What everything is drawn from; without it a new one");
    app.add_option("--steps,steps", steps,
                   "How many things the sessions do; without it 10000, with --nodes 3000")
        ->check(CLI::PositiveNumber);
    app.add_option("--seeds", seeds, "So many seeds behind each other")
        ->capture_default_str()
        ->check(CLI::PositiveNumber);
    app.add_flag("--nodes", nodes, "Several nodes over a Redis that fails, instead of one");
    CLI11_PARSE(app, argc, argv);
    if (seed_option->count() == 0) seed = std::random_device()();
    if (steps == 0) steps = nodes ? 3'000 : 10'000;

    log::setup(log::Level::error, false);
    const std::clock_t began = std::clock();
    std::uint64_t broken = 0;
    for (std::uint64_t i = 0; i < seeds; ++i) {
        const bool kept = nodes ? run<sim::NodesSimulation>(seed + i, steps, "--nodes ")
                                : run<sim::Simulation>(seed + i, steps, "");
        broken += kept ? 0 : 1;
    }
    const double minutes = static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC / 60;
    fmt::print("{} seeds, {} broken; {:.0f} seeds a minute of one core\n", seeds, broken,
               static_cast<double>(seeds) / minutes);
    return broken == 0 ? 0 : 1;
}
