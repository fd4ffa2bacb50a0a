// SPDX-License-Identifier: Apache-2.0
#include "api/recent_messages.h"

#include <array>

#include "api/api_fixture.h"

namespace clamor::api {
namespace {

class RecentMessagesTest : public ApiFixture {
  protected:
    RecentMessagesTest() { add_recent_messages_routes(router, services); }

    store::Channel lobby = catalog.ensure_channel("lobby").value();
};

TEST_F(RecentMessagesTest, GivesRawLinesOldestFirst) {
    store_text(lobby, 1, "hello there");
    store_text(lobby, 2, "second");
    const auto body = get_json("/api/v2/recent-messages/lobby");
    EXPECT_TRUE(body["error"].is_null());
    EXPECT_TRUE(body["error_code"].is_null());
    ASSERT_EQ(body["messages"].size(), 2u);
    const std::string line = body["messages"][0];
    EXPECT_EQ(line.front(), '@');
    EXPECT_NE(line.find("historical=1"), std::string::npos) << line;
    EXPECT_NE(line.find("rm-received-ts=1000"), std::string::npos) << line;
    EXPECT_TRUE(line.ends_with(" :alice!alice@alice.tmi.twitch.tv PRIVMSG #lobby :hello there"))
        << line;
}

TEST_F(RecentMessagesTest, CapsTheLimitAndReadsTimes) {
    for (std::uint64_t i = 1; i <= 5; ++i) store_text(lobby, i, "line");
    const std::string path = "/api/v2/recent-messages/lobby";
    EXPECT_EQ(get_json(path + "?limit=2")["messages"].size(), 2u);
    EXPECT_EQ(get_json(path + "?limit=100000")["messages"].size(), 5u);
    EXPECT_EQ(get_json(path + "?after=2000&before=5000")["messages"].size(), 2u);
}

TEST_F(RecentMessagesTest, MarksOrHidesRemovedMessages) {
    const auto id = store_text(lobby, 1, "rude");
    ASSERT_TRUE(log.mark_deleted(std::array{store::Deletion{.channel = lobby.id, .ids = {id}}}));
    const std::string path = "/api/v2/recent-messages/lobby";
    const std::string line = get_json(path)["messages"].at(0);
    EXPECT_NE(line.find("rm-deleted=1"), std::string::npos) << line;
    EXPECT_EQ(get_json(path + "?hide_moderated_messages=true")["messages"].size(), 0u);
    EXPECT_EQ(get_json(path + "?hideModeratedMessages")["messages"].size(), 0u);
    EXPECT_EQ(get_json(path + "?hide_moderated_messages=false")["messages"].size(), 1u);
}

TEST_F(RecentMessagesTest, TellsOfTheRoomsModesAsChatDoes) {
    chat::Moderation slow;
    slow.action = chat::ModAction::slow;
    slow.id = MessageId::from_random(7, 7);
    slow.at = wall_from_unix_ms(2000);
    slow.number = slow.modes.slow_seconds = 30;
    store_text(lobby, 1, "hello");
    const store::StoredMessage stored{
        .channel = lobby.id,
        .position = {1, 2},
        .id = slow.id,
        .sent_at = slow.at,
        .event = chat::encode_event({lobby.id, lobby.login, {1, 2}, slow}),
        .kind = store::EntryKind::moderation};
    ASSERT_TRUE(log.append(std::span(&stored, 1)));
    const std::string path = "/api/v2/recent-messages/lobby";
    const auto lines = get_json(path)["messages"];
    ASSERT_EQ(lines.size(), 3u);
    EXPECT_EQ(lines[1],
              "@historical=1;rm-received-ts=2000;room-id=" + std::to_string(lobby.id.value) +
                  ";slow=30 :tmi.twitch.tv ROOMSTATE #lobby");
    EXPECT_EQ(lines[2],
              "@historical=1;msg-id=slow_on;rm-received-ts=2000 :tmi.twitch.tv NOTICE #lobby :This "
              "room is now in slow mode. You may send messages every 30 seconds.");
    const auto newest = get_json(path + "?limit=2")["messages"];
    ASSERT_EQ(newest.size(), 2u) << "lines count, not entries";
    EXPECT_EQ(newest[0], lines[1]);
}

TEST_F(RecentMessagesTest, KeepsWhatRestrictedUsersSaidFromViewers) {
    store_text(lobby, 1, "psst", chat::Suspicion::restricted);
    store_text(lobby, 2, "hello", chat::Suspicion::monitored);
    const auto body = get_json("/api/v2/recent-messages/lobby");
    ASSERT_EQ(body["messages"].size(), 1u);
    EXPECT_TRUE(body["messages"][0].get<std::string>().ends_with("hello"));
}

TEST_F(RecentMessagesTest, SaysNotJoinedForUnknownChannels) {
    const auto body = get_json("/api/v2/recent-messages/nobody");
    EXPECT_EQ(body["messages"].size(), 0u);
    EXPECT_EQ(body["error_code"], "channel_not_joined");
}

TEST_F(RecentMessagesTest, RefusesWrongLoginsAndQueriesInItsOwnShape) {
    const auto login = get_json("/api/v2/recent-messages/no%20good", 400);
    EXPECT_EQ(login["status"], 400);
    EXPECT_EQ(login["status_message"], "Bad Request");
    EXPECT_EQ(login["error_code"], "invalid_channel_login");
    EXPECT_EQ(get_json("/api/v2/recent-messages/lobby?limit=x", 400)["error_code"],
              "invalid_query");
}

}  // namespace
}  // namespace clamor::api
