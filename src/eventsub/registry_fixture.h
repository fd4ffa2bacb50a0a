// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "eventsub/registry.h"
#include "eventsub/types.h"
#include "store/memory_catalog.h"
#include "tests/fakes/manual_cluster.h"

namespace clamor::eventsub {

struct FakeShard final : ShardPort {
    bool add(const Link& link, SubscriptionRef subscription) override {
        if (!alive) return false;
        added.push_back(link.session + " " + subscription->id);
        return true;
    }
    void remove(const Link&, const std::string& id) override { removed.push_back(id); }
    std::vector<MessageId> supersede(const Link& link) override {
        superseded.push_back(link);
        return {MessageId::from_random(4, 5)};
    }
    void go_on(const Link& link, const std::vector<MessageId>& ids) override {
        going_on.push_back(link);
        told = ids;
    }
    void reconnect_all() override { ++reconnects; }
    void add_webhook(SubscriptionRef subscription) override {
        webhooks.push_back(std::move(subscription));
    }
    void remove_webhook(const std::string& id) override { removed.push_back(id); }

    bool alive = true;
    std::vector<std::string> added;
    std::vector<std::string> removed;
    std::vector<Link> superseded;
    std::vector<Link> going_on;
    std::vector<MessageId> told;
    int reconnects = 0;
    std::vector<SubscriptionRef> webhooks;
};

inline std::vector<std::string> all_scopes() {
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

    CreateRequest webhook(std::string type = "channel.chat.message") {
        auto hook = request(std::move(type));
        hook.method = "webhook";
        hook.callback = "https://bot.example.org/events";
        hook.secret = "a secret of some length";
        return hook;
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

}  // namespace clamor::eventsub
