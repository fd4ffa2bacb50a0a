// SPDX-License-Identifier: Apache-2.0
#include "trainer.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "automod/features.h"
#include "evasion.h"

namespace clamor::automod_tools {

using automod::kDimensions;
using automod::kHidden;

/// What comes of one example, kept for the way back.
struct Trainer::Forward {
    std::vector<std::uint32_t> rows;  ///< of the known words
    std::vector<bool> as_pieces;      ///< words read by their pieces alone
    std::array<float, 2 * kDimensions> in;
    std::array<std::uint32_t, kDimensions> most;  ///< the row that gave the greatest
    std::array<float, kHidden> hidden;
    float sum;
};

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
            word.letters = token.letters;
            if (!token.letters.empty()) {
                automod::for_each_piece(token.letters, [&](std::uint64_t hash) {
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
        words_[w].known = static_cast<std::uint32_t>(++known_);
    }
    word_weights_.resize(known_);
    vectors_.resize(known_);
    const auto small = [this](float most) {
        return (static_cast<float>(random_.below(2001)) / 1000.0f - 1.0f) * most;
    };
    for (Vector& vector : vectors_)
        for (Weight& weight : vector) weight.value = small(0.1f);
    for (auto& row : hidden_)
        for (Weight& weight : row) weight.value = small(0.4f);
    for (Weight& weight : out_) weight.value = small(0.4f);
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

void Trainer::forward(const Example& example, Forward& f) const {
    f.sum = bias_.value;
    f.rows.clear();
    for (std::size_t i = 0; i < example.words.size(); ++i) {
        const Word& word = words_[example.words[i]];
        f.sum += piece_sum(word);
        if (word.known != 0 && !f.as_pieces[i]) {
            f.rows.push_back(word.known - 1);
            f.sum += word_weights_[word.known - 1].value;
        }
        if (i + 1 < example.words.size())
            f.sum += pairs_[pair_index(example.words[i], example.words[i + 1])].value;
    }
    if (f.rows.empty()) return;
    f.in.fill(0);
    std::fill(f.in.begin() + kDimensions, f.in.end(), -1e9f);
    for (const std::uint32_t row : f.rows) {
        for (std::size_t d = 0; d < kDimensions; ++d) {
            const float value = vectors_[row][d].value;
            f.in[d] += value;
            if (value <= f.in[kDimensions + d]) continue;
            f.in[kDimensions + d] = value;
            f.most[d] = row;
        }
    }
    for (std::size_t d = 0; d < kDimensions; ++d) f.in[d] /= static_cast<float>(f.rows.size());
    for (std::size_t k = 0; k < kHidden; ++k) {
        f.hidden[k] = hidden_bias_[k].value;
        for (std::size_t d = 0; d < f.in.size(); ++d) f.hidden[k] += hidden_[k][d].value * f.in[d];
        if (f.hidden[k] > 0) f.sum += f.hidden[k] * out_[k].value;
    }
}

void Trainer::step(Weight& weight, float gradient, float rate) const {
    gradient += options_.decay * weight.value;
    weight.seen += gradient * gradient;
    weight.value -= rate * progress_ * gradient / (std::sqrt(weight.seen) + 1e-3f);
}

void Trainer::backward(const Example& example, const Forward& f, float error) {
    step(bias_, error, options_.rate);
    for (std::size_t i = 0; i < example.words.size(); ++i) {
        const Word& word = words_[example.words[i]];
        for (const std::uint32_t piece : word.pieces) step(pieces_[piece], error, options_.rate);
        if (word.known != 0 && !f.as_pieces[i])
            step(word_weights_[word.known - 1], error, options_.rate);
        if (i + 1 < example.words.size())
            step(pairs_[pair_index(example.words[i], example.words[i + 1])], error, options_.rate);
    }
    if (f.rows.empty()) return;
    std::array<float, 2 * kDimensions> back{};
    for (std::size_t k = 0; k < kHidden; ++k) {
        if (f.hidden[k] <= 0) continue;
        const float through = error * out_[k].value;
        step(out_[k], error * f.hidden[k], options_.vector_rate);
        step(hidden_bias_[k], through, options_.vector_rate);
        for (std::size_t d = 0; d < back.size(); ++d) {
            back[d] += through * hidden_[k][d].value;
            step(hidden_[k][d], through * f.in[d], options_.vector_rate);
        }
    }
    const auto share = 1.0f / static_cast<float>(f.rows.size());
    for (const std::uint32_t row : f.rows)
        for (std::size_t d = 0; d < kDimensions; ++d)
            step(vectors_[row][d], back[d] * share, options_.vector_rate);
    for (std::size_t d = 0; d < kDimensions; ++d)
        step(vectors_[f.most[d]][d], back[kDimensions + d], options_.vector_rate);
}

void Trainer::learn() {
    std::vector<std::uint32_t> order(learned_.size());
    std::iota(order.begin(), order.end(), 0u);
    Forward f;
    const std::size_t steps = order.size() * static_cast<std::size_t>(options_.epochs);
    std::size_t done = 0;
    for (int epoch = 1; epoch <= options_.epochs; ++epoch) {
        for (std::size_t i = order.size(); i > 1; --i)
            std::swap(order[i - 1], order[random_.below(i)]);
        double loss = 0;
        for (const std::uint32_t at : order) {
            const Example& example = learned_[at];
            f.as_pieces.assign(example.words.size(), false);
            for (std::size_t i = 0; i < example.words.size(); ++i)
                f.as_pieces[i] = random_.chance(options_.unknown_share);
            progress_ = 1.0f - 0.95f * static_cast<float>(done++) / static_cast<float>(steps);
            forward(example, f);
            const float probability = 1.0f / (1.0f + std::exp(-f.sum));
            loss -= std::log(std::max(1e-7f, example.toxic ? probability : 1 - probability));
            backward(example, f, probability - (example.toxic ? 1.0f : 0.0f));
        }
        measure();
        std::fprintf(stderr, "  epoch %d of %d: loss %.4f, held-out ROC-AUC %.4f, F1 %.4f\n", epoch,
                     options_.epochs, loss / static_cast<double>(order.size()), held_out_auc(),
                     at_threshold(held_out_scores_, 0).f1);
    }
}

void Trainer::measure() {
    Forward f;
    held_out_scores_.clear();
    for (const Example& example : held_out_) {
        f.as_pieces.assign(example.words.size(), false);
        forward(example, f);
        held_out_scores_.push_back({f.sum, example.toxic});
    }
}

}  // namespace clamor::automod_tools
