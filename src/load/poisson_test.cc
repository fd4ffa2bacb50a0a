// SPDX-License-Identifier: Apache-2.0
#include "load/poisson.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace clamor::load {
namespace {

using namespace std::chrono_literals;

std::vector<double> gaps_s(double per_second, std::uint64_t seed, int count) {
    MonoTime last{5s};
    PoissonArrivals arrivals(per_second, seed, last);
    std::vector<double> gaps;
    for (int i = 0; i < count; ++i, arrivals.advance()) {
        gaps.push_back(std::chrono::duration<double>(arrivals.next() - last).count());
        last = arrivals.next();
    }
    return gaps;
}

TEST(PoissonArrivals, KeepTheRateAndTheSpreadOfAPoissonProcess) {
    constexpr int kCount = 20'000;
    const auto gaps = gaps_s(200, 42, kCount);
    double sum = 0;
    double squares = 0;
    for (const double gap : gaps) {
        ASSERT_GE(gap, 0);
        sum += gap;
        squares += gap * gap;
    }
    const double mean = sum / kCount;
    const double deviation = std::sqrt(squares / kCount - mean * mean);
    EXPECT_NEAR(mean, 0.005, 0.0002);
    EXPECT_NEAR(deviation, 0.005, 0.0002);  // equal to the mean: neither even nor in bursts
}

TEST(PoissonArrivals, RepeatWithTheSameSeed) {
    EXPECT_EQ(gaps_s(50, 7, 100), gaps_s(50, 7, 100));
    EXPECT_NE(gaps_s(50, 7, 100), gaps_s(50, 8, 100));
}

}  // namespace
}  // namespace clamor::load
