// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <random>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/log.h"
#include "sim/simulation.h"

int main(int argc, char** argv) {
    using namespace clamor;
    CLI::App app("Runs whole hubs in simulated time and holds what happens against the promises.",
                 "clamor-sim");
    std::uint64_t seed = 0;
    std::uint64_t steps = 10'000;
    const auto* seed_option =
        app.add_option("--seed,seed", seed, "What everything is drawn from; without it a new one");
    app.add_option("--steps,steps", steps, "How many things the sessions do")
        ->capture_default_str()
        ->check(CLI::PositiveNumber);
    CLI11_PARSE(app, argc, argv);
    if (seed_option->count() == 0) seed = std::random_device()();

    fmt::print("seed {}\n", seed);
    std::fflush(stdout);
    log::setup(log::Level::error, false);
    sim::Simulation simulation(seed);
    simulation.run(steps);
    fmt::print("{}\n", simulation.describe());
    const sim::Violations& violations = simulation.checkers().violations;
    for (const std::string& what : violations.kept()) fmt::print("BROKEN: {}\n", what);
    if (violations.count() == 0) return 0;
    fmt::print("{} promises broken; again with: clamor-sim --seed {} --steps {}\n",
               violations.count(), seed, steps);
    return 1;
}
