// SPDX-License-Identifier: Apache-2.0
#include "automod/rule_report.h"

#include <gtest/gtest.h>

namespace clamor::automod {
namespace {

using namespace std::chrono_literals;

RecordedFinding finding(std::string rule, Action action, Outcome outcome, bool shadow = false,
                        WallTime at = WallTime(2h)) {
    return {.at = at,
            .source = Source::spam,
            .action = action,
            .shadow = shadow,
            .rule = std::move(rule),
            .version = "1",
            .outcome = outcome};
}

TEST(RuleReport, CountsPerRuleWhatModeratorsMadeOfIt) {
    std::vector<RecordedFinding> findings{
        finding("capitals", Action::hold, Outcome::approved),
        finding("capitals", Action::hold, Outcome::approved),
        finding("capitals", Action::hold, Outcome::denied),
        finding("capitals", Action::hold, Outcome::expired),
        finding("capitals", Action::hold, Outcome::none),
        finding("capitals", Action::block, Outcome::none),
        finding("capitals", Action::hold, Outcome::none, /*shadow=*/true),
        finding("links", Action::hold, Outcome::denied),
        finding("links", Action::hold, Outcome::denied, false, WallTime(5h)),
    };
    findings[1].version = "2";
    const auto report = report_by_rule(findings, WallTime(1h), WallTime(5h));
    ASSERT_EQ(report.size(), 2u);
    const auto& capitals = report[0];
    EXPECT_EQ(capitals.rule, "capitals");
    EXPECT_EQ(capitals.versions, 2u);
    EXPECT_EQ(capitals.hits, 7u);
    EXPECT_EQ(capitals.held, 5u);
    EXPECT_EQ(capitals.blocked, 1u);
    EXPECT_EQ(capitals.shadow, 1u);
    EXPECT_EQ(capitals.approved, 2u);
    EXPECT_EQ(capitals.denied, 1u);
    EXPECT_EQ(capitals.expired, 1u);
    EXPECT_EQ(capitals.pending, 1u);
    EXPECT_FLOAT_EQ(capitals.false_hold_rate, 2.0f / 3);
    EXPECT_GT(capitals.false_hold_rate_at_most, 0.9f) << "of three decisions";
    EXPECT_EQ(report[1].hits, 1u) << "the other was later";
    EXPECT_EQ(report[1].false_hold_rate, 0);
}

TEST(RuleReport, KeepsATermAndASpamRuleOfOneNameApart) {
    auto term = finding("links", Action::block, Outcome::none);
    term.source = Source::blocked_term;
    const std::vector<RecordedFinding> findings{term,
                                                finding("links", Action::hold, Outcome::none)};
    EXPECT_EQ(report_by_rule(findings, WallTime{}, WallTime::max()).size(), 2u);
}

TEST(RuleReport, IsEmptyOfNothing) {
    EXPECT_TRUE(report_by_rule({}, WallTime{}, WallTime::max()).empty());
}

}  // namespace
}  // namespace clamor::automod
