// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "automod/model.h"
#include "dataset.h"
#include "metrics.h"
#include "network.h"
#include "text/normaliser.h"

namespace clamor::automod_tools {

struct TrainingOptions {
    std::uint64_t seed = 20'260'101;
    int epochs = 3;
    float rate = 0.2f;  ///< of the linear part
    float decay = 1e-5f;
    float piece_rate = 0.3f;     ///< of the rate
    double weak_share = 0.3;     ///< of the lines of weak sources that are used
    double evaded_share = 0.15;  ///< of the lines that are used disguised, too
    double unknown_share = 0;    ///< of the words that are read by their pieces alone
    std::size_t known_min = 3;   ///< so often a word must come to be known
    std::size_t known_max = 25'000;
    float network_share = 0.6f;  ///< of the sum
    /// Calibration is for a chat in which the odds of a toxic message are so much those of the
    /// data.
    float odds = 0.65f;
    std::size_t networks = automod::kNetworks;
    NetworkTrainer::Options network;
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
        std::uint32_t row = NetworkTrainer::kUnknown;  ///< of its weight and vectors
    };
    struct Example {
        std::vector<std::uint32_t> words;
        bool toxic = false;
    };

    void read(std::span<const Source> sources);
    Example read_line(const std::string& text, bool toxic);
    void choose_known_words();
    void find_rows(const Example& example, double unknown_share);
    float length_share(const Example& example) const;
    float linear_sum(const Example& example) const;
    void learn_linear(const Example& example, float error, float progress);
    void learn_from(const Example& example, float progress);
    void measure();
    float piece_sum(const Word& word) const;
    std::uint32_t pair_index(std::uint32_t first, std::uint32_t second) const;
    std::uint8_t flags_of(const Word& word) const;
    void make_slots(std::span<automod::WordSlot> slots) const;

    TrainingOptions options_;
    const std::unordered_set<std::string>& profanity_;
    Random random_;
    text::Normaliser normaliser_;
    text::Normalised message_;
    std::unordered_map<std::uint64_t, std::uint32_t> index_;
    std::vector<Word> words_;
    std::vector<Example> learned_;
    std::vector<Example> held_out_;
    std::vector<Scored> held_out_scores_;  ///< sums before calibration
    std::vector<Scored> linear_scores_;
    std::vector<Scored> network_scores_;
    std::size_t known_ = 0;

    std::vector<std::uint32_t> rows_;  ///< of the words of the example at hand
    NetworkTrainer::Forward forward_;
    Weight bias_;
    std::vector<Weight> word_weights_;
    std::vector<Weight> pairs_;
    std::vector<Weight> pieces_;
    std::vector<NetworkTrainer> networks_;
};

}  // namespace clamor::automod_tools
