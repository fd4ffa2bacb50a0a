// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "text/disguise.h"
#include "text/word_writer.h"

namespace clamor::text {

/// One folded character of a token.
struct Unit {
    enum class Kind : std::uint8_t { letter, digit, other, mark, symbol, flag };
    char32_t c;            ///< a-z, 0-9, or of any script
    std::uint32_t origin;  ///< its code point in the original
    Kind kind;
    char look;  ///< the one of a-z that it looks like, or 0
};

/// What stands between two blanks, where it is not merely a word of ASCII letters: digits and signs
/// that stand for letters, words with dots in them, mentions, links, emoji, other scripts.
class TokenReader {
  public:
    /// What is known of the whole message after a first reading.
    struct Mode {
        bool digits_are_letters = false;  ///< "4nd" is "and", since others are disguised
        bool looks_are_letters = true;    ///< Cyrillic "сор" is "cop", since there is no Russian
        bool operator==(const Mode&) const = default;
    };

    TokenReader(const Vocabulary& vocabulary, WordWriter& writer, Mode mode)
        : vocabulary_(vocabulary), writer_(writer), mode_(mode) {}

    void clear() { size_ = 0; }
    /// A code point and what comes of it.
    void add(char32_t c, std::uint32_t origin);
    /// Writes the words of the token and clears it.
    void finish();

    /// What the words so far speak for.
    Mode better_mode() const {
        return {.digits_are_letters = disguised_ >= kDisguisedWords,
                .looks_are_letters = foreign_ == 0 || foreign_ < looks_};
    }

  private:
    struct Range {
        std::size_t begin;
        std::size_t end;
        std::size_t size() const { return end - begin; }
    };
    enum class Accept : std::uint8_t { rude, usual, any };

    void put(Unit unit);
    void settle_looks();
    void settle_signs();
    bool is_link() const;
    std::size_t mention_end(std::size_t at) const;
    void read(Range range, Normalised::Kind kind);
    void read_chunk(Range chunk);
    bool write_disguised(Range chunk);
    void read_part(Range part);
    bool write_mapped(Range range, Accept accept);
    bool write_masked(Range range);
    bool write_joined(Range range);
    void write_interior(Range part);
    void write_letters(Range range, Normalised::Kind kind);
    void write_symbols(Range range);
    void write_word(const Vocabulary::Word& word, Range range);
    bool alphanumeric(std::size_t i) const;
    bool between_letters(std::size_t i) const;

    const Vocabulary& vocabulary_;
    WordWriter& writer_;
    const Mode mode_;
    std::uint32_t disguised_ = 0;  ///< words in which a digit or a sign was read as a letter
    std::uint32_t foreign_ = 0;    ///< words that are surely of another script
    std::uint32_t looks_ = 0;      ///< words wholly of letters that look like Latin ones
    std::size_t size_ = 0;
    std::array<Unit, kLettersMax> units_;
};

}  // namespace clamor::text
