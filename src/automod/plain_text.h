// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "text/normaliser.h"

namespace clamor::automod {

/// The text as it was typed but for case and blanks, in the shape of the normalised one: nothing is
/// guessed about it. Words are what stands between blanks; `skip` leaves nothing, as in Normaliser.
void fold_plain(std::string_view utf8, std::span<const text::CodePoints> skip,
                text::Normalised& out);

/// Letters and digits of scripts that put blanks between words: where two of them meet, no word
/// ends. In other scripts a term is found anywhere.
bool is_word_character(char32_t c);
/// Whether a word may begin or end between the bytes `at - 1` and `at` of a text in UTF-8.
bool is_word_edge(std::string_view text, std::size_t at);

/// The span in the original of the bytes [begin, end) of `text`, which are not none.
text::CodePoints span_of(const text::Normalised& text, std::size_t begin, std::size_t end);

}  // namespace clamor::automod
