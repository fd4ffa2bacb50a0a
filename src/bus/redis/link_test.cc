// SPDX-License-Identifier: Apache-2.0
#include "bus/redis/link.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bus/bus_contract.h"
#include "bus/redis/contract_fixture.h"
#include "bus/redis/link_fixture.h"
#include "bus/redis/redis_server_fixture.h"

namespace clamor::bus::redis {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;

constexpr ChannelId kLobby{1000};

using RedisFixture = ContractFixture<RedisServer>;
INSTANTIATE_TYPED_TEST_SUITE_P(Redis, BusContract, RedisFixture);

class LinkTest : public testing::Test {
  protected:
    void subscribe(TestNode& node) {
        const int before = node.keeper.subscribed;
        node.bus->subscribe(kLobby, {});
        ASSERT_TRUE(shard_.until([&] { return node.keeper.subscribed > before; }));
    }
    bool received(const TestNode& node, std::size_t messages) {
        return shard_.until([&] { return node.keeper.in_order().size() >= messages; });
    }

    RedisServer server_;
    TestShard shard_;
    TestNode a_{server_.url(), 1, shard_};
    TestNode b_{server_.url(), 2, shard_};
    TestNode c_{server_.url(), 3, shard_};
};

TEST_F(LinkTest, GivesThreeNodesOneOrder) {
    for (TestNode* node : {&a_, &b_, &c_}) subscribe(*node);
    constexpr int kEach = 500;
    for (int i = 0; i < kEach; ++i) {
        a_.bus->publish(kLobby, "a" + std::to_string(i));
        b_.bus->publish(kLobby, "b" + std::to_string(i));
        c_.bus->publish(kLobby, "c" + std::to_string(i));
    }
    for (TestNode* node : {&a_, &b_, &c_}) ASSERT_TRUE(received(*node, 3 * kEach));
    EXPECT_EQ(a_.keeper.seen(), b_.keeper.seen());
    EXPECT_EQ(a_.keeper.seen(), c_.keeper.seen());
    EXPECT_EQ(a_.keeper.received.size(), 3u * kEach);
    for (std::size_t i = 1; i < a_.keeper.received.size(); ++i) {
        ASSERT_EQ(a_.keeper.received[i].position.sequence,
                  a_.keeper.received[i - 1].position.sequence + 1);
        ASSERT_EQ(a_.keeper.received[i].position, b_.keeper.received[i].position);
    }
    std::size_t published_here = 0;
    for (TestNode* node : {&a_, &b_, &c_}) {
        for (const auto& kept : node->keeper.received) published_here += kept.published_here;
    }
    EXPECT_EQ(published_here, 3u * kEach);
}

TEST_F(LinkTest, GivesWhatTheLogDoesNotHaveYetBeforeItSaysThatASubscriptionHolds) {
    subscribe(a_);
    for (int i = 0; i < 5; ++i) a_.bus->publish(kLobby, std::to_string(i));
    ASSERT_TRUE(received(a_, 5));
    b_.bus->subscribe(kLobby, a_.keeper.received[1].position);
    ASSERT_TRUE(shard_.until([&] { return b_.keeper.subscribed > 0; }));
    EXPECT_THAT(b_.keeper.seen(), ElementsAre("2", "3", "4"));
}

}  // namespace
}  // namespace clamor::bus::redis
