// SPDX-License-Identifier: Apache-2.0
#include "wire/irc/line.h"

#include <string>

#include <gtest/gtest.h>

#include "wire/irc/writer.h"

namespace clamor::wire::irc {
namespace {

using std::string_literals::operator""s;

Line parsed(std::string_view text) {
    Line line;
    EXPECT_EQ(parse_line(text, line), ParseError::none) << text;
    return line;
}

TEST(Line, OfATwitchClientIsSplitIntoItsParts) {
    const Line line =
        parsed("@client-nonce=ab\\s1;reply-parent-msg-id=x PRIVMSG #chan :hello  :world ");
    EXPECT_EQ(line.command, "PRIVMSG");
    EXPECT_EQ(line.prefix, "");
    EXPECT_EQ(line.param_count, 2);
    EXPECT_EQ(line.param(0), "#chan");
    EXPECT_EQ(line.param(1), "hello  :world ");
    EXPECT_EQ(line.param(2), "");
    EXPECT_TRUE(line.has_trailing);
    EXPECT_EQ(line.tag("client-nonce"), "ab 1");
    EXPECT_EQ(line.raw_tag("client-nonce"), "ab\\s1");
    EXPECT_EQ(line.tag("reply-parent"), std::nullopt);
}

TEST(Line, TakesALastParameterWithoutColonAndCommandsInAnyCase) {
    const Line line = parsed("privmsg #c hello");
    EXPECT_TRUE(line.is("PRIVMSG"));
    EXPECT_FALSE(line.is("PRIVMSGS"));
    EXPECT_EQ(line.param(1), "hello");
    EXPECT_FALSE(line.has_trailing);
}

TEST(Line, KeepsTheColonOfAnEmptyTrailing) {
    const Line line = parsed("PING :");
    EXPECT_EQ(line.param_count, 1);
    EXPECT_TRUE(line.has_trailing);
}

TEST(Line, GivesTheRestToTheFifteenthParameter) {
    const Line line = parsed("C 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17");
    EXPECT_EQ(line.param_count, kParamsMax);
    EXPECT_EQ(line.param(14), "15 16 17");
    EXPECT_EQ(parsed("C 1 2 3 4 5 6 7 8 9 10 11 12 13 14 :15 16").param(14), "15 16");
}

TEST(Line, WithoutACommandIsRefused) {
    Line line;
    EXPECT_EQ(parse_line("", line), ParseError::empty);
    EXPECT_EQ(parse_line("   ", line), ParseError::empty);
    for (const char* text : {"@a=b", "@a=b ", ":src", ":src ", "@a=b :src", "@", ":", "@ :"})
        EXPECT_EQ(parse_line(text, line), ParseError::no_command) << text;
    for (const std::string& text :
         {"\xff\xfe"s, "PRIV\0MSG"s, "\tPING"s, "é"s, ": :x y"s, "@a @b c"s})
        EXPECT_EQ(parse_line(text, line), ParseError::bad_command) << text;
}

TEST(Line, OddTagsDoNoHarm) {
    const Line line = parsed("@;;=x;a;b=;c==1;a=2; PING");
    EXPECT_EQ(line.tag("a"), "2");
    EXPECT_EQ(line.tag("b"), "");
    EXPECT_EQ(line.tag("c"), "=1");
    EXPECT_EQ(line.tag(""), std::nullopt);
}

TEST(TagEscapes, AreUndoneCharacterByCharacter) {
    EXPECT_EQ(unescape_tag("\\:\\s\\\\\\r\\n"), "; \\\r\n");
    EXPECT_EQ(unescape_tag("\\\\s"), "\\s");
    EXPECT_EQ(unescape_tag("a\\b"), "ab");
    EXPECT_EQ(unescape_tag("a\\"), "a");
}

TEST(TagEscapes, BringEveryTextBackButNul) {
    for (const std::string& text : {"; \\\r\n"s, "plain"s, ""s, "\\s\\"s, "Ünïcode ;x"s}) {
        std::string escaped;
        append_escaped_tag(escaped, text);
        EXPECT_EQ(escaped.find_first_of("; \r\n"), std::string::npos);
        EXPECT_EQ(unescape_tag(escaped), text);
    }
    std::string escaped;
    append_escaped_tag(escaped, "a\0b"s);
    EXPECT_EQ(escaped, "ab");
}

TEST(TagWriter, WritesEqualsSignsAlsoForEmptyTags) {
    std::string out;
    TagWriter tags(out);
    tags.add("badges", "");
    tags.add("display-name", "A b");
    tags.add("mod", false);
    tags.add("tmi-sent-ts", std::int64_t{-5});
    tags.add("room-id", 18446744073709551615ull);
    tags.add_raw("emotes", "25:0-4");
    tags.add_flag("flag");
    tags.finish();
    append_text_line(out, "a!a@a.tmi.twitch.tv", "PRIVMSG", {"#c"}, "hi");
    EXPECT_EQ(out,
              "@badges=;display-name=A\\sb;mod=0;tmi-sent-ts=-5;room-id=18446744073709551615;"
              "emotes=25:0-4;flag "
              ":a!a@a.tmi.twitch.tv PRIVMSG #c :hi\r\n");
}

TEST(TagWriter, WritesNothingWithoutTags) {
    std::string out;
    TagWriter(out).finish();
    append_line(out, "", "PING", {});
    EXPECT_EQ(out, "PING\r\n");
}

TEST(Source, WithoutUserOrHostLeavesThemEmpty) {
    const Source source = split_source("tmi.twitch.tv");
    EXPECT_EQ(source.nick, "tmi.twitch.tv");
    EXPECT_EQ(source.user, "");
    EXPECT_EQ(source.host, "");
}

}  // namespace
}  // namespace clamor::wire::irc
