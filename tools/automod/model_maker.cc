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
    std::erase(values, 0.0f);
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

void Trainer::make_slots(std::span<automod::WordSlot> slots) const {
    const std::size_t mask = slots.size() - 1;
    for (const Word& word : words_) {
        if (word.row == NetworkTrainer::kUnknown) continue;
        std::size_t at = word.hash & mask;
        while (slots[at].tag != 0) at = (at + 1) & mask;
        slots[at] = {automod::word_tag(word.hash), word.row};
    }
}

std::vector<std::byte> Trainer::model(const std::string& version) {
    using namespace automod;
    if (networks_.size() != kNetworks) die("this build's models have another number of networks");
    measure();
    ModelHeader header;
    std::memcpy(header.version.data(), version.data(),
                std::min(version.size(), header.version.size() - 1));
    std::tie(header.slope, header.shift) = calibrate(held_out_scores_);
    header.shift += std::log(options_.odds);

    // The shares of the parts go into what is stored of them.
    const float network_share = options_.network_share / static_cast<float>(kNetworks);
    const float linear_share = 1 - options_.network_share;
    header.bias = bias_.value * linear_share;
    const auto all_rows = static_cast<std::uint32_t>(known_);
    std::vector<float> vectors;
    for (std::size_t n = 0; n < kNetworks; ++n) {
        header.bias += networks_[n].bias() * network_share;
        header.networks[n] = networks_[n].network();
        for (float& out : header.networks[n].out) out *= network_share;
        for (std::uint32_t row = 0; row < all_rows; ++row) {
            for (const Weight& weight : networks_[n].row(row)) vectors.push_back(weight.value);
        }
    }
    std::vector<float> words(all_rows);
    for (const Word& word : words_)
        if (word.row != NetworkTrainer::kUnknown)
            words[word.row] = linear_share * (word_weights_[word.row].value + piece_sum(word));
    const auto values = [linear_share](const std::vector<Weight>& weights) {
        std::vector<float> out;
        for (const Weight& weight : weights) out.push_back(weight.value * linear_share);
        return out;
    };
    const std::vector<float> pairs = values(pairs_);
    const std::vector<float> pieces = values(pieces_);
    header.word_scale = scale_for<std::int16_t>(words);
    header.vector_scale = scale_for<std::int8_t>(vectors);
    header.pair_scale = scale_for<std::int8_t>(pairs);
    header.piece_scale = scale_for<std::int8_t>(pieces);

    std::vector<WordRow> rows(all_rows);
    for (const Word& word : words_)
        if (word.row != NetworkTrainer::kUnknown) rows[word.row].flags = flags_of(word);
    for (std::uint32_t row = 0; row < all_rows; ++row) {
        rows[row].weight = stored<std::int16_t>(words[row], header.word_scale);
        for (std::size_t n = 0; n < kNetworks; ++n) {
            const NetworkTrainer::Row& from = networks_[n].row(row);
            for (std::size_t d = 0; d < kDimensions; ++d)
                rows[row].vectors[n][d] = stored<std::int8_t>(from[d].value, header.vector_scale);
        }
    }
    std::vector<WordSlot> slots(options_.word_slots);
    make_slots(slots);
    const auto bytes_of = [](const std::vector<float>& from, float scale) {
        std::vector<std::int8_t> out;
        for (const float value : from) out.push_back(stored<std::int8_t>(value, scale));
        return out;
    };
    return write_model(header, slots, rows, bytes_of(pairs, header.pair_scale),
                       bytes_of(pieces, header.piece_scale));
}

}  // namespace clamor::automod_tools
