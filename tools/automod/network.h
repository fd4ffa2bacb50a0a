// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "automod/model.h"
#include "dataset.h"

namespace clamor::automod_tools {

/// A number and what AdaGrad remembers of it.
struct Weight {
    float value = 0;
    float seen = 0;

    void step(float gradient, float rate, float decay) {
        gradient += decay * value;
        seen += gradient * gradient;
        value -= rate * gradient / (std::sqrt(seen) + 1e-3f);
    }
};

/// One network of those whose sums are added: the mean and the greatest of the words' vectors,
/// through one hidden layer.
class NetworkTrainer {
  public:
    static constexpr std::size_t kIn = 2 * automod::kDimensions;

    struct Options {
        float rate = 0.03f;
        float decay = 1e-5f;
        float dropout = 0;  ///< of the hidden layer's inputs
    };
    /// What the way back needs of the way there.
    struct Forward {
        std::array<float, kIn> in;
        std::array<float, kIn> keep;
        std::array<std::uint32_t, automod::kDimensions> most;  ///< place of the greatest
        std::array<float, automod::kHidden> hidden;
        float sum;
    };
    using Row = std::array<Weight, automod::kDimensions>;

    NetworkTrainer(const Options& options, std::size_t words, std::uint64_t seed);

    /// `rows`: of each word of a message, or kUnknown.
    static constexpr std::uint32_t kUnknown = ~0u;
    void forward(std::span<const std::uint32_t> rows, Forward& f, bool learning);
    void backward(std::span<const std::uint32_t> rows, const Forward& f, float error,
                  float progress);

    const Row& row(std::uint32_t at) const { return rows_[at]; }
    float bias() const { return bias_.value; }
    automod::Network network() const;

  private:
    Options options_;
    Random random_;
    Weight bias_;
    std::vector<Row> rows_;
    std::array<std::array<Weight, kIn>, automod::kHidden> hidden_{};
    std::array<Weight, automod::kHidden> hidden_bias_{};
    std::array<Weight, automod::kHidden> out_{};
};

}  // namespace clamor::automod_tools
