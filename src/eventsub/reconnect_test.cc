// SPDX-License-Identifier: Apache-2.0
#include "eventsub/dispatcher_fixture.h"

/// Sessions that go on over another connection.
namespace clamor::eventsub {
namespace {

using namespace std::chrono_literals;

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
    // Until the old shard has heard of it the new connection is not welcomed: what both are to tell
    // is told by the old one, and what only the new one hears of waits there.
    const auto both = std::make_shared<const chat::Event>(
        chat::Event{channel.id, "streamer", {1, ++sequence}, message("two")});
    for (auto& dispatcher : dispatchers) dispatcher->on_event(both);
    dispatchers[1]->on_event(std::make_shared<const chat::Event>(
        chat::Event{channel.id, "streamer", {1, ++sequence}, message("three")}));
    EXPECT_TRUE(next.frames.empty());
    cluster.run();
    EXPECT_EQ(next.session(), old.session());
    happen(message("four"));
    EXPECT_EQ(old.texts(), (std::vector<std::string>{"one", "two"}));
    EXPECT_EQ(next.texts(), (std::vector<std::string>{"three", "four"}));
    EXPECT_EQ(next.frames[0]["metadata"]["message_type"], "session_welcome");
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

TEST_F(DispatcherTest, AReconnectWaitsForWhatTheOldConnectionHoldsBack) {
    Client& old = connect();
    subscribe(&old, "channel.chat.message");
    dispatchers[0]->reconnect_all();
    cluster.workers_stopped = true;
    happen(message("hi @somebody"));
    EXPECT_TRUE(old.notifications().empty()) << "it waits for who that is";
    Client& next = connect(1, {.session = old.session(), .key = old.key()});
    cluster.run();
    EXPECT_EQ(old.texts(), std::vector<std::string>{"hi @somebody"});
    EXPECT_TRUE(next.notifications().empty());
    EXPECT_EQ(next.of_type("session_welcome").size(), 1u);
    dispatchers[1]->disconnect(next.handle, false);
}

TEST_F(DispatcherTest, AReconnectDoesNotWaitLongForTheOldShard) {
    Client& old = connect();
    subscribe(&old, "channel.chat.message");
    dispatchers[0]->reconnect_all();
    cluster.stuck = 0;
    Client& next = connect(1, {.session = old.session(), .key = old.key()});
    dispatchers[1]->on_event(std::make_shared<const chat::Event>(
        chat::Event{channel.id, "streamer", {1, ++sequence}, message("one")}));
    cluster.advance(limits::kTakeOver - 1ms);
    EXPECT_TRUE(next.frames.empty());
    cluster.advance(1ms);
    EXPECT_EQ(next.texts(), std::vector<std::string>{"one"});
    cluster.stuck = {};
    cluster.run();
    EXPECT_EQ(next.frames.size(), 2u) << "welcomed once, told once";
    dispatchers[1]->disconnect(next.handle, false);
}

TEST_F(DispatcherTest, AReconnectThatFallsOverAtOnceEndsTheSession) {
    Client& old = connect();
    const std::string id = subscribe(&old, "channel.chat.message");
    dispatchers[0]->reconnect_all();
    Client& next = connect(1, {.session = old.session(), .key = old.key()});
    dispatchers[1]->disconnect(next.handle, true);
    cluster.run();
    EXPECT_TRUE(next.frames.empty());
    EXPECT_EQ(status_of(id), Status::websocket_network_error);
    EXPECT_TRUE(watching[0].empty());
    EXPECT_TRUE(watching[1].empty());
}

TEST_F(DispatcherTest, NamesTheUrlByWhichTheClientCame) {
    Client& client = connect(0, {.base = "wss://chat.example.org/ws"});
    subscribe(&client, "channel.chat.message");
    registry.reconnect_all();
    cluster.run();
    const std::string url =
        client.of_type("session_reconnect").at(0)["payload"]["session"]["reconnect_url"];
    EXPECT_TRUE(url.starts_with("wss://chat.example.org/ws?session=")) << url;
}

TEST_F(DispatcherTest, AStopEndsSessionsAtOnce) {
    Client& client = connect();
    const std::string id = subscribe(&client, "channel.chat.message");
    dispatchers[0]->close_all();
    EXPECT_EQ(client.closed_with, 1012);
    EXPECT_TRUE(client.of_type("session_reconnect").empty()) << "nobody could go on with it";
    EXPECT_EQ(status_of(id), Status::websocket_disconnected);
}

TEST_F(DispatcherTest, RefusesAReconnectThatNobodyAskedFor) {
    Client& client = connect();
    Client& thief = connect(0, {.session = client.session(), .key = "guessed"});
    EXPECT_EQ(thief.closed_with, 4007);
    EXPECT_TRUE(thief.frames.empty());
    EXPECT_EQ(client.closed_with, 0);
}

}  // namespace
}  // namespace clamor::eventsub
