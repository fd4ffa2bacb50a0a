// SPDX-License-Identifier: Apache-2.0
#include "twitch/lines.h"

#include <gtest/gtest.h>

#include "twitch/notices.h"

namespace clamor::twitch {
namespace {

template <class Append>
std::string made_by(Append append) {
    std::string out;
    append(out);
    return out;
}

TEST(Names, StandBeforeOneselfInLinesBelow512Bytes) {
    std::vector<std::string> others;
    for (int i = 0; i < 300; ++i) others.push_back("viewer_number_" + std::to_string(1000 + i));
    const std::string lines =
        made_by([&](std::string& out) { append_names(out, "alice", "dallas", others); });
    std::vector<std::string> seen;
    std::size_t at = 0;
    for (std::size_t end = lines.find("\r\n"); end != std::string::npos;
         at = end + 2, end = lines.find("\r\n", at)) {
        const std::string line = lines.substr(at, end + 2 - at);
        EXPECT_LT(line.size(), 512u);
        constexpr std::string_view kStart = ":alice.tmi.twitch.tv 353 alice = #dallas :";
        if (!line.starts_with(kStart)) {
            EXPECT_EQ(line, ":alice.tmi.twitch.tv 366 alice #dallas :End of /NAMES list\r\n");
            continue;
        }
        EXPECT_GT(line.size(), 100u) << "lines are filled";
        std::string_view names =
            std::string_view(line).substr(kStart.size(), line.size() - kStart.size() - 2);
        while (!names.empty()) {
            const std::size_t blank = names.find(' ');
            seen.emplace_back(names.substr(0, blank));
            EXPECT_FALSE(seen.back().empty()) << "single blanks, none at the end";
            names.remove_prefix(blank == std::string_view::npos ? names.size() : blank + 1);
        }
    }
    others.push_back("alice");
    EXPECT_EQ(seen, others);
}

TEST(Names, NameOneselfOnce) {
    EXPECT_EQ(made_by([](std::string& out) {
                  append_names(out, "alice", "dallas", {"bob", "alice", "carol"});
              }),
              ":alice.tmi.twitch.tv 353 alice = #dallas :bob carol alice\r\n"
              ":alice.tmi.twitch.tv 366 alice #dallas :End of /NAMES list\r\n");
}

TEST(RoomStateLine, HasAllModes) {
    const chat::RoomState modes{.emote_only = true,
                                .followers_only_minutes = 10,
                                .unique_chat = true,
                                .slow_seconds = 30,
                                .subscribers_only = true};
    EXPECT_EQ(made_by([&](std::string& out) {
                  append_room_state(out, "dallas", ChannelId(12345678), modes, true);
              }),
              "@emote-only=1;followers-only=10;r9k=1;room-id=12345678;slow=30;subs-only=1 "
              ":tmi.twitch.tv ROOMSTATE #dallas\r\n");
}

TEST(NoticeLine, KeepsATextOnItsLine) {
    EXPECT_EQ(made_by([](std::string& out) {
                  append_notice(out, "#dallas", "some_id", std::string("a\r\nb\0c", 6), true);
              }),
              "@msg-id=some_id :tmi.twitch.tv NOTICE #dallas :a  b c\r\n");
    EXPECT_EQ(made_by([](std::string& out) { append_notice(out, "*", "some_id", "a", false); }),
              ":tmi.twitch.tv NOTICE * :a\r\n");
}

TEST(Notices, HaveTheTextsThatClientsRead) {
    const auto text = [](chat::Refusal why, std::uint32_t seconds) {
        return notice_of({.why = why, .retry_after_seconds = seconds}, "dallas").text;
    };
    // Chatterino takes the word with index 21 as the time to wait.
    std::string slow = text(chat::Refusal::slow_mode, 12);
    for (int i = 0; i < 21; ++i) slow.erase(0, slow.find(' ') + 1);
    EXPECT_EQ(slow, "12 seconds.");
    // And that with index 5 for a timeout.
    std::string timed_out = text(chat::Refusal::timed_out, 12);
    for (int i = 0; i < 5; ++i) timed_out.erase(0, timed_out.find(' ') + 1);
    EXPECT_EQ(timed_out, "12 more seconds.");
    EXPECT_EQ(text(chat::Refusal::rate_limited, 1),
              "Your message was not sent because you are sending messages too quickly. You can "
              "send again in 1 second.");
    EXPECT_EQ(text(chat::Refusal::rate_limited, 0),
              "Your message was not sent because you are sending messages too quickly.");
    EXPECT_EQ(notice_of({.why = chat::Refusal::duplicate}, "dallas").id, "msg_duplicate");
    EXPECT_EQ(notice_of({.why = chat::Refusal::emote_only}, "dallas").id, "msg_emoteonly");
    EXPECT_EQ(notice_of({.why = chat::Refusal::subscribers_only}, "dallas").id, "msg_subsonly");
}

TEST(Notices, SayWhatFollowersOnlyModeAsksFor) {
    const auto notice = [](std::int32_t minutes, std::optional<std::uint32_t> following) {
        return notice_of({.why = chat::Refusal::followers_only,
                          .followers_only_minutes = minutes,
                          .following_minutes = following},
                         "dallas");
    };
    EXPECT_EQ(notice(0, {}).id, "msg_followersonly_zero");
    EXPECT_EQ(notice(10, {}).text,
              "This room is in 10 minutes followers-only mode. Follow dallas to join the "
              "community!");
    EXPECT_EQ(notice(20160, 90).text,
              "This room is in 2 weeks followers-only mode. You have been following for 1 hour 30 "
              "minutes. Continue following to chat!");
}

}  // namespace
}  // namespace clamor::twitch
