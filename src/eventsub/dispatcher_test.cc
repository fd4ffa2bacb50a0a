// SPDX-License-Identifier: Apache-2.0
#include "eventsub/dispatcher.h"

#include <array>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "store/memory_catalog.h"
#include "tests/fakes/manual_cluster.h"

namespace clamor::eventsub {
namespace {

using namespace std::chrono_literals;
using chat::ModAction;
using Json = nlohmann::json;

/// A client that writes down what it is sent.
struct Client final : Transport {
    void send(std::string_view head, std::string_view body) override {
        frames.push_back(Json::parse(std::string(head) + std::string(body)));
    }
    void ping() override { ++pings; }
    Waiting waiting() const override { return queued; }
    void close(std::uint16_t code, std::string_view) override { closed_with = code; }

    std::string session() const { return frames.at(0)["payload"]["session"]["id"]; }
    std::vector<Json> of_type(std::string_view type) const {
        std::vector<Json> found;
        for (const auto& frame : frames) {
            if (frame["metadata"]["message_type"] == type) found.push_back(frame);
        }
        return found;
    }
    std::vector<Json> notifications() const { return of_type("notification"); }

    std::vector<Json> frames;
    int pings = 0;
    Waiting queued;
    std::uint16_t closed_with = 0;
    Dispatcher::Handle handle = 0;
};

struct FakeWebhooks final : WebhookSink {
    void verify(SubscriptionRef subscription, std::function<void(bool)> verified) override {
        verifying.push_back(std::move(subscription));
        done = std::move(verified);
    }
    void notify(SubscriptionRef, const MessageId&, std::string body) override {
        bodies.push_back(Json::parse(body));
    }
    void revoke(SubscriptionRef, const MessageId&, std::string body) override {
        revocations.push_back(Json::parse(body));
    }
    void forget(const std::string& id) override { forgotten.push_back(id); }
    void set_on_failed(std::function<void(const std::string&)> on_failed) override {
        failed = std::move(on_failed);
    }

    std::vector<SubscriptionRef> verifying;
    std::function<void(bool)> done;
    std::function<void(const std::string&)> failed;  ///< of the last shard
    std::vector<Json> bodies;
    std::vector<Json> revocations;
    std::vector<std::string> forgotten;
};

class DispatcherTest : public ::testing::Test {
  protected:
    static constexpr std::size_t kShards = 2;

    DispatcherTest() {
        for (std::size_t i = 0; i < kShards; ++i) {
            Channels channels{.watch = [this, i](ChannelId id) { ++watching[i][id]; },
                              .unwatch =
                                  [this, i](ChannelId id) {
                                      if (--watching[i][id] == 0) watching[i].erase(id);
                                  }};
            dispatchers[i] =
                std::make_unique<Dispatcher>(cluster.shard(i), registry, std::move(channels),
                                             &webhooks, Dispatcher::Options{.id_seed = 5});
        }
        channel = catalog.ensure_channel("streamer").value();
        alice = catalog.ensure_user("alice").value();
        bob = catalog.ensure_user("bob").value();
        EXPECT_TRUE(catalog.set_role(channel.id, alice.id, chat::Role::moderator));
        for (const auto& type : types()) {
            for (const auto& group : type.scopes) caller.scopes.emplace_back(group[0]);
        }
        caller.user = alice.id;
        caller.client_id = "client";
        caller.token_hash = "hash";
    }
    ~DispatcherTest() override {
        for (const auto& client : clients) dispatchers[0]->disconnect(client->handle, false);
    }

    Client& connect(std::size_t shard = 0, Dispatcher::Arrival arrival = {}) {
        clients.push_back(std::make_unique<Client>());
        clients.back()->handle = dispatchers[shard]->connect(*clients.back(), arrival);
        return *clients.back();
    }

