// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "eventsub/registry_fixture.h"
#include "eventsub/rights.h"
#include "eventsub/types.h"
#include "store/checks.h"
#include "store/memory_catalog.h"

namespace clamor::eventsub {
namespace {

using namespace std::chrono_literals;

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
    EXPECT_TRUE(registry.start_reconnect({session, 1}, "wss://here/ws")
                    .starts_with("wss://here/ws?session=" + session + "&key="));
    const std::string url = registry.start_reconnect({session, 1}, "");
    EXPECT_TRUE(url.starts_with("ws://chat.example.org/ws?session=" + session + "&key="));
    const std::string key = url.substr(url.rfind('=') + 1);
    EXPECT_FALSE(registry.adopt_session(session, "guessed", ShardId(1)));
    const auto adopted = registry.adopt_session(session, key, ShardId(1));
    ASSERT_TRUE(adopted);
    EXPECT_EQ(adopted->link, (Link{session, 2}));
    ASSERT_EQ(adopted->subscriptions.size(), 1u);
    EXPECT_EQ(adopted->subscriptions[0]->id, id);
    registry.take_over(*adopted, ShardId(1));
    cluster.run();
    EXPECT_EQ(shards[0].superseded, std::vector{(Link{session, 1})});
    EXPECT_EQ(shards[1].going_on, std::vector{(Link{session, 2})});
    EXPECT_EQ(shards[1].told, std::vector{MessageId::from_random(4, 5)});
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

TEST_F(RegistryTest, TellsEveryShardToReconnect) {
    registry.reconnect_all();
    cluster.run();
    EXPECT_EQ(shards[0].reconnects, 1);
    EXPECT_EQ(shards[1].reconnects, 1);
}

TEST_F(RegistryTest, RefusesCallbacksAtPrivateAddresses) {
    auto hook = webhook();
    for (const char* wrong :
         {"https://127.0.0.1/x", "https://10.0.0.1:8443/", "https://[::1]/", "https://localhost/",
          "https://LOCALHOST.:1/", "https://a.localhost", "https://user@192.168.0.1/",
          "https://169.254.169.254/latest", "https://[::ffff:10.0.0.1]/", "https://",
          "https://1.1.1.1@127.0.0.1/", "https://:443/"}) {
        hook.callback = wrong;
        EXPECT_EQ(message_of(hook), "the transport's callback must be at a public address")
            << wrong;
    }
    for (const char* right : {"https://1.1.1.1/", "https://[2606:4700::1111]/x",
                              "https://bot.example.org:8443/a?b=127.0.0.1"}) {
        hook.callback = right;
        EXPECT_EQ(status_of(hook), 202) << right;
    }
    EXPECT_EQ(catalog.list_webhooks("", 10).value().size(), 3u);
}

TEST_F(RegistryTest, KeepsWebhooksUntilTheyEnd) {
    const auto kept = [this] { return catalog.list_webhooks("", 10).value(); };
    const std::string id = create(webhook())->subscription.id;
    ASSERT_EQ(kept().size(), 1u);
    EXPECT_FALSE(kept()[0].verified);
    EXPECT_EQ(kept()[0].secret, "a secret of some length");
    registry.set_status(id, Status::enabled, now());
    cluster.run();
    EXPECT_TRUE(kept()[0].verified);
    registry.set_status(id, Status::notification_failures_exceeded, now());
    cluster.run();
    EXPECT_TRUE(kept().empty());
    const std::string other = create(webhook())->subscription.id;
    EXPECT_EQ(kept().size(), 1u);
    auto stranger = caller;
    stranger.client_id = "another client";
    EXPECT_EQ(registry.remove(other, stranger)->status, 404);
    EXPECT_EQ(kept().size(), 1u);
    EXPECT_FALSE(registry.remove(other, caller));
    EXPECT_TRUE(kept().empty());
    EXPECT_FALSE(create(request("channel.chat.message"))->subscription.is_webhook());
    EXPECT_TRUE(kept().empty()) << "a WebSocket's ends with it";
}

TEST_F(RegistryTest, TakesKeptWebhooksUpAgain) {
    auto raid = webhook("channel.raid");
    raid.condition = {{"to_broadcaster_user_id", std::to_string(channel.id.value)}};
    caller.token_expires_at = now() + 24h;
    const std::string pending = create(webhook())->subscription.id;
    const std::string enabled = create(raid)->subscription.id;
    registry.set_status(enabled, Status::enabled, now());
    cluster.run();
    ASSERT_TRUE(catalog.add_webhook(
        {.id = "00000000-0000-4000-8000-000000000000", .type = "no.such.type"}));

    Registry next(cluster, catalog, {.random = [] { return 7u; }, .webhooks = true});
    FakeShard fresh[2];
    next.attach(cluster.shard(0), fresh[0]);
    next.attach(cluster.shard(1), fresh[1]);
    ASSERT_TRUE(next.restore_webhooks(cluster.now().wall));
    cluster.run();
    const auto before = registry.list({}, caller, now())->subscriptions;
    const auto after = next.list({}, caller, now())->subscriptions;
    ASSERT_EQ(before.size(), 2u);
    ASSERT_EQ(after.size(), 2u);
    for (const auto& one : after) {
        const auto same = std::ranges::find(before, one.id, &Subscription::id);
        ASSERT_NE(same, before.end());
        EXPECT_EQ(to_json(one, Place::rest), to_json(*same, Place::rest));
        EXPECT_EQ(one.channel, same->channel);
        EXPECT_EQ(one.token_hash, "hash");
        EXPECT_EQ(one.token_expires_at, caller.token_expires_at);
        EXPECT_EQ(one.owner, viewer.id);
        EXPECT_EQ(std::get<WebhookTransport>(one.transport).secret, "a secret of some length");
    }
    EXPECT_EQ(fresh[0].webhooks.size() + fresh[1].webhooks.size(), 2u);
    EXPECT_EQ(catalog.list_webhooks("", 10).value().size(), 2u) << "what nobody knows is gone";
    auto again = webhook();
    std::optional<int> status;
    next.create(again, caller, now(),
                [&](const Registry::CreateAnswer& answer) { status = answer.error().status; });
    cluster.run();
    EXPECT_EQ(status, 409);
    EXPECT_FALSE(next.remove(pending, caller));
    EXPECT_EQ(catalog.list_webhooks("", 10).value().size(), 1u);
}

TEST_F(RegistryTest, CountsWhatItsBoundsRefuse) {
    for (std::size_t i = 0; i < limits::kEventSubSessionsPerUser; ++i) {
        session = open();
        EXPECT_EQ(status_of(request("channel.chat.message")), 202);
    }
    EXPECT_EQ(registry.refused_at_bounds(), 0u);
    session = open();
    EXPECT_EQ(status_of(request("channel.chat.message")), 429);
    EXPECT_EQ(registry.refused_at_bounds(), 1u);
}

/// What a subscription of the viewer's lives by.
class LostRight : public RegistryTest {
  protected:
    LostRight() {
        EXPECT_TRUE(catalog.set_role(channel.id, viewer.id, chat::Role::moderator));
        EXPECT_TRUE(catalog.add_token("mine", {.user = viewer.id, .client_id = "client"}));
        caller.token_hash = store::hex_of(*store::hash_token("mine"));
    }
    Subscription made(const std::string& type, const std::string& version = "1") {
        return create(request(type, version))->subscription;
    }
    std::optional<Status> lost(const Subscription& subscription) {
        return lost_right(subscription, catalog, now()).value();
    }
    void ban(std::optional<WallTime> until = {}) {
        const store::Change change =
            store::change::PutBan{{.channel = channel.id, .user = viewer.id, .expires_at = until}};
        ASSERT_TRUE(catalog.apply(std::span(&change, 1), {}));
    }
};

TEST_F(LostRight, OfNobodyWhileNothingChanges) {
    EXPECT_EQ(lost(made("channel.chat.message")), std::nullopt);
    EXPECT_EQ(lost(made("channel.moderate")), std::nullopt);
    EXPECT_EQ(lost(made("user.update")), std::nullopt);
}

TEST_F(LostRight, WithTheRole) {
    const auto moderate = made("channel.moderate", "2");
    const auto chat = made("channel.chat.message");
    ASSERT_TRUE(catalog.set_role(channel.id, viewer.id, chat::Role::vip));
    EXPECT_EQ(lost(moderate), Status::moderator_removed);
    EXPECT_EQ(lost(chat), std::nullopt);
    viewer.type = chat::AccountType::staff;
    ASSERT_TRUE(catalog.update_user(viewer));
    EXPECT_EQ(lost(moderate), std::nullopt);
}

TEST_F(LostRight, ByABanButNotByATimeout) {
    const auto chat = made("channel.chat.message");
    ban(now() + 1h);
    EXPECT_EQ(lost(chat), std::nullopt);
    ban();
    EXPECT_EQ(lost(chat), Status::chat_user_banned);
    EXPECT_EQ(lost(made("user.update")), std::nullopt) << "no channel's matter";
}

TEST_F(LostRight, WithTheTokenInTheCatalog) {
    const auto update = made("user.update");
    ASSERT_TRUE(catalog.revoke_token("mine").value());
    EXPECT_EQ(lost(update), Status::authorization_revoked);
}

TEST_F(LostRight, ButNotWithATokenThatTheCatalogNeverHad) {
    caller.token_hash = "of a development token";
    EXPECT_EQ(lost(made("user.update")), std::nullopt);
}

TEST_F(LostRight, WhenTheTokenExpires) {
    caller.token_expires_at = now() + 1h;
    const auto update = made("user.update");
    EXPECT_EQ(lost(update), std::nullopt);
    EXPECT_EQ(lost_right(update, catalog, now() + 1h).value(), Status::authorization_revoked);
}

TEST_F(LostRight, WithTheUsersAndTheChannel) {
    auto chat = made("channel.chat.message");
    chat.owner = UserId(77);
    EXPECT_EQ(lost(chat), Status::user_removed);
    chat = made("channel.chat.clear");
    chat.channel.id = UserId(77);
    EXPECT_EQ(lost(chat), Status::user_removed);
}

TEST_F(LostRight, WithTheVersion) {
    auto follow = made("channel.follow", "2");
    EXPECT_EQ(lost(follow), std::nullopt);
    follow.version = 1;
    EXPECT_EQ(lost(follow), Status::version_removed);
}

TEST_F(LostRight, OfAnAppWithWhatItsUsersGranted) {
    caller.user = {};
    caller.token_hash = "of the app";
    ASSERT_TRUE(catalog.set_role(channel.id, viewer.id, chat::Role::viewer));
    ASSERT_TRUE(catalog.add_token(
        "a1",
        {.user = viewer.id, .client_id = "client", .scopes = {"user:read:chat", "user:bot"}}));
    ASSERT_TRUE(catalog.add_token(
        "a2",
        {.user = UserId(channel.id.value), .client_id = "client", .scopes = {"channel:bot"}}));
    const auto chat = create(webhook())->subscription;
    EXPECT_EQ(lost(chat), std::nullopt);
    ASSERT_TRUE(catalog.revoke_token("a2").value());
    EXPECT_EQ(lost(chat), Status::authorization_revoked);
    ASSERT_TRUE(catalog.set_role(channel.id, viewer.id, chat::Role::moderator));
    EXPECT_EQ(lost(chat), std::nullopt) << "a moderator needs no permission of the channel";
    ASSERT_TRUE(catalog.revoke_token("a1").value());
    EXPECT_EQ(lost(chat), Status::authorization_revoked);
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
