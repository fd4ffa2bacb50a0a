// SPDX-License-Identifier: Apache-2.0
#include "text/vocabulary.h"

#include <gtest/gtest.h>

namespace clamor::text {
namespace {

std::string letters(const Vocabulary& vocabulary, const Vocabulary::Word* word) {
    return word == nullptr ? "" : std::string(vocabulary.letters(*word));
}

TEST(Vocabulary, ReadsWordsWithTheirCostAndLeavesOtherLinesOut) {
    const Vocabulary words(
        "good 30\nheck 60 rude\n\nbad\nUpper 3\nx-y 4\nbig 999\nodd 5 rare\nend 9");
    EXPECT_EQ(words.size(), 3u);
    ASSERT_NE(words.find("good"), nullptr);
    EXPECT_EQ(words.find("good")->cost, 30);
    EXPECT_FALSE(words.find("good")->rude);
    ASSERT_NE(words.find("heck"), nullptr);
    EXPECT_TRUE(words.find("heck")->rude);
    EXPECT_NE(words.find("end"), nullptr);
    for (const char* absent : {"", "bad", "goo", "goods", "odd", "big", "upper"})
        EXPECT_EQ(words.find(absent), nullptr) << absent;
}

TEST(Vocabulary, FindsTheWordThatIsStretched) {
    const Vocabulary words("god 40\ngood 30\nheck 60 rude\nas 10\nass 50 rude\nho 40\nhoo 43 rude");
    EXPECT_EQ(letters(words, words.find_stretched("goooood")), "good");
    EXPECT_EQ(letters(words, words.find_stretched("ggoodd")), "good");
    EXPECT_EQ(letters(words, words.find_stretched("goddd")), "god");
    EXPECT_EQ(letters(words, words.find_stretched("hhheeeccckkk")), "heck");
    EXPECT_EQ(letters(words, words.find_stretched("asss")), "as") << "the more usual one";
    EXPECT_EQ(letters(words, words.find_stretched("hooo")), "hoo") << "the rude one of two alike";
    EXPECT_EQ(letters(words, words.find_stretched("hhho")), "ho");
    EXPECT_EQ(words.find_stretched("go"), nullptr);
    EXPECT_EQ(words.find_stretched(""), nullptr);
    EXPECT_EQ(words.find_stretched(std::string(5000, 'g')), nullptr);
}

TEST(Vocabulary, FindsRudeWordsBehindStars) {
    const Vocabulary words("help 10\nheck 60 rude\nhick 50 rude");
    EXPECT_EQ(letters(words, words.find_masked("he*k")), "heck");
    EXPECT_EQ(letters(words, words.find_masked("h**k")), "hick") << "the more usual one";
    EXPECT_EQ(words.find_masked("hel*"), nullptr) << "not rude";
    EXPECT_EQ(words.find_masked("hec"), nullptr);
    EXPECT_EQ(words.find_masked(std::string(100, '*')), nullptr);
}

TEST(Vocabulary, OfNothingFindsNothing) {
    const Vocabulary nothing("");
    EXPECT_EQ(nothing.find("a"), nullptr);
    EXPECT_EQ(nothing.find_stretched("aaa"), nullptr);
    EXPECT_EQ(nothing.find_masked("a*"), nullptr);
}

TEST(Vocabulary, HasOneInTheBinary) {
    EXPECT_GT(Vocabulary::builtin().size(), 10'000u);
    EXPECT_NE(Vocabulary::builtin().find("hello"), nullptr);
}

}  // namespace
}  // namespace clamor::text
