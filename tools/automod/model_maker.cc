// SPDX-License-Identifier: Apache-2.0
// From what training learned to the bytes of a model.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <tuple>

#include "automod/features.h"
#include "trainer.h"

namespace clamor::automod_tools {
namespace {

constexpr auto kSecondPersonWords = std::to_array<std::string_view>(
    {"you", "u", "ur", "your", "youre", "yall", "yourself", "urself", "ya", "yourselves"});
constexpr auto kObjectWords = std::to_array<std::string_view>({"off", "him", "her", "them"});

template <class Stored>
Stored stored(float value, float scale) {
    constexpr float kMost = std::numeric_limits<Stored>::max();
    return static_cast<Stored>(std::lround(std::clamp(value / scale, -kMost, kMost)));
}

/// The scale at which all but a few in ten thousand values fit.
template <class Stored>
float scale_for(std::vector<float> values) {
    for (float& value : values) value = std::abs(value);
    std::ranges::sort(values);
    const auto fits = static_cast<std::size_t>(static_cast<double>(values.size()) * 0.9998);
    const float most = values.empty() ? 0 : values[std::min(fits, values.size() - 1)];
    return std::max(most, 1e-6f) / static_cast<float>(std::numeric_limits<Stored>::max());
}

/// Platt: the slope and shift under which the sums of held-out lines are probabilities.
std::pair<float, float> calibrate(std::span<const Scored> lines) {
    double slope = 1;
    double shift = 0;
    for (int round = 0; round < 50; ++round) {
        double g0 = 0, g1 = 0, h00 = 1e-9, h01 = 0, h11 = 1e-9;
        for (const Scored& line : lines) {
            const double p = 1 / (1 + std::exp(-(slope * line.score + shift)));
            const double error = p - (line.toxic ? 1 : 0);
            const double weight = p * (1 - p);
            g0 += error * line.score;
            g1 += error;
            h00 += weight * line.score * line.score;
            h01 += weight * line.score;
            h11 += weight;
        }
        const double determinant = h00 * h11 - h01 * h01;
        slope -= (h11 * g0 - h01 * g1) / determinant;
        shift -= (h00 * g1 - h01 * g0) / determinant;
    }
    return {static_cast<float>(slope), static_cast<float>(shift)};
}

}  // namespace

std::uint8_t Trainer::flags_of(const Word& word) const {
    const auto among = [&](const auto& list) {
        return std::ranges::find(list, word.letters) != list.end();
    };
    std::uint8_t flags = 0;
    if (!word.letters.empty() && profanity_.contains(word.letters)) flags |= automod::kProfane;
    if (among(kSecondPersonWords) || word.hash == automod::kMentionHash)
        flags |= automod::kSecondPerson;
    if (among(kObjectWords)) flags |= automod::kObject;
    return flags;
}

std::vector<std::byte> Trainer::model(const std::string& version) {
    using namespace automod;
    measure();
    ModelHeader header;
    std::memcpy(header.version.data(), version.data(),
                std::min(version.size(), header.version.size() - 1));
    std::tie(header.slope, header.shift) = calibrate(held_out_scores_);
    header.bias = bias_.value;
    for (std::size_t k = 0; k < kHidden; ++k) {
        header.network.hidden_bias[k] = hidden_bias_[k].value;
        header.network.out[k] = out_[k].value;
        for (std::size_t d = 0; d < 2 * kDimensions; ++d)
            header.network.hidden[k][d] = hidden_[k][d].value;
    }

    std::vector<float> sums;
    std::vector<float> numbers;
    for (const Word& word : words_) {
        if (word.known == 0) continue;
        sums.push_back(word_weights_[word.known - 1].value + piece_sum(word));
        for (const Weight& weight : vectors_[word.known - 1]) numbers.push_back(weight.value);
    }
    const auto values = [](const std::vector<Weight>& weights) {
        std::vector<float> out;
        for (const Weight& weight : weights)
            if (weight.value != 0) out.push_back(weight.value);
        return out;
    };
    header.word_scale = scale_for<std::int16_t>(sums);
    header.vector_scale = scale_for<std::int8_t>(numbers);
    header.pair_scale = scale_for<std::int8_t>(values(pairs_));
    header.piece_scale = scale_for<std::int8_t>(values(pieces_));

    std::vector<WordSlot> slots(options_.word_slots);
    const std::size_t mask = slots.size() - 1;
    for (const Word& word : words_) {
        if (word.known == 0) continue;
        std::size_t at = word.hash & mask;
        while (slots[at].tag != 0) at = (at + 1) & mask;
        WordSlot& slot = slots[at];
        slot.tag = word_tag(word.hash);
        slot.weight = stored<std::int16_t>(word_weights_[word.known - 1].value + piece_sum(word),
                                           header.word_scale);
        slot.flags = flags_of(word);
        for (std::size_t d = 0; d < kDimensions; ++d)
            slot.vector[d] =
                stored<std::int8_t>(vectors_[word.known - 1][d].value, header.vector_scale);
    }
    const auto bytes_of = [](const std::vector<Weight>& weights, float scale) {
        std::vector<std::int8_t> out;
        for (const Weight& weight : weights)
            out.push_back(stored<std::int8_t>(weight.value, scale));
        return out;
    };
    return write_model(header, slots, bytes_of(pairs_, header.pair_scale),
                       bytes_of(pieces_, header.piece_scale));
}

}  // namespace clamor::automod_tools
