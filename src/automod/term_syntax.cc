// SPDX-License-Identifier: Apache-2.0
#include "automod/term_syntax.h"

#include <algorithm>

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "automod/plain_text.h"
#include "base/limits.h"
#include "text/utf8.h"

namespace clamor::automod {
namespace {

/// Between letters these are how a word is written, not part of what it is.
bool is_joiner(UChar32 c) {
    return c == '\'' || c == 0x2019 || c == '-' || c == '.' || c == '_';
}

/// How many code points of the text somebody sees as a character of its own.
std::size_t count_characters(std::string_view text, bool with_joiners) {
    std::size_t count = 0;
    const auto length = static_cast<std::int32_t>(text.size());
    for (std::int32_t at = 0; at < length;) {
        UChar32 c = 0;
        U8_NEXT_OR_FFFD(text.data(), at, length, c);
        if (c == ' ' || (!with_joiners && is_joiner(c))) continue;
        if ((U_GET_GC_MASK(c) & (U_GC_M_MASK | U_GC_CF_MASK)) == 0) ++count;
    }
    return count;
}

std::size_t leading_stars(std::string_view word) {
    return std::min(word.find_first_not_of('*'), word.size());
}

std::size_t trailing_stars(std::string_view word) {
    return word.size() - (word.find_last_not_of('*') + 1);
}

std::string joined(const Phrase& phrase) {
    std::string text;
    for (const Piece& piece : phrase) {
        if (!text.empty()) text += ' ';
        text += piece.text;
    }
    return text;
}

/// Empty where the normalised term would be less than the term.
Phrase normalise_phrase(const Phrase& plain, const text::Normaliser& normaliser) {
    text::Normalised normalised;
    normaliser.normalise(joined(plain), {}, normalised);
    if (count_characters(normalised.text, true) < count_characters(joined(plain), false)) return {};
    Phrase phrase;
    for (const auto& word : normalised.words)
        phrase.push_back({.text = std::string(normalised.of(word))});
    if (phrase.empty()) return {};
    if (phrase.size() == plain.size()) {
        for (std::size_t i = 0; i < plain.size(); ++i) {
            phrase[i].open_left = plain[i].open_left;
            phrase[i].open_right = plain[i].open_right;
        }
    } else {
        phrase.front().open_left = plain.front().open_left;
        phrase.back().open_right = plain.back().open_right;
    }
    return phrase;
}

/// A single letter with a `*` beside it is in nearly every message.
bool finds_too_much(const Phrase& phrase) {
    return phrase.size() == 1 && (phrase[0].open_left || phrase[0].open_right) &&
           phrase[0].text.size() == 1;
}

}  // namespace

tl::expected<ParsedTerm, std::string> parse_term(std::string_view text,
                                                 const text::Normaliser& normaliser) {
    const auto refuse = [](std::string why) { return tl::unexpected<std::string>(std::move(why)); };
    if (!text::is_valid_utf8(text)) return refuse("the term is not valid UTF-8");
    if (text::count_code_points(text) > limits::kTermCodePoints) {
        return refuse("the term is longer than " + std::to_string(limits::kTermCodePoints) +
                      " characters");
    }
    if (std::ranges::any_of(text, [](char c) { return c == '\n' || c == '\r' || c == '\0'; }))
        return refuse("the term has a line break or a NUL in it");

    ParsedTerm parsed;
    if (text.size() >= 2 && text.front() == '/' && text.back() == '/') {
        parsed.pattern = text.substr(1, text.size() - 2);
        if (parsed.pattern.empty()) return refuse("the regular expression is empty");
        return parsed;
    }

    text::Normalised words;
    fold_plain(text, {}, words);
    if (words.words.empty()) return refuse("the term is empty");
    for (const auto& word : words.words) {
        std::string_view rest = words.of(word);
        Piece piece;
        const std::size_t leading = leading_stars(rest);
        if (leading == rest.size()) {
            return refuse(words.words.size() == 1 ? "the term has nothing but wildcards"
                                                  : "a word of the term has nothing but wildcards");
        }
        const std::size_t trailing = trailing_stars(rest);
        piece.open_left = leading > 0;
        piece.open_right = trailing > 0;
        rest.remove_prefix(leading);
        rest.remove_suffix(trailing);
        piece.text = rest;
        parsed.plain.push_back(std::move(piece));
    }
    if (parsed.plain.size() > limits::kTermWordsMax) {
        return refuse("the term has more than " + std::to_string(limits::kTermWordsMax) + " words");
    }
    if (finds_too_much(parsed.plain)) {
        return refuse("a single letter with a wildcard would find nearly every message");
    }
    parsed.normalised = normalise_phrase(parsed.plain, normaliser);
    if (finds_too_much(parsed.normalised)) parsed.normalised.clear();
    return parsed;
}

}  // namespace clamor::automod
