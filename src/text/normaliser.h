// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace clamor::text {

class Vocabulary;

/// Code points of a text, both ends included.
struct CodePoints {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    auto operator<=>(const CodePoints&) const = default;
};

/// A text as AutoMod reads it: lower-case words, a blank between two. Reused from message to
/// message, so that nothing is allocated once it has seen a long one.
struct Normalised {
    enum class Kind : std::uint8_t {
        word,     ///< letters and digits
        mention,  ///< the name behind an `@`
        link,     ///< a piece of something like `https://a.b/c`
        symbol,   ///< one emoji or other sign, as it was
    };
    struct Word {
        std::uint32_t begin, end;  ///< bytes in `text`
        CodePoints origin;         ///< in the original
        Kind kind = Kind::word;
    };

    std::string text;
    std::vector<Word> words;
    std::vector<std::uint32_t> origin;  ///< for each byte of `text`, the code point it came from
    std::uint32_t code_points = 0;      ///< of the original

    std::string_view of(const Word& word) const {
        return std::string_view(text).substr(word.begin, word.end - word.begin);
    }
};

/// Immutable and shared by threads; the scratch memory is in `out`.
class Normaliser {
  public:
    Normaliser();
    /// With a vocabulary that outlives it.
    explicit Normaliser(const Vocabulary& vocabulary) : vocabulary_(&vocabulary) {}

    /// Reads a message's first limits::kMessageCodePoints code points. `skip`: ascending ranges
    /// that are not words (emotes): they separate words and leave nothing. On bytes that are not
    /// UTF-8 every byte that is no continuation counts as one code point, as in text/utf8.h.
    void normalise(std::string_view utf8, std::span<const CodePoints> skip, Normalised& out) const;

  private:
    const Vocabulary* vocabulary_;
};

}  // namespace clamor::text
