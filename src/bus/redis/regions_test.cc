// SPDX-License-Identifier: Apache-2.0
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bus/redis/contract_fixture.h"
#include "bus/redis/link_fixture.h"
#include "bus/redis/redis_server_fixture.h"
#include "bus/regions_bus.h"

/// Two regions, with a Redis each.
namespace clamor::bus::redis {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr ChannelId kLobby{1000};

/// A node in one of them.
struct RegionNode {
    RegionNode(const std::vector<const RedisServer*>& servers, unsigned own, std::uint64_t id,
               TestShard& shard) {
        std::vector<RegionsBus::MakeBus> make;
        for (unsigned region = 0; region < servers.size(); ++region) {
            auto started = Link::start({.url = *parse_url(servers[region]->url()),
                                        .node = id,
                                        .seed = id,
                                        .region = region,
                                        .follows = region != own},
                                       resolver);
            EXPECT_TRUE(started) << started.error().to_string();
            links.push_back(*std::move(started));
            make.emplace_back([link = links.back().get(), &shard](Receiver& to) {
                return link->make_bus(to, shard.scheduler());
            });
        }
        bus = std::make_unique<RegionsBus>(keeper, own, make);
    }
    ~RegionNode() {
        for (const auto& link : links) link->stop(std::chrono::milliseconds(0));
    }
    /// What it was handed of a region, in the order of the positions.
    std::vector<std::string> of(unsigned region) const {
        std::vector<std::string> texts;
        for (const Keeper::Kept& kept : keeper.received) {
            if (kept.turn != Turn::early && kept.position.region() == region)
                texts.push_back(kept.bytes);
        }
        return texts;
    }

    reactor::WorkerPool resolver{1, 100};
    Keeper keeper;
    std::vector<std::unique_ptr<Link>> links;
    std::unique_ptr<RegionsBus> bus;
};

class RegionsTest : public testing::Test {
  protected:
    void SetUp() override {
        here_.bus->subscribe(kLobby, Position::before_first(0),
                             std::vector{Position::before_first(1)});
        there_.bus->subscribe(kLobby, Position::before_first(1),
                              std::vector{Position::before_first(0)});
        ASSERT_TRUE(shard_.until(
            [&] { return here_.keeper.subscribed == 1 && there_.keeper.subscribed == 1; }));
    }
    void say(const std::string& what, int times) {
        for (int i = 0; i < times; ++i) {
            here_.bus->publish(kLobby, what + std::to_string(i));
            there_.bus->publish(kLobby, what + std::to_string(i));
        }
        each_ += static_cast<std::size_t>(times);
    }
    bool has_all(const RegionNode& node, unsigned region) {
        return shard_.until([&] { return node.of(region).size() >= each_; });
    }
    void expect_all_once_and_in_order() {
        for (const unsigned region : {0u, 1u}) {
            const auto order = here_.of(region);
            EXPECT_EQ(order, there_.of(region));
            EXPECT_EQ(order.size(), each_);
            EXPECT_EQ(std::set<std::string>(order.begin(), order.end()).size(), each_);
        }
        for (const RegionNode* node : {&here_, &there_}) {
            std::map<unsigned, Position> last;
            for (const Keeper::Kept& kept : node->keeper.received) {
                if (kept.turn == Turn::early) continue;
                EXPECT_LT(last[kept.position.region()], kept.position);
                last[kept.position.region()] = kept.position;
                EXPECT_EQ(kept.published_here,
                          kept.position.region() == (node == &here_ ? 0u : 1u));
            }
        }
    }

