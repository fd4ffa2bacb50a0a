// SPDX-License-Identifier: Apache-2.0
#include "text/message.h"

#include <string>

#include <gtest/gtest.h>

#include "base/limits.h"
#include "text/utf8.h"

namespace clamor::text {
namespace {

using std::string_literals::operator""s;

TEST(CleanMessage, StripsNulAndLineBreaks) {
    EXPECT_EQ(clean_message("a\0b\rc\nd\r\n"s), "abcd");
    EXPECT_EQ(clean_message("PRIVMSG\r\nQUIT"), "PRIVMSGQUIT");
}

TEST(CleanMessage, ReplacesBadUtf8AlsoWhereStrippingJoinsBytes) {
    EXPECT_EQ(clean_message("a\xff"), "a\xEF\xBF\xBD");
    EXPECT_EQ(clean_message("\xe2\x82\0\xac"s), "€");
}

TEST(CleanMessage, TrimsBlanksAtBothEndsOnly) {
    EXPECT_EQ(clean_message("  a  b \t"), "a  b");
    EXPECT_EQ(clean_message("   "), "");
    EXPECT_EQ(clean_message("\r\n"), "");
    EXPECT_EQ(clean_message(""), "");
}

TEST(CleanMessage, KeepsInvisibleCharacters) {
    const std::string text = "hi \U000E0000";
    EXPECT_EQ(clean_message(text), text);
    EXPECT_EQ(clean_message("a\u200Db\U000E0002"), "a\u200Db\U000E0002");
    EXPECT_EQ(clean_message("\x01"
                            "ACTION waves\x01"),
              "\x01"
              "ACTION waves\x01");
}

TEST(CleanMessage, CutsAtTheLimitInCodePoints) {
    std::string text;
    for (std::size_t i = 0; i < limits::kMessageCodePoints; ++i) text += "😀";
    EXPECT_EQ(clean_message(text), text);
    EXPECT_EQ(clean_message(text + "x"), text);
    EXPECT_EQ(clean_message("  " + text), text) << "blanks in front do not count";
    std::string blank_at_cut(limits::kMessageCodePoints - 1, 'a');
    EXPECT_EQ(clean_message(blank_at_cut + "  bcd"), blank_at_cut);
}

TEST(Login, IsLowerCaseLettersDigitsAndUnderscoresUpToTwentyFive) {
    EXPECT_TRUE(is_valid_login("a"));
    EXPECT_TRUE(is_valid_login("some_body_01"));
    EXPECT_TRUE(is_valid_login(std::string(25, 'x')));
    for (const std::string& bad :
         {""s, std::string(26, 'x'), "Alice"s, "a-b"s, "a b"s, "#a"s, "é"s, "a\0"s})
        EXPECT_FALSE(is_valid_login(bad)) << bad;
}

TEST(FoldAscii, TouchesOnlyAsciiLetters) {
    EXPECT_EQ(fold_ascii("AbZ@[É"), "abz@[É");
    EXPECT_TRUE(equals_ignoring_ascii_case("PrivMsg", "PRIVMSG"));
    EXPECT_FALSE(equals_ignoring_ascii_case("PRIVMSG", "PRIVMS"));
    EXPECT_FALSE(equals_ignoring_ascii_case("[", "{"));
}

}  // namespace
}  // namespace clamor::text
