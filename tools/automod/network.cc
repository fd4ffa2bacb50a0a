// SPDX-License-Identifier: Apache-2.0
#include "network.h"

namespace clamor::automod_tools {

using automod::kDimensions;
using automod::kHidden;

NetworkTrainer::NetworkTrainer(const Options& options, std::size_t words, std::uint64_t seed)
    : options_(options), random_(seed), rows_(words) {
    const auto small = [this](float most) {
        return (static_cast<float>(random_.below(2001)) / 1000.0f - 1.0f) * most;
    };
    for (Row& row : rows_)
        for (Weight& weight : row) weight.value = small(0.1f);
    for (auto& row : hidden_)
        for (Weight& weight : row) weight.value = small(0.4f);
    for (Weight& weight : out_) weight.value = small(0.4f);
}

void NetworkTrainer::forward(std::span<const std::uint32_t> rows, Forward& f, bool learning) {
    f.in.fill(0);
    std::fill(f.in.begin() + kDimensions, f.in.end(), -1e9f);
    std::size_t known = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (rows[i] == kUnknown) continue;
        ++known;
        for (std::size_t d = 0; d < kDimensions; ++d) {
            const float value = rows_[rows[i]][d].value;
            f.in[d] += value;
            if (value <= f.in[kDimensions + d]) continue;
            f.in[kDimensions + d] = value;
            f.most[d] = static_cast<std::uint32_t>(i);
        }
    }
    f.sum = bias_.value;
    if (known == 0) return;
    for (std::size_t d = 0; d < kDimensions; ++d) f.in[d] /= static_cast<float>(known);
    f.keep.fill(1);
    if (learning && options_.dropout > 0) {
        for (float& keep : f.keep)
            keep = random_.chance(options_.dropout) ? 0 : 1 / (1 - options_.dropout);
    }
    for (std::size_t k = 0; k < kHidden; ++k) {
        f.hidden[k] = hidden_bias_[k].value;
        for (std::size_t d = 0; d < kIn; ++d)
            f.hidden[k] += hidden_[k][d].value * f.in[d] * f.keep[d];
        if (f.hidden[k] > 0) f.sum += f.hidden[k] * out_[k].value;
    }
}

void NetworkTrainer::backward(std::span<const std::uint32_t> rows, const Forward& f, float error,
                              float progress) {
    const float rate = options_.rate * progress;
    const auto step = [&](Weight& weight, float gradient) {
        weight.step(gradient, rate, options_.decay);
    };
    step(bias_, error);
    std::size_t known = 0;
    for (const std::uint32_t row : rows) known += row != kUnknown ? 1 : 0;
    if (known == 0) return;
    std::array<float, kIn> back{};
    for (std::size_t k = 0; k < kHidden; ++k) {
        if (f.hidden[k] <= 0) continue;
        const float through = error * out_[k].value;
        step(out_[k], error * f.hidden[k]);
        step(hidden_bias_[k], through);
        for (std::size_t d = 0; d < kIn; ++d) {
            back[d] += through * hidden_[k][d].value * f.keep[d];
            step(hidden_[k][d], through * f.in[d] * f.keep[d]);
        }
    }
    const float share = 1.0f / static_cast<float>(known);
    for (const std::uint32_t row : rows) {
        if (row == kUnknown) continue;
        for (std::size_t d = 0; d < kDimensions; ++d) step(rows_[row][d], back[d] * share);
    }
    for (std::size_t d = 0; d < kDimensions; ++d) {
        const float gradient = back[kDimensions + d];
        if (gradient == 0) continue;
        step(rows_[rows[f.most[d]]][d], gradient);
    }
}

automod::Network NetworkTrainer::network() const {
    automod::Network out;
    for (std::size_t k = 0; k < kHidden; ++k) {
        out.hidden_bias[k] = hidden_bias_[k].value;
        out.out[k] = out_[k].value;
        for (std::size_t d = 0; d < kIn; ++d) out.hidden[d][k] = hidden_[k][d].value;
    }
    return out;
}

}  // namespace clamor::automod_tools
