// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <map>
#include <random>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"
#include "reactor/loop.h"
#include "reactor/network.h"
#include "reactor/send_queue.h"
#include "reactor/timer_wheel.h"

namespace clamor::reactor {

namespace {

using ::testing::ElementsAre;

std::string endpoint_error(std::string_view text) {
    const auto endpoint = Endpoint::parse(text);
    return endpoint ? "no error" : endpoint.error().detail;
}

TEST(Network, ContainsWhatBeginsWithItsBits) {
    const auto holds = [](const char* network, const char* address) {
        return Network::parse(network)->contains(*Endpoint::parse_address(address));
    };
    EXPECT_TRUE(holds("10.0.0.0/8", "10.255.0.1"));
    EXPECT_FALSE(holds("10.0.0.0/8", "11.0.0.1"));
    EXPECT_TRUE(holds("192.0.2.64/26", "192.0.2.127"));
    EXPECT_FALSE(holds("192.0.2.64/26", "192.0.2.128"));
    EXPECT_TRUE(holds("192.0.2.7", "192.0.2.7"));
    EXPECT_FALSE(holds("192.0.2.7", "192.0.2.6"));
    EXPECT_TRUE(holds("0.0.0.0/0", "203.0.113.1"));
    EXPECT_FALSE(holds("0.0.0.0/0", "2001:db8::1")) << "every address of IPv4 only";
    EXPECT_TRUE(holds("::/0", "203.0.113.1"));
    EXPECT_TRUE(holds("2001:db8::/33", "2001:db8:7fff::1"));
    EXPECT_FALSE(holds("2001:db8::/33", "2001:db8:8000::1"));
    EXPECT_TRUE(holds("::ffff:10.0.0.0/104", "10.0.0.1")) << "mapped";
}

TEST(Network, LimitsCountAnIpv4AddressAndAnIpv6Network) {
    const auto counted = [](const char* address) {
        return counted_address(*Endpoint::parse_address(address));
    };
    EXPECT_EQ(counted("192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(counted("::ffff:192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(counted("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
    EXPECT_EQ(counted("2001:db8:1:2::"), "2001:db8:1:2::/64");
    EXPECT_EQ(counted("2001:db8:1:3::6"), "2001:db8:1:3::/64");
    EXPECT_EQ(counted("::1"), "::/64");
}

TEST(Network, IsAnAddressAndPerhapsBits) {
    for (const char* wrong : {"", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x",
                              "10.0.0/8", "::/129", "localhost", "10.0.0.0/8/8", "[::1]"}) {
        const auto network = Network::parse(wrong);
        ASSERT_FALSE(network) << wrong;
        EXPECT_NE(network.error().detail.find("2001:db8::/32"), std::string::npos);
    }
}

TEST(Endpoint, ParsesAndPrints) {
    EXPECT_EQ(Endpoint::parse("127.0.0.1:8080")->to_string(), "127.0.0.1:8080");
    EXPECT_EQ(Endpoint::parse("[::1]:8080")->to_string(), "[::1]:8080");
    EXPECT_EQ(Endpoint::parse(":6667")->to_string(), "[::]:6667");
    EXPECT_EQ(Endpoint::parse("[::ffff:10.0.0.1]:1")->to_string(), "10.0.0.1:1");
    EXPECT_TRUE(Endpoint::parse("localhost:1")->is_loopback());
    EXPECT_TRUE(Endpoint::parse("127.9.9.9:1")->is_loopback());
    EXPECT_TRUE(Endpoint::parse("[::1]:1")->is_loopback());
    EXPECT_FALSE(Endpoint::parse(":1")->is_loopback());
    EXPECT_FALSE(Endpoint::parse("0.0.0.0:1")->is_loopback());
}

TEST(Endpoint, SaysWhatIsWrong) {
    EXPECT_EQ(endpoint_error("localhost"), "'localhost' is not HOST:PORT: there is no colon");
    EXPECT_THAT(endpoint_error("127.0.0.1:65536"), ::testing::HasSubstr("up to 65535"));
    EXPECT_THAT(endpoint_error("127.0.0.1:"), ::testing::HasSubstr("up to 65535"));
    EXPECT_THAT(endpoint_error("127.0.0.1:80x"), ::testing::HasSubstr("up to 65535"));
    EXPECT_THAT(endpoint_error("::1:80"), ::testing::HasSubstr("brackets"));
    EXPECT_THAT(endpoint_error("[::1:80"), ::testing::HasSubstr("']' is missing"));
    EXPECT_THAT(endpoint_error("no.such.host.invalid:80"), ::testing::HasSubstr("cannot resolve"));
}

TEST(SendQueue, KeepsTheRestOfAShortSend) {
    SendQueue queue;
    const std::vector<std::string_view> parts{"abc", "", "defgh", "ij"};
    queue.add(Token{}, parts);
    const auto& entry = queue.hand_over();
    EXPECT_EQ(entry.bytes, 10u);
    const auto text = [&](std::size_t sent) {
        std::string all;
        for (const iovec& part : queue.rest(entry, sent))
            all.append(static_cast<char*>(part.iov_base), part.iov_len);
        return all;
    };
    EXPECT_EQ(text(0), "abcdefghij");
    EXPECT_EQ(text(2), "cdefghij");
    EXPECT_EQ(text(3), "defghij");
    EXPECT_EQ(text(9), "j");
}

TEST(SendQueue, KeepsSequencesWhenEntriesAreDropped) {
    SendQueue queue;
    const std::vector<std::string_view> parts{"1", "2"};
    for (std::uint32_t i = 0; i < 4; ++i) queue.add(Token{.slot = i}, parts);
    for (int i = 0; i < 3; ++i) queue.hand_over();
    const std::uint32_t third = queue.sequence_of(queue.at(2));
    queue.drop(2);
    EXPECT_EQ(queue.by_sequence(third).connection.slot, 2u);
    EXPECT_EQ(queue.handed_over(), 1u);
    EXPECT_TRUE(queue.has_waiting());
    EXPECT_EQ(queue.hand_over().connection.slot, 3u);
    EXPECT_EQ(queue.parts(queue.at(1)).size(), 2u);
    queue.drop(2);
    EXPECT_FALSE(queue.has_waiting());
}

TEST(TimerWheel, AgreesWithASortedListOverAnyDistance) {
    std::mt19937_64 random(20240607);
    TimerWheel wheel(1'000'000);
    std::int64_t now = 1'000'000;
    std::multimap<std::int64_t, int> expected;  // keeps the order of insertion among equals
    std::map<int, TimerId> ids;
    std::vector<int> ran;
    int next = 0;
    for (int step = 0; step < 20'000; ++step) {
        const int far = static_cast<int>(random() % 30);
        const std::int64_t tick =
            now + 1 + static_cast<std::int64_t>(random() % (std::uint64_t{1} << far));
        ids[next] = wheel.insert(tick, [&ran, id = next] { ran.push_back(id); });
        expected.emplace(tick, next++);
        if (step % 7 == 0) {
            auto victim = std::next(expected.begin(),
                                    static_cast<std::ptrdiff_t>(random() % expected.size()));
            EXPECT_TRUE(wheel.cancel(ids[victim->second]));
            EXPECT_FALSE(wheel.cancel(ids[victim->second]));
            expected.erase(victim);
        }
        if (step % 3 != 0 || expected.empty()) continue;
        ASSERT_LE(*wheel.next_tick(), expected.begin()->first);
        now += static_cast<std::int64_t>(random() % (step % 100 == 0 ? 100'000 : 20));
        ran.clear();
        while (auto task = wheel.pop_due(now)) (*task)();
        std::vector<int> due;
        while (!expected.empty() && expected.begin()->first <= now) {
            due.push_back(expected.begin()->second);
            expected.erase(expected.begin());
        }
        ASSERT_EQ(ran, due);
        ASSERT_EQ(wheel.size(), expected.size());
    }
}

TEST(TimerWheel, CancelsATimerThatIsDueWithTheRunningOne) {
    TimerWheel wheel(0);
    int ran = 0;
    TimerId second;
    wheel.insert(5, [&] { wheel.cancel(second); });
    second = wheel.insert(5, [&] { ++ran; });
    while (auto task = wheel.pop_due(10)) (*task)();
    EXPECT_EQ(ran, 0);
    EXPECT_EQ(wheel.size(), 0u);
}

TEST(TimerWheel, AnOldIdDoesNotCancelTheNextTimer) {
    TimerWheel wheel(0);
    const TimerId old = wheel.insert(1, [] {});
    ASSERT_TRUE(wheel.pop_due(1));
    wheel.insert(2, [] {});
    EXPECT_FALSE(wheel.cancel(old));
    EXPECT_FALSE(wheel.cancel(TimerId{}));
    EXPECT_EQ(wheel.size(), 1u);
}

class LoopTest : public ::testing::Test {
  protected:
    LoopTest() : peers{nullptr, nullptr} {
        for (std::uint16_t i = 0; i < 2; ++i) {
            loops.push_back(std::make_unique<Loop>(
                ShardId(i), std::move(make_engine(EngineKind::automatic, {})->engine), &peers));
            peers[i] = loops.back().get();
        }
    }
    void post(Task task) { loop().post_to(ShardId(0), Priority::delivery, std::move(task)); }
    Loop& loop() { return *loops[0]; }

    std::vector<Loop*> peers;
    std::vector<std::unique_ptr<Loop>> loops;
    std::vector<int> ran;
};

TEST_F(LoopTest, RunsTasksInOrderWithinOneTurn) {
    post([&] {
        ran.push_back(1);
        post([&] { ran.push_back(3); });
        loop().call_at_end_of_turn([&] {
            ran.push_back(4);
            loop().call_at_end_of_turn([&] { ran.push_back(5); });
        });
    });
    post([&] { ran.push_back(2); });
    loop().run_once(std::nullopt);
    EXPECT_THAT(ran, ElementsAre(1, 2, 3, 4, 5));
}

TEST_F(LoopTest, ATaskPostedAtTheEndOfATurnDoesNotWait) {
    post([&] { loop().call_at_end_of_turn([&] { post([&] { ran.push_back(1); }); }); });
    loop().run_once(std::nullopt);
    EXPECT_THAT(ran, ElementsAre());
    loop().run_once(std::nullopt);  // would never return if it slept
    EXPECT_THAT(ran, ElementsAre(1));
}

TEST_F(LoopTest, TurnsEndThoughTasksPostForEver) {
    std::function<void()> again = [&] {
        ran.push_back(1);
        post([&] { again(); });
    };
    post([&] { again(); });
    loop().run_once(std::nullopt);
    const std::size_t first = ran.size();
    EXPECT_GT(first, 1u);
    loop().run_once(std::nullopt);
    EXPECT_GT(ran.size(), first);
}

TEST_F(LoopTest, RunsTimersInTheOrderOfTheirTimes) {
    const MonoTime now = loop().now().mono;
    using namespace std::chrono_literals;
    loop().call_at(now + 8ms, [&] { ran.push_back(3); });
    loop().call_at(now + 2ms, [&] { ran.push_back(1); });
    const TimerId cancelled = loop().call_at(now + 3ms, [&] { ran.push_back(9); });
    loop().call_at(now + 2ms, [&] { ran.push_back(2); });
    loop().cancel(cancelled);
    while (ran.size() < 3) loop().run_once(std::nullopt);
    EXPECT_THAT(ran, ElementsAre(1, 2, 3));
    EXPECT_GE(loop().now().mono, now + 8ms) << "the clock is read after the wait";
}

TEST_F(LoopTest, ATimerForNowRunsInALaterTurn) {
    std::function<void()> again = [&] {
        ran.push_back(1);
        loop().call_at(loop().now().mono, [&] { again(); });
    };
    post([&] { again(); });
    loop().run_once(std::nullopt);
    EXPECT_EQ(ran.size(), 1u);
    while (ran.size() < 3) loop().run_once(std::nullopt);
}

TEST_F(LoopTest, RefusesDeliveriesAtTheBoundButNoControl) {
    std::size_t refused = 0;
    for (std::size_t i = 0; i < limits::kMailboxTasks + 10; ++i) {
        if (!loop().post_to(ShardId(0), Priority::delivery, [] {})) ++refused;
    }
    EXPECT_EQ(refused, 10u);
    EXPECT_EQ(loop().counters().mailbox_refused.value(), 10u);
    EXPECT_TRUE(loop().post_to(ShardId(0), Priority::control, [&] { ran.push_back(1); }));
    EXPECT_EQ(loop().counters().mailbox_depth_max.value(), limits::kMailboxTasks + 1);
    while (ran.empty()) loop().run_once(std::nullopt);
    EXPECT_TRUE(loop().post_to(ShardId(0), Priority::delivery, [] {}));
}

TEST_F(LoopTest, ShardsAnswerEachOther) {
    constexpr int kRounds = 2000;
    int rounds = 0;
    std::function<void()> ping = [&] {
        loops[0]->post_to(ShardId(1), Priority::control, [&] {
            loops[1]->post_to(ShardId(0), Priority::control, [&] {
                if (++rounds < kRounds) return ping();
                for (const auto& each : loops) each->stop();
            });
        });
    };
    post([&] { ping(); });
    std::thread other([&] { loops[1]->run(); });
    loop().run();
    other.join();
    EXPECT_EQ(rounds, kRounds);
}

TEST_F(LoopTest, RunsWhatWasPostedBeforeItStopped) {
    std::thread other([&] {
        post([&] { ran.push_back(1); });
        loop().stop();
        post([&] { ran.push_back(2); });
    });
    loop().run();
    other.join();
    EXPECT_GE(ran.size(), 1u);
}

TEST(WorkerPool, FinishesWhatIsQueued) {
    std::atomic<int> done{0};
    {
        WorkerPool pool(3, 1000);
        for (int i = 0; i < 500; ++i) EXPECT_TRUE(pool.post([&] { ++done; }));
    }
    EXPECT_EQ(done, 500);
}

TEST(WorkerPool, RefusesAtItsBound) {
    std::atomic<bool> go{false};
    WorkerPool pool(1, 2);
    ASSERT_TRUE(pool.post([&] { go.wait(false); }));
    while (pool.queued() > 0) std::this_thread::yield();
    EXPECT_TRUE(pool.post([] {}));
    EXPECT_TRUE(pool.post([] {}));
    EXPECT_FALSE(pool.post([] {}));
    EXPECT_EQ(pool.queued(), 2u);
    go = true;
    go.notify_all();
}

}  // namespace

}  // namespace clamor::reactor
