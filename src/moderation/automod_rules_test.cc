// SPDX-License-Identifier: Apache-2.0
#include "moderation/automod_rules.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "automod/names.h"
#include "base/limits.h"
#include "moderation/automod_findings.h"

namespace clamor::moderation {
namespace {

std::string fault(const std::string& document) {
    const auto rules = parse_rules(document);
    return rules ? std::string() : rules.error().detail;
}

TEST(AutoModRules, AreTheDefaultsWhereTheDocumentIsEmpty) {
    const auto rules = parse_rules("");
    ASSERT_TRUE(rules);
    EXPECT_EQ(rules->settings.spam, automod::default_spam());
    EXPECT_TRUE(rules->ask_model);
    EXPECT_FALSE(rules->raid.on);
}

TEST(AutoModRules, ComeBackFromTheDocumentThatTheyMake) {
    const auto rules = parse_rules(
        R"({"exempt":["vip","regular"],"classifier_shadow":true,"model":false,
            "spam":{"links":{"on":true,"action":"block","exempt":["subscriber"]},
                    "repeats":{"on":true,"shadow":true,"window_s":60}},
            "allowed_links":["example.org"],
            "lists":{"fraud":{"on":true,"action":"block"}},
            "calibration":{"slope":1.25,"offset":-0.5},
            "raid":{"on":true,"joins":30,"countdown_s":60}})");
    ASSERT_TRUE(rules) << rules.error().detail;
    EXPECT_EQ(rules->settings.exempt, automod::role::kVip | automod::role::kRegular);
    EXPECT_EQ(rules->settings.spam[static_cast<int>(automod::SpamRule::links)].action,
              automod::Action::block);
    EXPECT_EQ(rules->settings.calibration, (automod::Calibration{1.25f, -0.5f}));
    EXPECT_EQ(rules->raid.options.joins, 30u);
    const auto document = rules_json(*rules).dump();
    const auto again = parse_rules(document);
    ASSERT_TRUE(again) << again.error().detail;
    EXPECT_EQ(rules_json(*again).dump(), document);
}

TEST(AutoModRules, NameWhatIsWrong) {
    EXPECT_EQ(fault("[]"), "the rules must be a JSON object");
    EXPECT_EQ(fault("{"), "the rules must be a JSON object");
    EXPECT_EQ(fault(R"({"spam":{"shouting":{}}})"), "\"spam.shouting\" is not known");
    EXPECT_EQ(fault(R"({"spam":{"links":{"on":1}}})"), "\"spam.links.on\" must be true or false");
    EXPECT_EQ(fault(R"({"spam":[]})"), "\"spam\" must be an object");
    EXPECT_EQ(fault(R"({"spam":{"links":{"action":"allow"}}})"),
              "\"spam.links.action\" must be \"hold\" or \"block\"");
    EXPECT_EQ(fault(R"({"calibration":{"slope":9}})"),
              "\"calibration.slope\" must be a number from 0.5 to 2");
    EXPECT_EQ(fault(R"({"raid":{"joins":1e99}})"),
              "\"raid.joins\" must be a whole number from 3 to 4096");
    EXPECT_EQ(fault(R"({"raid":{"joins":18446744073709551615}})"),
              "\"raid.joins\" must be a whole number from 3 to 4096");
    EXPECT_NE(fault(R"({"exempt":["moderator"]})"), "");
    EXPECT_NE(fault(R"({"allowed_links":[""]})"), "");
    EXPECT_NE(fault("{\"x\":\"" + std::string(limits::kRulesBytes, 'x') + "\"}"), "");
}

TEST(AutoModRules, ArePatchedAndPutBackToTheDefault) {
    const auto first = patch_rules("", R"({"spam":{"links":{"on":true}},"model":false})");
    ASSERT_TRUE(first);
    const auto second = patch_rules(*first, R"({"model":null,"spam":{"links":{"shadow":true}}})");
    ASSERT_TRUE(second);
    const auto rules = *parse_rules(*second);
    EXPECT_TRUE(rules.ask_model);
    EXPECT_TRUE(rules.settings.spam[static_cast<int>(automod::SpamRule::links)].on);
    EXPECT_TRUE(rules.settings.spam[static_cast<int>(automod::SpamRule::links)].shadow);
    EXPECT_FALSE(patch_rules(*second, R"({"model":3})"));
    EXPECT_FALSE(patch_rules(*second, "null"));
}

TEST(Findings, AreReadAsTheyWereWritten) {
    automod::Finding finding{};
    finding.source = automod::Source::classifier;
    finding.action = automod::Action::hold;
    finding.category = automod::Category::race;
    finding.level = 2;
    finding.rule = "linear";
    finding.version = "v1";
    finding.score = 0.875f;
    finding.threshold = 0.75f;
    finding.spans = {{1, 3}, {7, 7}};
    automod::Finding term{};
    term.source = automod::Source::blocked_term;
    term.action = automod::Action::block;
    term.shadow = term.private_rule = true;
    term.rule = "id \"1\"";
    const auto document = findings_document(std::vector{finding, term});
    const auto read = read_findings(document);
    ASSERT_EQ(read.size(), 2u);
    EXPECT_EQ(findings_document(read), document);
    EXPECT_EQ(read[0].category, automod::Category::race);
    EXPECT_EQ(read[0].spans, finding.spans);
    EXPECT_TRUE(read[1].private_rule);
    for (const char* broken : {"", "{}", "[1,{},{\"source\":\"spam\"}]", "[{\"source\":3}]"})
        EXPECT_TRUE(read_findings(broken).empty()) << broken;
}

TEST(Findings, BecomeReasonsAndMarks) {
    automod::Verdict verdict;
    automod::Finding& found = verdict.findings.emplace_back();
    found.source = automod::Source::model;
    found.action = automod::Action::hold;
    found.category = automod::Category::sex_terms;
    found.level = 3;
    found.score = 1;
    found.spans = {{2, 4}};
    automod::Finding& shadow = verdict.findings.emplace_back();
    shadow.source = automod::Source::spam;
    shadow.action = automod::Action::hold;
    shadow.shadow = true;
    shadow.rule = "capitals";
    const auto reasons = reasons_of(verdict);
    ASSERT_EQ(reasons.size(), 1u);
    EXPECT_EQ(reasons[0].name, "sex_based_terms");
    EXPECT_EQ(reasons[0].level, 3);
    EXPECT_EQ(reasons[0].spans[0], std::pair(2u, 4u));
    const auto marks = marks_of(verdict);
    ASSERT_EQ(marks.size(), 1u);
    EXPECT_EQ(marks[0], (chat::TextMark{2, 4, 'S', 9}));
}

}  // namespace
}  // namespace clamor::moderation
