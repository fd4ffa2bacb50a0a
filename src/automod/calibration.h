// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "automod/settings.h"

namespace clamor::automod {

/// How far a channel's calibration may go.
inline constexpr float kSlopeMin = 0.5f;
inline constexpr float kSlopeMax = 2;
inline constexpr float kOffsetMax = 1.5f;  ///< to both sides
/// With fewer decisions nothing is proposed.
inline constexpr std::size_t kDecisionsMin = 20;

Calibration within_bounds(Calibration calibration);
/// The probability that the channel's moderators would deny what has this score.
float calibrated(const Calibration& calibration, float score);
/// The score from which calibrated() reaches the threshold.
float threshold_under(const Calibration& calibration, float threshold);

/// What a moderator made of a held message, and the classifier's score of it, uncalibrated.
struct Decision {
    float score = 0;
    bool denied = false;
};

/// How well a calibration foresees the decisions.
struct CalibrationFigures {
    float log_loss = 0;
    std::array<float, 5> thresholds{};  ///< on the uncalibrated score, by level
    std::array<std::size_t, 5> held{};  ///< of the decided messages, by level
    std::array<std::size_t, 5> held_and_approved{};
};

struct CalibrationFit {
    Calibration before;
    Calibration after;  ///< `before` where there are too few decisions
    std::size_t decisions = 0;
    std::size_t denied = 0;
    bool enough = false;
    bool at_bound = false;  ///< the decisions would have gone further than the bounds allow
    CalibrationFigures figures_before;
    CalibrationFigures figures_after;
};

/// Fits the logistic layer to the decisions, drawn towards changing nothing as strongly as a few
/// decisions would, so that it moves with evidence and not with a single message. Pure: what it
/// proposes is in force when it is put into Settings, and undone by putting `before` back.
CalibrationFit fit_calibration(std::span<const Decision> decisions, const Calibration& before);

}  // namespace clamor::automod
