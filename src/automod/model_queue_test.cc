// SPDX-License-Identifier: Apache-2.0
#include "automod/model_queue.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clamor::automod {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

/// A queue in simulated time that remembers what each text was told.
struct Questions : testing::Test {
    ModelRoute::Options options{
        .url = "http://127.0.0.1:1", .queue_max = 20, .breaker_failures = 2};
    ModelCounters counters;
    std::optional<ModelQueue> queue;
    MonoTime now{1h};
    ModelQueue::Decisions decisions;
    std::map<std::string, std::vector<std::string>> told;

    void SetUp() override { start(); }
    void start() { queue.emplace(options, counters); }

    std::optional<Unavailable> ask(const std::string& text) {
        const auto asked = queue->ask(
            text,
            [this, text](const ModelRoute::Answer& answer) {
                told[text].emplace_back(answer ? "answer" : std::string(name_of(answer.error())));
            },
            now);
        return asked.refused;
    }
    void ask_many(int count, const std::string& name = "m") {
        for (int i = 0; i < count; ++i) EXPECT_EQ(ask(name + std::to_string(i)), std::nullopt);
    }
    std::optional<ModelQueue::Batch> take() { return queue->take(now); }
    void finish(const ModelQueue::Batch& batch) {
        queue->finish(batch.id, std::vector<ModelScores>(batch.texts.size()), now, decisions);
        tell();
    }
    void fail(const ModelQueue::Batch& batch, Unavailable reason = Unavailable::unreachable) {
        queue->finish(batch.id, tl::unexpected(reason), now, decisions);
        tell();
    }
    std::vector<ModelQueue::BatchId> expire() {
        auto ids = queue->expire(now, decisions);
        tell();
        return ids;
    }
    void tell() {
        for (const auto& decided : decisions) decided.tell();
        decisions.clear();
    }
    std::uint64_t count(Unavailable reason) const {
        return counters.unavailable[static_cast<std::size_t>(reason)].value();
    }
    /// Nothing is lost: what was asked is answered, unavailable or waits, and told once.
    void TearDown() override {
        tell();
        std::uint64_t sum = counters.answered.value() + counters.waiting.value();
        for (const auto& counter : counters.unavailable) sum += counter.value();
        EXPECT_EQ(counters.asked.value(), sum);
        for (const auto& [text, answers] : told) EXPECT_THAT(answers, SizeIs(1)) << text;
    }
};

TEST_F(Questions, AreSentEightAtATime) {
    ask_many(9);
    EXPECT_EQ(queue->wake_at(), now);
    auto batch = take();
    ASSERT_TRUE(batch);
    EXPECT_THAT(batch->texts, ElementsAre("m0", "m1", "m2", "m3", "m4", "m5", "m6", "m7"));
    EXPECT_FALSE(take()) << "the ninth waits for company";
    finish(*batch);
    EXPECT_THAT(told, SizeIs(8));
    EXPECT_EQ(counters.answered.value(), 8u);
    EXPECT_EQ(counters.waiting.value(), 1u);
}

TEST_F(Questions, AreSentFiveMillisecondsAfterTheFirst) {
    ask_many(1, "first");
    now += 4ms;
    ask_many(1, "second");
    EXPECT_FALSE(take());
    EXPECT_EQ(queue->wake_at(), now + 1ms);
    now += 1ms;
    const auto batch = take();
    ASSERT_TRUE(batch);
    EXPECT_THAT(batch->texts, ElementsAre("first0", "second0"));
    EXPECT_EQ(queue->wake_at(), now + 145ms);
    finish(*batch);
    EXPECT_EQ(queue->wake_at(), std::nullopt);
}

TEST_F(Questions, WakeTheirOwnerOnlyWhenItHasToActSooner) {
    const auto wakes = [this] {
        return queue
            ->ask(
                "m", [](auto&) {}, now)
            .wake;
    };
    EXPECT_TRUE(wakes());
    for (int i = 2; i < 8; ++i) EXPECT_FALSE(wakes()) << i;
    EXPECT_TRUE(wakes()) << "the eighth makes the batch full";
    EXPECT_FALSE(wakes());
}

TEST_F(Questions, WaitWhileTwoBatchesAreUnderWay) {
    ask_many(20);
    const auto first = take();
    const auto second = take();
    ASSERT_TRUE(first && second);
    now += 10ms;
    EXPECT_FALSE(take());
    finish(*first);
    const auto third = take();
    ASSERT_TRUE(third);
    EXPECT_THAT(third->texts, SizeIs(4));
    finish(*second);
    finish(*third);
    EXPECT_EQ(counters.answered.value(), 20u);
    EXPECT_EQ(counters.batches.value(), 3u);
}

TEST_F(Questions, AreRefusedWhenTheQueueIsFull) {
    ask_many(20);
    EXPECT_EQ(ask("one more"), Unavailable::queue_full);
    const auto batch = take();
    EXPECT_EQ(ask("under way counts"), Unavailable::queue_full);
    finish(*batch);
    EXPECT_EQ(ask("room again"), std::nullopt);
    EXPECT_EQ(count(Unavailable::queue_full), 2u);
}

