// SPDX-License-Identifier: Apache-2.0
#include "automod/levels.h"

#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "automod/calibration.h"

namespace clamor::automod {
namespace {

LevelTable overall(std::uint8_t level) {
    return {Levels{.overall = level, .categories = {}}, {}};
}

LevelTable only(Category category, std::uint8_t level) {
    Levels levels{.overall = {}, .categories = {}};
    levels.categories[static_cast<std::size_t>(category)] = level;
    return {levels, {}};
}

TEST(Levels, OfTheCategoriesFollowTheOverallOne) {
    EXPECT_EQ(effective_levels({.overall = 2, .categories = {4, 4, 4, 4, 4, 4, 4, 4}}),
              (std::array<std::uint8_t, 8>{2, 1, 1, 1, 2, 1, 2, 0}));
    EXPECT_EQ(effective_levels({.overall = {}, .categories = {0, 1, 2, 3, 4, 3, 2, 1}}),
              (std::array<std::uint8_t, 8>{0, 1, 2, 3, 4, 3, 2, 1}));
}

TEST(Levels, OfZeroAreOff) {
    EXPECT_FALSE(overall(0).any());
    EXPECT_FALSE(overall(0).of_hostility(1, 0xFF));
    EXPECT_FALSE(overall(0).of_profanity(1, 0xFF));
    EXPECT_FALSE(only(Category::race, 4).of_hostility(1, 0)) << "nothing points at race";
}

TEST(Levels, HoldOrBlockFromTheirThresholdOn) {
    const std::array<float, 5> thresholds{0, 0.8f, 0.7f, 0.6f, 0.5f};
    for (std::uint8_t level = 1; level <= 4; ++level) {
        const auto table = overall(level);
        EXPECT_FALSE(table.of_hostility(thresholds[level] - 0.01f, 0)) << int(level);
        const auto ruling = table.of_hostility(thresholds[level] + 0.01f, 0);
        ASSERT_TRUE(ruling) << int(level);
        EXPECT_EQ(ruling->action, level >= 3 ? Action::block : Action::hold);
        EXPECT_EQ(ruling->level, level);
    }
}

TEST(Levels, OfAFindingAreTheLowestThatCatchIt) {
    const auto table = overall(4);
    EXPECT_EQ(table.of_hostility(0.95f, 0)->level, 1);
    EXPECT_EQ(table.of_hostility(0.75f, 0)->level, 2);
    EXPECT_EQ(table.of_hostility(0.65f, 0)->level, 3);
    EXPECT_EQ(table.of_hostility(0.55f, 0)->level, 4);
}

TEST(Levels, NameTheClosestCategoryThatIsOn) {
    const auto table = overall(2);
    EXPECT_EQ(table.of_hostility(0.9f, 0)->category, Category::bullying);
    EXPECT_EQ(table.of_hostility(0.75f, 0)->category, Category::aggression);
    EXPECT_EQ(table.of_hostility(0.75f, bit(Category::race))->category, Category::race);
    EXPECT_EQ(table.of_hostility(0.75f, bit(Category::misogyny))->category, Category::aggression)
        << "level 1 of misogyny wants 0.8";
    EXPECT_EQ(table.of_hostility(0.9f, bit(Category::sex_terms))->category, Category::sex_terms);
    EXPECT_EQ(only(Category::race, 4).of_hostility(0.55f, bit(Category::race))->category,
              Category::race);
}

TEST(Levels, LetSwearingPassBelowThree) {
    for (std::uint8_t level = 0; level <= 3; ++level)
        EXPECT_FALSE(overall(level).of_profanity(0.99f, 0)) << int(level);
    ASSERT_TRUE(overall(4).of_profanity(0.65f, 0));
    EXPECT_EQ(overall(4).of_profanity(0.65f, 0)->category, Category::swearing);
    EXPECT_FALSE(only(Category::swearing, 2).of_profanity(0.99f, 0));
    EXPECT_FALSE(only(Category::swearing, 2).any());
    EXPECT_TRUE(only(Category::swearing, 3).of_profanity(0.65f, 0));
}

TEST(Levels, CountSexualWordsByTheirOwn) {
    EXPECT_FALSE(overall(2).of_profanity(0.75f, bit(Category::sex_terms)));
    ASSERT_TRUE(overall(2).of_profanity(0.85f, bit(Category::sex_terms)));
    EXPECT_EQ(overall(2).of_profanity(0.85f, bit(Category::sex_terms))->category,
              Category::sex_terms);
    EXPECT_FALSE(overall(2).of_profanity(0.85f, bit(Category::race)));
}

TEST(Calibration, OfNothingChangesNothing) {
    for (const float threshold : kThresholds)
        EXPECT_EQ(threshold_under(Calibration{}, threshold), threshold);
    EXPECT_NEAR(calibrated({}, 0.3f), 0.3f, 1e-5);
}

TEST(Calibration, MovesThresholdsAgainstTheScore) {
    const Calibration lenient{.slope = 1, .offset = -1};
    EXPECT_GT(threshold_under(lenient, 0.7f), 0.7f);
    EXPECT_NEAR(calibrated(lenient, threshold_under(lenient, 0.7f)), 0.7f, 1e-5);
    const LevelTable table({.overall = 2, .categories = {}}, lenient);
    EXPECT_FALSE(table.of_hostility(0.75f, 0));
    EXPECT_TRUE(table.of_hostility(0.9f, 0));
}

TEST(Calibration, StaysWithinItsBounds) {
    EXPECT_EQ(within_bounds({9, -9}), (Calibration{kSlopeMax, -kOffsetMax}));
    EXPECT_EQ(within_bounds({std::nanf(""), 0}), Calibration{});
    EXPECT_EQ(within_bounds({1, std::numeric_limits<float>::infinity()}), Calibration{});
}

TEST(CalibrationFit, ProposesNothingOfFewDecisions) {
    const std::vector<Decision> few(kDecisionsMin - 1, {.score = 0.8f, .denied = false});
    const auto fit = fit_calibration(few, {.slope = 1, .offset = 0.5f});
    EXPECT_FALSE(fit.enough);
    EXPECT_EQ(fit.after, fit.before);
    EXPECT_EQ(fit_calibration({}, {}).decisions, 0u);
}

TEST(CalibrationFit, HoldsLessWhereModeratorsApproveMuch) {
    std::vector<Decision> decisions;
    for (int i = 0; i < 60; ++i) {
        const float score = 0.7f + 0.29f * static_cast<float>(i) / 60;
        decisions.push_back({score, i % 5 == 0});
    }
    const auto fit = fit_calibration(decisions, {});
    ASSERT_TRUE(fit.enough);
    EXPECT_EQ(fit.denied, 12u);
    EXPECT_LT(fit.after.offset, 0);
    EXPECT_GT(fit.figures_after.thresholds[2], fit.figures_before.thresholds[2]);
    EXPECT_LT(fit.figures_after.held_and_approved[2], fit.figures_before.held_and_approved[2]);
    EXPECT_LT(fit.figures_after.log_loss, fit.figures_before.log_loss);
}

TEST(CalibrationFit, HoldsMoreWhereModeratorsDenyAll) {
    const std::vector<Decision> decisions(60, {.score = 0.72f, .denied = true});
    const auto fit = fit_calibration(decisions, {});
    EXPECT_LT(fit.figures_after.thresholds[2], 0.7f);
    EXPECT_LE(std::abs(fit.after.offset), kOffsetMax);
}

TEST(CalibrationFit, FindsTheLayerThatMadeTheDecisions) {
    std::mt19937 random(3);
    std::uniform_real_distribution<float> uniform(0, 1);
    const Calibration truth{.slope = 1.5f, .offset = -0.8f};
    std::vector<Decision> decisions;
    for (int i = 0; i < 5000; ++i) {
        const float score = 0.05f + 0.9f * uniform(random);
        decisions.push_back({score, uniform(random) < calibrated(truth, score)});
    }
    const auto fit = fit_calibration(decisions, {});
    EXPECT_NEAR(fit.after.slope, truth.slope, 0.15f);
    EXPECT_NEAR(fit.after.offset, truth.offset, 0.15f);
    EXPECT_FALSE(fit.at_bound);
}

TEST(CalibrationFit, SaysWhenItsBoundsHeldItBack) {
    const std::vector<Decision> decisions(2000, {.score = 0.95f, .denied = false});
    const auto fit = fit_calibration(decisions, {});
    EXPECT_TRUE(fit.at_bound);
    EXPECT_EQ(fit.after, within_bounds(fit.after));
}

TEST(CalibrationFit, IsNotUpsetByScoresOfZeroAndOne) {
    std::vector<Decision> decisions(30, {.score = 1, .denied = false});
    decisions.resize(60, {.score = 0, .denied = true});
    const auto fit = fit_calibration(decisions, {});
    EXPECT_TRUE(std::isfinite(fit.after.slope) && std::isfinite(fit.after.offset));
    EXPECT_TRUE(std::isfinite(fit.figures_after.log_loss));
}

}  // namespace
}  // namespace clamor::automod
