// SPDX-License-Identifier: Apache-2.0
#include "api/helix/helix_fixture.h"
#include "api/helix/message_object.h"

namespace clamor::api::helix {
namespace {

class ChatTest : public HelixFixture {
  protected:
    ChatTest() { live.send_answer = hub::Stored{.id = kMessage, .position = {}, .self = {}}; }

    std::string with(std::string_view path, const std::string& more = {}) const {
        return "/helix/" + std::string(path) + "?" + by_mo() + (more.empty() ? "" : "&" + more);
    }
    wire::http::Response patch(const std::string& body) {
        return call("PATCH", with("chat/settings"), "mo", body);
    }
    wire::http::Response say(const std::string& text, const std::string& more = {}) {
        const nlohmann::json body{
            {"broadcaster_id", id(dallas)}, {"sender_id", id(alice)}, {"message", text}};
        auto dumped = body.dump();
        if (!more.empty()) dumped.insert(dumped.size() - 1, "," + more);
        return call("POST", "/helix/chat/messages", "alice", dumped);
    }

    static constexpr std::string_view kMessageText = "b34ccfc7-4977-403a-8a94-33c6bac34fb8";
    const MessageId kMessage = *MessageId::parse(kMessageText);
};

TEST_F(ChatTest, SendsWithTheIdsInTheBodyOrInTheQuery) {
    EXPECT_EQ(data(say("  Hello\r\n Kappa ")),
              nlohmann::json::parse(
                  R"([{"message_id":"b34ccfc7-4977-403a-8a94-33c6bac34fb8","is_sent":true}])"));
    ASSERT_EQ(live.messages.size(), 1u);
    EXPECT_EQ(live.messages[0].channel, channel.id);
    EXPECT_EQ(live.messages[0].author.login, "alice");
    EXPECT_EQ(live.messages[0].text, "Hello Kappa");
    const auto twurple =
        call("POST", "/mock/chat/messages?" + broadcaster() + "&sender_id=" + id(alice), "alice",
             R"({"message":"/me waves"})");
    EXPECT_EQ(twurple.status, 200);
    EXPECT_TRUE(live.messages[1].action);
    EXPECT_EQ(live.messages[1].text, "waves");
    say("/ban bob", R"("reply_parent_message_id":"b34ccfc7-4977-403a-8a94-33c6bac34fb8")");
    EXPECT_EQ(live.messages[2].text, "/ban bob") << "no commands here";
    EXPECT_EQ(live.messages[2].reply_parent, kMessage);
    live.send_answer = hub::NotStoredYet{kMessage};
    EXPECT_EQ(data(say("late"))[0]["is_sent"], true);
}

TEST_F(ChatTest, SaysWhyAMessageWasDropped) {
    live.send_answer = chat::Refused{.why = chat::Refusal::duplicate};
    const auto dropped = data(say("again"))[0];
    EXPECT_EQ(dropped["is_sent"], false);
    EXPECT_EQ(dropped["message_id"], "");
    EXPECT_EQ(dropped["drop_reason"]["code"], "msg_duplicate");
    EXPECT_FALSE(dropped["drop_reason"]["message"].get<std::string>().empty());
    live.send_answer = hub::SendRefusal::busy;
    EXPECT_EQ(say("x").status, 503);
    live.send_answer = hub::SendRefusal::no_permission;
    EXPECT_EQ(say("x").status, 403);
    live.send_answer = hub::SendRefusal::no_such_channel;
    EXPECT_EQ(say("x").status, 404);
}

TEST_F(ChatTest, RefusesMessagesThatCannotBeSent) {
    std::string emoji;
    for (int i = 0; i < 500; ++i) emoji += "\xf0\x9f\x98\x80";
    EXPECT_EQ(say(emoji).status, 200) << "500 characters, not bytes";
    live.messages.clear();
    EXPECT_EQ(say(emoji + "x").status, 400);
    for (const auto* text : {"", " ", "\r\n",
                             "\x01"
                             "ACTION \x01"})
        EXPECT_EQ(say(text).status, 400) << text;
    EXPECT_EQ(say("x", R"("reply_parent_message_id":"x")").status, 400);
    EXPECT_EQ(say("x", R"("for_source_only":true)").status, 400);
    EXPECT_EQ(
        said(call("POST", "/helix/chat/messages", "bob",
                  R"({"broadcaster_id":"1000","message":"x","sender_id":")" + id(alice) + "\"}")),
        "401: The ID in sender_id must match the user ID found in the request's OAuth token.");
    EXPECT_EQ(call("POST", "/helix/chat/messages", "alice",
                   R"({"broadcaster_id":"424242","message":"x","sender_id":")" + id(alice) + "\"}")
                  .status,
              404);
    EXPECT_TRUE(live.messages.empty());
}

