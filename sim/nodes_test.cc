// SPDX-License-Identifier: Apache-2.0
#include "sim/nodes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clamor::sim {
namespace {

TEST(NodesSimulation, ReachesWhatItIsAboutAndKeepsAllPromises) {
    std::uint64_t crashes = 0, gaps = 0, early = 0, resumed = 0;
    // Behind the first dozen, seeds that have found something once.
    for (const std::uint64_t seed : {1,  2,  3,  4,   5,   6,   7,   8,   9,   10,  11,  12,  40,
                                     47, 75, 91, 145, 163, 220, 331, 502, 626, 724, 980, 1208}) {
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
