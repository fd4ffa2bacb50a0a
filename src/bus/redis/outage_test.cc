// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bus/redis/envelope.h"
#include "bus/redis/link_fixture.h"
#include "bus/redis/redis_server_fixture.h"

/// Redis is killed, paused, emptied, or talks nonsense.
namespace clamor::bus::redis {
namespace {

using testing::Contains;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr ChannelId kLobby{1000};
constexpr ChannelId kQuiet{1001};

class OutageTest : public testing::Test {
  protected:
    void SetUp() override {
        for (TestNode* node : nodes_) {
            node->bus->subscribe(kLobby, {});
            ASSERT_TRUE(shard_.until([&] { return node->keeper.subscribed == 1; }));
        }
    }
    bool connected(bool wanted) {
        return shard_.until([&] {
            return std::ranges::all_of(
                nodes_, [&](const TestNode* node) { return node->link->connected() == wanted; });
        });
    }
    /// Each node says so many things.
    void say(const std::string& what, int each) {
        for (int i = 0; i < each; ++i) {
            for (TestNode* node : nodes_) {
                node->bus->publish(
                    kLobby, what + std::to_string(node->link->node()) + "." + std::to_string(i));
                ++said_;
            }
        }
    }
    bool all_arrived() {
        return shard_.until([&] {
            return std::ranges::all_of(nodes_, [&](const TestNode* node) {
                return node->keeper.in_order().size() >= said_;
            });
        });
    }
    void expect_one_order_without_loss() {
        const auto order = a_.keeper.in_order();
        EXPECT_THAT(order, SizeIs(said_));
        EXPECT_EQ(std::set<std::string>(order.begin(), order.end()).size(), said_);
        for (const TestNode* node : nodes_) {
            EXPECT_EQ(node->keeper.in_order(), order);
            const auto seen = node->keeper.seen();
            EXPECT_THAT(seen, SizeIs(said_));
            EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), said_);
        }
        Position last;
        for (const auto& kept : a_.keeper.received) {
            if (kept.turn == Turn::early) {
                EXPECT_EQ(kept.position, Position{});
                continue;
            }
            EXPECT_LT(last, kept.position);
            EXPECT_LT(last.sequence, kept.position.sequence);
            last = kept.position;
        }
    }

    /// As if what a_ publishes next had been before, behind `last`, and neither its answer nor the
    /// stream had reached the node.
    Position publish_unnoticed(Position last) {
        const Position place{.epoch = last.epoch, .sequence = last.sequence + 1};
        const std::string node = "n0000000000000001";
        const std::uint64_t number =
            std::stoull(server_.cli("--raw hget clamor:{1000}:head " + node)) + 1;
        server_.cli("hset clamor:{1000}:head " + node + " " + std::to_string(number) +
                    " sequence " + std::to_string(place.sequence));
        server_.cli("hset clamor:{1000}:" + node + " 999 '" + std::to_string(number) + " " +
                    to_entry_id(place) + "'");
        return place;
    }

    RedisServer server_;
    TestShard shard_;
    TestNode a_{server_.url(), 1, shard_};
    TestNode b_{server_.url(), 2, shard_};
    TestNode c_{server_.url(), 3, shard_};
    const std::vector<TestNode*> nodes_{&a_, &b_, &c_};
    std::size_t said_ = 0;
};

TEST_F(OutageTest, LosesAndDoublesNothingWhenRedisIsKilledAndComesBackEmpty) {
    say("before", 20);
    ASSERT_TRUE(all_arrived());
    server_.kill();
    ASSERT_TRUE(connected(false));
    say("during", 50);
    ASSERT_TRUE(shard_.until([&] { return a_.keeper.seen().size() == 60 + 50; }));
    server_.start();
    ASSERT_TRUE(all_arrived());
    say("after", 20);
    ASSERT_TRUE(all_arrived());
    expect_one_order_without_loss();
    EXPECT_EQ(a_.link->counters().kept.value(), 0u);
}

