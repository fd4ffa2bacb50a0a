// SPDX-License-Identifier: Apache-2.0
#include "api/helix/helix_fixture.h"
#include "eventsub/registry.h"

namespace clamor::api::helix {
namespace {

struct TakesAll final : eventsub::ShardPort {
    bool add(const eventsub::Link&, eventsub::SubscriptionRef) override { return true; }
    void remove(const eventsub::Link&, const std::string&) override {}
    void supersede(const eventsub::Link&) override {}
    void add_webhook(eventsub::SubscriptionRef) override {}
    void remove_webhook(const std::string&) override {}
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

}  // namespace
}  // namespace clamor::api::helix