TEST_F(ChatTest, SendsForOthersWithAnAppToken) {
    const nlohmann::json body{
        {"broadcaster_id", id(dallas)}, {"sender_id", id(alice)}, {"message", "beep"}};
    EXPECT_EQ(call("POST", "/helix/chat/messages", "app", body.dump()).status, 200);
    EXPECT_EQ(live.messages.at(0).author.login, "alice");
    // What an app says is for its channel alone, unless it says otherwise.
    EXPECT_TRUE(live.messages.at(0).source_only);
    auto shared = body;
    shared["for_source_only"] = false;
    EXPECT_EQ(call("POST", "/helix/chat/messages", "app", shared.dump()).status, 200);
    EXPECT_FALSE(live.messages.at(1).source_only);
}

TEST_F(ChatTest, PinsWhatAModeratorSends) {
    const nlohmann::json body{{"broadcaster_id", id(dallas)},
                              {"sender_id", id(mo)},
                              {"message", "read this"},
                              {"pin", true}};
    EXPECT_EQ(data(call("POST", "/helix/chat/messages", "mo", body.dump()))[0]["is_sent"], true);
    const auto& pin = std::get<chat::act::Pin>(live.acts.at(0).acts.at(0));
    EXPECT_EQ(pin.message, kMessage);
    EXPECT_EQ(pin.seconds, 1200u);
    EXPECT_EQ(say("x", R"("pin":true)").status, 403);
}

TEST_F(ChatTest, ShowsSettingsToAllAndDelaysToModerators) {
    const auto open = data(call("GET", "/helix/chat/settings?" + broadcaster(), "bob"))[0];
    EXPECT_EQ(open, nlohmann::json::parse(R"({"broadcaster_id":")" + id(dallas) +
                                          R"(","emote_mode":false,"follower_mode":false,
        "follower_mode_duration":null,"slow_mode":false,"slow_mode_wait_time":null,
        "subscriber_mode":false,"unique_chat_mode":false})"));
    const auto own = data(call("GET", with("chat/settings"), "mo"))[0];
    EXPECT_EQ(own["moderator_id"], id(mo));
    EXPECT_EQ(own["non_moderator_chat_delay"], false);
    EXPECT_EQ(own["non_moderator_chat_delay_duration"], nullptr);
    EXPECT_EQ(call("GET", with("chat/settings"), "mo:chat:read").status, 401);
    EXPECT_EQ(call("GET", with("chat/settings"), "bob").status, 401);
}

TEST_F(ChatTest, ChangesAnyPartOfTheSettings) {
    auto now = data(patch(R"({"slow_mode":true})"))[0];
    EXPECT_EQ(now["slow_mode_wait_time"], 30);
    now = data(patch(R"({"slow_mode_wait_time":10,"follower_mode_duration":0})"))[0];
    EXPECT_EQ(now["slow_mode"], true);
    EXPECT_EQ(now["slow_mode_wait_time"], 10);
    EXPECT_EQ(now["follower_mode"], true);
    EXPECT_EQ(now["follower_mode_duration"], 0);
    now = data(patch(R"({"slow_mode":true})"))[0];
    EXPECT_EQ(now["slow_mode_wait_time"], 10) << "it is on already";
    now = data(patch(
        R"({"emote_mode":true,"subscriber_mode":true,"unique_chat_mode":true,"follower_mode":false})"))
        [0];
    EXPECT_EQ(now["emote_mode"], true);
    EXPECT_EQ(now["follower_mode"], false);
    EXPECT_EQ(now["follower_mode_duration"], nullptr);
    now = data(patch(R"({"non_moderator_chat_delay":true})"))[0];
    EXPECT_EQ(now["non_moderator_chat_delay_duration"], 2);
    now = data(patch(R"({"non_moderator_chat_delay_duration":6})"))[0];
    EXPECT_EQ(now["non_moderator_chat_delay"], true);
    EXPECT_EQ(now["non_moderator_chat_delay_duration"], 6);
    now = data(patch(R"({"non_moderator_chat_delay":false})"))[0];
    EXPECT_EQ(now["non_moderator_chat_delay"], false);
    EXPECT_EQ(now["non_moderator_chat_delay_duration"], nullptr);
    const auto asked = live.acts.size();
    EXPECT_EQ(patch("{}").status, 200);
    EXPECT_EQ(patch(R"({"unknown":1,"slow_mode":null})").status, 200);
    EXPECT_EQ(live.acts.size(), asked) << "nothing to change";
    EXPECT_EQ(data(call("GET", with("chat/settings"), "mo"))[0]["slow_mode_wait_time"], 10);
}

