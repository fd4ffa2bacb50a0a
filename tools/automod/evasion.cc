// SPDX-License-Identifier: Apache-2.0
#include "evasion.h"

#include <vector>

namespace clamor::automod_tools {
namespace {

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

char lower(char c) {
    return static_cast<char>(c | 0x20);
}

template <std::size_t N>
std::string_view one_of(const std::array<std::string_view, N>& choices, Random& random) {
    return choices[random.below(N)];
}

std::string_view leet_for(char c, Random& random) {
    static constexpr std::array<std::string_view, 2> kA{"4", "@"}, kI{"1", "!"}, kS{"5", "$"};
    switch (lower(c)) {
        case 'a':
            return one_of(kA, random);
        case 'b':
            return "8";
        case 'e':
            return "3";
        case 'g':
            return "9";
        case 'i':
            return one_of(kI, random);
        case 'l':
            return "1";
        case 'o':
            return "0";
        case 's':
            return one_of(kS, random);
        case 't':
            return "7";
        default:
            return {};
    }
}

/// Letters of other scripts, and Latin ones in disguise.
std::string_view homoglyph_for(char c, Random& random) {
    static constexpr std::array<std::array<std::string_view, 3>, 26> kGlyphs{{
        {"а", "ａ", "𝐚"}, {"Ь", "ｂ", "𝗯"}, {"с", "ｃ", "𝒄"}, {"ԁ", "ｄ", "ⓓ"}, {"е", "ｅ", "é"},
        {"ｆ", "𝐟", "ꜰ"}, {"ɡ", "ｇ", "ⓖ"}, {"һ", "ｈ", "𝕙"}, {"і", "ｉ", "í"}, {"ј", "ｊ", "𝑗"},
        {"к", "ｋ", "𝓴"}, {"ⅼ", "ｌ", "𝗅"}, {"ｍ", "𝕞", "м"}, {"ո", "ｎ", "ñ"}, {"о", "ο", "ö"},
        {"р", "ｐ", "ⓟ"}, {"ԛ", "ｑ", "𝐪"}, {"ｒ", "𝗋", "ʀ"}, {"ѕ", "ｓ", "𝖘"}, {"ｔ", "𝐭", "т"},
        {"υ", "ｕ", "ü"}, {"ν", "ｖ", "ⓥ"}, {"ѡ", "ｗ", "𝔀"}, {"х", "ｘ", "𝘅"}, {"у", "ｙ", "ý"},
        {"ｚ", "ᴢ", "𝐳"},
    }};
    return one_of(kGlyphs[static_cast<std::size_t>(lower(c) - 'a')], random);
}

std::string replace_letters(std::string_view text, double share, Random& random,
                            std::string_view (*replacement)(char, Random&)) {
    std::string out;
    for (const char c : text) {
        const std::string_view other =
            is_letter(c) && random.chance(share) ? replacement(c, random) : std::string_view{};
        if (other.empty())
            out += c;
        else
            out += other;
    }
    return out;
}

bool in_word(char c) {
    return is_letter(c) || c == '\'';
}

/// Letters apart by blanks, words by three; by dots; or by hyphens.
std::string space_out(std::string_view text, Random& random) {
    static constexpr std::array<std::string_view, 4> kBetween{" ", " ", ".", "-"};
    const std::string_view between = one_of(kBetween, random);
    const bool wide = between == " " && random.chance(0.5);
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (i > 0 && in_word(text[i]) && in_word(text[i - 1])) out += between;
        out += text[i];
        if (text[i] == ' ' && wide) out += "  ";
    }
    return out;
}

std::string stretch(std::string_view text, Random& random) {
    std::string out;
    for (const char c : text)
        out.append(is_letter(c) && random.chance(0.25) ? 3 + random.below(4) : 1, c);
    return out;
}

std::string hide_between(std::string_view text, Random& random) {
    static constexpr std::array<std::string_view, 6> kInvisible{"\u200B", "\u200C", "\u200D",
                                                                "\u2060", "\uFEFF", "\u00AD"};
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (i > 0 && is_letter(text[i]) && is_letter(text[i - 1]) && random.chance(0.5))
            out += one_of(kInvisible, random);
        out += text[i];
    }
    return out;
}

}  // namespace

std::string_view name_of(Evasion evasion) {
    switch (evasion) {
        case Evasion::leet:
            return "leet";
        case Evasion::spacing:
            return "spacing";
        case Evasion::stretch:
            return "stretch";
        case Evasion::homoglyph:
            return "homoglyph";
        case Evasion::zero_width:
            return "zero-width";
    }
    return {};
}

std::string evade(std::string_view text, Evasion evasion, Random& random) {
    switch (evasion) {
        case Evasion::leet:
            return replace_letters(text, 0.6, random, leet_for);
        case Evasion::spacing:
            return space_out(text, random);
        case Evasion::stretch:
            return stretch(text, random);
        case Evasion::homoglyph:
            return replace_letters(text, 0.7, random, homoglyph_for);
        case Evasion::zero_width:
            return hide_between(text, random);
    }
    return std::string(text);
}

}  // namespace clamor::automod_tools
