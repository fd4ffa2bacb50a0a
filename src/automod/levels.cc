// SPDX-License-Identifier: Apache-2.0
#include "automod/levels.h"

#include <algorithm>

#include "automod/calibration.h"

namespace clamor::automod {
namespace {

/// By overall level; the columns are in the order of Category.
constexpr std::array<std::array<std::uint8_t, kCategories>, 5> kOverall{{
    {0, 0, 0, 0, 0, 0, 0, 0},
    {1, 0, 0, 0, 1, 0, 1, 0},
    {2, 1, 1, 1, 2, 1, 2, 0},
    {3, 2, 3, 3, 3, 3, 3, 0},
    {4, 4, 4, 4, 4, 4, 4, 3},
}};

/// The closest first.
constexpr std::array kHostile{Category::race,       Category::sexuality, Category::misogyny,
                              Category::disability, Category::sex_terms, Category::bullying,
                              Category::aggression};
constexpr std::array kProfane{Category::sex_terms, Category::swearing};

}  // namespace

std::array<std::uint8_t, kCategories> effective_levels(const Levels& levels) {
    return levels.overall ? kOverall[std::min<std::size_t>(*levels.overall, 4)] : levels.categories;
}

LevelTable::LevelTable(const Levels& levels, const Calibration& calibration)
    : levels_(effective_levels(levels)) {
    auto& swearing = levels_[static_cast<std::size_t>(Category::swearing)];
    if (swearing < kSwearingFrom) swearing = 0;
    for (std::size_t i = 0; i < thresholds_.size(); ++i)
        thresholds_[i] = threshold_under(calibration, kThresholds[i]);
    highest_ = *std::ranges::max_element(levels_);
}

template <std::size_t N>
std::optional<LevelTable::Ruling> LevelTable::first_of(const std::array<Category, N>& order,
                                                       float score, Categories among) const {
    std::optional<Ruling> ruling;
    std::uint8_t strictest = 0;
    for (const Category category : order) {
        const std::uint8_t level = levels_[static_cast<std::size_t>(category)];
        if ((among & bit(category)) == 0 || level == 0 || score < thresholds_[level]) continue;
        strictest = std::max(strictest, level);
        if (ruling) continue;
        ruling = Ruling{category, Action::hold, 0, thresholds_[level]};
    }
    if (!ruling) return ruling;
    ruling->action = strictest >= kBlocksFrom ? Action::block : Action::hold;
    ruling->level = 4;
    while (ruling->level > 1 && score >= thresholds_[ruling->level - 1u]) --ruling->level;
    return ruling;
}

std::optional<LevelTable::Ruling> LevelTable::of_hostility(float score, Categories found) const {
    return first_of(
        kHostile, score,
        static_cast<Categories>(found | bit(Category::aggression) | bit(Category::bullying)));
}

std::optional<LevelTable::Ruling> LevelTable::of_profanity(float score, Categories found) const {
    return first_of(
        kProfane, score,
        static_cast<Categories>((found & bit(Category::sex_terms)) | bit(Category::swearing)));
}

}  // namespace clamor::automod
