// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "automod/model.h"
#include "dataset.h"
#include "metrics.h"
#include "text/normaliser.h"

namespace clamor::automod_tools {

struct TrainingOptions {
    std::uint64_t seed = 20'260'101;
    int epochs = 8;
    float rate = 0.06f;
    float vector_rate = 0.03f;
    float decay = 2e-6f;         ///< of weights, each time they are touched
    double weak_share = 0.3;     ///< of the lines of weak sources that are used
    double evaded_share = 0.3;   ///< of the lines that are used disguised, too
    double unknown_share = 0.1;  ///< of the words that are read by their pieces alone
    std::size_t known_min = 3;   ///< so often a word must come to be known
    std::size_t known_max = 30'000;
    std::size_t word_slots = 1 << 16;
    std::size_t pairs = 1 << 20;
    std::size_t pieces = 1 << 19;
};

/// Learns from lines and makes the model of them. Lines are taken in blocks of 50: nine of ten to
/// learn from, the tenth to watch and to calibrate by.
class Trainer {
  public:
    Trainer(const TrainingOptions& options, std::span<const Source> sources,
            const std::unordered_set<std::string>& profanity);

    void learn();
    /// Of the tenth, as it was last measured.
    double held_out_auc() const { return roc_auc(held_out_scores_); }
    std::vector<std::byte> model(const std::string& version);
    std::size_t examples() const { return learned_.size(); }
    std::size_t known_words() const { return known_; }

  private:
    struct Word {
        std::uint64_t hash = 0;
        std::string letters;  ///< empty for what has no pieces
        std::vector<std::uint32_t> pieces;
        std::uint32_t count = 0;
        std::uint32_t known = 0;  ///< row of its weight and vector, and 1
    };
    struct Example {
        std::vector<std::uint32_t> words;
        bool toxic = false;
    };
    /// A number and what AdaGrad remembers of it.
    struct Weight {
        float value = 0;
        float seen = 0;
    };
    using Vector = std::array<Weight, automod::kDimensions>;
    struct Forward;

    void read(std::span<const Source> sources);
    Example read_line(const std::string& text, bool toxic);
    void choose_known_words();
    void forward(const Example& example, Forward& f) const;
    void backward(const Example& example, const Forward& f, float error);
    void step(Weight& weight, float gradient, float rate) const;
    void measure();
    float piece_sum(const Word& word) const;
    std::uint32_t pair_index(std::uint32_t first, std::uint32_t second) const;
    std::uint8_t flags_of(const Word& word) const;

    TrainingOptions options_;
    const std::unordered_set<std::string>& profanity_;
    Random random_;
    text::Normaliser normaliser_;
    text::Normalised message_;
    std::unordered_map<std::uint64_t, std::uint32_t> index_;
    std::vector<Word> words_;
    std::vector<Example> learned_;
    std::vector<Example> held_out_;
    std::vector<Scored> held_out_scores_;  ///< raw sums
    std::size_t known_ = 0;
    float progress_ = 0;

    Weight bias_;
    std::vector<Weight> word_weights_;
    std::vector<Vector> vectors_;
    std::vector<Weight> pairs_;
    std::vector<Weight> pieces_;
    std::array<std::array<Weight, 2 * automod::kDimensions>, automod::kHidden> hidden_{};
    std::array<Weight, automod::kHidden> hidden_bias_{};
    std::array<Weight, automod::kHidden> out_{};
};

}  // namespace clamor::automod_tools
