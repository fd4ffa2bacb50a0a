// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace clamor::text {

/// What a code point is to AutoMod. The table is made from ICU's data by fold_table_generator.cc
/// when clamor is built, so that nothing of ICU is needed when it runs.
enum class Fold : std::uint8_t {
    drop,         ///< marks and format characters: as if they were not there
    blank,        ///< separates words
    punctuation,  ///< separates words, but may stand for a letter
    ascii,        ///< one to three of a-z and 0-9
    letter,       ///< of another script, in lower case
    look,         ///< the same, but looks like one of a-z
    symbol,       ///< an emoji or another sign: a word by itself
    sign,         ///< the same, but looks like one of a-z
    regional,     ///< half a flag: one of a-z
};

/// Bits 0-3 the Fold. ascii: bits 8-31 the characters, the first lowest. Others: bits 4-24 the code
/// point to keep, 0 for the same; bits 25-31 the one of a-z.
using FoldEntry = std::uint32_t;

constexpr Fold fold_of(FoldEntry entry) {
    return static_cast<Fold>(entry & 0xF);
}
constexpr char32_t kept_of(FoldEntry entry, char32_t same) {
    const char32_t kept = (entry >> 4) & 0x1F'FFFF;
    return kept == 0 ? same : kept;
}
constexpr char ascii_of(FoldEntry entry) {
    return static_cast<char>(entry >> 25);
}

inline constexpr unsigned kFoldBlockBits = 7;
extern const std::uint16_t kFoldBlocks[];
extern const FoldEntry kFoldEntries[];

/// Any value up to U+10FFFF.
inline FoldEntry fold_entry(char32_t c) {
    const std::uint32_t block = kFoldBlocks[c >> kFoldBlockBits];
    return kFoldEntries[(block << kFoldBlockBits) + (c & ((1u << kFoldBlockBits) - 1))];
}

}  // namespace clamor::text
