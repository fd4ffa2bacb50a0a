// SPDX-License-Identifier: Apache-2.0
#include "api/helix/helix_fixture.h"
#include "eventsub/registry.h"

namespace clamor::api::helix {
namespace {

struct TakesAll final : eventsub::ShardPort {
    bool add(const eventsub::Link&, eventsub::SubscriptionRef) override { return true; }
    void remove(const eventsub::Link&, const std::string&) override {}
    std::vector<MessageId> supersede(const eventsub::Link&) override { return {}; }
    void go_on(const eventsub::Link&, const std::vector<MessageId>&) override {}
    void add_webhook(eventsub::SubscriptionRef) override {}
    void remove_webhook(const std::string&) override {}
    void reconnect_all() override { ++reconnects; }

    int reconnects = 0;
};

class EventSubTest : public HelixFixture {
  protected:
    EventSubTest() {
        events.attach(shards.shard(0), port);
        session = events.open_session(ShardId(0), live.now.wall).session;
    }

    nlohmann::json wanted() const {
        return {{"type", "channel.chat.message"},
                {"version", "1"},
                {"condition", {{"broadcaster_user_id", id(dallas)}, {"user_id", id(alice)}}},
                {"transport", {{"method", "websocket"}, {"session_id", session}}}};
    }
    wire::http::Response create(const nlohmann::json& body, const std::string& bearer = "alice") {
        return call("POST", "/helix/eventsub/subscriptions", bearer, body.dump());
    }