TEST_F(Questions, AreDecidedAtTheirDeadlineWhateverTheServerDoes) {
    ask_many(3);
    now += 5ms;
    const auto batch = take();
    ASSERT_TRUE(batch);
    ask_many(1, "later");
    now += 144ms;
    EXPECT_THAT(expire(), IsEmpty());
    EXPECT_THAT(told, IsEmpty());
    now += 1ms;
    EXPECT_THAT(expire(), ElementsAre(batch->id)) << "nobody waits for it any more";
    EXPECT_EQ(told["m0"], std::vector<std::string>{"late"});
    EXPECT_EQ(counters.waiting.value(), 1u);
    finish(*batch);  // too late to matter
    EXPECT_EQ(counters.answered.value(), 0u);
    EXPECT_EQ(count(Unavailable::late), 3u);
    EXPECT_EQ(counters.batches_failed.value(), 1u);
}

TEST_F(Questions, OfABatchExpireOneByOne) {
    ask_many(1, "first");
    now += 5ms;
    ask_many(1, "second");
    const auto batch = take();
    now += 145ms;
    EXPECT_THAT(expire(), IsEmpty());
    EXPECT_EQ(told["first0"], std::vector<std::string>{"late"});
    finish(*batch);
    EXPECT_EQ(told["second0"], std::vector<std::string>{"answer"});
    EXPECT_EQ(counters.batches_failed.value(), 0u) << "it answered, if slowly";
}

TEST_F(Questions, AreNotMoreThanTheServerAnswersInTime) {
    const auto answer_after = [this](std::chrono::milliseconds time) {
        ask_many(1, "m" + std::to_string(counters.asked.value()) + "-");
        now += 5ms;
        const auto batch = take();
        ASSERT_TRUE(batch);
        now += time;
        finish(*batch);
    };
    const auto taken = [this] {
        int count = 0;
        while (!ask("burst" + std::to_string(counters.asked.value()))) ++count;
        return count;
    };
    for (int i = 0; i < 50; ++i) answer_after(20ms);
    EXPECT_EQ(taken(), 5) << "three quarters of 145 ms are enough for so many";
    EXPECT_EQ(count(Unavailable::queue_full), 1u);
    now += 5ms;
    const auto burst = take();
    now += 100ms;
    finish(*burst);
    for (int i = 0; i < 50; ++i) answer_after(140ms);
    EXPECT_EQ(taken(), 1) << "one may always ask";
    now += 5ms;
    const auto last = take();
    finish(*last);
    for (int i = 0; i < 100; ++i) answer_after(1ms);
    EXPECT_EQ(taken(), 20) << "it is faster again; as many as the queue takes";
}

TEST_F(Questions, AreNotAskedWhileTheServerFails) {
    for (int i = 0; i < 2; ++i) {
        ask_many(1, "failing" + std::to_string(i));
        now += 5ms;
        const auto batch = take();
        ASSERT_TRUE(batch);
        if (i == 1) ask_many(1, "waiting");
        fail(*batch);
    }
    EXPECT_EQ(queue->breaker(), CircuitBreaker::State::open);
    EXPECT_EQ(counters.breaker_state.value(), 1u);
    EXPECT_EQ(told["failing10"], std::vector<std::string>{"unreachable"});
    EXPECT_EQ(told["waiting0"], std::vector<std::string>{"breaker_open"});
    EXPECT_EQ(ask("refused"), Unavailable::breaker_open);
    EXPECT_EQ(queue->wake_at(), std::nullopt);
}

TEST_F(Questions, ProbeAServerThatFailed) {
    const auto fail_once = [this](const std::string& name) {
        ask_many(1, name);
        now += 5ms;
        const auto batch = take();
        ASSERT_TRUE(batch);
        fail(*batch, Unavailable::nonsense);
    };
    fail_once("a");
    fail_once("b");
    now += 1s;
    ask_many(1, "probe");
    EXPECT_EQ(counters.breaker_state.value(), 2u);
    EXPECT_EQ(ask("beside the probe"), Unavailable::breaker_open);
    now += 5ms;
    fail(*take());
    now += 1s;
    EXPECT_EQ(ask("too early"), Unavailable::breaker_open) << "the pause has doubled";
    now += 1s;
    ask_many(1, "second probe");
    now += 5ms;
    finish(*take());
    EXPECT_EQ(counters.breaker_state.value(), 0u);
    EXPECT_EQ(counters.breaker_opened.value(), 2u);
    ask_many(3, "all");
}

TEST_F(Questions, ProbeAgainWhenTheProbeHangs) {
    for (int i = 0; i < 2; ++i) {
        ask_many(1, std::to_string(i));
        now += 5ms;
        fail(*take());
    }
    now += 1s;
    ask_many(1, "hanging probe");
    now += 5ms;
    ASSERT_TRUE(take());
    now += 150ms;
    EXPECT_THAT(expire(), SizeIs(1));
    EXPECT_EQ(queue->breaker(), CircuitBreaker::State::open);
    now += 2s;
    ask_many(1, "next probe");
}

TEST_F(Questions, AreAllToldWhenTheRouteStops) {
    ask_many(10);
    ASSERT_TRUE(take());
    queue->stop(decisions);
    tell();
    EXPECT_THAT(told, SizeIs(10));
    EXPECT_EQ(count(Unavailable::stopped), 10u);
    EXPECT_EQ(queue->wake_at(), std::nullopt);
}

}  // namespace
}  // namespace clamor::automod