    /// The subscription's id; empty when it was refused.
    std::string subscribe(const Client* client, std::string type, std::string version = "1",
                          ChannelId of = {}) {
        CreateRequest request{
            .type = std::move(type),
            .version = std::move(version),
            .condition = {{"broadcaster_user_id", std::to_string((of ? of : channel.id).value)},
                          {"user_id", std::to_string(caller.user.value)},
                          {"moderator_user_id", std::to_string(caller.user.value)}},
            .method = client != nullptr ? "websocket" : "webhook",
            .session_id = client != nullptr ? client->session() : "",
            .callback = "https://bot.example.org/",
            .secret = "0123456789"};
        std::string id;
        registry.create(std::move(request), caller, cluster.now().wall,
                        [&](const Registry::CreateAnswer& answer) {
                            if (answer) id = answer->subscription.id;
                        });
        cluster.run();
        return id;
    }

    template <class Body>
    void happen(Body body, ChannelId where = {}) {
        const auto event = std::make_shared<const chat::Event>(
            chat::Event{where ? where : channel.id, "streamer", {1, ++sequence}, std::move(body)});
        for (std::size_t i = 0; i < kShards; ++i) {
            if (watching[i].contains(event->channel)) dispatchers[i]->on_event(event);
        }
        cluster.run();
    }
    chat::Message message(std::string text) {
        chat::Message message;
        message.id = MessageId::from_random(7, ++sequence);
        message.author_id = alice.id;
        message.author_login = alice.login;
        message.author_display_name = alice.display_name;
        message.text = std::move(text);
        return message;
    }
    chat::Moderation act(ModAction action, const chat::User& target) {
        chat::Moderation act;
        act.action = action;
        act.id = MessageId::from_random(8, ++sequence);
        act.moderator = {UserId(channel.id.value), "streamer", "streamer"};
        act.target = chat::person_of(target);
        return act;
    }
    Status status_of(const std::string& id) {
        const auto page = registry.list({.subscription_id = id}, caller, cluster.now().wall);
        return page->subscriptions.at(0).status;
    }