    RedisServer eu_, us_;
    TestShard shard_;
    RegionNode here_{{&eu_, &us_}, 0, 1, shard_};
    RegionNode there_{{&eu_, &us_}, 1, 2, shard_};
    std::size_t each_ = 0;
};

TEST_F(RegionsTest, EachRegionsMessagesComeEverywhereOnceAndInItsOrder) {
    say("a", 200);
    for (const unsigned region : {0u, 1u})
        ASSERT_TRUE(has_all(here_, region) && has_all(there_, region));
    expect_all_once_and_in_order();
    EXPECT_EQ(here_.of(0).front(), "a0");
    EXPECT_EQ(here_.keeper.received.front().position.sequence % limits::kEpochSkip, 1u)
        << "a new history begins with 1, behind whole steps";
}

TEST_F(RegionsTest, NothingIsPublishedInAnotherRegion) {
    say("a", 3);
    ASSERT_TRUE(has_all(here_, 1) && has_all(there_, 0));
    EXPECT_EQ(eu_.cli("xlen clamor:{1000}:stream"), "3\n");
    EXPECT_EQ(us_.cli("xlen clamor:{1000}:stream"), "3\n");
}

TEST_F(RegionsTest, WhatWasMissedOfAnotherRegionIsCaughtUpWith) {
    say("before", 5);
    ASSERT_TRUE(has_all(here_, 1) && has_all(there_, 0));
    us_.pause();
    for (int i = 0; i < 50; ++i) here_.bus->publish(kLobby, "meanwhile" + std::to_string(i));
    ASSERT_TRUE(shard_.until([&] { return here_.of(0).size() == 55; }));
    EXPECT_TRUE(shard_.until([&] { return !here_.links[1]->connected(); }));
    EXPECT_TRUE(here_.links[0]->connected()) << "the own region goes on";
    for (int i = 0; i < 50; ++i) there_.bus->publish(kLobby, "meanwhile" + std::to_string(i));
    us_.go_on();
    each_ += 50;
    for (const unsigned region : {0u, 1u})
        ASSERT_TRUE(has_all(here_, region) && has_all(there_, region));
    us_.cli("client kill type pubsub");
    eu_.cli("client kill type pubsub");
    say("after", 50);
    for (const unsigned region : {0u, 1u})
        ASSERT_TRUE(has_all(here_, region) && has_all(there_, region));
    expect_all_once_and_in_order();
    EXPECT_THAT(here_.keeper.gaps, IsEmpty());
}

TEST_F(RegionsTest, ARegionThatIsAwayDoesNotKeepAChannelFromStarting) {
    us_.kill();
    ASSERT_TRUE(shard_.until([&] { return !here_.links[1]->connected(); }));
    constexpr ChannelId kOther{1001};
    here_.bus->subscribe(kOther, Position::before_first(0), std::vector{Position::before_first(1)});
    ASSERT_TRUE(shard_.until([&] { return here_.keeper.subscribed == 2; }));
    here_.bus->publish(kOther, "alone");
    ASSERT_TRUE(shard_.until([&] { return here_.of(0).size() == 1; }));
    us_.start();
    there_.bus->subscribe(kOther, Position::before_first(1), {});
    there_.bus->publish(kOther, "back");
    ASSERT_TRUE(shard_.until([&] { return here_.of(1).size() == 1; }));
    EXPECT_THAT(here_.of(1), ElementsAre("back"));
}

TEST_F(RegionsTest, NodesThatNumberTheRegionsOtherwiseAreNotMistaken) {
    RegionNode wrong({&us_, &eu_}, 0, 3, shard_);
    wrong.bus->subscribe(kLobby, Position::before_first(0), std::vector{Position::before_first(1)});
    ASSERT_TRUE(shard_.until([&] { return wrong.keeper.subscribed == 1; }));
    say("a", 5);
    for (const unsigned region : {0u, 1u})
        ASSERT_TRUE(has_all(here_, region) && has_all(there_, region));
    ASSERT_TRUE(shard_.until([&] {
        return wrong.links[0]->counters().foreign.value() == 5 &&
               wrong.links[1]->counters().foreign.value() == 5;
    }));
    EXPECT_THAT(wrong.keeper.received, IsEmpty());
    expect_all_once_and_in_order();
}

TEST(RegionOfOldRedis, BeginsItsOwnSequencesBehindThoseFromBefore) {
    RedisServer server;
    TestShard shard;
    {
        TestNode before(server.url(), 1, shard);
        before.bus->subscribe(kLobby, {});
        before.bus->publish(kLobby, "old");
        ASSERT_TRUE(shard.until([&] { return before.keeper.received.size() == 1; }));
    }
    RedisServer other;
    RegionNode node({&other, &server}, 1, 2, shard);
    node.bus->subscribe(kLobby, Position::before_first(1), std::vector{Position::before_first(0)});
    ASSERT_TRUE(shard.until([&] { return node.keeper.subscribed == 1; }));
    node.bus->publish(kLobby, "new");
    ASSERT_TRUE(shard.until([&] { return node.of(1).size() == 1; }));
    EXPECT_THAT(node.of(1), ElementsAre("new"));
}

}  // namespace
}  // namespace clamor::bus::redis