TEST_F(ChatTest, RefusesSettingsOutOfRange) {
    for (const auto* body :
         {R"({"slow_mode_wait_time":2})", R"({"slow_mode_wait_time":121})",
          R"({"follower_mode_duration":129601})", R"({"follower_mode_duration":-1})",
          R"({"non_moderator_chat_delay_duration":7})"}) {
        EXPECT_NE(said(patch(body)).find("must be in the range"), std::string::npos) << body;
    }
    for (const auto* body :
         {R"({"slow_mode":false,"slow_mode_wait_time":10})", R"({"slow_mode":1})",
          R"({"follower_mode":false,"follower_mode_duration":10})", R"({"emote_mode":"yes"})",
          R"({"slow_mode_wait_time":"10"})", R"({"non_moderator_chat_delay_duration":3})",
          R"({"non_moderator_chat_delay":false,"non_moderator_chat_delay_duration":2})",
          R"({"non_moderator_chat_delay":2})"})
        EXPECT_EQ(patch(body).status, 400) << body;
    EXPECT_TRUE(live.acts.empty());
}

TEST_F(ChatTest, Announces) {
    const auto target = with("chat/announcements");
    EXPECT_EQ(call("POST", target, "mo", R"({"message":"Hi\r\nall","color":"blue"})").status, 204);
    const auto& said_act = std::get<chat::act::Announce>(live.acts.at(0).acts.at(0));
    EXPECT_EQ(said_act.text, "Hiall");
    EXPECT_EQ(said_act.color, "BLUE");
    call("POST", target, "mo", R"({"message":")" + std::string(600, 'x') + "\"}");
    EXPECT_EQ(std::get<chat::act::Announce>(live.acts.at(1).acts.at(0)).text.size(), 500u);
    EXPECT_EQ(std::get<chat::act::Announce>(live.acts.at(1).acts.at(0)).color, "PRIMARY");
    for (const auto* wrong :
         {"{}", R"({"message":""})", R"({"message":"x","color":"BLUE"})", R"({"message":1})"})
        EXPECT_EQ(call("POST", target, "mo", wrong).status, 400) << wrong;
}

TEST_F(ChatTest, ShoutsOut) {
    catalog.ensure_channel("alice").value();
    const auto target = "/helix/chat/shoutouts?from_broadcaster_id=" + id(dallas) +
                        "&moderator_id=" + id(mo) + "&to_broadcaster_id=";
    EXPECT_EQ(said(call("POST", target + id(dallas), "mo")),
              "400: The broadcaster may not give themselves a Shoutout.");
    EXPECT_EQ(call("POST", target + id(alice), "mo").status, 204);
    live.denial = chat::Denied{.why = chat::Denial::cooldown, .number = 60};
    EXPECT_EQ(call("POST", target + id(alice), "mo").status, 429);
}

TEST_F(ChatTest, ListsChattersByThePage) {
    for (std::uint64_t i = 1; i <= 250; ++i)
        live.present.push_back({UserId(2000 + i), "viewer" + std::to_string(i), "Viewer"});
    const auto target = with("chat/chatters");
    auto page = json(call("GET", target, "mo"));
    EXPECT_EQ(page["data"].size(), 100u);
    EXPECT_EQ(page["total"], 250);
    EXPECT_EQ(
        page["data"][0],
        (nlohmann::json{{"user_id", "2001"}, {"user_login", "viewer1"}, {"user_name", "Viewer"}}));
    std::size_t seen = page["data"].size();
    while (page["pagination"].contains("cursor")) {
        page = json(call(
            "GET", target + "&after=" + page["pagination"]["cursor"].get<std::string>(), "mo"));
        seen += page["data"].size();
    }
    EXPECT_EQ(seen, 250u);
    EXPECT_EQ(page["pagination"], nlohmann::json::object());
    EXPECT_EQ(json(call("GET", target + "&first=1000", "mo"))["data"].size(), 250u);
    EXPECT_EQ(call("GET", target + "&first=1001", "mo").status, 400);
}

