// SPDX-License-Identifier: Apache-2.0
#include "app/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clamor::app {
namespace {

using ::testing::HasSubstr;

TEST(Metrics, ShowsCountersAndGauges) {
    Counter accepted;
    Counter open;
    accepted.add(41);
    accepted.add();
    open.add(3);
    open.sub();
    Metrics metrics;
    metrics.counter("clamor_x_total", "How many.", {}, accepted);
    metrics.gauge("clamor_open", "Open now.", {}, open);
    const auto text = metrics.render();
    EXPECT_THAT(
        text,
        HasSubstr(
            "# HELP clamor_x_total How many.\n# TYPE clamor_x_total counter\nclamor_x_total 42\n"));
    EXPECT_THAT(text, HasSubstr("# TYPE clamor_open gauge\nclamor_open 2\n"));
}

TEST(Metrics, GathersRowsOfOneNameInOneFamily) {
    Metrics metrics;
    metrics.gauge("clamor_members", "Sessions.", {{"shard", "0"}}, [] { return 1.0; });
    metrics.gauge("clamor_other", "Other.", {}, [] { return 0.5; });
    metrics.gauge("clamor_members", "Sessions.", {{"shard", "1"}}, [] { return 2.0; });
    EXPECT_THAT(metrics.render(),
                HasSubstr("# TYPE clamor_members gauge\nclamor_members{shard=\"0\"} 1\n"
                          "clamor_members{shard=\"1\"} 2\n"));
}

TEST(Metrics, ShowsWhatAnInfoSaysNow) {
    std::string version = "a";
    Metrics metrics;
    metrics.info("clamor_model_info", "Which.", [&] { return MetricLabels{{"version", version}}; });
    EXPECT_THAT(metrics.render(), HasSubstr("clamor_model_info{version=\"a\"} 1\n"));
    version = "b \"c\"";
    EXPECT_THAT(metrics.render(), HasSubstr("clamor_model_info{version=\"b \\\"c\\\"\"} 1\n"));
}

TEST(Metrics, ShowsLatenciesInSeconds) {
    LatencyHistogram hold;
    hold.record(50);
    hold.record(60'000, 3);
    hold.record(20'000'000);
    Metrics metrics;
    metrics.histogram("clamor_hold_seconds", "Hold.", {}, hold);
    const auto text = metrics.render();
    EXPECT_THAT(text, HasSubstr("clamor_hold_seconds_count 5\n"));
    EXPECT_THAT(text, HasSubstr("clamor_hold_seconds_bucket{le=\"0.0001\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("clamor_hold_seconds_bucket{le=\"0.05\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("clamor_hold_seconds_bucket{le=\"0.075\"} 4\n"));
    EXPECT_THAT(text, HasSubstr("clamor_hold_seconds_bucket{le=\"+Inf\"} 5\n"));
}

TEST(Metrics, EscapesLabelValues) {
    Metrics metrics;
    metrics.gauge("clamor_info", "What runs.", {{"reason", "say \"no\"\n\\"}}, [] { return 1.0; });
    EXPECT_THAT(metrics.render(), HasSubstr(R"(clamor_info{reason="say \"no\"\n\\"} 1)"));
}

}  // namespace
}  // namespace clamor::app
