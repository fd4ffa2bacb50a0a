// SPDX-License-Identifier: Apache-2.0
#include "eventsub/registry.h"

#include <algorithm>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "eventsub/types.h"
#include "store/memory_catalog.h"
#include "tests/fakes/manual_cluster.h"

namespace clamor::eventsub {
namespace {

using namespace std::chrono_literals;

struct FakeShard final : ShardPort {
    bool add(const Link& link, SubscriptionRef subscription) override {
        if (!alive) return false;
        added.push_back(link.session + " " + subscription->id);
        return true;
    }
    void remove(const Link&, const std::string& id) override { removed.push_back(id); }
    void supersede(const Link& link) override { superseded.push_back(link); }
    void add_webhook(SubscriptionRef subscription) override {
        webhooks.push_back(std::move(subscription));
    }
    void remove_webhook(const std::string& id) override { removed.push_back(id); }

    bool alive = true;
    std::vector<std::string> added;
    std::vector<std::string> removed;
    std::vector<Link> superseded;
    std::vector<SubscriptionRef> webhooks;
};

std::vector<std::string> all_scopes() {
    std::vector<std::string> scopes;
    for (const auto& type : types()) {
        for (const auto& group : type.scopes) scopes.emplace_back(group[0]);
    }
    return scopes;
}

class RegistryTest : public ::testing::Test {
  protected:
    RegistryTest() {
        registry.attach(cluster.shard(0), shards[0]);
        registry.attach(cluster.shard(1), shards[1]);
        channel = catalog.ensure_channel("streamer").value();
        viewer = catalog.ensure_user("viewer").value();
        caller = {viewer.id, "client", all_scopes(), "hash"};
        session = open();
    }

    std::string open(std::uint16_t shard = 0) {
        return registry.open_session(ShardId(shard), now()).session;
    }
    WallTime now() const { return cluster.now().wall; }

    CreateRequest request(std::string type, std::string version = "1") {
        return {.type = std::move(type),
                .version = std::move(version),
                .condition = {{"broadcaster_user_id", std::to_string(channel.id.value)},
                              {"user_id", std::to_string(viewer.id.value)},
                              {"moderator_user_id", std::to_string(viewer.id.value)}},
                .method = "websocket",
                .session_id = session};
    }

    Registry::CreateAnswer create(const CreateRequest& request, const Caller& by) {
        std::optional<Registry::CreateAnswer> answer;
        registry.create(request, by, now(), [&](Registry::CreateAnswer given) {
            EXPECT_FALSE(answer) << "answered twice";
            answer = std::move(given);
        });
        cluster.run();
        EXPECT_TRUE(answer) << "not answered";
        return std::move(*answer);
    }
    Registry::CreateAnswer create(const CreateRequest& request) { return create(request, caller); }
    int status_of(const CreateRequest& request) {
        const auto answer = create(request);
        return answer ? 202 : answer.error().status;
    }
    std::string message_of(const CreateRequest& request) {
        const auto answer = create(request);
        return answer ? "" : answer.error().message;
    }