TEST_F(OutageTest, LosesAndDoublesNothingWhatIsUnderWayWhenRedisIsKilled) {
    for (int round = 0; round < 5; ++round) {
        say("round" + std::to_string(round) + ".", 100);
        shard_.run_for(std::chrono::milliseconds(3));
        server_.kill();
        say("away" + std::to_string(round) + ".", 20);
        server_.start();
    }
    ASSERT_TRUE(shard_.until([&] {
        return std::ranges::all_of(
            nodes_, [](const TestNode* node) { return node->link->counters().kept.value() == 0; });
    }));
    say("last", 1);
    ASSERT_TRUE(shard_.until([&] {
        return std::ranges::all_of(nodes_, [](const TestNode* node) {
            const auto order = node->keeper.in_order();
            return std::ranges::count_if(
                       order, [](const std::string& one) { return one.starts_with("last"); }) == 3;
        });
    }));
    // What one node received and another did not before the kill is not in the empty Redis: the log
    // has it. But each has what it said itself, nobody has anything twice, and a place has one
    // message.
    std::map<Position, std::string> places;
    for (const TestNode* node : nodes_) {
        const auto seen = node->keeper.seen();
        EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), seen.size());
        std::size_t own = 0;
        for (const auto& kept : node->keeper.received) {
            if (kept.turn == Turn::early) continue;
            own += kept.published_here;
            EXPECT_EQ(places.emplace(kept.position, kept.bytes).first->second, kept.bytes);
        }
        EXPECT_EQ(own, said_ / 3);
    }
}

TEST_F(OutageTest, GivesNoSequenceAgainToNodesThatKnowNothingOfTheLostOnes) {
    std::set<std::uint64_t> given;
    for (std::uint64_t run = 1; run <= 3; ++run) {
        TestNode node(server_.url(), 100 + run, shard_);
        node.bus->subscribe(kQuiet, {});
        for (const char* text : {"a", "b"}) node.bus->publish(kQuiet, text);
        ASSERT_TRUE(shard_.until([&] { return node.keeper.in_order().size() == 2; }));
        for (const auto& kept : node.keeper.received) {
            const bool placed = kept.turn != Turn::early;
            EXPECT_TRUE(!placed || given.insert(kept.position.sequence).second);
        }
        // What it gave is lost, and the next one comes a second later at least.
        server_.kill();
        shard_.run_for(std::chrono::milliseconds(1100));
        server_.start();
    }
    EXPECT_THAT(given, SizeIs(6));
}

TEST_F(OutageTest, ServesItsOwnViewersWhileRedisHangsAndGivesOneOrderAfterwards) {
    say("before", 5);
    ASSERT_TRUE(all_arrived());
    server_.pause();
    say("first", 5);
    ASSERT_TRUE(shard_.until([&] { return a_.keeper.seen().size() == 15 + 5; }));
    ASSERT_TRUE(connected(false));
    say("second", 5);
    ASSERT_TRUE(shard_.until([&] { return a_.keeper.seen().size() == 15 + 10; }));
    // Longer than the connections are kept, so that what was sent on them is sent again.
    ASSERT_TRUE(shard_.until([&] { return a_.link->counters().failures.value() > 0; }));
    say("third", 5);
    server_.go_on();
    ASSERT_TRUE(all_arrived());
    say("after", 5);
    ASSERT_TRUE(all_arrived());
    expect_one_order_without_loss();
}

TEST_F(OutageTest, PublishesWhatWaitedAtAPaceAndTheRestBehindIt) {
    server_.kill();
    ASSERT_TRUE(connected(false));
    say("first", 1);
    shard_.run_for(std::chrono::seconds(3));
    say("second", 1);
    server_.start();
    ASSERT_TRUE(shard_.until([&] {
        const auto order = a_.keeper.in_order();
        return std::ranges::find(order, "first1.0") != order.end();
    }));
    EXPECT_THAT(a_.keeper.in_order(), Not(Contains("second1.0")));
    say("third", 1);
    ASSERT_TRUE(shard_.until([&] { return a_.keeper.seen().back() == "third1.0"; }));
    EXPECT_EQ(a_.keeper.received.back().turn, Turn::early);
    ASSERT_TRUE(all_arrived());
    say("fourth", 1);
    ASSERT_TRUE(all_arrived());
    expect_one_order_without_loss();
    EXPECT_EQ(a_.keeper.received.back().turn, Turn::in_order);
}

