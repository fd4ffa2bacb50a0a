// SPDX-License-Identifier: Apache-2.0
#include "eventsub/dispatcher_fixture.h"

/// Subscriptions whose right ends.
namespace clamor::eventsub {
namespace {

using namespace std::chrono_literals;
using chat::ModAction;

TEST_F(DispatcherTest, RevokesWhenAModeratorLosesTheRole) {
    Client& client = connect();
    const std::string id = subscribe(&client, "channel.moderate", "2");
    const std::string chat = subscribe(&client, "channel.chat.message");
    happen(act(ModAction::unmod, alice));
    const auto revoked = client.of_type("revocation");
    ASSERT_EQ(revoked.size(), 1u);
    EXPECT_EQ(revoked[0]["payload"]["subscription"]["id"], id);
    EXPECT_EQ(revoked[0]["payload"]["subscription"]["status"], "moderator_removed");
    EXPECT_EQ(revoked[0]["metadata"]["subscription_type"], "channel.moderate");
    EXPECT_EQ(client.notifications().size(), 1u) << "the act itself is told first";
    EXPECT_EQ(status_of(id), Status::moderator_removed);
    EXPECT_EQ(status_of(chat), Status::enabled);
}

TEST_F(DispatcherTest, RevokesWhenTheReaderIsBanned) {
    Client& client = connect();
    const std::string id = subscribe(&client, "channel.chat.message");
    happen(act(ModAction::timeout, alice));
    EXPECT_EQ(status_of(id), Status::enabled);
    happen(act(ModAction::ban, bob));
    EXPECT_EQ(status_of(id), Status::enabled);
    happen(act(ModAction::ban, alice));
    EXPECT_EQ(status_of(id), Status::chat_user_banned);
    EXPECT_TRUE(watching[0].empty());
}

TEST_F(DispatcherTest, RevokesWhenThePlatformTakesTheRole) {
    Client& client = connect();
    const std::string id = subscribe(&client, "channel.moderate", "2");
    dispatchers[0]->on_standing_changed(channel.id, alice.id);
    cluster.run();
    EXPECT_EQ(status_of(id), Status::enabled);
    ASSERT_TRUE(catalog.set_role(channel.id, alice.id, chat::Role::viewer));
    dispatchers[0]->on_standing_changed(channel.id, bob.id);
    cluster.run();
    EXPECT_EQ(status_of(id), Status::enabled) << "somebody else";
    dispatchers[0]->on_standing_changed(channel.id, alice.id);
    cluster.run();
    EXPECT_EQ(status_of(id), Status::moderator_removed);
    EXPECT_EQ(client.of_type("revocation").size(), 1u);
    EXPECT_TRUE(watching[0].empty());
}

TEST_F(DispatcherTest, RevokesWhenStaffIsNoStaffAnyMore) {
    ASSERT_TRUE(catalog.set_role(channel.id, alice.id, chat::Role::viewer));
    alice.type = chat::AccountType::staff;
    ASSERT_TRUE(catalog.update_user(alice));
    Client& client = connect();
    const std::string id = subscribe(&client, "channel.moderate", "2");
    alice.type = chat::AccountType::ordinary;
    ASSERT_TRUE(catalog.update_user(alice));
    dispatchers[0]->on_account_changed(alice, false);
    cluster.run();
    EXPECT_EQ(status_of(id), Status::moderator_removed);
    EXPECT_EQ(client.of_type("revocation").size(), 1u);
}

TEST_F(DispatcherTest, RevokesWhatEndedWhileItWasMade) {
    Client& client = connect();
    CreateRequest request{.type = "channel.moderate",
                          .version = "2",
                          .condition = {{"broadcaster_user_id", std::to_string(channel.id.value)},
                                        {"moderator_user_id", std::to_string(alice.id.value)}},
                          .method = "websocket",
                          .session_id = client.session()};
    std::string id;
    registry.create(request, caller, cluster.now().wall, [&](const Registry::CreateAnswer& answer) {
        id = answer->subscription.id;
        // Nobody tells this shard, which does not watch the channel yet.
        EXPECT_TRUE(catalog.set_role(channel.id, alice.id, chat::Role::viewer));
    });
    cluster.run();
    EXPECT_EQ(status_of(id), Status::moderator_removed);
    EXPECT_EQ(client.of_type("revocation").size(), 1u);
}

TEST_F(DispatcherTest, RevokesWhatEndedWithoutAWord) {
    Client& client = connect();
    caller.token_expires_at = cluster.now().wall + 90s;
    const std::string expiring = subscribe(&client, "channel.chat.message");
    caller.token_expires_at = {};
    const std::string other = subscribe(&client, "channel.chat.clear");
    client.queued = {};
    for (int second = 0; second < 121; ++second) {
        cluster.advance(1s);
        dispatchers[0]->on_pong(client.handle);
        if (second == 80) {
            EXPECT_EQ(status_of(expiring), Status::enabled);
        }
    }
    EXPECT_EQ(status_of(expiring), Status::authorization_revoked);
    EXPECT_EQ(status_of(other), Status::enabled);
    EXPECT_EQ(client.of_type("revocation").size(), 1u);
}

TEST_F(DispatcherTest, RevokesWithTheToken) {
    Client& client = connect();
    const std::string id = subscribe(&client, "channel.chat.message");
    dispatchers[0]->on_token_revoked(alice.id, "another hash");
    EXPECT_EQ(status_of(id), Status::enabled);
    dispatchers[0]->on_token_revoked(alice.id, "hash");
    EXPECT_EQ(status_of(id), Status::authorization_revoked);
    EXPECT_EQ(client.of_type("revocation").size(), 1u);
}

TEST_F(DispatcherTest, WebhooksWhoseRightEndedWhileTheServerWasDownAreRevoked) {
    const std::string id = subscribe(nullptr, "channel.moderate", "2");
    webhooks.done(true);
    cluster.run();
    ASSERT_TRUE(catalog.set_role(channel.id, alice.id, chat::Role::viewer));
    Registry next(cluster, catalog, {.random = [] { return 7u; }, .webhooks = true});
    FakeWebhooks sink;
    std::array<std::unique_ptr<Dispatcher>, kShards> fresh;
    for (std::size_t i = 0; i < kShards; ++i)
        fresh[i] = std::make_unique<Dispatcher>(cluster.shard(i), next, Channels{}, &sink,
                                                Dispatcher::Options{});
    ASSERT_TRUE(next.restore_webhooks(cluster.now().wall));
    cluster.run();
    ASSERT_EQ(sink.revocations.size(), 1u);
    EXPECT_EQ(sink.revocations[0]["subscription"]["status"], "moderator_removed");
    EXPECT_TRUE(catalog.list_webhooks("", 10).value().empty());
}

}  // namespace
}  // namespace clamor::eventsub
