// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace clamor::automod {

inline constexpr std::size_t kNetworks = 3;     ///< small networks whose sums are added
inline constexpr std::size_t kDimensions = 16;  ///< numbers by which a network knows a word
inline constexpr std::size_t kHidden = 16;
inline constexpr std::uint32_t kModelFormat = 1;
inline constexpr std::size_t kModelBytesMax = 4 * 1024 * 1024;

/// What a word is to the masking of profanity.
enum WordFlags : std::uint8_t {
    kProfane = 1,       ///< left out of the hostility, unless directed at somebody
    kSecondPerson = 2,  ///< "you", a mention
    kObject = 4,        ///< "off", "him": directs the word before
};

/// Where a word is that training has seen often enough.
struct WordSlot {
    std::uint32_t tag = 0;  ///< the upper half of its hash; 0 is an empty slot
    std::uint32_t row = 0;
};

/// What the networks and the linear part know of it.
struct WordRow {
    std::array<std::array<std::int8_t, kDimensions>, kNetworks> vectors{};
    std::int16_t weight = 0;
    std::uint8_t flags = 0;
    std::uint8_t unused = 0;
};
static_assert(sizeof(WordRow) == kNetworks * kDimensions + 4);

struct Network {
    /// For each number that comes in, its weight for each hidden one.
    std::array<std::array<float, kHidden>, 2 * kDimensions> hidden{};
    std::array<float, kHidden> hidden_bias{};
    std::array<float, kHidden> out{};
};

/// The first bytes of a model's file. All numbers are little-endian. Behind it: the slots of words,
/// their rows, the weights of pairs and of pieces, one byte each.
struct ModelHeader {
    std::array<char, 8> magic{'C', 'L', 'A', 'M', 'O', 'R', 'A', 'M'};
    std::uint32_t format = kModelFormat;
    std::uint32_t header_bytes = 0;
    std::uint64_t feature_seed = 0;
    std::uint64_t checksum = 0;  ///< of all that follows this field
    std::array<char, 32> version{};
    std::uint32_t word_slots = 0;  ///< a power of two, like pairs and pieces
    std::uint32_t word_rows = 0;
    std::uint32_t pairs = 0;
    std::uint32_t pieces = 0;
    float word_scale = 0;  ///< what one unit of a stored weight is
    float pair_scale = 0;
    float piece_scale = 0;
    float vector_scale = 0;
    float bias = 0;
    float slope = 0;  ///< calibration: probability = 1 / (1 + exp(-(slope * sum + shift)))
    float shift = 0;
    std::array<Network, kNetworks> networks;
};

/// A checked model in memory that `owner` keeps.
struct Model {
    ModelHeader header;
    std::string version;
    std::span<const WordSlot> slots;
    std::span<const WordRow> rows;
    std::span<const std::int8_t> pairs;
    std::span<const std::int8_t> pieces;
    std::shared_ptr<const void> owner;

    /// Null for a word that the model does not know.
    const WordRow* find(std::uint64_t hash) const;
};

/// Refuses bytes that are not a whole model of this build's format and features.
Result<Model> read_model(std::span<const std::byte> bytes, std::shared_ptr<const void> owner);
/// Reads the file into memory, since one that is mapped ends the process when another is copied
/// over it. A file that is written to meanwhile is refused by its checksum.
Result<Model> load_model(const std::string& path);
/// The one in the binary.
Model builtin_model();

/// The bytes of a model's file; sets sizes and checksum of the header.
std::vector<std::byte> write_model(ModelHeader header, std::span<const WordSlot> slots,
                                   std::span<const WordRow> rows,
                                   std::span<const std::int8_t> pairs,
                                   std::span<const std::int8_t> pieces);

/// Tags are never 0.
constexpr std::uint32_t word_tag(std::uint64_t hash) {
    return static_cast<std::uint32_t>(hash >> 32) | 1u;
}

}  // namespace clamor::automod