    fakes::ManualCluster cluster{kShards};
    store::MemoryCatalog catalog;
    std::uint64_t random = 1;
    Registry registry{
        cluster,
        catalog,
        {.random = [this] { return random += 0x9E3779B97F4A7C15ull; }, .webhooks = true}};
    FakeWebhooks webhooks;
    std::array<std::map<ChannelId, int>, kShards> watching;
    std::vector<std::unique_ptr<Client>> clients;
    std::array<std::unique_ptr<Dispatcher>, kShards> dispatchers;
    store::Channel channel;
    chat::User alice;
    chat::User bob;
    Caller caller;
    std::uint64_t sequence = 0;
};

TEST_F(DispatcherTest, TellsSubscribersInTheirEnvelope) {
    Client& client = connect();
    const std::string id = subscribe(&client, "channel.chat.message");
    EXPECT_EQ(watching[0][channel.id], 1);
    happen(message("hello"));
    const auto told = client.notifications();
    ASSERT_EQ(told.size(), 1u);
    const Json& metadata = told[0]["metadata"];
    EXPECT_EQ(metadata["subscription_type"], "channel.chat.message");
    EXPECT_EQ(metadata["subscription_version"], "1");
    EXPECT_TRUE(MessageId::parse(metadata["message_id"].get<std::string>()));
    const Json& subscription = told[0]["payload"]["subscription"];
    EXPECT_EQ(subscription["id"], id);
    EXPECT_EQ(subscription["status"], "enabled");
    EXPECT_EQ(subscription["transport"],
              Json({{"method", "websocket"}, {"session_id", client.session()}}));
    EXPECT_EQ(told[0]["payload"]["event"]["message"]["text"], "hello");
    EXPECT_EQ(told[0]["payload"]["event"]["broadcaster_user_name"], "streamer");
}

TEST_F(DispatcherTest, TellsEachOnlyItsTypes) {
    Client& client = connect();
    subscribe(&client, "channel.moderate", "1");
    subscribe(&client, "channel.moderate", "2");
    subscribe(&client, "channel.chat.clear_user_messages");
    happen(message("nobody asked"));
    happen(act(ModAction::warn, bob));
    happen(act(ModAction::timeout, bob));
    const auto told = client.notifications();
    ASSERT_EQ(told.size(), 4u);
    EXPECT_EQ(told[0]["metadata"]["subscription_version"], "2");
    EXPECT_EQ(told[0]["payload"]["event"]["action"], "warn");
}

TEST_F(DispatcherTest, WatchesAChannelWhileSomebodyWantsIt) {
    Client& one = connect();
    Client& other = connect();
    const std::string id = subscribe(&one, "channel.chat.message");
    subscribe(&other, "channel.chat.message");
    EXPECT_EQ(watching[0][channel.id], 1);
    EXPECT_FALSE(registry.remove(id, caller));
    cluster.run();
    EXPECT_EQ(watching[0][channel.id], 1);
    happen(message("hello"));
    EXPECT_TRUE(one.notifications().empty());
    EXPECT_EQ(other.notifications().size(), 1u);
    dispatchers[0]->disconnect(other.handle, false);
    EXPECT_EQ(watching[0][channel.id], 1) << "not from within a call";
    cluster.run();
    EXPECT_TRUE(watching[0].empty());
    EXPECT_EQ(registry.live_subscriptions(), 0u);
}

TEST_F(DispatcherTest, ClosesAnUnusedConnectionButNotAUsedOne) {
    Client& used = connect();
    Client& unused = connect();
    subscribe(&used, "channel.chat.message");
    cluster.advance(10s);
    EXPECT_EQ(used.closed_with, 0);
    EXPECT_EQ(unused.closed_with, 4003);
    EXPECT_EQ(used.of_type("session_keepalive").size(), 1u);
    dispatchers[0]->on_message(used.handle);
    EXPECT_EQ(used.closed_with, 4001);
    cluster.run();
    EXPECT_TRUE(watching[0].empty());
    EXPECT_EQ(registry.open_sessions(), 0u);
}

TEST_F(DispatcherTest, EndedSubscriptionsSayWhy) {
    Client& client = connect();
    const std::string id = subscribe(&client, "channel.chat.message");
    cluster.advance(60s);
    EXPECT_EQ(client.closed_with, 4002);
    EXPECT_EQ(status_of(id), Status::websocket_failed_ping_pong);
}

TEST_F(DispatcherTest, DisconnectsASlowReaderWhileOthersAreTold) {
    Client& slow = connect();
    Client& other = connect();
    const std::string id = subscribe(&slow, "channel.chat.message");
    subscribe(&other, "channel.chat.message");
    slow.queued = {.bytes = limits::kOutboxHardBytes, .oldest = cluster.now().mono};
    happen(message("hello"));
    EXPECT_EQ(slow.closed_with, 4005);
    EXPECT_EQ(other.notifications().size(), 1u);
    EXPECT_EQ(status_of(id), Status::websocket_network_timeout);
    EXPECT_EQ(dispatchers[0]->counters().closed[5].value(), 1u);
}

TEST_F(DispatcherTest, AReconnectGoesOnWithoutALossOnAnotherShard) {
    Client& old = connect();
    subscribe(&old, "channel.chat.message");
    dispatchers[0]->reconnect_all();
    const std::string url =
        old.of_type("session_reconnect").at(0)["payload"]["session"]["reconnect_url"];
    const std::string key = url.substr(url.rfind('=') + 1);
    happen(message("one"));
    EXPECT_EQ(old.notifications().size(), 1u);

    Client& next = connect(1, {.session = old.session(), .key = key});
    EXPECT_EQ(next.session(), old.session());
    // Both tell until the old shard has heard: the client knows the copy by its id.
    const auto event = std::make_shared<const chat::Event>(
        chat::Event{channel.id, "streamer", {1, ++sequence}, message("two")});
    for (auto& dispatcher : dispatchers) dispatcher->on_event(event);
    ASSERT_EQ(old.notifications().size(), 2u);
    ASSERT_EQ(next.notifications().size(), 1u);
    EXPECT_EQ(old.notifications()[1]["metadata"]["message_id"],
              next.notifications()[0]["metadata"]["message_id"]);
    cluster.run();
    happen(message("three"));
    EXPECT_EQ(old.notifications().size(), 2u);
    EXPECT_EQ(next.notifications().size(), 2u);
    EXPECT_TRUE(watching[0].empty());
    dispatchers[0]->disconnect(old.handle, false);
    EXPECT_EQ(registry.live_subscriptions(), 1u);
    cluster.advance(20s);
    EXPECT_EQ(next.closed_with, 0) << "it has a subscription";
    dispatchers[1]->disconnect(next.handle, false);
}

TEST_F(DispatcherTest, AReconnectThatDoesNotComeEndsTheSession) {
    Client& client = connect();
    const std::string id = subscribe(&client, "channel.chat.message");
    dispatchers[0]->reconnect_all();
    cluster.advance(29s);
    dispatchers[0]->on_pong(client.handle);
    EXPECT_EQ(client.closed_with, 0);
    cluster.advance(1s);
    EXPECT_EQ(client.closed_with, 4004);
    EXPECT_EQ(status_of(id), Status::websocket_failed_to_reconnect);
}

TEST_F(DispatcherTest, RefusesAReconnectThatNobodyAskedFor) {
    Client& client = connect();
    Client& thief = connect(0, {.session = client.session(), .key = "guessed"});
    EXPECT_EQ(thief.closed_with, 4007);
    EXPECT_TRUE(thief.frames.empty());
    EXPECT_EQ(client.closed_with, 0);
}

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

TEST_F(DispatcherTest, RevokesWithTheToken) {
    Client& client = connect();
    const std::string id = subscribe(&client, "channel.chat.message");
    dispatchers[0]->on_token_revoked(alice.id, "another hash");
    EXPECT_EQ(status_of(id), Status::enabled);
    dispatchers[0]->on_token_revoked(alice.id, "hash");
    EXPECT_EQ(status_of(id), Status::authorization_revoked);
    EXPECT_EQ(client.of_type("revocation").size(), 1u);
}

TEST_F(DispatcherTest, MentionsThoseWhoNeverSpokeInOrder) {
    Client& client = connect();
    subscribe(&client, "channel.chat.message");
    happen(message("hi @bob and @nobody"));
    happen(message("second"));
    const auto told = client.notifications();
    ASSERT_EQ(told.size(), 2u);
    const Json& fragments = told[0]["payload"]["event"]["message"]["fragments"];
    ASSERT_EQ(fragments.size(), 3u);
    EXPECT_EQ(fragments[1]["mention"]["user_id"], std::to_string(bob.id.value));
    EXPECT_EQ(told[1]["payload"]["event"]["message"]["text"], "second");
}

TEST_F(DispatcherTest, DoesNotWaitLongForWhomAMessageMentions) {
    Client& client = connect();
    subscribe(&client, "channel.chat.message");
    cluster.workers_stopped = true;
    happen(message("hi @bob"));
    happen(message("second"));
    EXPECT_TRUE(client.notifications().empty());
    cluster.advance(1s);
    const auto told = client.notifications();
    ASSERT_EQ(told.size(), 2u);
    EXPECT_EQ(told[0]["payload"]["event"]["message"]["fragments"].size(), 1u);
    EXPECT_EQ(told[1]["payload"]["event"]["message"]["text"], "second");
    cluster.workers_stopped = false;
    happen(message("hi @bob"));
    EXPECT_EQ(client.notifications()[2]["payload"]["event"]["message"]["fragments"].size(), 2u);
}

TEST_F(DispatcherTest, TellsWhispersAndAccountsToTheirUser) {
    Client& client = connect();
    subscribe(&client, "user.whisper.message");
    subscribe(&client, "user.update");
    hub::WhisperReceived whisper;
    whisper.from = bob;
    whisper.to = alice;
    whisper.text = "psst";
    dispatchers[0]->on_whisper(whisper);
    whisper.to = bob;
    dispatchers[0]->on_whisper(whisper);
    dispatchers[0]->on_account_changed(bob);
    dispatchers[0]->on_account_changed(alice);
    cluster.run();
    const auto told = client.notifications();
    ASSERT_EQ(told.size(), 2u);
    EXPECT_EQ(told[0]["payload"]["event"]["whisper"]["text"], "psst");
    EXPECT_EQ(told[1]["metadata"]["subscription_type"], "user.update");
    EXPECT_EQ(told[1]["payload"]["event"]["user_login"], "alice");
}

TEST_F(DispatcherTest, TellsARaidToTheSideThatAsked) {
    const auto other = catalog.ensure_channel("other").value();
    Client& client = connect();
    const auto raid = [&](const char* field) {
        CreateRequest request{.type = "channel.raid",
                              .version = "1",
                              .condition = {{field, std::to_string(channel.id.value)}},
                              .method = "websocket",
                              .session_id = client.session()};
        registry.create(request, caller, cluster.now().wall, [](const auto&) {});
        cluster.run();
    };
    raid("to_broadcaster_user_id");
    auto leaves = act(ModAction::raid, bob);
    happen(leaves);
    EXPECT_TRUE(client.notifications().empty());
    chat::UserNotice arrives;
    arrives.kind = "raid";
    arrives.message = message("");
    arrives.parameters = {{"viewerCount", "3"}};
    happen(arrives);
    ASSERT_EQ(client.notifications().size(), 1u);
    EXPECT_EQ(client.notifications()[0]["payload"]["event"]["viewers"], 3);
    raid("from_broadcaster_user_id");
    leaves.id = MessageId::from_random(9, 9);
    happen(leaves);
    EXPECT_EQ(client.notifications().size(), 2u);
}

TEST_F(DispatcherTest, TellsAShoutoutToTheChannelThatReceivesIt) {
    const auto target = catalog.ensure_channel("bob").value();
    ASSERT_TRUE(catalog.set_role(target.id, alice.id, chat::Role::moderator));
    Client& client = connect();
    subscribe(&client, "channel.shoutout.receive", "1", target.id);
    subscribe(&client, "channel.shoutout.create");
    happen(act(ModAction::shoutout, bob));
    const auto told = client.notifications();
    ASSERT_EQ(told.size(), 2u);
    EXPECT_EQ(told[0]["metadata"]["subscription_type"], "channel.shoutout.create");
    EXPECT_EQ(told[1]["payload"]["event"]["from_broadcaster_user_login"], "streamer");
    EXPECT_EQ(told[1]["payload"]["event"]["broadcaster_user_login"], "bob");
}

TEST_F(DispatcherTest, WebhooksAreToldOnceTheyAreVerified) {
    const std::string id = subscribe(nullptr, "channel.chat.message");
    ASSERT_EQ(webhooks.verifying.size(), 1u);
    EXPECT_EQ(status_of(id), Status::webhook_callback_verification_pending);
    happen(message("too early"));
    webhooks.done(true);
    EXPECT_EQ(status_of(id), Status::enabled);
    happen(message("hello"));
    ASSERT_EQ(webhooks.bodies.size(), 1u);
    EXPECT_EQ(webhooks.bodies[0]["event"]["message"]["text"], "hello");
    EXPECT_EQ(webhooks.bodies[0]["subscription"]["status"], "enabled");
    happen(act(ModAction::ban, alice));
    ASSERT_EQ(webhooks.revocations.size(), 1u);
    EXPECT_EQ(webhooks.revocations[0]["subscription"]["status"], "chat_user_banned");
}

TEST_F(DispatcherTest, WebhooksThatTakeNothingAreOver) {
    const std::string id = subscribe(nullptr, "channel.chat.message");
    webhooks.done(true);
    webhooks.failed(id);
    EXPECT_EQ(status_of(id), Status::notification_failures_exceeded);
    ASSERT_EQ(webhooks.revocations.size(), 1u);
    EXPECT_EQ(webhooks.revocations[0]["subscription"]["status"], "notification_failures_exceeded");
}

TEST_F(DispatcherTest, WebhooksThatFailVerificationAreOver) {
    const std::string id = subscribe(nullptr, "channel.chat.message");
    webhooks.done(false);
    EXPECT_EQ(status_of(id), Status::webhook_callback_verification_failed);
    const std::string second = subscribe(nullptr, "channel.chat.message");
    EXPECT_FALSE(registry.remove(second, caller));
    webhooks.done(true);
    cluster.run();
    EXPECT_TRUE(watching[0].empty());
    EXPECT_TRUE(watching[1].empty());
    EXPECT_EQ(webhooks.forgotten, std::vector{second});
}

}  // namespace
}  // namespace clamor::eventsub
