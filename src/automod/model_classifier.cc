// SPDX-License-Identifier: Apache-2.0
#include "automod/model_classifier.h"

#include <algorithm>
#include <cmath>

#include "automod/features.h"

namespace clamor::automod {
namespace {

/// A message on its way through the model.
struct Reading {
    std::size_t count = 0;
    std::array<Token, kTokensMax> tokens;
    std::array<const WordSlot*, kTokensMax> slots;  ///< null for unknown words
    std::array<float, kTokensMax> weights;          ///< of the word itself
    std::array<float, kTokensMax> pairs;            ///< of the word and the next
    std::array<bool, kTokensMax> masked;
};

float sigmoid(float x) {
    return 1.0f / (1.0f + std::exp(-x));
}

bool has(const WordSlot* slot, WordFlags flag) {
    return slot != nullptr && (slot->flags & flag) != 0;
}

/// "fuck you", "you (little) shit", "fuck off": such profanity is meant for somebody.
bool is_directed(const Reading& r, std::size_t i) {
    if (i + 1 < r.count && has(r.slots[i + 1], kObject)) return true;
    if (i + 1 < r.count && has(r.slots[i + 1], kSecondPerson)) return true;
    for (std::size_t back = 1; back <= 2 && back <= i; ++back)
        if (has(r.slots[i - back], kSecondPerson)) return true;
    return false;
}

void read(const Model& model, const text::Normalised& message, Reading& r) {
    const ModelHeader& h = model.header;
    r.count = read_tokens(message, r.tokens);
    for (std::size_t i = 0; i < r.count; ++i) r.slots[i] = model.find(r.tokens[i].hash);
    const std::size_t piece_mask = model.pieces.size() - 1;
    const std::size_t pair_mask = model.pairs.size() - 1;
    for (std::size_t i = 0; i < r.count; ++i) {
        int pieces = 0;
        if (r.slots[i] == nullptr && !r.tokens[i].letters.empty()) {
            for_each_piece(r.tokens[i].letters,
                           [&](std::uint64_t hash) { pieces += model.pieces[hash & piece_mask]; });
        }
        r.weights[i] = r.slots[i] != nullptr ? static_cast<float>(r.slots[i]->weight) * h.word_scale
                                             : static_cast<float>(pieces) * h.piece_scale;
        r.pairs[i] = 0;
        if (i + 1 == r.count) continue;
        const std::uint64_t pair = pair_hash(r.tokens[i].hash, r.tokens[i + 1].hash);
        r.pairs[i] = static_cast<float>(model.pairs[pair & pair_mask]) * h.pair_scale;
    }
}

/// The network's share: the mean and the greatest of the words' vectors, one hidden layer.
float network_sum(const Model& model, const Reading& r, bool with_masked) {
    std::array<std::int32_t, kDimensions> sum{};
    std::array<std::int8_t, kDimensions> most;
    most.fill(-128);
    std::int32_t words = 0;
    for (std::size_t i = 0; i < r.count; ++i) {
        if (r.slots[i] == nullptr || (r.masked[i] && !with_masked)) continue;
        const auto& vector = r.slots[i]->vector;
        for (std::size_t d = 0; d < kDimensions; ++d) sum[d] += vector[d];
        for (std::size_t d = 0; d < kDimensions; ++d) most[d] = std::max(most[d], vector[d]);
        ++words;
    }
    if (words == 0) return 0;
    std::array<float, 2 * kDimensions> in;
    const float scale = model.header.vector_scale;
    for (std::size_t d = 0; d < kDimensions; ++d) {
        in[d] = static_cast<float>(sum[d]) * (scale / static_cast<float>(words));
        in[kDimensions + d] = static_cast<float>(most[d]) * scale;
    }
    const Network& network = model.header.network;
    float out = 0;
    for (std::size_t k = 0; k < kHidden; ++k) {
        std::array<float, 4> lanes{};
        for (std::size_t d = 0; d < in.size(); ++d) lanes[d % 4] += network.hidden[k][d] * in[d];
        const float value = network.hidden_bias[k] + (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
        out += value > 0 ? value * network.out[k] : 0;
    }
    return out;
}

float probability(const Model& model, const Reading& r, bool with_masked) {
    float sum = model.header.bias + network_sum(model, r, with_masked);
    for (std::size_t i = 0; i < r.count; ++i) {
        if (r.masked[i] && !with_masked) continue;
        sum += r.weights[i];
        if (i + 1 < r.count && (with_masked || !r.masked[i + 1])) sum += r.pairs[i];
    }
    return sigmoid(model.header.slope * sum + model.header.shift);
}

/// The word with the greatest weight and those beside it that add to it.
text::CodePoints heaviest(const Reading& r) {
    if (r.count == 0) return {};
    const auto weight = [&r](std::size_t i) {
        return r.weights[i] + r.pairs[i] / 2 + (i > 0 ? r.pairs[i - 1] / 2 : 0);
    };
    std::size_t first = 0;
    for (std::size_t i = 1; i < r.count; ++i)
        if (weight(i) > weight(first)) first = i;
    std::size_t last = first;
    const float enough = weight(first) / 3;
    while (first > 0 && weight(first - 1) > enough && enough > 0) --first;
    while (last + 1 < r.count && weight(last + 1) > enough && enough > 0) ++last;
    return {r.tokens[first].origin.first, r.tokens[last].origin.last};
}

}  // namespace

ModelClassifier::ModelClassifier(Model model) : model_(std::move(model)) {}

Scores ModelClassifier::score(const text::Normalised& message) const {
    Reading r;
    read(model_, message, r);
    if (r.count == 0) return {};
    bool any_masked = false;
    for (std::size_t i = 0; i < r.count; ++i) {
        r.masked[i] = has(r.slots[i], kProfane) && !is_directed(r, i);
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
    auto model = map_model(path);
    if (!model) return tl::unexpected<Error>(std::move(model.error()));
    return std::make_shared<const ModelClassifier>(*std::move(model));
}

}  // namespace clamor::automod
