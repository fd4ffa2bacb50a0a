// SPDX-License-Identifier: Apache-2.0
#include "twitch/events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "text/utf8.h"
#include "twitch/lines.h"
#include "wire/irc/line.h"

namespace clamor::twitch {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

const MessageId kId = *MessageId::parse("b34ccfc7-4977-403a-8a94-33c6bac34fb8");
const MessageId kParent = *MessageId::parse("72d76cb2-f34d-4a93-8005-61bf244456ee");
const MessageId kRoot = *MessageId::parse("00000000-0000-4000-8000-000000000001");

chat::Event event_of(chat::Message message) {
    return {.channel = ChannelId(12345678),
            .channel_login = "dallas",
            .position = {.epoch = 1, .sequence = 7},
            .body = std::move(message)};
}

chat::Message plain() {
    chat::Message message;
    message.id = kId;
    message.sent_at = wall_from_unix_ms(1507246572675);
    message.author_id = UserId(1001);
    message.author_login = "alice";
    message.author_display_name = "Alice";
    message.author_color = "#0D4200";
    message.text = "Hello Kappa";
    message.emotes = {{"25", 6, 10}};
    return message;
}

chat::ReplyTo reply() {
    return {.parent_id = kParent,
            .parent_user_id = UserId(1002),
            .parent_login = "bob",
            .parent_display_name = "Bob; B",
            .parent_text = "@Alice Hello; Kappa\\",
            .thread_id = kRoot,
            .thread_user_id = UserId(1001),
            .thread_login = "alice",
            .thread_display_name = "Alice"};
}

std::string line_of(const chat::Message& message, bool tags = true) {
    std::string out;
    append_event(out, event_of(message), {.tags = tags});
    return out;
}

std::vector<std::string> keys_of(const std::string& line) {
    wire::irc::Line parsed;
    EXPECT_EQ(wire::irc::parse_line(std::string_view(line).substr(0, line.size() - 2), parsed),
              wire::irc::ParseError::none);
    std::vector<std::string> keys;
    wire::irc::for_each_tag(
        parsed.tags, [&](std::string_view key, std::string_view) { keys.emplace_back(key); });
    return keys;
}

TEST(MessageLine, OfASharedChatNamesItsSource) {
    chat::Message message = plain();
    EXPECT_EQ(line_of(message).find("source-"), std::string::npos);
    message.source = chat::Source{.broadcaster = {UserId(87654321), "austin", "Austin"},
                                  .message = kParent,
                                  .badges = {{"subscriber", "3"}},
                                  .badge_info = {{"subscriber", "4"}}};
    const std::string line = line_of(message);
    EXPECT_NE(
        line.find(";room-id=12345678;source-badge-info=subscriber/4;source-badges="
                  "subscriber/3;source-id=" +
                  kParent.to_string() + ";source-only=0;source-room-id=87654321;subscriber=0;"),
        std::string::npos)
        << line;
    auto keys = keys_of(line);
    EXPECT_TRUE(std::ranges::is_sorted(keys));
    message.source_only = true;
    EXPECT_NE(line_of(message).find(";source-only=1;"), std::string::npos);
}

TEST(MessageLine, IsTheOneOfTheSpecification) {
    chat::Message message = plain();
    message.client_nonce = "0d16";
    EXPECT_EQ(line_of(message),
              "@badge-info=;badges=;client-nonce=0d16;color=#0D4200;display-name=Alice;emotes=25:6-"
              "10;first-msg=0;flags=;"
              "id=b34ccfc7-4977-403a-8a94-33c6bac34fb8;mod=0;returning-chatter=0;room-id=12345678;"
              "subscriber=0;"
              "tmi-sent-ts=1507246572675;turbo=0;user-id=1001;user-type= "
              ":alice!alice@alice.tmi.twitch.tv PRIVMSG #dallas "
              ":Hello Kappa\r\n");
    EXPECT_EQ(line_of(message, false),
              ":alice!alice@alice.tmi.twitch.tv PRIVMSG #dallas :Hello Kappa\r\n");
}

TEST(MessageLine, HasEveryTagThatAppliesInAlphabeticalOrder) {
    chat::Message message = plain();
    message.client_nonce = "n";
    message.emote_only = true;
    message.first_message = true;
    message.author_role = chat::Role::vip;
    message.reply = reply();
    const std::vector<std::string> keys = keys_of(line_of(message));
    EXPECT_EQ(keys.size(), 28u);
    EXPECT_TRUE(std::ranges::is_sorted(keys));
    std::string history;
    append_history_line(history, event_of(message), true);
    const std::vector<std::string> with_marks = keys_of(history);
    EXPECT_EQ(with_marks.size(), 31u);
    EXPECT_TRUE(std::ranges::is_sorted(with_marks));
}

TEST(MessageLine, ShowsRolesAsTwitchDoes) {
    chat::Message message = plain();
    message.author_role = chat::Role::moderator;
    message.badges = {{"moderator", "1"}, {"subscriber", "3012"}};
    message.badge_info = {{"subscriber", "14"}};
    message.subscriber = true;
    const std::string moderator = line_of(message);
    EXPECT_THAT(moderator,
                StartsWith("@badge-info=subscriber/14;badges=moderator/1,subscriber/3012;color="));
    EXPECT_THAT(moderator, HasSubstr(";mod=1;"));
    EXPECT_THAT(moderator, HasSubstr(";subscriber=1;"));
    EXPECT_THAT(moderator, HasSubstr(";user-type=mod :"));
    message.author_role = chat::Role::broadcaster;
    EXPECT_THAT(line_of(message), HasSubstr(";mod=0;"));
    EXPECT_THAT(line_of(message), HasSubstr(";user-type= :"));
    message.author_role = chat::Role::vip;
    EXPECT_THAT(line_of(message), HasSubstr(";user-type=;vip=1 :"));
}

TEST(MessageLine, WrapsAnAction) {
    chat::Message message = plain();
    message.action = true;
    message.text = "waves";
    EXPECT_THAT(line_of(message), EndsWith(" PRIVMSG #dallas :\x01"
                                           "ACTION waves\x01\r\n"));
}

TEST(MessageLine, GroupsEmotesInTheOrderOfTheirFirstOccurrence) {
    chat::Message message = plain();
    message.emotes = {{"25", 0, 4}, {"1902", 6, 10}, {"25", 12, 16}, {"9;", 18, 19}};
    EXPECT_THAT(line_of(message), HasSubstr(";emotes=25:0-4,12-16/1902:6-10/9\\::18-19;"));
}

TEST(MessageLine, TellsWhatAutoModFoundByPlace) {
    auto message = plain();
    message.marks = {{0, 4, 'P', 3}, {6, 10, 'A', 6}, {6, 10, 'I', 6}};
    EXPECT_THAT(line_of(message), HasSubstr(";flags=0-4:P.3,6-10:A.6/I.6;"));
}

TEST(MessageLine, CarriesParentAndRootOfAThread) {
    chat::Message message = plain();
    message.reply = reply();
    EXPECT_THAT(
        line_of(message),
        HasSubstr(
            ";mod=0;reply-parent-display-name=Bob\\:\\sB;reply-parent-msg-body=@Alice\\sHello\\:"
            "\\sKappa\\\\;"
            "reply-parent-msg-id=72d76cb2-f34d-4a93-8005-61bf244456ee;reply-parent-user-id=1002;"
            "reply-parent-user-login=bob;reply-thread-parent-display-name=Alice;"
            "reply-thread-parent-msg-id=00000000-0000-4000-8000-000000000001;reply-thread-parent-"
            "user-id=1001;"
            "reply-thread-parent-user-login=alice;returning-chatter=0;"));
}

TEST(MessageLine, CutsTheParentsTextWhenTheTagsAreTooLong) {
    for (int shift = 0; shift < 8; ++shift) {
        chat::Message message = plain();
        message.reply = reply();
        std::string text(static_cast<std::size_t>(shift), 'x');
        while (text.size() < 9000) text += "\xF0\x9F\x98\x82 \\";
        message.reply->parent_text = text;
        const std::string line = line_of(message);
        const std::size_t tags = line.find(' ') + 1;
        EXPECT_LE(tags, kTagsBytesOut);
        EXPECT_GT(tags, kTagsBytesOut - 8);
        EXPECT_TRUE(text::is_valid_utf8(line));
        EXPECT_EQ(keys_of(line).size(), 25u) << "no other tag is hurt";
        wire::irc::Line parsed;
        ASSERT_EQ(wire::irc::parse_line(line, parsed), wire::irc::ParseError::none);
        EXPECT_TRUE(text.starts_with(*parsed.tag("reply-parent-msg-body")))
            << "no half escape at the end";
        EXPECT_EQ(parsed.raw_tag("reply-parent-user-login"), "bob");
    }
}

TEST(MessageLine, KeepsItsTagsShortHoweverManyEmotesThereAre) {
    chat::Message message = plain();
    message.reply = reply();
    message.reply->parent_text = std::string(2000, 'x');
    message.emotes.clear();
    for (std::uint32_t i = 0; i < 1000; ++i)
        message.emotes.push_back({"emotesv2_" + std::string(32, 'a') + std::to_string(i), i, i});
    const std::string line = line_of(message);
    EXPECT_LE(line.find(' ') + 1, kTagsBytesOut);
    EXPECT_THAT(line, EndsWith(" PRIVMSG #dallas :Hello Kappa\r\n"));
    EXPECT_THAT(line, testing::Not(HasSubstr("/;"))) << "whole groups only";
}

TEST(MessageLine, CannotBeBrokenByAnyField) {
    const std::string evil = "a\r\nb\nc;d e\\f";
    chat::Message message = plain();
    message.author_display_name = message.author_color = message.client_nonce = message.text = evil;
    message.badges = message.badge_info = {{evil, evil}};
    message.emotes = {{evil, 0, 1}};
    message.reply = reply();
    message.reply->parent_text = message.reply->parent_display_name =
        message.reply->thread_display_name = evil;
    message.reply->parent_login = message.reply->thread_login = evil;
    const std::string line = line_of(message);
    EXPECT_EQ(std::ranges::count(line, '\n'), 1);
    EXPECT_EQ(std::ranges::count(line, '\r'), 1);
    EXPECT_THAT(line, EndsWith(" :a  b c;d e\\f\r\n"));
}

TEST(HistoryLine, IsMarked) {
    std::string out;
    append_history_line(out, event_of(plain()), false);
    EXPECT_THAT(out, HasSubstr(";flags=;historical=1;id="));
    EXPECT_THAT(out, HasSubstr(";returning-chatter=0;rm-received-ts=1507246572675;room-id="));
    out.clear();
    append_history_line(out, event_of(plain()), true);
    EXPECT_THAT(
        out, HasSubstr(";returning-chatter=0;rm-deleted=1;rm-received-ts=1507246572675;room-id="));
    out.clear();
    append_history_line(out,
                        {.channel = ChannelId(1),
                         .channel_login = "d",
                         .position = {},
                         .body = chat::MembershipChanged{{"a"}, {}}},
                        false);
    EXPECT_EQ(out, "") << "comings and goings are no history";
}

}  // namespace
}  // namespace clamor::twitch