TEST_F(OutageTest, CatchesUpFromTheStreamAfterALostConnection) {
    say("before", 5);
    ASSERT_TRUE(all_arrived());
    // Only the subscriptions of all nodes; then what is said meanwhile is read.
    server_.cli("client kill type pubsub");
    say("meanwhile", 200);
    ASSERT_TRUE(all_arrived());
    expect_one_order_without_loss();
    for (const TestNode* node : nodes_) EXPECT_THAT(node->keeper.gaps, IsEmpty());
}

TEST_F(OutageTest, AnnouncesWhatTheStreamDoesNotHaveAnyMore) {
    TestNode small(server_.url(), 9, shard_, 1);
    small.bus->subscribe(kLobby, {});
    ASSERT_TRUE(shard_.until([&] { return small.keeper.subscribed == 1; }));
    say("before", 1);
    ASSERT_TRUE(all_arrived());
    const Position before = a_.keeper.received.back().position;
    // Nobody is told of these. Redis trims whole blocks of a hundred entries.
    server_.cli("eval \"for i=1,300 do redis.call('xadd',KEYS[1],'" + std::to_string(before.epoch) +
                "-'..string.format('%.0f'," + std::to_string(before.sequence) +
                "+i),'e','x') end redis.call('xtrim',KEYS[1],'maxlen',10) return 1\" 1 "
                "clamor:{1000}:stream");
    server_.cli("client kill type pubsub");
    ASSERT_TRUE(shard_.until([&] { return !a_.keeper.gaps.empty(); }));
    EXPECT_EQ(a_.keeper.gaps[0].first, before);
    EXPECT_EQ(a_.keeper.gaps[0].second.sequence, before.sequence + 291);
}

TEST_F(OutageTest, SaysThatMoreMayBeLostThanIsKnownWhenRedisComesBackInAnotherRun) {
    say("before", 1);
    ASSERT_TRUE(all_arrived());
    const Position last = a_.keeper.received.back().position;
    server_.kill();
    ASSERT_TRUE(connected(false));
    server_.start();
    ASSERT_TRUE(shard_.until([&] { return !a_.keeper.gaps.empty(); })) << "nothing need follow";
    ASSERT_THAT(a_.keeper.gaps, SizeIs(1));
    EXPECT_EQ(a_.keeper.gaps[0].first, last);
    EXPECT_TRUE(is_doubt(a_.keeper.gaps[0].second));
    const std::uint64_t no_later = a_.keeper.gaps[0].second.epoch;
    EXPECT_LT(last.epoch, no_later);
    say("after", 1);
    ASSERT_TRUE(all_arrived());
    EXPECT_LE(no_later, a_.keeper.received.back().position.epoch);
}

TEST_F(OutageTest, AsksAgainWhatAnotherRunMayHaveLostWhereTheServerGoesBeforeItHasAnswered) {
    // Whoever reads the stream's head is refused until all keys are allowed.
    RedisServer server({"--user", "default", "on", "nopass", "+@all", "&*", "~clamor:{probe}:*",
                        "~clamor:{1000}:stream"});
    server.cli("acl setuser default allkeys");
    TestNode node(server.url(), 9, shard_);
    node.bus->subscribe(kLobby, {});
    node.bus->publish(kLobby, "before");
    ASSERT_TRUE(shard_.until([&] { return node.keeper.in_order().size() == 1; }));
    server.kill();
    ASSERT_TRUE(shard_.until([&] { return !node.link->connected(); }));
    server.start();
    ASSERT_TRUE(
        shard_.until([&] { return server.cli("acl log 1").find("head") != std::string::npos; }));
    EXPECT_THAT(node.keeper.gaps, IsEmpty());
    server.cli("acl setuser default allkeys");
    ASSERT_TRUE(shard_.until([&] { return !node.keeper.gaps.empty(); }));
    EXPECT_EQ(node.keeper.gaps[0].first, node.keeper.received.back().position);
    EXPECT_TRUE(is_doubt(node.keeper.gaps[0].second));
}

