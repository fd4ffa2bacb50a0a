// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "eventsub/dispatcher.h"
#include "store/memory_catalog.h"
#include "tests/fakes/manual_cluster.h"

namespace clamor::eventsub {

/// A client that writes down what it is sent.
struct Client final : Transport {
    void send(std::string_view head, std::string_view body) override {
        frames.push_back(nlohmann::json::parse(std::string(head) + std::string(body)));
    }
    void ping() override { ++pings; }
    Waiting waiting() const override { return queued; }
    void close(std::uint16_t code, std::string_view) override { closed_with = code; }

    std::string session() const { return frames.at(0)["payload"]["session"]["id"]; }
    std::vector<nlohmann::json> of_type(std::string_view type) const {
        std::vector<nlohmann::json> found;
        for (const auto& frame : frames) {
            if (frame["metadata"]["message_type"] == type) found.push_back(frame);
        }
        return found;
    }
    std::vector<nlohmann::json> notifications() const { return of_type("notification"); }
    std::vector<std::string> texts() const {
        std::vector<std::string> said;
        for (const auto& one : notifications())
            said.push_back(one["payload"]["event"]["message"]["text"]);
        return said;
    }
    /// Of the reconnect URL that it was told.
    std::string key() const {
        const std::string url =
            of_type("session_reconnect").at(0)["payload"]["session"]["reconnect_url"];
        return url.substr(url.rfind('=') + 1);
    }

    std::vector<nlohmann::json> frames;
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
        bodies.push_back(nlohmann::json::parse(body));
    }
    void revoke(SubscriptionRef, const MessageId&, std::string body) override {
        revocations.push_back(nlohmann::json::parse(body));
    }
    void forget(const std::string& id) override { forgotten.push_back(id); }
    void set_on_failed(std::function<void(const std::string&)> on_failed) override {
        failed = std::move(on_failed);
    }

    std::vector<SubscriptionRef> verifying;
    std::function<void(bool)> done;
    std::function<void(const std::string&)> failed;  ///< of the last shard
    std::vector<nlohmann::json> bodies;
    std::vector<nlohmann::json> revocations;
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
    chat::Moderation act(chat::ModAction action, const chat::User& target) {
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

}  // namespace clamor::eventsub
