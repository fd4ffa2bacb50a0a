// SPDX-License-Identifier: Apache-2.0
#include "automod/model_classifier.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "automod/features.h"

namespace clamor::automod {
namespace {

/// A message on its way through the model.
struct Reading {
    std::size_t count = 0;
    std::array<Token, kTokensMax> tokens;
    std::array<const WordRow*, kTokensMax> words;  ///< null for unknown ones
    std::array<float, kTokensMax> weights;         ///< of the word itself
    std::array<float, kTokensMax> pair_weights;    ///< of the word and the next
    std::array<bool, kTokensMax> masked;

    bool pair_is_masked(std::size_t i) const { return masked[i] || masked[i + 1]; }
};

float sigmoid(float x) {
    return 1.0f / (1.0f + std::exp(-x));
}

bool has(const WordRow* row, WordFlags flag) {
    return row != nullptr && (row->flags & flag) != 0;
}

/// "fuck you", "you (little) shit", "fuck off": such profanity is meant for somebody.
bool is_directed(const Reading& r, std::size_t i) {
    if (i + 1 < r.count && (has(r.words[i + 1], kObject) || has(r.words[i + 1], kSecondPerson)))
        return true;
    if (i > 0 && has(r.words[i - 1], kSecondPerson)) return true;
    return i > 1 && has(r.words[i - 2], kSecondPerson) && r.tokens[i - 2].hash != kMentionHash;
}

float piece_weight(const Model& model, std::string_view letters) {
    const std::size_t mask = model.pieces.size() - 1;
    int sum = 0;
    for_each_piece(letters, [&](std::uint64_t hash) { sum += model.pieces[hash & mask]; });
    return static_cast<float>(sum) * model.header.piece_scale;
}

void read(const Model& model, const text::Normalised& message, Reading& r) {
    const ModelHeader& h = model.header;
    const std::size_t pair_mask = model.pairs.size() - 1;
    r.count = read_tokens(message, r.tokens);
    for (std::size_t i = 0; i < r.count; ++i) {
        r.words[i] = model.find(r.tokens[i].hash);
        r.weights[i] = r.words[i] != nullptr ? static_cast<float>(r.words[i]->weight) * h.word_scale
                                             : piece_weight(model, r.tokens[i].pieced());
    }
    for (std::size_t i = 0; i + 1 < r.count; ++i) {
        const std::uint64_t pair = pair_hash(r.tokens[i].hash, r.tokens[i + 1].hash);
        r.pair_weights[i] = static_cast<float>(model.pairs[pair & pair_mask]) * h.pair_scale;
    }
    if (r.count > 0) r.pair_weights[r.count - 1] = 0;
}

/// The sums and the greatest of the vectors of all networks, side by side.
struct Pool {
    static constexpr std::size_t kNumbers = kNetworks * kDimensions;
    std::array<std::int32_t, kNumbers> sum{};
    std::array<std::int8_t, kNumbers> most;
    std::int32_t rows = 0;

    Pool() { most.fill(-128); }
    void add(const WordRow* row) {
        if (row == nullptr) return;
        const std::int8_t* numbers = row->vectors.front().data();
        for (std::size_t d = 0; d < kNumbers; ++d) sum[d] += numbers[d];
        // Not std::max, whose references keep the compiler from taking sixteen at once.
        for (std::size_t d = 0; d < kNumbers; ++d)
            most[d] = numbers[d] > most[d] ? numbers[d] : most[d];
        ++rows;
    }
};

/// Four numbers at once: every machine can, and compilers do not find it in the loops below.
using Four = float __attribute__((vector_size(4 * sizeof(float))));
constexpr std::size_t kFours = kHidden / 4;
using Hidden = std::array<Four, kFours>;

Hidden load(const std::array<float, kHidden>& numbers) {
    Hidden fours;
    std::memcpy(&fours, &numbers, sizeof fours);
    return fours;
}

/// One network's hidden layer over the mean and the greatest.
float network_sum(const Network& network, const Pool& pool, std::size_t index, float scale) {
    Hidden hidden = load(network.hidden_bias);
    const float mean_scale = scale / static_cast<float>(pool.rows);
    for (std::size_t d = 0; d < kDimensions; ++d) {
        const std::size_t at = index * kDimensions + d;
        const float mean = static_cast<float>(pool.sum[at]) * mean_scale;
        const float most = static_cast<float>(pool.most[at]) * scale;
        const Hidden of_mean = load(network.hidden[d]);
        const Hidden of_most = load(network.hidden[kDimensions + d]);
        for (std::size_t k = 0; k < kFours; ++k) hidden[k] += of_mean[k] * mean + of_most[k] * most;
    }
    float out = 0;
    for (std::size_t k = 0; k < kHidden; ++k)
        out += std::max(hidden[k / 4][k % 4], 0.0f) * network.out[k];
    return out;
}

float probability(const Model& model, const Reading& r, bool with_masked) {
    Pool pool;
    float linear = 0;
    int words = 0;
    for (std::size_t i = 0; i < r.count; ++i) {
        if (with_masked || !r.masked[i]) {
            linear += r.weights[i];
            pool.add(r.words[i]);
            ++words;
        }
        if (i + 1 < r.count && (with_masked || !r.pair_is_masked(i))) linear += r.pair_weights[i];
    }
    const ModelHeader& h = model.header;
    float sum = h.bias + linear / std::sqrt(static_cast<float>(std::max(words, 1)));
    for (std::size_t index = 0; pool.rows > 0 && index < kNetworks; ++index)
        sum += network_sum(h.networks[index], pool, index, h.vector_scale);
    return sigmoid(h.slope * sum + h.shift);
}

/// The word with the greatest weight and those beside it that add to it.
text::CodePoints heaviest(const Reading& r) {
    if (r.count == 0) return {};
    const auto weight = [&r](std::size_t i) {
        return r.weights[i] + r.pair_weights[i] / 2 + (i > 0 ? r.pair_weights[i - 1] / 2 : 0);
    };
    std::size_t first = 0;
    for (std::size_t i = 1; i < r.count; ++i)
        if (weight(i) > weight(first)) first = i;
    std::size_t last = first;
    const float enough = weight(first) / 3;
    while (first > 0 && weight(first - 1) > enough && enough > 0) --first;
    while (last + 1 < r.count && weight(last + 1) > enough && enough > 0) ++last;
    return {r.tokens[first].first, r.tokens[last].last};
}

}  // namespace

ModelClassifier::ModelClassifier(Model model) : model_(std::move(model)) {}

Scores ModelClassifier::score(const text::Normalised& message) const {
    Reading r;
    read(model_, message, r);
    if (r.count == 0) return {};
    bool any_masked = false;
    for (std::size_t i = 0; i < r.count; ++i) {
        r.masked[i] = has(r.words[i], kProfane) && !is_directed(r, i);
        any_masked = any_masked || r.masked[i];
    }
    Scores scores;
    scores.toxicity = probability(model_, r, true);
    scores.hostility = scores.toxicity;
    if (any_masked) {
        scores.hostility = std::min(scores.toxicity, probability(model_, r, false));
        scores.profanity = scores.toxicity;
    }
    scores.span = heaviest(r);
    return scores;
}

std::shared_ptr<const Classifier> builtin_classifier() {
    static const auto classifier = std::make_shared<const ModelClassifier>(builtin_model());
    return classifier;
}

Result<std::shared_ptr<const Classifier>> load_classifier(const std::string& path) {
    auto model = load_model(path);
    if (!model) return tl::unexpected<Error>(std::move(model.error()));
    return std::make_shared<const ModelClassifier>(*std::move(model));
}

}  // namespace clamor::automod
