// SPDX-License-Identifier: Apache-2.0
#include "eventsub/dispatcher.h"

#include "eventsub/dispatcher_fixture.h"

namespace clamor::eventsub {
namespace {

using namespace std::chrono_literals;
using chat::ModAction;
using Json = nlohmann::json;

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

TEST_F(DispatcherTest, TellsOfFollowers) {
    Client& client = connect();
    subscribe(&client, "channel.follow", "2");
    subscribe(&client, "channel.chat.message");
    const hub::Followed follow{.channel = channel.id,
                               .follower = chat::person_of(bob),
                               .at = wall_from_unix_ms(1'700'000'000'123)};
    for (auto& dispatcher : dispatchers) dispatcher->on_followed(follow);
    dispatchers[0]->on_followed({.channel = ChannelId(77), .follower = {}, .at = {}});
    const auto told = client.notifications();
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0]["metadata"]["subscription_type"], "channel.follow");
    EXPECT_EQ(told[0]["metadata"]["subscription_version"], "2");
    EXPECT_EQ(told[0]["payload"]["event"],
              Json({{"user_id", std::to_string(bob.id.value)},
                    {"user_login", "bob"},
                    {"user_name", "bob"},
                    {"broadcaster_user_id", std::to_string(channel.id.value)},
                    {"broadcaster_user_login", "streamer"},
                    {"broadcaster_user_name", "streamer"},
                    {"followed_at", "2023-11-14T22:13:20.123000000Z"}}));
}

TEST_F(DispatcherTest, TellsEachChannelOfASharedChatWhatItIsToIt) {
    Client& client = connect();
    for (const char* what : {"begin", "update", "end"})
        subscribe(&client, std::string("channel.shared_chat.") + what);
    const chat::Person own{UserId(channel.id.value), "streamer", "streamer"};
    const chat::Person host{UserId(77), "host", "Host"};
    const chat::SharedChat none{.id = "session", .host = host};
    chat::SharedChat two = none;
    two.participants = {host, own};
    two.updated_at = wall_from_unix_ms(1);
    chat::SharedChat three = two;
    three.participants.push_back({UserId(78), "third", "Third"});
    three.updated_at = wall_from_unix_ms(2);
    chat::SharedChat without = none;
    without.updated_at = wall_from_unix_ms(3);
    const auto tell = [&](const chat::SharedChat& before, const chat::SharedChat& after) {
        for (auto& dispatcher : dispatchers)
            dispatcher->on_shared_chat_changed({.before = before, .after = after});
    };
    tell(none, two);
    tell(two, three);
    tell(three, without);
    // Of others it is not told.
    chat::SharedChat others = none;
    others.participants = {host, {UserId(78), "third", "Third"}};
    tell(none, others);
    const auto told = client.notifications();
    ASSERT_EQ(told.size(), 3u);
    const auto event = [&](std::size_t i) { return told[i]["payload"]["event"]; };
    EXPECT_EQ(told[0]["metadata"]["subscription_type"], "channel.shared_chat.begin");
    EXPECT_EQ(event(0), Json({{"session_id", "session"},
                              {"broadcaster_user_id", std::to_string(channel.id.value)},
                              {"broadcaster_user_login", "streamer"},
                              {"broadcaster_user_name", "streamer"},
                              {"host_broadcaster_user_id", "77"},
                              {"host_broadcaster_user_login", "host"},
                              {"host_broadcaster_user_name", "Host"},
                              {"participants",
                               {{{"broadcaster_user_id", "77"},
                                 {"broadcaster_user_login", "host"},
                                 {"broadcaster_user_name", "Host"}},
                                {{"broadcaster_user_id", std::to_string(channel.id.value)},
                                 {"broadcaster_user_login", "streamer"},
                                 {"broadcaster_user_name", "streamer"}}}}}));
    EXPECT_EQ(told[1]["metadata"]["subscription_type"], "channel.shared_chat.update");
    EXPECT_EQ(event(1)["participants"].size(), 3u);
    EXPECT_EQ(told[2]["metadata"]["subscription_type"], "channel.shared_chat.end");
    EXPECT_FALSE(event(2).contains("participants"));
}

