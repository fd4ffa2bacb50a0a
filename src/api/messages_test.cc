// SPDX-License-Identifier: Apache-2.0
#include "api/messages.h"

#include <array>

#include "api/api_fixture.h"

namespace clamor::api {
namespace {

class MessagesTest : public ApiFixture {
  protected:
    MessagesTest() { add_message_routes(router, services); }

    std::vector<std::uint64_t> sequences(std::string_view target) {
        std::vector<std::uint64_t> out;
        const auto body = get_json(target);
        for (const auto& message : body["messages"]) out.push_back(message["seq"]);
        return out;
    }

    store::Channel lobby = catalog.ensure_channel("lobby").value();
};

using Sequences = std::vector<std::uint64_t>;

TEST_F(MessagesTest, GivesAMessageWithAllItsParts) {
    chat::Message said;
    said.text = "@Bob hi Wave 👋";
    said.author_color = "#0D4200";
    said.badges = {{"moderator", "1"}, {"subscriber", "12"}};
    said.emotes = {{"25", 8, 11}};
    said.first_message = true;
    said.action = true;
    said.reply = chat::ReplyTo{.parent_id = MessageId::from_random(1, 2),
                               .parent_user_id = UserId(1001),
                               .parent_login = "bob",
                               .parent_display_name = "Bob",
                               .parent_text = "hello?",
                               .thread_id = MessageId::from_random(3, 4),
                               .thread_user_id = UserId(1001),
                               .thread_login = "bob",
                               .thread_display_name = "Bob"};
    said.source = chat::Source{.broadcaster = {UserId(77), "next", "Next"},
                               .message = MessageId::from_random(5, 6),
                               .badges = {},
                               .badge_info = {}};
    const auto id = store_message(lobby, 5, said);

    const auto body = get_json("/api/channels/lobby/messages");
    EXPECT_EQ(body["channel"]["id"], std::to_string(lobby.id.value));
    EXPECT_EQ(body["channel"]["login"], "lobby");
    ASSERT_EQ(body["messages"].size(), 1u);
    const auto alice = catalog.find_user("alice").value().value();
    const auto expected =
        nlohmann::json{{"id", id.to_string()},
                       {"seq", 5},
                       {"epoch", 7},
                       {"sent_at", 5000},
                       {"author",
                        {{"id", std::to_string(alice.id.value)},
                         {"login", "alice"},
                         {"display_name", "Alice"},
                         {"color", "#0D4200"},
                         {"badges",
                          {{{"name", "moderator"}, {"version", "1"}},
                           {{"name", "subscriber"}, {"version", "12"}}}}}},
                       {"text", "@Bob hi Wave 👋"},
                       {"action", true},
                       {"emotes", {{{"id", "25"}, {"first", 8}, {"last", 11}}}},
                       {"first_message", true},
                       {"reply",
                        {{"parent_id", MessageId::from_random(1, 2).to_string()},
                         {"parent_login", "bob"},
                         {"parent_display_name", "Bob"},
                         {"parent_text", "hello?"},
                         {"thread_id", MessageId::from_random(3, 4).to_string()}}},
                       {"source",
                        {{"channel_id", "77"},
                         {"channel_login", "next"},
                         {"message_id", MessageId::from_random(5, 6).to_string()}}},
                       {"deleted", false}};
    EXPECT_EQ(body["messages"][0], expected);
}

TEST_F(MessagesTest, ReadsBySequenceAndByTime) {
    for (std::uint64_t i = 1; i <= 9; ++i) store_text(lobby, i, "line " + std::to_string(i));
    const std::string messages = "/api/channels/lobby/messages";
    EXPECT_EQ(sequences(messages + "?limit=3"), (Sequences{7, 8, 9}));
    EXPECT_EQ(sequences(messages + "?limit=3&before_seq=5"), (Sequences{2, 3, 4}));
    EXPECT_EQ(sequences(messages + "?limit=3&after_seq=5"), (Sequences{6, 7, 8}));
    EXPECT_EQ(sequences(messages + "?after_seq=3&before_seq=6"), (Sequences{4, 5}));
    EXPECT_EQ(sequences(messages + "?limit=2&before=4000"), (Sequences{2, 3}));
    EXPECT_EQ(sequences(messages + "?limit=2&after=4000"), (Sequences{5, 6}));
    EXPECT_EQ(sequences(messages + "?after_seq=9"), Sequences{});
}

TEST_F(MessagesTest, FindsAChannelInAnyCase) {
    store_text(lobby, 1, "hi");
    EXPECT_EQ(sequences("/api/channels/LoBBy/messages"), Sequences{1});
}

TEST_F(MessagesTest, MarksRemovedMessages) {
    const auto id = store_text(lobby, 1, "rude");
    ASSERT_TRUE(log.mark_deleted(std::array{store::Deletion{.channel = lobby.id, .ids = {id}}}));
    EXPECT_EQ(get_json("/api/channels/lobby/messages")["messages"][0]["deleted"], true);
}

TEST_F(MessagesTest, LeavesOutWhatRestrictedUsersSaid) {
    store_text(lobby, 1, "psst", chat::Suspicion::restricted);
    store_text(lobby, 2, "hello");
    const auto body = get_json("/api/channels/lobby/messages");
    ASSERT_EQ(body["messages"].size(), 1u);
    EXPECT_EQ(body["messages"][0]["text"], "hello");
}

TEST_F(MessagesTest, NamesTheFieldAndTheRuleOfWrongValues) {
    const std::string messages = "/api/channels/lobby/messages";
    EXPECT_EQ(get_json(messages + "?limit=801", 400)["message"],
              "'limit' must be a whole number from 1 to 800");
    EXPECT_EQ(get_json(messages + "?before=1&before_seq=1", 400)["message"],
              "give 'before_seq' or 'before', not both");
    EXPECT_EQ(get_json(messages + "?after=1&after_seq=1", 400)["message"],
              "give 'after_seq' or 'after', not both");
    for (const auto* query :
         {"?limit=0", "?limit=many", "?limit=", "?before_seq=-1", "?after_seq=99999999999999999999",
          "?before=9223372036854775808", "?after=1%20", "?after_seq=+5", "?limit=0x10"}) {
        EXPECT_EQ(get(messages + query).status, 400) << query;
    }
}

TEST_F(MessagesTest, TellsWrongFromUnknownChannels) {
    EXPECT_EQ(get_json("/api/channels/nobody/messages", 404)["message"],
              "there is no channel 'nobody'");
    for (const auto* login :
         {"a-b", "%27%20or%201=1", "..", "abcdefghijklmnopqrstuvwxyz", "%C3%A9"}) {
        EXPECT_EQ(get("/api/channels/" + std::string(login) + "/messages").status, 400) << login;
    }
}

TEST_F(MessagesTest, SkipsWhatCannotBeRead) {
    store_text(lobby, 1, "fine");
    const store::StoredMessage broken{
        lobby.id,   {7, 2}, MessageId::from_random(9, 9), wall_from_unix_ms(2000), UserId(1001),
        "\xff\xff", false};
    ASSERT_TRUE(log.append(std::span(&broken, 1)));
    store_text(lobby, 3, "fine too");
    EXPECT_EQ(sequences("/api/channels/lobby/messages"), (Sequences{1, 3}));
}

}  // namespace
}  // namespace clamor::api
