// SPDX-License-Identifier: Apache-2.0
#include "automod/calibration.h"

#include <algorithm>
#include <cmath>

#include "automod/levels.h"

namespace clamor::automod {
namespace {

/// Scores nearer to 0 and 1 say no more than these.
constexpr double kSurest = 1e-4;
/// How far slope and offset stray from 1 and 0 where nothing is known: the priors' deviations.
constexpr double kSlopeDeviation = 0.5;
constexpr double kOffsetDeviation = 1;

double logit(double p) {
    p = std::clamp(p, kSurest, 1 - kSurest);
    return std::log(p / (1 - p));
}
double sigmoid(double x) {
    return 1 / (1 + std::exp(-x));
}

/// Minus the logarithm of the posterior, up to a constant.
double cost(std::span<const Decision> decisions, double slope, double offset) {
    double sum =
        std::pow((slope - 1) / kSlopeDeviation, 2) / 2 + std::pow(offset / kOffsetDeviation, 2) / 2;
    for (const Decision& decision : decisions) {
        const double z = slope * logit(decision.score) + offset;
        sum += std::log1p(std::exp(decision.denied ? -z : z));
    }
    return sum;
}

struct Step {
    double slope, offset;
};

/// Newton's step; the priors keep the matrix from being singular.
Step newton_step(std::span<const Decision> decisions, double slope, double offset) {
    const double slope_weight = 1 / (kSlopeDeviation * kSlopeDeviation);
    const double offset_weight = 1 / (kOffsetDeviation * kOffsetDeviation);
    double g0 = (slope - 1) * slope_weight, g1 = offset * offset_weight;
    double h00 = slope_weight, h01 = 0, h11 = offset_weight;
    for (const Decision& decision : decisions) {
        const double x = logit(decision.score);
        const double p = sigmoid(slope * x + offset);
        const double error = p - (decision.denied ? 1 : 0);
        const double weight = p * (1 - p);
        g0 += error * x;
        g1 += error;
        h00 += weight * x * x;
        h01 += weight * x;
        h11 += weight;
    }
    const double determinant = h00 * h11 - h01 * h01;
    return {(h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant};
}

CalibrationFigures figures_of(std::span<const Decision> decisions, const Calibration& calibration) {
    CalibrationFigures figures;
    for (std::size_t level = 0; level < kThresholds.size(); ++level)
        figures.thresholds[level] = threshold_under(calibration, kThresholds[level]);
    double loss = 0;
    for (const Decision& decision : decisions) {
        const double z = calibration.slope * logit(decision.score) + calibration.offset;
        loss += std::log1p(std::exp(decision.denied ? -z : z));
        for (std::size_t level = 0; level < kThresholds.size(); ++level) {
            if (decision.score < figures.thresholds[level]) continue;
            ++figures.held[level];
            if (!decision.denied) ++figures.held_and_approved[level];
        }
    }
    if (!decisions.empty())
        figures.log_loss = static_cast<float>(loss / static_cast<double>(decisions.size()));
    return figures;
}

}  // namespace

Calibration within_bounds(Calibration calibration) {
    if (!std::isfinite(calibration.slope) || !std::isfinite(calibration.offset)) return {};
    return {std::clamp(calibration.slope, kSlopeMin, kSlopeMax),
            std::clamp(calibration.offset, -kOffsetMax, kOffsetMax)};
}

float calibrated(const Calibration& calibration, float score) {
    return static_cast<float>(sigmoid(calibration.slope * logit(score) + calibration.offset));
}

float threshold_under(const Calibration& calibration, float threshold) {
    if (calibration == Calibration{}) return threshold;
    return static_cast<float>(sigmoid((logit(threshold) - calibration.offset) / calibration.slope));
}

CalibrationFit fit_calibration(std::span<const Decision> decisions, const Calibration& before) {
    CalibrationFit fit;
    fit.before = fit.after = within_bounds(before);
    fit.decisions = decisions.size();
    fit.denied = static_cast<std::size_t>(std::ranges::count_if(decisions, &Decision::denied));
    fit.enough = decisions.size() >= kDecisionsMin;
    if (fit.enough) {
        double slope = 1, offset = 0;
        double at = cost(decisions, slope, offset);
        for (int round = 0; round < 50; ++round) {
            const Step step = newton_step(decisions, slope, offset);
            double share = 1;
            double next = cost(decisions, slope - step.slope, offset - step.offset);
            while (next > at && share > 1e-6) {
                share /= 2;
                next = cost(decisions, slope - share * step.slope, offset - share * step.offset);
            }
            if (next >= at - 1e-9) break;
            slope -= share * step.slope;
            offset -= share * step.offset;
            at = next;
        }
        const Calibration free{static_cast<float>(slope), static_cast<float>(offset)};
        fit.after = within_bounds(free);
        fit.at_bound = !(fit.after == free);
    }
    fit.figures_before = figures_of(decisions, fit.before);
    fit.figures_after = figures_of(decisions, fit.after);
    return fit;
}

}  // namespace clamor::automod
