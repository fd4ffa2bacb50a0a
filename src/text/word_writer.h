// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/limits.h"
#include "text/normaliser.h"
#include "text/vocabulary.h"

namespace clamor::text {

/// No code point becomes more than three letters.
inline constexpr std::size_t kLettersMax = 3 * limits::kMessageCodePoints;

/// Appends words to a Normalised: undoes stretching, and joins three or more single letters.
class WordWriter {
  public:
    WordWriter(const Vocabulary& vocabulary, Normalised& out)
        : vocabulary_(vocabulary), out_(out) {}

    /// A word of a-z and 0-9; for each letter, where it came from. `doubled`: two like letters in a
    /// row are in it.
    void add_word(std::string_view letters, std::span<const std::uint32_t> origin, bool doubled,
                  Normalised::Kind kind = Normalised::Kind::word);
    /// A word as it is, of any script: bytes, and where each came from.
    void add_bytes(std::string_view bytes, std::span<const std::uint32_t> origin,
                   Normalised::Kind kind);
    /// A sign. One that repeats the word before only makes that word longer.
    void add_symbol(std::string_view bytes, CodePoints origin);
    /// Ends a row of single letters. Call it at the end, and where words may not be joined.
    void finish_row();

  private:
    void append(std::string_view bytes, std::span<const std::uint32_t> origin,
                Normalised::Kind kind);
    void add_stretched(std::string_view letters, std::span<const std::uint32_t> origin);
    void join(std::string_view letters, std::span<const std::uint32_t> origin);
    void split(std::string_view letters, std::span<const std::uint32_t> origin);

    const Vocabulary& vocabulary_;
    Normalised& out_;
    std::size_t row_ = 0;  ///< how many of the last words are single letters
};

}  // namespace clamor::text
