// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

namespace clamor::automod_tools {

struct Scored {
    float score;
    bool toxic;
};

/// The chance that a toxic line scores above another; ties count half. NaN where one kind is
/// absent.
double roc_auc(std::span<const Scored> lines);
/// Average precision.
double pr_auc(std::span<const Scored> lines);

struct AtThreshold {
    double recall;
    double precision;
    double f1;
    double false_positive_rate;
};
AtThreshold at_threshold(std::span<const Scored> lines, float threshold);

}  // namespace clamor::automod_tools
