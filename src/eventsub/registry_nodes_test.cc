// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <memory>
#include <set>

#include "eventsub/registry_fixture.h"

/// Several nodes that know each other's webhooks.
namespace clamor::eventsub {
namespace {

/// A second node on the same catalog. What either tells reaches the other, while `news` is true.
class NodesTest : public RegistryTest {
  protected:
    NodesTest() {
        for (std::size_t i = 0; i < 2; ++i) {
            nodes[i] = std::make_unique<Registry>(
                cluster, catalog,
                Registry::Options{
                    .random = [this] { return random += 0x9E3779B97F4A7C15ull; },
                    .webhooks = true,
                    .nodes = {.tell =
                                  [this, i](const std::string& id, std::string_view status) {
                                      if (news) nodes[1 - i]->webhook_changed(id, status, now());
                                  },
                              .claim = [this](const std::string& id,
                                              auto done) { done(claimed.insert(id).second); }}});
            for (std::size_t shard = 0; shard < 2; ++shard)
                nodes[i]->attach(cluster.shard(shard), ports[i][shard]);
        }
    }
    std::string make(std::size_t node) {
        std::string id;
        nodes[node]->create(webhook(), caller, now(), [&](const Registry::CreateAnswer& answer) {
            id = answer->subscription.id;
        });
        cluster.run();
        return id;
    }
    /// Of the ones that a node's shards were given.
    std::vector<Status> given(std::size_t node) {
        std::vector<Status> statuses;
        for (const FakeShard& port : ports[node]) {
            for (const auto& one : port.webhooks) statuses.push_back(one->status);
        }
        return statuses;
    }
    std::size_t removed(std::size_t node) {
        return ports[node][0].removed.size() + ports[node][1].removed.size();
    }
    std::size_t listed(std::size_t node) {
        return nodes[node]->list({}, caller, now())->subscriptions.size();
    }

    bool news = true;
    std::set<std::string> claimed;
    std::array<std::array<FakeShard, 2>, 2> ports;
    std::array<std::unique_ptr<Registry>, 2> nodes;
};

TEST_F(NodesTest, KnowTheWebhooksOfEachOtherAndAskOnce) {
    using enum Status;
    const std::string id = make(0);
    EXPECT_EQ(given(0), std::vector{webhook_callback_verification_pending});
    EXPECT_TRUE(given(1).empty()) << "who made it asks";
    EXPECT_EQ(listed(1), 1u);
    nodes[0]->set_status(id, enabled, now());
    cluster.run();
    EXPECT_EQ(given(1), std::vector{enabled});
    EXPECT_FALSE(nodes[1]->remove(id, caller));
    cluster.run();
    EXPECT_EQ(removed(0), 1u);
    EXPECT_EQ(listed(0), 0u);
}

TEST_F(NodesTest, SayTheLastWordOnce) {
    const std::string id = make(0);
    nodes[0]->set_status(id, Status::enabled, now());
    cluster.run();
    int words = 0;
    for (const auto& node : nodes)
        node->set_status(id, Status::moderator_removed, now(), [&](const auto&) { ++words; });
    cluster.run();
    EXPECT_EQ(words, 1);
    for (const auto& node : nodes)
        EXPECT_EQ(node->list({}, caller, now())->subscriptions.at(0).status,
                  Status::moderator_removed);
}

TEST_F(NodesTest, FindInTheCatalogWhatNewsDidNotTell) {
    using enum Status;
    news = false;
    const std::string id = make(0);
    nodes[0]->set_status(id, enabled, now());
    cluster.run();
    EXPECT_EQ(listed(1), 0u);
    nodes[1]->look_at_webhooks(now());
    cluster.run();
    EXPECT_EQ(given(1), std::vector{enabled});
    EXPECT_FALSE(nodes[0]->remove(id, caller));
    cluster.run();
    nodes[1]->look_at_webhooks(now());
    cluster.run();
    EXPECT_EQ(removed(1), 1u);
    EXPECT_EQ(listed(1), 0u);
}

TEST_F(NodesTest, AskACallbackAgainWhoseNodeDied) {
    const std::string id = make(0);
    nodes[1]->look_at_webhooks(now());
    cluster.run();
    EXPECT_TRUE(given(1).empty()) << "the other one may be asking still";
    nodes[1]->look_at_webhooks(now() + limits::kWebhooksLookedAt);
    nodes[1]->look_at_webhooks(now() + limits::kWebhooksLookedAt);
    cluster.run();
    EXPECT_EQ(given(1), std::vector{Status::webhook_callback_verification_pending}) << "by a claim";
}

}  // namespace
}  // namespace clamor::eventsub