TEST_F(OutageTest, TheFirstEventThatAStreamHasMayNotBeTheFirstOneWhereItWasReadInNoRun) {
    server_.cli("xadd clamor:{1001}:stream 5-" + std::to_string(limits::kEpochSkip + 1) +
                " e rubbish");
    server_.pause();
    a_.bus->subscribe(kQuiet, {});
    ASSERT_TRUE(shard_.until([&] { return a_.keeper.subscribed == 2; })) << "the server is away";
    server_.go_on();
    ASSERT_TRUE(shard_.until([&] { return !a_.keeper.gaps.empty(); }));
    EXPECT_EQ(a_.keeper.gaps[0].first, Position{});
    EXPECT_EQ(a_.keeper.gaps[0].second, (Position{5, limits::kEpochSkip + 1}));
}

TEST_F(OutageTest, IsToldThePlaceThatTheStreamDoesNotHaveAnyMoreOfWhatItSendsAgain) {
    say("before", 1);
    ASSERT_TRUE(all_arrived());
    const Position before = a_.keeper.received.back().position;
    const Position place = publish_unnoticed(before);
    b_.bus->publish(kLobby, "behind it");
    ASSERT_TRUE(shard_.until([&] { return a_.keeper.seen().back() == "behind it"; }));
    a_.bus->publish(kLobby, "sent again");
    ASSERT_TRUE(shard_.until([&] { return a_.link->counters().kept.value() == 0; }));
    ASSERT_TRUE(shard_.until([&] { return a_.keeper.in_order().back() == "sent again"; }));
    EXPECT_EQ(a_.keeper.received.back().position, place);
    EXPECT_EQ(a_.keeper.received.back().turn, Turn::late);
    EXPECT_EQ(a_.link->counters().lost.value(), 0u);
}

TEST_F(OutageTest, HandsOutWhatTheStreamHasPassedOverAlsoWhereNothingOfItsOwnFollows) {
    say("before", 1);
    ASSERT_TRUE(all_arrived());
    const Position place = publish_unnoticed(a_.keeper.received.back().position);
    const Position behind{.epoch = place.epoch, .sequence = place.sequence + 1};
    server_.cli("xadd clamor:{1000}:stream " + to_entry_id(behind) + " e rubbish");
    a_.bus->publish(kLobby, "passed over");
    ASSERT_TRUE(shard_.until([&] { return a_.keeper.in_order().back() == "passed over"; }));
    EXPECT_EQ(a_.keeper.received.back().position, place);
    EXPECT_EQ(a_.link->counters().kept.value(), 0u);
}

TEST_F(OutageTest, IgnoresWhatIsNoMessageOfOurs) {
    server_.cli("publish clamor:{1000} rubbish");
    server_.cli("publish clamor:{1000} '9999999999999-1 rubbish'");
    server_.cli("publish clamor:{nonsense} x");
    server_.cli("xadd clamor:{1000}:stream '*' other field");
    say("after", 3);
    ASSERT_TRUE(all_arrived());
    EXPECT_THAT(a_.keeper.in_order(), SizeIs(9));
    EXPECT_GE(a_.link->counters().foreign.value(), 2u);
}

TEST_F(OutageTest, FindsItsScriptsAgainWhenRedisHasForgottenThem) {
    say("before", 2);
    ASSERT_TRUE(all_arrived());
    server_.cli("script flush");
    say("after", 2);
    ASSERT_TRUE(all_arrived());
    expect_one_order_without_loss();
}

}  // namespace
}  // namespace clamor::bus::redis
