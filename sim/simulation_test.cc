// SPDX-License-Identifier: Apache-2.0
#include "sim/simulation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clamor::sim {
namespace {

TEST(Simulation, KeepsItsPromisesForEverySeed) {
    std::uint64_t lives = 0, acts = 0, evictions = 0, undone = 0, hidden = 0;
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        Simulation simulation(seed);
        simulation.run(2 * Simulation::kStepsPerRound);
        EXPECT_THAT(simulation.checkers().violations.kept(), ::testing::IsEmpty())
            << "again with: clamor-sim --seed " << seed << " --steps "
            << 2 * Simulation::kStepsPerRound;
        EXPECT_GT(simulation.checkers().published, 100u);
        EXPECT_GT(simulation.checkers().refused, 100u);
        EXPECT_GT(simulation.checkers().acts_denied, 100u);
        EXPECT_GT(simulation.checkers().deliveries, 1000u);
        lives += simulation.checkers().room_lives;
        acts += simulation.checkers().acts_published;
        evictions += simulation.checkers().evictions;
        undone += simulation.checkers().undone;
        hidden += simulation.checkers().hidden;
    }
    EXPECT_GT(acts, 5000u);
    EXPECT_GT(evictions, 100u);
    EXPECT_GT(undone, 10u);
    EXPECT_GT(hidden, 1000u);
    EXPECT_GT(lives, 5000u);
}

TEST(Simulation, IsTheSameForTheSameSeed) {
    const auto digest = [](std::uint64_t seed) {
        Simulation simulation(seed);
        simulation.run(Simulation::kStepsPerRound);
        return simulation.checkers().digest;
    };
    EXPECT_EQ(digest(5), digest(5));
    EXPECT_NE(digest(5), digest(6));
}

}  // namespace
}  // namespace clamor::sim
