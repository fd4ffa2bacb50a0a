// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "api/helix/denials.h"
#include "api/helix/helix_fixture.h"

namespace clamor::api::helix {
namespace {

class ModerationTest : public HelixFixture {
  protected:
    std::string with(std::string_view path, const std::string& more = {}) const {
        return "/helix/" + std::string(path) + "?" + by_mo() + (more.empty() ? "" : "&" + more);
    }
    wire::http::Response ban(const std::string& fields) {
        return call("POST", with("moderation/bans"), "mo", "{\"data\":{" + fields + "}}");
    }
    std::string user_id(const chat::User& user) const { return "\"user_id\":\"" + id(user) + "\""; }
};

TEST_F(ModerationTest, BansAndTellsHow) {
    const auto banned = data(ban(user_id(alice) + R"(,"reason":"spam \r\nPRIVMSG #x :y")"));
    EXPECT_EQ(banned[0], (nlohmann::json{{"broadcaster_id", id(dallas)},
                                         {"moderator_id", id(mo)},
                                         {"user_id", id(alice)},
                                         {"created_at", "2023-11-14T22:13:20Z"},
                                         {"end_time", nullptr}}));
    ASSERT_EQ(live.acts.size(), 1u);
    EXPECT_EQ(live.acts[0].origin, "helix");
    EXPECT_EQ(live.acts[0].actor.login, "mo");
    const auto& act = std::get<chat::act::Ban>(live.acts[0].acts.at(0));
    EXPECT_EQ(act.reason, "spam PRIVMSG #x :y");

    const auto list = data(call("GET", "/helix/moderation/banned?" + broadcaster(), "dallas"));
    ASSERT_EQ(list.size(), 1u);
    EXPECT_EQ(list[0]["user_login"], "alice");
    EXPECT_EQ(list[0]["expires_at"], "");
    EXPECT_EQ(list[0]["moderator_login"], "mo");
    EXPECT_EQ(list[0]["reason"], "spam PRIVMSG #x :y");

    EXPECT_EQ(said(ban(user_id(alice))),
              "400: The user specified in the user_id field is already banned.");
    const auto unban = with("moderation/bans", "user_id=" + id(alice));
    EXPECT_EQ(call("DELETE", unban, "mo").status, 204);
    EXPECT_EQ(said(call("DELETE", unban, "mo")),
              "400: The user in the user_id query parameter is not banned.");
}

TEST_F(ModerationTest, TimesOut) {
    const auto out = data(ban(user_id(alice) + R"(,"duration":600)"));
    EXPECT_EQ(out[0]["end_time"], "2023-11-14T22:23:20Z");
    const auto list = data(call(
        "GET", "/helix/moderation/banned?" + broadcaster() + "&user_id=" + id(alice), "dallas"));
    ASSERT_EQ(list.size(), 1u);
    EXPECT_EQ(list[0]["expires_at"], "2023-11-14T22:23:20Z");
}

TEST_F(ModerationTest, NamesTheFieldThatIsWrong) {
    const auto bans = with("moderation/bans");
    const std::string whole = "The parameter \"duration\" was malformed: the value must be ";
    const struct {
        std::string body, message;
    } kCases[] = {
        {"", "Missing required parameter \"data\""},
        {"{\"data\":null}", "Missing required parameter \"data\""},
        {"{\"data\":[]}", "The parameter \"data\" was malformed: the value must be a JSON object"},
        {"{\"data\":{}}", "Missing required parameter \"user_id\""},
        {R"({"data":{"user_id":1001}})",
         "The parameter \"user_id\" was malformed: the value must be a user's id, as \"1000\""},
        {R"({"data":{"user_id":"1; DROP TABLE users"}})",
         "The parameter \"user_id\" was malformed: the value must be a user's id, as \"1000\""},
        {R"({"data":{"user_id":"1001","duration":0}})", whole + "greater than or equal to 1"},
        {R"({"data":{"user_id":"1001","duration":-5}})", whole + "greater than or equal to 1"},
        {R"({"data":{"user_id":"1001","duration":1209601}})",
         whole + "less than or equal to 1209600"},
        {R"({"data":{"user_id":"1001","duration":18446744073709551615}})",
         whole + "less than or equal to 1209600"},
        {R"({"data":{"user_id":"1001","duration":"600"}})", whole + "a whole number"},
        {R"({"data":{"user_id":"1001","duration":1.5}})", whole + "a whole number"},
        {R"({"data":{"user_id":"1001","reason":5}})",
         "The parameter \"reason\" was malformed: the value must be a text"},
        {R"({"data":{"user_id":"1001","reason":")" + std::string(501, 'x') + "\"}}",
         "The parameter \"reason\" was malformed: the text must have 0 to 500 characters"},
    };
    for (const auto& [body, message] : kCases)
        EXPECT_EQ(said(call("POST", bans, "mo", body)), "400: " + message) << body;
    EXPECT_TRUE(live.acts.empty());
    EXPECT_EQ(said(ban(R"("user_id":"424242")")),
              "400: The user specified in the user_id field was not found.");
}

TEST_F(ModerationTest, ProtectsThoseWhoMayNotBeBanned) {
    for (const auto* user : {&mo, &dallas}) {
        EXPECT_EQ(said(ban(user_id(*user))),
                  "400: The user specified in the user_id field may not be banned.");
    }
}

TEST_F(ModerationTest, PagesThroughBansToTheEnd) {
    for (int i = 0; i < 45; ++i) ban(user_id(make_user("viewer" + std::to_string(i))));
    std::set<std::string> seen;
    std::string after;
    int pages = 0;
    do {
        const auto page =
            json(call("GET", "/helix/moderation/banned?" + broadcaster() + after, "dallas"));
        for (const auto& entry : page["data"]) EXPECT_TRUE(seen.insert(entry["user_id"]).second);
        after.clear();
        if (page["pagination"].contains("cursor"))
            after = "&after=" + page["pagination"]["cursor"].get<std::string>();
        ++pages;
    } while (!after.empty());
    EXPECT_EQ(seen.size(), 45u);
    EXPECT_EQ(pages, 3);
}

TEST_F(ModerationTest, RefusesCursorsThatAreNotOurs) {
    for (const auto* after : {"x", "%01", "Y2xhbW9y", "eyJiIjpudWxsfQ==", "'--"}) {
        EXPECT_EQ(said(call("GET", "/helix/moderation/banned?" + broadcaster() + "&after=" + after,
                            "dallas")),
                  "400: The cursor in the after query parameter is not valid")
            << after;
    }
    for (const auto* first : {"0", "101", "-1", "x", "1e1"}) {
        EXPECT_EQ(
            call("GET", "/helix/moderation/banned?" + broadcaster() + "&first=" + first, "dallas")
                .status,
            400)
            << first;
    }
    const auto other = encode_cursor("not a number");
    EXPECT_EQ(call("GET", "/helix/moderation/banned?" + broadcaster() + "&after=" + other, "dallas")
                  .status,
              400);
}

TEST_F(ModerationTest, GivesAndTakesModerators) {
    const auto moderators = "/helix/moderation/moderators?" + broadcaster();
    const auto alices = moderators + "&user_id=" + id(alice);
    EXPECT_EQ(call("POST", alices, "dallas").status, 204);
    EXPECT_EQ(said(call("POST", alices, "dallas")), "400: user is already a mod");
    EXPECT_EQ(data(call("GET", moderators, "dallas")).size(), 2u);
    EXPECT_EQ(data(call("GET", alices, "dallas"))[0]["user_name"], "alice");
    const auto moderated = "/helix/moderation/channels?user_id=" + id(alice);
    EXPECT_EQ(data(call("GET", moderated, "alice"))[0]["broadcaster_login"], "dallas");
    EXPECT_EQ(call("DELETE", alices, "dallas").status, 204);
    EXPECT_EQ(said(call("DELETE", alices, "dallas")), "400: user is not a mod");
    ban(user_id(bob));
    EXPECT_EQ(said(call("POST", moderators + "&user_id=" + id(bob), "dallas")),
              "400: user is banned");
    EXPECT_EQ(call("POST", moderators + "&user_id=424242", "dallas").status, 404);
}

TEST_F(ModerationTest, GivesAndTakesVips) {
    const auto vips = "/helix/channels/vips?" + broadcaster();
    const auto alices = vips + "&user_id=" + id(alice);
    EXPECT_EQ(call("POST", alices, "dallas").status, 204);
    EXPECT_EQ(call("POST", alices, "dallas").status, 422);
    EXPECT_EQ(call("POST", vips + "&user_id=" + id(mo), "dallas").status, 422);
    EXPECT_EQ(data(call("GET", vips, "dallas")).size(), 1u);
    EXPECT_EQ(
        call("POST", "/helix/moderation/moderators?" + broadcaster() + "&user_id=" + id(alice),
             "dallas")
            .status,
        422);
    EXPECT_EQ(call("DELETE", alices, "dallas").status, 204);
    EXPECT_EQ(call("DELETE", alices, "dallas").status, 422);
}

TEST_F(ModerationTest, DeletesOneMessageOrAll) {
    EXPECT_EQ(call("DELETE", with("moderation/chat"), "mo").status, 204);
    EXPECT_TRUE(std::holds_alternative<chat::act::ClearChat>(live.acts.at(0).acts.at(0)));
    const auto message = with("moderation/chat", "message_id=");
    EXPECT_EQ(call("DELETE", message + "b34ccfc7-4977-403a-8a94-33c6bac34fb8", "mo").status, 404);
    for (const auto* wrong : {"1", "b34ccfc7-4977-403a-8a94-33c6bac34fb", "x%0D%0A"})
        EXPECT_EQ(call("DELETE", message + wrong, "mo").status, 400) << wrong;
}

TEST_F(ModerationTest, SaysWhyAMessageStays) {
    const std::string message =
        with("moderation/chat", "message_id=b34ccfc7-4977-403a-8a94-33c6bac34fb8");
    for (const auto& [why, status] : {std::pair{chat::Denial::no_such_message, 404},
                                      {chat::Denial::message_too_old, 404},
                                      {chat::Denial::message_of_broadcaster, 400},
                                      {chat::Denial::message_of_moderator, 400},
                                      {chat::Denial::no_permission, 403},
                                      {chat::Denial::busy, 503}}) {
        live.denial = chat::Denied{.why = why};
        EXPECT_EQ(call("DELETE", message, "mo").status, status);
    }
}

TEST_F(ModerationTest, Warns) {
    const auto warnings = with("moderation/warnings");
    const auto done = data(
        call("POST", warnings, "mo", "{\"data\":{" + user_id(alice) + R"(,"reason":"be kind"}})"));
    EXPECT_EQ(done[0], (nlohmann::json{{"broadcaster_id", id(dallas)},
                                       {"user_id", id(alice)},
                                       {"moderator_id", id(mo)},
                                       {"reason", "be kind"}}));
    EXPECT_TRUE(catalog.standing(channel.id, alice.id)->warned);
    EXPECT_EQ(said(call("POST", warnings, "mo", "{\"data\":{" + user_id(alice) + "}}")),
              "400: Missing required parameter \"reason\"");
    EXPECT_EQ(said(call("POST", warnings, "mo",
                        "{\"data\":{" + user_id(alice) + R"(,"reason":" \r\n "}})")),
              "400: Missing required parameter \"reason\"");
    EXPECT_EQ(
        said(call("POST", warnings, "mo", "{\"data\":{" + user_id(dallas) + R"(,"reason":"x"}})")),
        "400: The user specified in the user_id field may not be warned.");
}

TEST_F(ModerationTest, KeepsBlockedTerms) {
    const auto terms = with("moderation/blocked_terms");
    const auto added = data(call("POST", terms, "mo", R"({"text":"bad*"})"));
    EXPECT_EQ(added[0]["text"], "bad*");
    EXPECT_EQ(added[0]["expires_at"], nullptr);
    const std::string term = added[0]["id"];
    EXPECT_EQ(term.size(), 36u);
    EXPECT_EQ(data(call("POST", terms, "mo", R"({"text":"bad*"})"))[0]["id"], term);
    EXPECT_EQ(data(call("GET", terms, "mo"))[0]["id"], term);
    for (const auto* wrong : {"{}", R"({"text":"x"})", R"({"text":7})", R"({"text":["a"]})"})
        EXPECT_EQ(call("POST", terms, "mo", wrong).status, 400) << wrong;
    EXPECT_EQ(call("POST", terms, "mo", R"({"text":")" + std::string(501, 'x') + "\"}").status,
              400);

    const auto status = "/helix/moderation/enforcements/status?" + broadcaster();
    const auto permitted = data(call(
        "POST", status, "dallas",
        R"({"data":[{"msg_id":"a","msg_text":"a BADger"},{"msg_id":"b","msg_text":"nice"}]})"));
    EXPECT_EQ(permitted,
              nlohmann::json::parse(
                  R"([{"msg_id":"a","is_permitted":false},{"msg_id":"b","is_permitted":true}])"));
    for (const auto* wrong : {"{}", R"({"data":[]})", R"({"data":{}})", R"({"data":[1]})",
                              R"({"data":[{"msg_id":"a"}]})", R"({"data":[{"msg_text":"a"}]})"})
        EXPECT_EQ(call("POST", status, "dallas", wrong).status, 400) << wrong;

    const auto remove = terms + "&id=" + term;
    EXPECT_EQ(call("DELETE", remove, "mo").status, 204);
    EXPECT_EQ(call("DELETE", remove, "mo").status, 404);
    EXPECT_EQ(call("DELETE", terms + "&id=%27%20OR%201=1", "mo").status, 404);
}

TEST_F(ModerationTest, SwitchesShieldMode) {
    const auto shield = with("moderation/shield_mode");
    EXPECT_EQ(data(call("GET", shield, "mo"))[0], (nlohmann::json{{"is_active", false},
                                                                  {"moderator_id", ""},
                                                                  {"moderator_login", ""},
                                                                  {"moderator_name", ""},
                                                                  {"last_activated_at", ""}}));
    for (int twice = 0; twice < 2; ++twice) {
        const auto on = data(call("PUT", shield, "mo", R"({"is_active":true})"))[0];
        EXPECT_EQ(on["is_active"], true);
        EXPECT_EQ(on["moderator_login"], "mo");
        EXPECT_EQ(on["last_activated_at"], "2023-11-14T22:13:20Z");
    }
    EXPECT_EQ(call("PUT", shield, "mo", R"({"is_active":"true"})").status, 400);
    EXPECT_EQ(call("PUT", shield, "mo", "{}").status, 400);
    live.denial = chat::Denied{.why = chat::Denial::no_permission};
    constexpr std::string_view kStart = "Requester does not have permissions";
    EXPECT_TRUE(message_of(call("PUT", shield, "mo", R"({"is_active":true})")).starts_with(kStart));
    const auto by_alice =
        "/helix/moderation/shield_mode?broadcaster_id=" + id(dallas) + "&moderator_id=" + id(alice);
    EXPECT_TRUE(message_of(call("GET", by_alice, "alice")).starts_with(kStart));
}

TEST_F(ModerationTest, MarksSuspiciousUsers) {
    const auto users = with("moderation/suspicious_users");
    for (int twice = 0; twice < 2; ++twice) {
        const auto marked =
            data(call("POST", users, "mo", "{" + user_id(alice) + R"(,"status":"RESTRICTED"})"))[0];
        EXPECT_EQ(marked["status"], "RESTRICTED");
        EXPECT_EQ(marked["types"], (nlohmann::json{"MANUALLY_ADDED"}));
    }
    EXPECT_EQ(catalog.standing(channel.id, alice.id)->suspicion, chat::Suspicion::restricted);
    const auto off = data(call("DELETE", users + "&user_id=" + id(alice), "mo"))[0];
    EXPECT_EQ(off["status"], "NO_TREATMENT");
    EXPECT_EQ(call("POST", users, "mo", "{" + user_id(alice) + R"(,"status":"none"})").status, 400);
    EXPECT_EQ(call("POST", users, "mo", R"({"user_id":"424242","status":"RESTRICTED"})").status,
              404);
}

TEST_F(ModerationTest, DecidesUnbanRequests) {
    ban(user_id(alice));
    const store::Change request =
        store::change::PutUnbanRequest{{.id = "01890a5d-ac96-774b-bcce-b302099a8057",
                                        .channel = channel.id,
                                        .user = alice.id,
                                        .text = "sorry",
                                        .created_at = live.now.wall}};
    ASSERT_TRUE(catalog.apply(std::span(&request, 1), {}));
    const auto requests = with("moderation/unban_requests");
    EXPECT_EQ(call("GET", requests, "mo").status, 400) << "status is required";
    const auto pending = data(call("GET", requests + "&status=pending", "mo"));
    ASSERT_EQ(pending.size(), 1u);
    EXPECT_EQ(pending[0]["broadcaster_login"], "dallas");
    EXPECT_EQ(pending[0]["moderator_id"], nullptr);
    EXPECT_EQ(pending[0]["text"], "sorry");
    EXPECT_EQ(pending[0]["resolved_at"], nullptr);

    const std::string decide =
        requests + "&unban_request_id=01890a5d-ac96-774b-bcce-b302099a8057&status=";
    EXPECT_EQ(call("PATCH", decide + "maybe", "mo").status, 400);
    const auto done = data(call("PATCH", decide + "approved&resolution_text=ok", "mo"))[0];
    EXPECT_EQ(done["status"], "approved");
    EXPECT_EQ(done["moderator_login"], "mo");
    EXPECT_EQ(done["resolution_text"], "ok");
    EXPECT_FALSE(catalog.find_ban(channel.id, alice.id, live.now.wall).value());
    EXPECT_EQ(call("PATCH", decide + "denied", "mo").status, 400);
    EXPECT_EQ(call("PATCH", requests + "&unban_request_id=nope&status=denied", "mo").status, 404);
}

TEST_F(ModerationTest, KeepsAutoModSettings) {
    const auto settings = with("moderation/automod/settings");
    EXPECT_EQ(data(call("GET", settings, "mo"))[0]["overall_level"], 0);
    auto kept = data(call("PUT", settings, "mo", R"({"overall_level":3})"))[0];
    EXPECT_EQ(kept["overall_level"], 3);
    EXPECT_EQ(kept["bullying"], 2);
    kept = data(call("PUT", settings, "mo", R"({"swearing":4})"))[0];
    EXPECT_EQ(kept["overall_level"], nullptr);
    EXPECT_EQ(kept["swearing"], 4);
    EXPECT_EQ(kept["bullying"], 0);
    EXPECT_EQ(data(call("GET", settings, "mo"))[0], kept);
    EXPECT_EQ(live.acts.size(), 2u);
    for (const auto* wrong : {"{}", R"({"overall_level":5})", R"({"overall_level":-1})",
                              R"({"overall_level":1,"swearing":1})", R"({"swearing":"4"})"})
        EXPECT_EQ(call("PUT", settings, "mo", wrong).status, 400) << wrong;
    EXPECT_EQ(call("POST", "/helix/moderation/automod/message", "mo",
                   R"({"user_id":")" + id(mo) + R"(","msg_id":"x","action":"ALLOW"})")
                  .status,
              404);
    EXPECT_EQ(call("POST", "/helix/moderation/automod/message", "mo",
                   R"({"user_id":")" + id(mo) + R"(","msg_id":"x","action":"allow"})")
                  .status,
              400);
}

TEST_F(ModerationTest, RaidsAndCancels) {
    const auto raid = "/helix/raids?from_broadcaster_id=" + id(dallas) + "&to_broadcaster_id=";
    catalog.ensure_channel("alice").value();
    EXPECT_EQ(said(call("POST", raid + id(dallas), "dallas")),
              "400: The IDs in from_broadcaster_id and to_broadcaster_id cannot be the same.");
    EXPECT_EQ(call("POST", raid + "424242", "dallas").status, 404);
    const auto started = data(call("POST", raid + id(alice), "dallas"))[0];
    EXPECT_EQ(started["is_mature"], false);
    live.denial = chat::Denied{.why = chat::Denial::no_raid};
    EXPECT_EQ(call("DELETE", "/helix/raids?" + broadcaster(), "dallas").status, 404);
    live.denial = chat::Denied{.why = chat::Denial::already_raiding};
    EXPECT_EQ(call("POST", raid + id(alice), "dallas").status, 409);
}

TEST(Denials, AllHaveAnErrorThatSaysSomething) {
    const chat::Act acts[] = {chat::act::Ban{},
                              chat::act::Unban{},
                              chat::act::ChangeModes{},
                              chat::act::GiveRole{{}, chat::Role::moderator},
                              chat::act::TakeRole{{}, chat::Role::vip},
                              chat::act::Warn{},
                              chat::act::Suspect{},
                              chat::act::Shield{true},
                              chat::act::Raid{},
                              chat::act::Shoutout{},
                              chat::act::Pin{},
                              chat::act::Undo{}};
    for (const auto& act : acts) {
        for (int why = 0; why <= static_cast<int>(chat::Denial::busy); ++why) {
            const auto refusal =
                refusal_of(act, {.why = static_cast<chat::Denial>(why), .number = 500});
            EXPECT_GE(refusal.status, 400) << why;
            EXPECT_NE(refusal.message, "The action was refused.") << why;
        }
    }
}

}  // namespace
}  // namespace clamor::api::helix
