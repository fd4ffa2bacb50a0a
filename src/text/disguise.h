// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

/// What digits and marks stand for inside of words.
namespace clamor::text {

/// Vocabulary::Word::cost of a word that comes once in about 16,000 words.
inline constexpr std::uint8_t kUsualCost = 56;

/// So many words with digits for letters, and every digit of the message is read as one.
inline constexpr std::uint32_t kDisguisedWords = 2;

/// The letters that a digit or mark may stand for, the likeliest first; empty for others.
constexpr std::string_view letters_for(char32_t c) {
    switch (c) {
        case '0':
            return "o";
        case '1':
        case '!':
        case '|':
            return "il";
        case '3':
            return "e";
        case '4':
        case '@':
            return "a";
        case '5':
        case '$':
            return "s";
        case '6':
        case '9':
            return "g";
        case '7':
        case '+':
            return "t";
        case '8':
            return "b";
        default:
            return {};
    }
}

/// Marks that may be inside of a word, as a letter or between its letters.
constexpr bool may_be_in_word(char32_t c) {
    constexpr std::string_view kMarks = "@$!|+*#%&^~?-_.";
    return (c < 0x80 && kMarks.find(static_cast<char>(c)) != std::string_view::npos) || c == 0xB7 ||
           c == 0x2022;
}

/// Of those, the ones with which a word may begin or end.
constexpr bool may_be_at_end(char32_t c) {
    constexpr std::string_view kMarks = "@$|+*#%";
    return c < 0x80 && kMarks.find(static_cast<char>(c)) != std::string_view::npos;
}

/// Of those, the ones that usually are what they look like.
constexpr bool is_separator(char32_t c) {
    return c == '-' || c == '_' || c == '.';
}

constexpr bool is_top_level_domain(std::string_view name) {
    constexpr auto kNames = std::to_array<std::string_view>(
        {"com",  "net",  "org",  "tv",   "gg",     "ly",   "be",  "io",  "co",
         "me",   "uk",   "de",   "fr",   "ru",     "info", "xyz", "app", "dev",
         "live", "shop", "link", "site", "online", "club", "gl",  "to"});
    return std::ranges::find(kNames, name) != kNames.end();
}

}  // namespace clamor::text