TEST_F(ChatTest, ChangesColors) {
    const auto target = "/helix/chat/color?user_id=" + id(alice) + "&color=";
    EXPECT_EQ(call("PUT", target + "blue_violet", "alice").status, 204);
    EXPECT_EQ(call("PUT", target + "%23aBcdef", "alice").status, 204);
    ASSERT_EQ(live.colors.size(), 2u);
    EXPECT_EQ(live.colors[0].second, "#8A2BE2");
    EXPECT_EQ(live.colors[1].second, "#ABCDEF");
    for (const auto* wrong : {"%23abc", "%23GGGGGG", "mauve", "%23abcdef0", "red%0D%0A%20x"}) {
        EXPECT_EQ(call("PUT", target + wrong, "alice").status, 400) << wrong;
        EXPECT_NE(said(call("PUT", target + wrong, "alice")).find("invalid color"),
                  std::string::npos);
    }
    const auto list =
        data(call("GET", "/helix/chat/color?user_id=" + id(alice) + "&user_id=424242", "bob"));
    ASSERT_EQ(list.size(), 1u);
    EXPECT_EQ(list[0]["color"], "");
    EXPECT_EQ(call("GET", "/helix/chat/color", "bob").status, 400);
}

TEST_F(ChatTest, Whispers) {
    const auto target = "/helix/whispers?from_user_id=" + id(alice) + "&to_user_id=";
    EXPECT_EQ(call("POST", target + id(bob), "alice", R"({"message":"psst"})").status, 204);
    EXPECT_EQ(live.whispers.at(0).to.id, bob.id);
    EXPECT_EQ(live.whispers.at(0).text, "psst");
    EXPECT_EQ(said(call("POST", target + id(alice), "alice", R"({"message":"me"})")),
              "400: A user cannot whisper themself.");
    EXPECT_EQ(call("POST", target + id(bob), "alice", "{}").status, 400);
    for (const auto& [answer, status] : {std::pair{hub::WhisperAnswer::unknown_user, 404},
                                         {hub::WhisperAnswer::refused, 403},
                                         {hub::WhisperAnswer::to_self, 400},
                                         {hub::WhisperAnswer::too_fast_second, 429},
                                         {hub::WhisperAnswer::too_fast_minute, 429},
                                         {hub::WhisperAnswer::too_many_recipients, 429},
                                         {hub::WhisperAnswer::busy, 503}}) {
        live.whisper_answer = answer;
        EXPECT_EQ(call("POST", target + id(bob), "alice", R"({"message":"x"})").status, status);
    }
}

TEST_F(ChatTest, PinsAndUnpins) {
    const auto message = store_text(channel, 1, "pin me").to_string();
    live.now.wall = wall_from_unix_ms(60'000);
    const auto pins = with("chat/pins");
    EXPECT_EQ(data(call("GET", pins, "mo")), nlohmann::json::array());
    EXPECT_EQ(call("PUT", pins + "&message_id=" + message + "&duration_seconds=60", "mo").status,
              204);
    const auto pinned = data(call("GET", pins, "mo"))[0];
    EXPECT_EQ(pinned["message_id"], message);
    EXPECT_EQ(pinned["sender_user_login"], "alice");
    EXPECT_EQ(pinned["pinned_by_user_login"], "mo");
    EXPECT_EQ(pinned["message"]["text"], "pin me");
    EXPECT_EQ(pinned["ends_at"], "1970-01-01T00:02:00Z");
    const std::string in_body = "{\"message_id\":\"" + message + "\",\"duration_seconds\":90}";
    EXPECT_EQ(call("PATCH", pins, "mo", in_body).status, 204);
    EXPECT_EQ(call("PUT", pins, "mo", in_body).status, 409);
    EXPECT_EQ(call("DELETE", pins + "&message_id=" + message, "mo").status, 204);
    EXPECT_EQ(call("DELETE", pins + "&message_id=" + message, "mo").status, 404);
    for (const auto* wrong : {"29", "1801", "x"}) {
        EXPECT_EQ(call("PUT", pins + "&message_id=" + message + "&duration_seconds=" + wrong, "mo")
                      .status,
                  400)
            << wrong;
    }
    EXPECT_EQ(call("PUT", pins, "mo").status, 400);
}

TEST_F(ChatTest, HasNoSharedSessions) {
    EXPECT_EQ(data(call("GET", "/helix/shared_chat/session?" + broadcaster(), "bob")),
              nlohmann::json::array());
}

TEST(MessageObject, FragmentsMakeUpTheText) {
    chat::Message message;
    message.text = "\xf0\x9f\x98\x82 Kappa x";
    message.emotes = {{"25", 2, 6}};
    message.action = true;
    const auto object = message_object(message);
    std::string joined;
    for (const auto& fragment : object["fragments"]) joined += fragment["text"].get<std::string>();
    EXPECT_EQ(joined, object["text"]);
    EXPECT_EQ(object["fragments"].size(), 3u);
    EXPECT_EQ(object["fragments"][1]["text"], "Kappa");
    EXPECT_EQ(object["fragments"][1]["emote"]["id"], "25");
}

}  // namespace
}  // namespace clamor::api::helix
