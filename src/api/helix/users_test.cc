// SPDX-License-Identifier: Apache-2.0
#include <fstream>
#include <sstream>

#include "api/helix/endpoint.h"
#include "api/helix/helix_fixture.h"

namespace clamor::api::helix {
namespace {

using UsersTest = HelixFixture;

TEST_F(UsersTest, AreFoundByIdAndLogin) {
    const auto own = data(call("GET", "/helix/users", "alice"))[0];
    EXPECT_EQ(own["id"], id(alice));
    EXPECT_EQ(own["login"], "alice");
    EXPECT_EQ(own["type"], "");
    EXPECT_TRUE(own.contains("email"));
    EXPECT_FALSE(data(call("GET", "/helix/users", "alice:user:edit"))[0].contains("email"));
    EXPECT_FALSE(data(call("GET", "/helix/users?login=alice", "bob"))[0].contains("email"));
    const auto both =
        data(call("GET", "/helix/users?id=" + id(alice) + "&id=424242&login=BOB", "mo"));
    EXPECT_EQ(both.size(), 2u);
    EXPECT_EQ(data(call("GET", "/helix/users?login=brandnew", "mo"))[0]["login"], "brandnew")
        << "in dev mode whoever is named comes into being";
    EXPECT_EQ(data(call("GET", "/helix/users?id=424242", "mo")), nlohmann::json::array());
}

TEST_F(UsersTest, RefuseWrongNames) {
    for (const auto* query :
         {"id=x", "id=-1", "id=0", "id=18446744073709551616", "id=1%27--", "login=a%20b",
          "login=%0D%0A", "login=abcdefghijklmnopqrstuvwxyz", "login=%C3%A9"})
        EXPECT_EQ(call("GET", std::string("/helix/users?") + query, "mo").status, 400) << query;
    std::string many;
    for (int i = 0; i < 101; ++i) many += "&id=" + std::to_string(1000 + i);
    EXPECT_EQ(call("GET", "/helix/users?" + many, "mo").status, 400);
    EXPECT_EQ(call("GET", "/helix/users", "app").status, 400);
}

TEST_F(UsersTest, AreNotAnonymousReaders) {
    const auto list = data(call("GET", "/helix/users?login=justinfan1&login=alice", "mo"));
    ASSERT_EQ(list.size(), 1u) << "as for somebody who does not exist";
    EXPECT_EQ(list[0]["login"], "alice");
    EXPECT_EQ(call("PUT", "/api/platform/users/justinfan1", "app", "{}").status, 400);
    EXPECT_EQ(
        call("PUT", "/api/platform/channels/newroom/standings/justinfan1", "app", R"({"bits":1})")
            .status,
        400);
    EXPECT_FALSE(catalog.find_channel("newroom").value()) << "nothing is done of it";
    const auto bulk = json(call("POST", "/api/channels/dallas/moderation", "mo",
                                R"({"acts":[{"action":"ban","login":"justinfan1"}]})"));
    EXPECT_EQ(bulk["done"], 0);
    EXPECT_EQ(bulk["refused"].size(), 1u);
    EXPECT_FALSE(catalog.find_user("justinfan1").value());
}

TEST_F(UsersTest, DescribeThemselves) {
    const auto done = data(call("PUT", "/helix/users?description=I+am%20%3Cb%3E", "alice"))[0];
    EXPECT_EQ(done["description"], "I am <b>");
    EXPECT_EQ(call("PUT", "/helix/users?description=" + std::string(301, 'x'), "alice").status,
              400);
}

TEST_F(UsersTest, BlockOthers) {
    const auto target = "/helix/users/blocks?target_user_id=";
    EXPECT_EQ(call("PUT", target + id(bob) + "&source_context=chat&reason=spam", "alice").status,
              204);
    const auto list = data(call("GET", "/helix/users/blocks?broadcaster_id=" + id(alice), "alice"));
    EXPECT_EQ(list, (nlohmann::json::array(
                        {{{"user_id", id(bob)}, {"user_login", "bob"}, {"display_name", "bob"}}})));
    EXPECT_EQ(call("DELETE", target + id(bob), "alice").status, 204);
    EXPECT_EQ(call("PUT", target + id(alice), "alice").status, 400);
    EXPECT_EQ(call("PUT", target + std::string("424242"), "alice").status, 404);
    EXPECT_EQ(call("PUT", target + id(bob) + "&reason=x", "alice").status, 400);
}

TEST_F(UsersTest, ShowAppsWhatTheyMay) {
    ASSERT_TRUE(catalog.add_token("bobtoken", {.user = bob.id,
                                               .client_id = "c",
                                               .scopes = {"user:bot", "chat:read"},
                                               .created_at = live.now.wall}));
    const auto list = data(call("GET", "/helix/authorization/users?user_id=" + id(bob), "app"));
    EXPECT_EQ(list[0]["scopes"], (nlohmann::json{"user:bot", "chat:read"}));
    EXPECT_EQ(call("GET", "/helix/authorization/users", "app").status, 400);
}

TEST_F(UsersTest, FollowChannels) {
    ASSERT_TRUE(catalog.set_follow(channel.id, alice.id, live.now.wall));
    ASSERT_TRUE(catalog.set_follow(channel.id, bob.id, live.now.wall));
    const auto followers = "/helix/channels/followers?" + broadcaster();
    auto seen = json(call("GET", followers + "&first=1", "mo"));
    EXPECT_EQ(seen["total"], 2);
    EXPECT_EQ(seen["data"][0]["user_login"], "alice");
    EXPECT_EQ(seen["data"][0]["followed_at"], "2023-11-14T22:13:20Z");
    EXPECT_TRUE(seen["pagination"].contains("cursor"));
    seen = json(call("GET", followers + "&user_id=" + id(bob), "mo"));
    EXPECT_EQ(seen["data"].size(), 1u);
    seen = json(call("GET", followers, "alice"));
    EXPECT_EQ(seen["total"], 2);
    EXPECT_TRUE(seen["data"].empty()) << "how many, but not who";
    const auto followed =
        json(call("GET", "/helix/channels/followed?user_id=" + id(alice), "alice"));
    EXPECT_EQ(followed["total"], 1);
    EXPECT_EQ(followed["data"][0]["broadcaster_login"], "dallas");
    EXPECT_EQ(
        json(call("GET",
                  "/helix/channels/followed?user_id=" + id(alice) + "&broadcaster_id=" + id(bob),
                  "alice"))["data"],
        nlohmann::json::array());
}

TEST_F(UsersTest, HaveChannelsAndAreOffline) {
    const auto list = data(call("GET",
                                "/helix/channels?broadcaster_id=" + id(dallas) +
                                    "&broadcaster_id=" + id(alice) + "&broadcaster_id=424242",
                                "mo"));
    ASSERT_EQ(list.size(), 2u);
    EXPECT_EQ(list[0]["broadcaster_name"], "dallas");
    EXPECT_EQ(list[0]["tags"], nlohmann::json::array());
    EXPECT_EQ(call("GET", "/helix/channels", "mo").status, 400);
    EXPECT_EQ(data(call("GET", "/helix/streams?user_login=dallas", "mo")), nlohmann::json::array());
}

TEST_F(UsersTest, SeeEmotesAndBadges) {
    const auto url = "/static/emotes/wave.svg";
    store::Emote global{.id = "3f2b8a52-9c1e-4d7a-8f60-1b2c3d4e5f60",
                        .code = "Wave",
                        .image_url = url,
                        .image_url_2x = url,
                        .image_url_4x = url};
    ASSERT_TRUE(catalog.add_emote(global));
    auto own = global;
    own.id = "3f2b8a52-9c1e-4d7a-8f60-1b2c3d4e5f61";
    own.code = "dallasHi";
    own.type = store::EmoteType::channel;
    own.channel = channel.id;
    own.tier_required = 2;
    ASSERT_TRUE(catalog.add_emote(own));
    const auto of_channel = json(call("GET", "/helix/chat/emotes?" + broadcaster(), "bob"));
    EXPECT_EQ(of_channel["template"], "/emoticons/v2/{{id}}/{{format}}/{{theme_mode}}/{{scale}}");
    ASSERT_EQ(of_channel["data"].size(), 1u);
    EXPECT_EQ(of_channel["data"][0]["tier"], "2000");
    EXPECT_EQ(of_channel["data"][0]["emote_type"], "subscriptions");
    EXPECT_EQ(of_channel["data"][0]["images"]["url_1x"], url);
    const auto everywhere = data(call("GET", "/helix/chat/emotes/global", "bob"));
    ASSERT_EQ(everywhere.size(), 1u);
    EXPECT_EQ(everywhere[0]["format"], (nlohmann::json{"static"}));
    EXPECT_FALSE(everywhere[0].contains("tier"));
    const auto sets = data(call(
        "GET",
        "/helix/chat/emotes/set?emote_set_id=0&emote_set_id=" + id(dallas) + "&emote_set_id=x'--",
        "bob"));
    EXPECT_EQ(sets.size(), 2u);
    EXPECT_EQ(call("GET", "/helix/chat/emotes/set", "bob").status, 400);

    const auto usable = "/helix/chat/emotes/user?user_id=";
    EXPECT_EQ(data(call("GET", usable + id(bob) + "&broadcasterId=" + id(dallas), "bob")).size(),
              1u);
    const auto owners = data(call("GET", usable + id(dallas) + "&" + broadcaster(), "dallas"));
    ASSERT_EQ(owners.size(), 2u);
    EXPECT_FALSE(owners[0].contains("images"));
    const auto page =
        json(call("GET", usable + id(dallas) + "&first=1&" + broadcaster(), "dallas"));
    EXPECT_TRUE(page["pagination"].contains("cursor"));

    for (const auto* version : {"0", "3"}) {
        ASSERT_TRUE(catalog.put_badge({.channel = channel.id,
                                       .badge = {"subscriber", version},
                                       .title = "Subscriber",
                                       .image_url = "/b.svg",
                                       .image_url_2x = "/b.svg",
                                       .image_url_4x = "/b.svg"}));
    }
    const auto badges = data(call("GET", "/helix/chat/badges?" + broadcaster(), "bob"));
    ASSERT_EQ(badges.size(), 1u);
    EXPECT_EQ(badges[0]["set_id"], "subscriber");
    EXPECT_EQ(badges[0]["versions"].size(), 2u);
    EXPECT_EQ(badges[0]["versions"][0]["click_url"], nullptr);
    EXPECT_EQ(data(call("GET", "/helix/chat/badges/global", "bob")), nlohmann::json::array());
}

/// Whatever stands in whatever field, the answer is an answer and no line is broken out of.
TEST_F(UsersTest, SurviveHostileValuesInEveryField) {
    const std::string values[] = {"' OR '1'='1",
                                  "1; DROP TABLE users;--",
                                  "\r\nPRIVMSG #x :y",
                                  std::string("nul\0nul", 7),
                                  "%s%n",
                                  "\xf0\x9f\x98\x80",
                                  std::string(20'000, 'x'),
                                  "-1",
                                  "18446744073709551616",
                                  "null"};
    const char* const fields[] = {"broadcaster_id",
                                  "user_id",
                                  "message_id",
                                  "message",
                                  "color",
                                  "text",
                                  "id",
                                  "login",
                                  "status",
                                  "msg_id",
                                  "action",
                                  "reason",
                                  "first",
                                  "after",
                                  "target_user_id",
                                  "to_user_id",
                                  "to_broadcaster_id",
                                  "unban_request_id",
                                  "resolution_text",
                                  "description",
                                  "emote_set_id",
                                  "is_active",
                                  "duration_seconds",
                                  "slow_mode_wait_time",
                                  "overall_level"};
    for (const auto& endpoint : helix_endpoints()) {
        for (const auto& value : values) {
            nlohmann::json body{{"data", {{"user_id", value}, {"reason", value}}}};
            for (const auto* field : fields) body[field] = value;
            const bool own = endpoint.who == Who::broadcaster;
            const auto target = "/helix/" + std::string(endpoint.path) + "?moderator_id=" + id(mo) +
                                "&from_user_id=" + id(mo) + "&from_broadcaster_id=" + id(dallas);
            const auto response = call(endpoint.method, target, own ? "dallas" : "mo", body.dump());
            EXPECT_LT(response.status, 500) << endpoint.path << " " << value;
            EXPECT_EQ(response.body.find("\r\n"), std::string::npos);
            live.now.mono += std::chrono::seconds(1);
        }
    }
    for (const auto& request : live.acts) {
        for (const auto& act : request.acts) {
            if (const auto* said = std::get_if<chat::act::Announce>(&act)) {
                EXPECT_EQ(said->text.find_first_of("\r\n"), std::string::npos);
            }
        }
    }
}

TEST(HelixPage, ListsEveryEndpoint) {
    std::ifstream file(std::string(CLAMOR_SOURCE_DIR) + "/docs/protocol/helix.md");
    std::stringstream text;
    text << file.rdbuf();
    const auto page = text.str();
    std::size_t rows = 0;
    for (const auto endpoints : {helix_endpoints(), platform_endpoints()}) {
        for (const auto& endpoint : endpoints) {
            std::string row =
                "| " + std::string(endpoint.method) + " `" + std::string(endpoint.path) + "` | ";
            std::string scopes;
            for (const char c : endpoint.scopes) {
                if (c == '|') {
                    scopes += "`, `";
                } else {
                    scopes += c;
                }
            }
            row += scopes.empty() ? "none | " : "`" + scopes + "` | ";
            EXPECT_NE(page.find(row), std::string::npos) << "docs/protocol/helix.md lacks: " << row;
            ++rows;
        }
    }
    std::size_t listed = 0;
    for (const auto* method : {"| GET `", "| POST `", "| PUT `", "| PATCH `", "| DELETE `"}) {
        for (auto at = page.find(method); at != std::string::npos; at = page.find(method, at + 1))
            ++listed;
    }
    EXPECT_EQ(listed, rows) << "and nothing that there is not";
}

}  // namespace
}  // namespace clamor::api::helix
