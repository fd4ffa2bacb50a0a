// SPDX-License-Identifier: Apache-2.0
#include "trainer.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "automod/features.h"
#include "evasion.h"

namespace clamor::automod_tools {

namespace {
float probability(float sum) {
    return 1.0f / (1.0f + std::exp(-sum));
}

double log_loss(std::span<const Scored> sums) {
    double loss = 0;
    for (const Scored& line : sums)
        loss += std::log1p(std::exp(line.toxic ? -line.score : line.score));
    return loss / static_cast<double>(sums.size());
}
}  // namespace

Trainer::Trainer(const TrainingOptions& options, std::span<const Source> sources,
                 const std::unordered_set<std::string>& profanity)
    : options_(options), profanity_(profanity), random_(options.seed) {
    pairs_.resize(options.pairs);
    pieces_.resize(options.pieces);
    read(sources);
    choose_known_words();
}

void Trainer::read(std::span<const Source> sources) {
    constexpr std::size_t kBlock = 50;
    for (const Source& source : sources) {
        for (std::size_t i = 0; i < source.lines.size(); ++i) {
            const Line& line = source.lines[i];
            if (source.weak() && !random_.chance(options_.weak_share)) continue;
            const bool held_out = i / kBlock % 10 == 0;
            auto& examples = held_out ? held_out_ : learned_;
            examples.push_back(read_line(line.text, line.toxic));
            if (held_out || !random_.chance(options_.evaded_share)) continue;
            const Evasion evasion = kEvasions[random_.below(kEvasions.size())];
            examples.push_back(read_line(evade(line.text, evasion, random_), line.toxic));
        }
        std::fprintf(stderr, "  read %-20s %zu lines\n", source.name.c_str(), source.lines.size());
    }
}

Trainer::Example Trainer::read_line(const std::string& text, bool toxic) {
    normaliser_.normalise(text, {}, message_);
    std::array<automod::Token, automod::kTokensMax> tokens;
    const std::size_t count = automod::read_tokens(message_, tokens);
    Example example;
    example.toxic = toxic;
    for (const automod::Token& token : std::span(tokens).first(count)) {
        const auto [at, is_new] =
            index_.try_emplace(token.hash, static_cast<std::uint32_t>(words_.size()));
        if (is_new) {
            Word word;
            word.hash = token.hash;
            word.letters = token.pieced();
            if (token.size > 0) {
                automod::for_each_piece(token.pieced(), [&](std::uint64_t hash) {
                    word.pieces.push_back(static_cast<std::uint32_t>(hash & (options_.pieces - 1)));
                });
            }
            words_.push_back(std::move(word));
        }
        ++words_[at->second].count;
        example.words.push_back(at->second);
    }
    return example;
}

void Trainer::choose_known_words() {
    std::vector<std::uint32_t> order(words_.size());
    std::iota(order.begin(), order.end(), 0u);
    std::ranges::stable_sort(order, std::greater<>(),
                             [this](std::uint32_t w) { return words_[w].count; });
    for (const std::uint32_t w : order) {
        if (words_[w].count < options_.known_min || known_ == options_.known_max) break;
        words_[w].row = static_cast<std::uint32_t>(known_++);
    }
    word_weights_.resize(known_);
    for (std::size_t i = 0; i < options_.networks; ++i)
        networks_.emplace_back(options_.network, known_, options_.seed + 1 + i);
}

std::uint32_t Trainer::pair_index(std::uint32_t first, std::uint32_t second) const {
    return static_cast<std::uint32_t>(automod::pair_hash(words_[first].hash, words_[second].hash) &
                                      (options_.pairs - 1));
}

float Trainer::piece_sum(const Word& word) const {
    float sum = 0;
    for (const std::uint32_t piece : word.pieces) sum += pieces_[piece].value;
    return sum;
}

/// `unknown_share` of the words are taken for unknown.
void Trainer::find_rows(const Example& example, double unknown_share) {
    rows_.clear();
    for (const std::uint32_t w : example.words) {
        const bool unknown = unknown_share > 0 && random_.chance(unknown_share);
        rows_.push_back(unknown ? NetworkTrainer::kUnknown : words_[w].row);
    }
}

float Trainer::length_share(const Example& example) const {
    return 1 / std::sqrt(static_cast<float>(std::max<std::size_t>(example.words.size(), 1)));
}

float Trainer::linear_sum(const Example& example) const {
    float sum = 0;
    for (std::size_t i = 0; i < example.words.size(); ++i) {
        sum += piece_sum(words_[example.words[i]]);
        if (rows_[i] != NetworkTrainer::kUnknown) sum += word_weights_[rows_[i]].value;
        if (i + 1 < example.words.size())
            sum += pairs_[pair_index(example.words[i], example.words[i + 1])].value;
    }
    return bias_.value + sum * length_share(example);
}

void Trainer::learn_linear(const Example& example, float error, float progress) {
    const float rate = options_.rate * progress;
    const float length = length_share(example);
    const auto step = [&](Weight& weight, float share) {
        weight.step(error * length, rate * share, options_.decay);
    };
    bias_.step(error, rate, options_.decay);
    for (std::size_t i = 0; i < example.words.size(); ++i) {
        for (const std::uint32_t piece : words_[example.words[i]].pieces)
            step(pieces_[piece], options_.piece_rate);
        if (rows_[i] != NetworkTrainer::kUnknown) step(word_weights_[rows_[i]], 1);
        if (i + 1 < example.words.size())
            step(pairs_[pair_index(example.words[i], example.words[i + 1])], 1);
    }
}

/// Each part learns by its own error, as if it were alone: so they err differently, and their sum
/// errs least.
void Trainer::learn_from(const Example& example, float progress) {
    const float wanted = example.toxic ? 1 : 0;
    find_rows(example, options_.unknown_share);
    learn_linear(example, probability(linear_sum(example)) - wanted, progress);
    for (NetworkTrainer& network : networks_) {
        find_rows(example, options_.unknown_share);
        network.forward(rows_, forward_, true);
        network.backward(rows_, forward_, probability(forward_.sum) - wanted, progress);
    }
}

void Trainer::learn() {
    std::vector<std::uint32_t> order(learned_.size());
    std::iota(order.begin(), order.end(), 0u);
    const std::size_t steps = order.size() * static_cast<std::size_t>(options_.epochs);
    std::size_t done = 0;
    for (int epoch = 1; epoch <= options_.epochs; ++epoch) {
        for (std::size_t i = order.size(); i > 1; --i)
            std::swap(order[i - 1], order[random_.below(i)]);
        for (const std::uint32_t at : order)
            learn_from(learned_[at],
                       1.0f - 0.95f * static_cast<float>(done++) / static_cast<float>(steps));
        measure();
        std::fprintf(stderr,
                     "  epoch %d of %d: held-out ROC-AUC %.4f (linear %.4f, networks %.4f), F1 "
                     "%.4f, log loss %.4f\n",
                     epoch, options_.epochs, held_out_auc(), roc_auc(linear_scores_),
                     roc_auc(network_scores_), at_threshold(held_out_scores_, 0).f1,
                     log_loss(held_out_scores_));
    }
}

void Trainer::measure() {
    held_out_scores_.clear();
    linear_scores_.clear();
    network_scores_.clear();
    for (const Example& example : held_out_) {
        find_rows(example, 0);
        const float linear = linear_sum(example);
        float networks = 0;
        for (NetworkTrainer& network : networks_) {
            network.forward(rows_, forward_, false);
            networks += forward_.sum / static_cast<float>(networks_.size());
        }
        const float share = options_.network_share;
        held_out_scores_.push_back({linear * (1 - share) + networks * share, example.toxic});
        linear_scores_.push_back({linear, example.toxic});
        network_scores_.push_back({networks, example.toxic});
    }
}

}  // namespace clamor::automod_tools