TEST_F(DispatcherTest, PostsOnlyWhatWasPublishedOnThisNode) {
    Client& client = connect();
    subscribe(&client, "channel.chat.message");
    subscribe(nullptr, "channel.chat.message");
    webhooks.done(true);
    cluster.run();
    for (const bool elsewhere : {true, false}) {
        chat::Event event{channel.id, "streamer", {1, ++sequence}, message("hello")};
        event.elsewhere = elsewhere;
        for (std::size_t i = 0; i < kShards; ++i) {
            if (watching[i].contains(channel.id))
                dispatchers[i]->on_event(std::make_shared<const chat::Event>(event));
        }
        cluster.run();
    }
    EXPECT_EQ(client.texts().size(), 2u);
    EXPECT_EQ(webhooks.bodies.size(), 1u);
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
    dispatchers[0]->on_account_changed(bob, false);
    dispatchers[0]->on_account_changed(alice, false);
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
    EXPECT_EQ(client.notifications().size(), 1u) << "it is only announced";
    leaves.number = 4;
    dispatchers[0]->on_raid_left(std::make_shared<const chat::Event>(
        chat::Event{channel.id, "streamer", {1, ++sequence}, leaves}));
    cluster.run();
    const auto told = client.notifications();
    ASSERT_EQ(told.size(), 2u);
    const auto& event = told[1]["payload"]["event"];
    EXPECT_EQ(event["from_broadcaster_user_login"], "streamer");
    EXPECT_EQ(event["to_broadcaster_user_login"], "bob");
    EXPECT_EQ(event["viewers"], 4);
}

TEST_F(DispatcherTest, TellsAShoutoutToTheChannelThatReceivesIt) {
    const auto target = catalog.ensure_channel("bob").value();
    ASSERT_TRUE(catalog.set_role(target.id, alice.id, chat::Role::moderator));
    auto streamer = catalog.find_user("streamer").value().value();
    streamer.display_name = "Streamer";
    ASSERT_TRUE(catalog.update_user(streamer));
    Client& client = connect();
    subscribe(&client, "channel.shoutout.receive", "1", target.id);
    subscribe(&client, "channel.shoutout.receive");
    subscribe(&client, "channel.shoutout.create");
    const auto shoutout = std::make_shared<const chat::Event>(
        chat::Event{channel.id, "streamer", {1, ++sequence}, act(ModAction::shoutout, bob)});
    dispatchers[0]->on_shouted_out(shoutout);
    cluster.run();
    auto told = client.notifications();
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0]["payload"]["subscription"]["condition"]["broadcaster_user_id"],
              std::to_string(bob.id.value));
    EXPECT_EQ(told[0]["payload"]["event"]["from_broadcaster_user_name"], "Streamer");
    EXPECT_EQ(told[0]["payload"]["event"]["broadcaster_user_login"], "bob");
    dispatchers[0]->on_event(shoutout);
    cluster.run();
    told = client.notifications();
    ASSERT_EQ(told.size(), 2u);
    EXPECT_EQ(told[1]["metadata"]["subscription_type"], "channel.shoutout.create");
}

TEST_F(DispatcherTest, WebhooksThatWereVerifiedBeforeAreNotAskedAgain) {
    const std::string id = subscribe(nullptr, "channel.chat.message");
    webhooks.done(true);
    Registry next(cluster, catalog, {.random = [] { return 7u; }, .webhooks = true});
    cluster.run();
    FakeWebhooks sink;
    std::array<std::unique_ptr<Dispatcher>, kShards> fresh;
    for (std::size_t i = 0; i < kShards; ++i)
        fresh[i] = std::make_unique<Dispatcher>(cluster.shard(i), next, Channels{}, &sink,
                                                Dispatcher::Options{});
    ASSERT_TRUE(next.restore_webhooks(cluster.now().wall));
    cluster.run();
    EXPECT_TRUE(sink.verifying.empty());
    const auto event = std::make_shared<const chat::Event>(
        chat::Event{channel.id, "streamer", {1, ++sequence}, message("hello again")});
    for (auto& dispatcher : fresh) dispatcher->on_event(event);
    ASSERT_EQ(sink.bodies.size(), 1u);
    EXPECT_EQ(sink.bodies[0]["subscription"]["id"], id);
    EXPECT_EQ(sink.bodies[0]["event"]["broadcaster_user_login"], "streamer");
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
    cluster.run();
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