    TakesAll port;
    std::string session;
};

TEST_F(EventSubTest, CreatesListsAndDeletes) {
    const auto made = json(create(wanted()), 202);
    ASSERT_EQ(made["data"].size(), 1u);
    EXPECT_EQ(made["data"][0]["status"], "enabled");
    EXPECT_EQ(made["data"][0]["condition"]["user_id"], id(alice));
    EXPECT_EQ(made["max_total_cost"], 10);
    EXPECT_EQ(create(wanted()).status, 409);
    const std::string subscription = made["data"][0]["id"];
    const auto list = json(call("GET", "/helix/eventsub/subscriptions", "alice"));
    EXPECT_EQ(list["data"][0]["id"], subscription);
    EXPECT_EQ(list["pagination"], nlohmann::json::object());
    const auto target = "/helix/eventsub/subscriptions?id=" + subscription;
    EXPECT_EQ(call("DELETE", target, "bob").status, 404) << "of others";
    EXPECT_EQ(call("DELETE", target, "alice").status, 204);
    EXPECT_EQ(call("DELETE", target, "alice").status, 404);
}

TEST_F(EventSubTest, StandsWhereTwurplesMockModeLooks) {
    const auto made = call("POST", "/eventsub/subscriptions", "alice", wanted().dump());
    EXPECT_EQ(made.status, 202);
    EXPECT_EQ(header_of(made, "Ratelimit-Limit"), "800");
    EXPECT_EQ(call("GET", "/eventsub/nothing", "alice").status, 404);
}

TEST_F(EventSubTest, RefusesWhatCannotBe) {
    auto body = wanted();
    body["transport"]["session_id"] = "gone";
    EXPECT_TRUE(message_of(create(body)).starts_with("websocket transport session does not exist"));
    EXPECT_EQ(create(wanted(), "alice:chat:read").status, 403) << "the scope";
    EXPECT_EQ(create(wanted(), "app").status, 400) << "a WebSocket is a user's";
    EXPECT_EQ(create(wanted(), "invalid").status, 401);
    for (const auto* field : {"type", "version", "condition", "transport"}) {
        for (const auto& wrong :
             {nlohmann::json(), nlohmann::json(1), nlohmann::json("x"), nlohmann::json::array()}) {
            body = wanted();
            body[field] = wrong;
            EXPECT_EQ(create(body).status, 400) << field << wrong;
        }
    }
    EXPECT_EQ(call("DELETE", "/helix/eventsub/subscriptions", "alice").status, 400);
    EXPECT_EQ(call("DELETE", "/helix/eventsub/subscriptions?id='--", "alice").status, 404);
}

TEST_F(EventSubTest, TellsSessionsToReconnectForThePlatformAlone) {
    const auto* target = "/api/platform/eventsub/reconnect";
    EXPECT_EQ(call("POST", target).status, 401);
    EXPECT_EQ(call("POST", target, "dallas").status, 401);
    EXPECT_EQ(port.reconnects, 0);
    EXPECT_EQ(call("POST", target, "app").status, 204);
    EXPECT_EQ(port.reconnects, 1);
}

TEST_F(EventSubTest, TakesNothingHostile) {
    const std::string huge(70'000, '9');
    for (const std::string& id :
         {std::string("-1"), std::string("0"), std::string("1.5"), std::string("0x10"),
          std::string("18446744073709551616"), std::string(" 1"), std::string("1 "), huge,
          std::string("1\0", 2), std::string("\xff"), std::string("'; DROP TABLE users; --")}) {
        auto body = wanted();
        body["condition"]["broadcaster_user_id"] = id;
        EXPECT_EQ(call("POST", "/helix/eventsub/subscriptions", "alice",
                       body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace))
                      .status,
                  400)
            << id.substr(0, 40);
    }
    for (const nlohmann::json& id : {nlohmann::json(1), nlohmann::json(nullptr),
                                     nlohmann::json::array({"1"}), nlohmann::json::object()}) {
        auto body = wanted();
        body["condition"]["user_id"] = id;
        EXPECT_EQ(create(body).status, 400) << id;
    }
    for (const char* version : {"0", "2", "-1", "beta", "1.0", "01x", "99999999999999999999"}) {
        auto body = wanted();
        body["version"] = version;
        EXPECT_EQ(create(body).status, 400) << version;
    }
    for (const char* text : {"", "{", "[]", "null", "5", "\"x\"", "{\"type\":{}}"})
        EXPECT_EQ(call("POST", "/helix/eventsub/subscriptions", "alice", text).status, 400) << text;
    std::string deep;
    for (int i = 0; i < 10'000; ++i) deep += "[";
    EXPECT_EQ(call("POST", "/helix/eventsub/subscriptions", "alice", deep).status, 400);
    for (const char* query : {"status=nothing", "user_id=x", "user_id=-1", "after=x", "after=-1",
                              "after=99999999999999999999", "status=enabled&type=channel.ban"}) {
        EXPECT_EQ(
            call("GET", "/helix/eventsub/subscriptions?" + std::string(query), "alice").status, 400)
            << query;
    }
    EXPECT_TRUE(data(call("GET", "/helix/eventsub/subscriptions?type='--", "alice")).empty());
    EXPECT_TRUE(data(call("GET", "/helix/eventsub/subscriptions", "alice")).empty());
}

TEST_F(EventSubTest, TakesNoHostileWebhook) {
    const auto hook = [&](const nlohmann::json& callback, const nlohmann::json& secret) {
        auto body = wanted();
        body["transport"] = {{"method", "webhook"}, {"callback", callback}, {"secret", secret}};
        return create(body).status;
    };
    const std::string good = "https://bot.example.org/";
    for (const nlohmann::json& callback :
         {nlohmann::json(""), nlohmann::json("bot.example.org"), nlohmann::json("ftp://x/"),
          nlohmann::json("file:///etc/passwd"), nlohmann::json("https://x/ y"),
          nlohmann::json("https://x/\r\nHost: y"), nlohmann::json("https://x/\u00e9"),
          nlohmann::json("https://x/" + std::string(1000, 'a')), nlohmann::json(5),
          nlohmann::json("https://127.0.0.1/"), nlohmann::json("HTTPS://x/")})
        EXPECT_EQ(hook(callback, "a secret of some length"), 400) << callback;
    for (const nlohmann::json& secret :
         {nlohmann::json(""), nlohmann::json("ninechars"), nlohmann::json(std::string(101, 'x')),
          nlohmann::json("\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9"), nlohmann::json("new\nline..."),
          nlohmann::json(1234567890)})
        EXPECT_EQ(hook(good, secret), 400) << secret;
    EXPECT_EQ(hook(good, "0123456789"), 202);
    EXPECT_EQ(hook(good + "2", std::string(100, 'x')), 202);
    const auto listed = call("GET", "/helix/eventsub/subscriptions", "alice").body;
    EXPECT_EQ(listed.find("0123456789"), std::string::npos) << "secrets are never shown";
}

}  // namespace
}  // namespace clamor::api::helix
