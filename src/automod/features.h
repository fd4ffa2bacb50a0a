// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "base/limits.h"
#include "text/normaliser.h"

/// What the classifier sees of a message: hashes of words, of pairs of words and of pieces of
/// words. Training and scoring share this file. A change of it needs another kFeatureSeed and a new
/// model.
namespace clamor::automod {

inline constexpr std::uint64_t kFeatureSeed = 0x636C'616D'6F72'0001ull;
inline constexpr std::size_t kTokensMax = limits::kMessageCodePoints;
inline constexpr std::size_t kPieceMin = 3;
inline constexpr std::size_t kPieceMax = 5;
/// Of longer words, only so many bytes are cut into pieces.
inline constexpr std::size_t kPiecedBytes = 24;

/// No number of it has a default: five hundred of them are on the stack for every message.
struct Token {
    std::uint64_t hash;
    const char* letters;  ///< none of them for what is not cut into pieces
    std::size_t size;
    std::uint32_t first;  ///< code points of the original
    std::uint32_t last;

    std::string_view pieced() const { return {letters, size}; }
};

constexpr std::uint64_t mix(std::uint64_t hash, std::uint64_t more) {
    hash = (hash ^ more) * 0x9E37'79B9'7F4A'7C15ull;
    return hash ^ (hash >> 32);
}

inline std::uint64_t hash_bytes(std::string_view bytes) {
    std::uint64_t hash = mix(kFeatureSeed, bytes.size());
    const char* at = bytes.data();
    std::size_t left = bytes.size();
    for (; left >= 8; at += 8, left -= 8) {
        std::uint64_t word;
        std::memcpy(&word, at, 8);
        hash = mix(hash, word);
    }
    std::uint64_t rest = 0;
    if (left >= 4) {
        std::uint32_t low;
        std::uint32_t high;
        std::memcpy(&low, at, 4);
        std::memcpy(&high, at + left - 4, 4);
        rest = low | static_cast<std::uint64_t>(high) << 32;
    } else if (left > 0) {
        rest = static_cast<unsigned char>(at[0]) |
               static_cast<std::uint64_t>(static_cast<unsigned char>(at[left / 2])) << 8 |
               static_cast<std::uint64_t>(static_cast<unsigned char>(at[left - 1])) << 16;
    }
    return mix(hash, rest);
}

inline constexpr std::uint64_t kMentionHash = mix(kFeatureSeed, 1);
inline constexpr std::uint64_t kLinkHash = mix(kFeatureSeed, 2);
inline constexpr std::uint64_t kNumberHash = mix(kFeatureSeed, 3);

constexpr std::uint64_t pair_hash(std::uint64_t first, std::uint64_t second) {
    return mix(first * 3, second);
}

/// The message's tokens: words and signs as they are, but every name, link and number alike.
inline std::size_t read_tokens(const text::Normalised& message, std::span<Token> out) {
    using Kind = text::Normalised::Kind;
    std::size_t count = 0;
    Kind before = Kind::word;
    for (const auto& word : message.words) {
        if (count == out.size()) break;
        const std::string_view letters = message.of(word);
        Token token{0, letters.data(), 0, word.origin.first, word.origin.last};
        const Kind kind = letters == "url" ? Kind::link : word.kind;
        if (kind == Kind::link) {
            if (before == Kind::link && count > 0) {
                out[count - 1].last = word.origin.last;
                continue;
            }
            token.hash = kLinkHash;
        } else if (kind == Kind::mention) {
            token.hash = kMentionHash;
        } else if (letters.find_first_not_of("0123456789") == std::string_view::npos) {
            token.hash = kNumberHash + std::min<std::size_t>(letters.size(), 4);
        } else {
            token.hash = hash_bytes(letters);
            if (kind == Kind::word) token.size = letters.size();
        }
        before = kind;
        out[count++] = token;
    }
    return count;
}

/// Calls `use` with the hash of each piece of kPieceMin to kPieceMax bytes of `<word>`.
template <class Use>
void for_each_piece(std::string_view word, Use use) {
    std::array<char, kPiecedBytes + 2> bytes;
    const std::size_t size = std::min(word.size(), kPiecedBytes);
    bytes[0] = '<';
    std::memcpy(bytes.data() + 1, word.data(), size);
    bytes[size + 1] = '>';
    for (std::size_t begin = 0; begin + kPieceMin <= size + 2; ++begin) {
        std::uint64_t hash = kFeatureSeed + 7;
        for (std::size_t length = 1; length <= kPieceMax && begin + length <= size + 2; ++length) {
            hash = (hash ^ static_cast<unsigned char>(bytes[begin + length - 1])) *
                   0x0000'0100'0000'01B3ull;
            if (length >= kPieceMin) use(mix(hash, length));
        }
    }
}

}  // namespace clamor::automod