    fakes::ManualCluster cluster{2};
    store::MemoryCatalog catalog;
    std::uint64_t random = 1;
    Registry registry{cluster,
                      catalog,
                      {.random = [this] { return random += 0x9E3779B97F4A7C15ull; },
                       .reconnect_base = [] { return std::string("ws://chat.example.org/ws"); },
                       .webhooks = true}};
    FakeShard shards[2];
    store::Channel channel;
    chat::User viewer;
    Caller caller;
    std::string session;
};

TEST_F(RegistryTest, AnswersACreateWithTheSubscriptionObject) {
    const auto answer = create(request("channel.chat.message"));
    ASSERT_TRUE(answer) << answer.error().message;
    ASSERT_EQ(shards[0].added.size(), 1u);
    const auto json = to_json(*answer);
    const auto& data = json["data"][0];
    EXPECT_EQ(shards[0].added[0], session + " " + data["id"].get<std::string>());
    EXPECT_EQ(data["status"], "enabled");
    EXPECT_EQ(data["type"], "channel.chat.message");
    EXPECT_EQ(data["version"], "1");
    EXPECT_EQ(data["condition"].dump(), "{\"broadcaster_user_id\":\"" +
                                            std::to_string(channel.id.value) + "\",\"user_id\":\"" +
                                            std::to_string(viewer.id.value) + "\"}");
    EXPECT_EQ(data["transport"]["method"], "websocket");
    EXPECT_EQ(data["transport"]["session_id"], session);
    EXPECT_TRUE(data["transport"].contains("connected_at"));
    EXPECT_EQ(data["cost"], 0);
    EXPECT_EQ(json["total"], 1);
    EXPECT_EQ(json["total_cost"], 0);
    EXPECT_EQ(json["max_total_cost"], 10);
}

TEST_F(RegistryTest, RefusesUnknownTypesAndVersions) {
    EXPECT_EQ(status_of(request("channel.unknown")), 400);
    EXPECT_EQ(status_of(request("channel.chat.message", "2")), 400);
    EXPECT_EQ(status_of(request("channel.chat.message", "one")), 400);
    EXPECT_EQ(status_of(request("channel.follow", "1")), 410);
}

TEST_F(RegistryTest, RefusesIncompleteConditions) {
    auto incomplete = request("channel.chat.message");
    incomplete.condition.erase("user_id");
    EXPECT_EQ(status_of(incomplete), 400);
    incomplete.condition["user_id"] = "viewer";
    EXPECT_EQ(status_of(incomplete), 400);
    auto raid = request("channel.raid");
    EXPECT_EQ(status_of(raid), 400);
    raid.condition["to_broadcaster_user_id"] = std::to_string(channel.id.value);
    EXPECT_EQ(status_of(raid), 202);
}

TEST_F(RegistryTest, RefusesASessionThatDoesNotExist) {
    auto wrong = request("channel.chat.message");
    wrong.session_id = "nobody";
    EXPECT_EQ(status_of(wrong), 400);
    EXPECT_TRUE(message_of(wrong).starts_with("websocket transport session does not exist"));
    shards[0].alive = false;
    EXPECT_TRUE(message_of(request("channel.chat.message"))
                    .starts_with("websocket transport session does not exist"));
}

TEST_F(RegistryTest, RefusesAppTokensOnWebSockets) {
    caller.user = {};
    EXPECT_EQ(status_of(request("channel.chat.message")), 400);
}

TEST_F(RegistryTest, RefusesOtherTransports) {
    auto conduit = request("channel.chat.message");
    conduit.method = "conduit";
    EXPECT_EQ(status_of(conduit), 400);
}

TEST_F(RegistryTest, RefusesWithoutTheScopes) {
    caller.scopes = {"chat:read"};
    EXPECT_EQ(status_of(request("channel.chat.message")), 403);
    EXPECT_EQ(message_of(request("channel.chat.message")),
              "subscription missing proper authorization");
}

TEST_F(RegistryTest, RefusesForAnotherUser) {
    auto other = request("channel.chat.message");
    other.condition["user_id"] = std::to_string(channel.id.value);
    EXPECT_EQ(status_of(other), 403);
    EXPECT_EQ(status_of(request("channel.ban")), 403) << "of another broadcaster";
}

TEST_F(RegistryTest, RefusesThoseWhoDoNotModerate) {
    EXPECT_EQ(status_of(request("channel.moderate", "2")), 403);
    ASSERT_TRUE(catalog.set_role(channel.id, viewer.id, chat::Role::moderator));
    EXPECT_EQ(status_of(request("channel.moderate", "2")), 202);
}

TEST_F(RegistryTest, RefusesABannedReader) {
    const store::Change ban = store::change::PutBan{
        {.channel = channel.id, .user = viewer.id, .moderator = UserId(channel.id.value)}};
    ASSERT_TRUE(catalog.apply(std::span(&ban, 1), {}));
    EXPECT_EQ(status_of(request("channel.chat.message")), 403);
}

TEST_F(RegistryTest, RefusesTheSameTwice) {
    EXPECT_EQ(status_of(request("channel.chat.message")), 202);
    EXPECT_EQ(status_of(request("channel.chat.message")), 409);
    EXPECT_EQ(message_of(request("channel.chat.message")), "subscription already exists");
    session = open();
    EXPECT_EQ(status_of(request("channel.chat.message")), 202) << "over another session";
}

TEST_F(RegistryTest, RefusesAnotherUserOnTheSession) {
    EXPECT_EQ(status_of(request("channel.chat.message")), 202);
    const auto other = catalog.ensure_user("other").value();
    caller.user = other.id;
    auto theirs = request("channel.chat.message");
    theirs.condition["user_id"] = std::to_string(other.id.value);
    EXPECT_EQ(status_of(theirs), 400);
}

TEST_F(RegistryTest, BoundsSessionsOfAUser) {
    for (int i = 0; i < 3; ++i) {
        session = open();
        EXPECT_EQ(status_of(request("channel.chat.message")), 202);
    }
    session = open();
    EXPECT_EQ(status_of(request("channel.chat.message")), 429);
    caller.client_id = "another client";
    EXPECT_EQ(status_of(request("channel.chat.message")), 202);
}

TEST_F(RegistryTest, BoundsSubscriptionsOfASession) {
    for (std::size_t i = 0; i < limits::kSubscriptionsPerSession; ++i) {
        auto one = request("channel.chat.message");
        const auto of = catalog.ensure_channel("channel" + std::to_string(i)).value();
        one.condition["broadcaster_user_id"] = std::to_string(of.id.value);
        ASSERT_EQ(status_of(one), 202);
    }
    EXPECT_EQ(status_of(request("channel.chat.message")), 429);
}

TEST_F(RegistryTest, BoundsTheCost) {
    for (int i = 0; i < 11; ++i) {
        auto one = request("channel.shared_chat.begin");
        const auto of = catalog.ensure_channel("channel" + std::to_string(i)).value();
        one.condition["broadcaster_user_id"] = std::to_string(of.id.value);
        EXPECT_EQ(status_of(one), i < 10 ? 202 : 429);
    }
}

TEST_F(RegistryTest, AnswersBusyWhenTheWorkersAre) {
    cluster.work_max = 0;
    EXPECT_EQ(status_of(request("channel.chat.message")), 503);
}

TEST_F(RegistryTest, DeletesOnlyWhatIsOnesOwn) {
    const std::string id = create(request("channel.chat.message"))->subscription.id;
    auto other = caller;
    other.client_id = "another client";
    EXPECT_EQ(registry.remove(id, other)->status, 404);
    EXPECT_EQ(registry.remove("unknown", caller)->status, 404);
    EXPECT_FALSE(registry.remove(id, caller));
    cluster.run();
    EXPECT_EQ(shards[0].removed, std::vector{id});
    EXPECT_EQ(registry.remove(id, caller)->status, 404);
    EXPECT_EQ(registry.list({}, caller, now())->totals.total, 0u);
}

TEST_F(RegistryTest, ListsByOneFilterInPages) {
    for (int i = 0; i < 150; ++i) {
        auto one = request("channel.chat.clear");
        const auto of = catalog.ensure_channel("channel" + std::to_string(i)).value();
        one.condition["broadcaster_user_id"] = std::to_string(of.id.value);
        ASSERT_EQ(status_of(one), 202);
    }
    const std::string id = create(request("channel.chat.message"))->subscription.id;
    EXPECT_EQ(registry.list({.type = "channel.chat.message"}, caller, now())->totals.total, 1u);
    EXPECT_EQ(registry.list({.subscription_id = id}, caller, now())->totals.total, 1u);
    EXPECT_EQ(registry.list({.status = "enabled"}, caller, now())->totals.total, 151u);
    EXPECT_EQ(registry.list({.user_id = "1"}, caller, now())->totals.total, 0u);
    EXPECT_EQ(registry.list({.status = "enabled", .type = "x"}, caller, now()).error().status, 400);
    const auto first = registry.list({}, caller, now());
    EXPECT_EQ(first->subscriptions.size(), 100u);
    const auto second = registry.list({.after = first->cursor}, caller, now());
    EXPECT_EQ(second->subscriptions.size(), 51u);
    EXPECT_EQ(to_json(*second)["pagination"].dump(), "{}");
    EXPECT_EQ(to_json(*first)["pagination"]["cursor"], first->cursor);
}

TEST_F(RegistryTest, KeepsEndedSubscriptionsForAnHour) {
    create(request("channel.chat.message"));
    registry.close_session({session, 1}, Status::websocket_failed_ping_pong, now());
    auto page = registry.list({}, caller, now());
    ASSERT_EQ(page->subscriptions.size(), 1u);
    EXPECT_EQ(page->subscriptions[0].status, Status::websocket_failed_ping_pong);
    EXPECT_TRUE(to_json(*page)["data"][0]["transport"].contains("disconnected_at"));
    EXPECT_EQ(registry.list({}, caller, now() + 59min)->subscriptions.size(), 1u);
    EXPECT_EQ(registry.list({}, caller, now() + 60min)->subscriptions.size(), 0u);
    EXPECT_EQ(registry.live_subscriptions(), 0u);
}

TEST_F(RegistryTest, AReconnectMovesSessionAndSubscriptions) {
    const std::string id = create(request("channel.chat.message"))->subscription.id;
    EXPECT_FALSE(registry.adopt_session(session, "", ShardId(1))) << "nobody told it to";
    const std::string url = registry.start_reconnect({session, 1});
    EXPECT_TRUE(url.starts_with("ws://chat.example.org/ws?session=" + session + "&key="));
    const std::string key = url.substr(url.rfind('=') + 1);
    EXPECT_FALSE(registry.adopt_session(session, "guessed", ShardId(1)));
    const auto adopted = registry.adopt_session(session, key, ShardId(1));
    ASSERT_TRUE(adopted);
    EXPECT_EQ(adopted->link, (Link{session, 2}));
    ASSERT_EQ(adopted->subscriptions.size(), 1u);
    EXPECT_EQ(adopted->subscriptions[0]->id, id);
    cluster.run();
    EXPECT_EQ(shards[0].superseded, std::vector{(Link{session, 1})});
    EXPECT_FALSE(registry.adopt_session(session, key, ShardId(1))) << "the key is used";
    registry.close_session({session, 1}, Status::websocket_disconnected, now());
    EXPECT_EQ(registry.live_subscriptions(), 1u) << "the new connection has it";
    EXPECT_EQ(status_of(request("channel.chat.clear")), 202);
    EXPECT_EQ(shards[1].added.size(), 1u);
}

TEST_F(RegistryTest, WebhooksWaitForTheirVerification) {
    auto hook = request("channel.chat.message");
    hook.method = "webhook";
    hook.callback = "https://bot.example.org/events";
    hook.secret = "short";
    EXPECT_EQ(status_of(hook), 400);
    hook.secret = "a secret of some length";
    hook.callback = "http://bot.example.org/events";
    EXPECT_EQ(status_of(hook), 400);
    hook.callback = "https://bot.example.org/events";
    const auto answer = create(hook);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->subscription.status, Status::webhook_callback_verification_pending);
    const auto json = to_json(*answer);
    EXPECT_EQ(json["data"][0]["transport"].dump(),
              R"({"method":"webhook","callback":"https://bot.example.org/events"})");
    EXPECT_EQ(shards[0].webhooks.size() + shards[1].webhooks.size(), 1u);
    EXPECT_EQ(status_of(hook), 409);
    EXPECT_TRUE(registry.set_status(answer->subscription.id, Status::enabled, now()));
    EXPECT_EQ(registry.list({.status = "enabled"}, caller, now())->totals.total, 1u);
}

TEST_F(RegistryTest, AppTokensNeedWhatTheirUsersGranted) {
    auto hook = request("channel.chat.message");
    hook.method = "webhook";
    hook.callback = "https://bot.example.org/events";
    hook.secret = "a secret of some length";
    caller.user = {};
    EXPECT_EQ(status_of(hook), 403);
    ASSERT_TRUE(catalog.add_token(
        "a1",
        {.user = viewer.id, .client_id = "client", .scopes = {"user:read:chat", "user:bot"}}));
    EXPECT_EQ(status_of(hook), 403) << "the broadcaster has not";
    ASSERT_TRUE(catalog.add_token(
        "a2",
        {.user = UserId(channel.id.value), .client_id = "client", .scopes = {"channel:bot"}}));
    EXPECT_EQ(status_of(hook), 202);
}

TEST(Types, AreFoundByName) {
    ASSERT_NE(find_type("channel.moderate"), nullptr);
    EXPECT_EQ(scopes_of(*find_type("channel.moderate"), 1).size(), 7u);
    EXPECT_EQ(scopes_of(*find_type("channel.moderate"), 2).size(), 8u);
    EXPECT_EQ(find_type("channel.Moderate"), nullptr);
}

}  // namespace
}  // namespace clamor::eventsub
