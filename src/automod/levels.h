// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "automod/settings.h"
#include "automod/verdict.h"

namespace clamor::automod {

/// Of the score, by level. That of level 0 is what a channel would have to be sure of to be held
/// where nothing is on; level 0 itself is off.
inline constexpr std::array<float, 5> kThresholds{0.9f, 0.8f, 0.7f, 0.6f, 0.5f};
/// From this level on a message is blocked, below it held.
inline constexpr std::uint8_t kBlocksFrom = 3;
/// Undirected swearing is let pass below this level of its category.
inline constexpr std::uint8_t kSwearingFrom = 3;

/// A set of categories, one bit each.
using Categories = std::uint8_t;
constexpr Categories bit(Category category) {
    return static_cast<Categories>(1u << static_cast<unsigned>(category));
}

/// The categories' own levels, whichever way they were set (spec helix-eventsub 7.3).
std::array<std::uint8_t, kCategories> effective_levels(const Levels& levels);

/// What the channel's levels make of a score: thresholds on the classifier's frozen scores, with
/// the channel's calibration in them.
class LevelTable {
  public:
    LevelTable() : LevelTable(Levels{}, Calibration{}) {}
    LevelTable(const Levels& levels, const Calibration& calibration);

    struct Ruling {
        Category category;
        Action action;
        std::uint8_t level;  ///< the lowest that catches the score, 1-4
        float threshold;     ///< that was reached
    };

    /// Anything is on.
    bool any() const { return highest_ > 0; }
    /// No score below this matters.
    float lowest_threshold() const { return thresholds_[highest_]; }
    const std::array<float, 5>& thresholds() const { return thresholds_; }

    /// `found`: what the words of the text point at. Hostility counts as aggression and bullying
    /// whatever else it is; the ruling names the closest category that is on.
    std::optional<Ruling> of_hostility(float score, Categories found) const;
    /// Swearing, and sexual words where `found` has them.
    std::optional<Ruling> of_profanity(float score, Categories found) const;

  private:
    template <std::size_t N>
    std::optional<Ruling> first_of(const std::array<Category, N>& order, float score,
                                   Categories among) const;

    std::array<std::uint8_t, kCategories> levels_;
    std::array<float, 5> thresholds_;
    std::uint8_t highest_ = 0;
};

}  // namespace clamor::automod
