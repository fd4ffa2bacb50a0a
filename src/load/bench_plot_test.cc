// SPDX-License-Identifier: Apache-2.0
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>

#include "load/bench.h"

namespace clamor::load {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::vector<BenchSecond> kSeconds = {{100, 1.0, 5.0}, {200, 2.0, 10.0}};

TEST(BenchPlot, DrawsTheHighestSecondAtFullWidth) {
    const std::string plot = draw_ascii_plot(kSeconds);
    EXPECT_THAT(plot, HasSubstr("     1  " + std::string(25, '#') + " "));
    EXPECT_THAT(plot, HasSubstr("     2  " + std::string(50, '#') + " 10.0 ms, 200 deliveries"));
}

TEST(BenchPlot, SurvivesSecondsWithoutDeliveries) {
    EXPECT_THAT(draw_ascii_plot({{0, 0, 0}}), Not(HasSubstr("#")));
}

TEST(BenchPlot, WritesAPicture) {
    const std::string file = ::testing::TempDir() + "bench_plot_test.svg";
    ASSERT_TRUE(write_svg_plot(file, kSeconds));
    std::stringstream text;
    text << std::ifstream(file).rdbuf();
    EXPECT_THAT(text.str(), HasSubstr("<polyline"));
    EXPECT_THAT(text.str(), HasSubstr("</svg>"));
    EXPECT_FALSE(write_svg_plot("/no/such/folder/plot.svg", kSeconds));
}

}  // namespace
}  // namespace clamor::load
