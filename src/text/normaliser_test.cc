// SPDX-License-Identifier: Apache-2.0
#include "text/normaliser.h"

#include <string>

#include <gtest/gtest.h>

#include "base/limits.h"
#include "text/utf8.h"

namespace clamor::text {
namespace {

std::string read(std::string_view text, std::vector<CodePoints> skip = {}) {
    static const Normaliser normaliser;
    Normalised out;
    normaliser.normalise(text, skip, out);
    return out.text;
}

std::string encoded(char32_t c) {
    std::string out;
    if (c < 0x80) {
        out += static_cast<char>(c);
    } else if (c < 0x800) {
        out += static_cast<char>(0xC0 | (c >> 6));
        out += static_cast<char>(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        out += static_cast<char>(0xE0 | (c >> 12));
        out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
        out += static_cast<char>(0x80 | (c & 0x3F));
    } else {
        out += static_cast<char>(0xF0 | (c >> 18));
        out += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
        out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
        out += static_cast<char>(0x80 | (c & 0x3F));
    }
    return out;
}

/// What holds for whatever was read: each word and each byte comes from inside the original.
void expect_sound(const Normalised& out, std::string_view original) {
    ASSERT_EQ(out.code_points, count_code_points(original));
    ASSERT_EQ(out.origin.size(), out.text.size());
    ASSERT_TRUE(is_valid_utf8(out.text));
    const auto end = std::min<std::uint32_t>(out.code_points, limits::kMessageCodePoints);
    std::uint32_t next = 0;
    for (const auto& word : out.words) {
        ASSERT_EQ(word.begin, next) << "a blank between two words";
        ASSERT_LT(word.begin, word.end);
        ASSERT_LE(word.end, out.text.size());
        ASSERT_LE(word.origin.first, word.origin.last);
        ASSERT_LT(word.origin.last, end);
        for (std::uint32_t i = word.begin; i < word.end; ++i) {
            ASSERT_GE(out.origin[i], word.origin.first);
            ASSERT_LE(out.origin[i], word.origin.last);
        }
        next = word.end + 1;
    }
    ASSERT_EQ(out.text.size(), out.words.empty() ? 0 : next - 1);
}

TEST(Normaliser, LowersLettersAndLeavesPunctuationOut) {
    EXPECT_EQ(read("Hello, World! (nice)"), "hello world nice");
    EXPECT_EQ(read("Don't \"stop\" it's fine..."), "dont stop its fine");
    EXPECT_EQ(read("well-known and/or"), "well known and or");
    EXPECT_EQ(read(""), "");
    EXPECT_EQ(read(" \t ?! "), "");
}

TEST(Normaliser, LeavesNumbersAlone) {
    EXPECT_EQ(read("100 at 3:00 on win32"), "100 at 3 00 on win32");
    EXPECT_EQ(read("it is 2024 and 1v1 me at 10pm"), "it is 2024 and 1v1 me at 10pm");
}

TEST(Normaliser, ReadsDigitsAndSignsBesideLetters) {
    EXPECT_EQ(read("h3ll0"), "hello");
    EXPECT_EQ(read("5h1t"), "shit");
    EXPECT_EQ(read("sh!t a$$"), "shit ass");
    EXPECT_EQ(read("b1tch"), "bitch");
    EXPECT_EQ(read("no!"), "no");
    EXPECT_EQ(read("y0u 4r3 57up1d"), "you are stupid");
}

TEST(Normaliser, ReadsWhatStandsInForLetters) {
    EXPECT_EQ(read("f*ck"), "fuck");
    EXPECT_EQ(read("sh*t"), "shit");
    EXPECT_EQ(read("b*tch"), "bitch");
    EXPECT_EQ(read("*hugs* all"), "hugs all");
    EXPECT_EQ(read("fu.ck"), "fuck");
}

TEST(Normaliser, TakesStretchingBack) {
    EXPECT_EQ(read("fuuuuuck"), "fuck");
    EXPECT_EQ(read("heeeellllooooo"), "hello");
    EXPECT_EQ(read("good"), "good");
    EXPECT_EQ(read("xqzzzzzv"), "xqzv") << "what no word is like keeps one of three and more";
}

TEST(Normaliser, JoinsThreeAndMoreSingleLetters) {
    EXPECT_EQ(read("f u c k"), "fuck");
    EXPECT_EQ(read("f.u.c.k it"), "fuck it");
    EXPECT_EQ(read("s-t-u-p-i-d"), "stupid");
    EXPECT_EQ(read("y o u  a r e  s t u p i d"), "you are stupid");
    EXPECT_EQ(read("y o u s u c k"), "you suck");
    EXPECT_EQ(read("i a"), "i a") << "two stay two";
}

TEST(Normaliser, SeesThroughLettersInDisguise) {
    EXPECT_EQ(read("ｆｕｃｋ"), "fuck");
    EXPECT_EQ(read("𝓯𝓾𝓬𝓴"), "fuck");
    EXPECT_EQ(read("ѕһіт"), "shit");
    EXPECT_EQ(read("ⓕⓤⓒⓚ"), "fuck");
    EXPECT_EQ(read("🅕🅤🅒🅚"), "fuck");
    EXPECT_EQ(read("🅱itch"), "bitch");
    EXPECT_EQ(read("ꜰᴜᴄᴋ"), "fuck");
    EXPECT_EQ(read("🇫🇺🇨🇰"), "fuck");
    EXPECT_EQ(read("fück"), "fuck");
    EXPECT_EQ(read("føck"), "fock");
}

TEST(Normaliser, DropsMarksAndFormatCharacters) {
    EXPECT_EQ(read("f\u200Bu\u200Dc\u2060k"), "fuck");
    EXPECT_EQ(read("f\u00ADuck \uFEFFyou"), "fuck you");
    EXPECT_EQ(read("f\u0336u\u0336c\u0336k\u0336"), "fuck");
}

TEST(Normaliser, KeepsOtherScripts) {
    EXPECT_EQ(read("Привет, мир"), "привет мир");
    EXPECT_EQ(read("日本語"), "日本語");
    EXPECT_EQ(read("한국어"), "한국어");
    EXPECT_EQ(read("שלום"), "שלום");
}

TEST(Normaliser, MakesAWordOfEachEmojiAndOfEachRow) {
    Normalised out;
    Normaliser().normalise("hi😂😂😂 👍🏽 🇺🇸", {}, out);
    EXPECT_EQ(out.text, "hi 😂 👍 🇺🇸");
    ASSERT_EQ(out.words.size(), 4u);
    EXPECT_EQ(out.words[1].kind, Normalised::Kind::symbol);
    EXPECT_EQ(out.words[1].origin, (CodePoints{2, 4}));
    EXPECT_EQ(out.words[3].origin, (CodePoints{9, 10}));
}

TEST(Normaliser, TellsMentionsAndLinks) {
    Normalised out;
    Normaliser().normalise("@Some_One see https://example.com/a1", {}, out);
    EXPECT_EQ(out.text, "some_one see https example com a1");
    EXPECT_EQ(out.words[0].kind, Normalised::Kind::mention);
    EXPECT_EQ(out.words[1].kind, Normalised::Kind::word);
    for (std::size_t i = 2; i < out.words.size(); ++i)
        EXPECT_EQ(out.words[i].kind, Normalised::Kind::link);
    EXPECT_EQ(read("@sshole"), "asshole");
}

TEST(Normaliser, LeavesEmotesOut) {
    EXPECT_EQ(read("hi Kappa there", {{3, 7}}), "hi there");
    EXPECT_EQ(read("é Kappa ü", {{2, 6}}), "e u");
    EXPECT_EQ(read("Kappa", {{0, 4}}), "");
    EXPECT_EQ(read("f u Kappa c k", {{4, 8}}), "f u c k") << "an emote ends a row";
    EXPECT_EQ(read("hi you", {{3, 1}, {900, 990}}), "hi you") << "ranges that cannot be";
    EXPECT_EQ(read("ab cd ef", {{0, 4}, {3, 5}}), "ef") << "ranges that overlap";
}

TEST(Normaliser, NamesTheSpanInTheOriginal) {
    Normalised out;
    Normaliser().normalise("é f\u200Bu\u200Bu\u200Bck x", {}, out);
    ASSERT_EQ(out.text, "e fuck x");
    EXPECT_EQ(out.words[1].origin, (CodePoints{2, 9}));
    Normaliser().normalise("a f.u.c.k", {}, out);
    EXPECT_EQ(out.words.back().origin.last, 8u);
    EXPECT_EQ(out.origin[out.text.size() - 1], 8u);
}

TEST(Normaliser, ReadsEveryCodePoint) {
    const Normaliser normaliser;
    Normalised out;
    std::string text;
    for (char32_t c = 0; c <= 0x10FFFF; ++c) {
        text = encoded(c);  // surrogates give bytes that are not UTF-8
        normaliser.normalise(text, {}, out);
        ASSERT_NO_FATAL_FAILURE(expect_sound(out, text))
            << "U+" << std::hex << static_cast<unsigned>(c);
        if (c % 17 != 0) continue;
        text = "a" + text + "b" + text;
        normaliser.normalise(text, {}, out);
        ASSERT_NO_FATAL_FAILURE(expect_sound(out, text))
            << "U+" << std::hex << static_cast<unsigned>(c);
    }
}

TEST(Normaliser, StaysSoundOnHostileTexts) {
    const Normaliser normaliser;
    Normalised out;
    std::vector<std::string> texts{std::string(100'000, 'a'),   std::string(5000, '\x80'),
                                   std::string(5000, '\xF0'),   "\xED\xA0\x80\xED\xB0\x80",
                                   "a\xC0\xAF\x80\x80 b",       "\u202Eabc\u202C",
                                   "e" + std::string(4000, '*')};
    const std::vector<std::string> repeated{"\U0001F468\u200D\U0001F469\u200D",
                                            "\u0301",
                                            "a\u0301",
                                            "ﷺ",
                                            "ﷲ",
                                            "f ",
                                            "f*",
                                            "1a",
                                            "a1 ",
                                            "🇫",
                                            "€",
                                            "@",
                                            "@a",
                                            ".",
                                            "a.",
                                            "\U000E0001",
                                            "ﬃ",
                                            "x@",
                                            "😀",
                                            "𝓯",
                                            "ss",
                                            "qqq",
                                            "4",
                                            "'",
                                            "a'",
                                            "5h17 ",
                                            "://",
                                            "b8 ",
                                            "f.u.",
                                            "䷀",
                                            "ᄀ",
                                            "힣",
                                            "½"};
    for (const std::string& part : repeated) {
        std::string text;
        while (count_code_points(text) < limits::kMessageCodePoints) text += part;
        texts.push_back(text);
        texts.push_back("sh1t h3llo " + text);
    }
    for (const std::string& text : texts) {
        normaliser.normalise(text, {}, out);
        ASSERT_NO_FATAL_FAILURE(expect_sound(out, text)) << text.substr(0, 40);
        const std::vector<CodePoints> skip{{1, 3}, {10, 10}, {20, 600}};
        normaliser.normalise(text, skip, out);
        ASSERT_NO_FATAL_FAILURE(expect_sound(out, text)) << text.substr(0, 40);
    }
}

TEST(Normaliser, ReadsNoMoreThanAMessage) {
    const std::string text = std::string(limits::kMessageCodePoints - 4, ' ') + "good morning";
    EXPECT_EQ(read(text), "good");
}

}  // namespace
}  // namespace clamor::text
