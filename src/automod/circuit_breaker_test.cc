// SPDX-License-Identifier: Apache-2.0
#include "automod/circuit_breaker.h"

#include <gtest/gtest.h>

namespace clamor::automod {
namespace {

using namespace std::chrono_literals;
using State = CircuitBreaker::State;

struct Breaker : testing::Test {
    CircuitBreaker breaker{{.failures = 3, .pause = 100ms, .pause_max = 300ms}};
    MonoTime now{};

    void open() {
        for (int i = 0; i < 3; ++i) breaker.failed(now);
        ASSERT_EQ(breaker.state(), State::open);
    }
};

TEST_F(Breaker, OpensAfterFailuresInARowOnly) {
    EXPECT_FALSE(breaker.failed(now));
    EXPECT_FALSE(breaker.failed(now));
    breaker.succeeded();
    EXPECT_FALSE(breaker.failed(now));
    EXPECT_FALSE(breaker.failed(now));
    EXPECT_TRUE(breaker.allow(now));
    EXPECT_TRUE(breaker.failed(now));
    EXPECT_FALSE(breaker.allow(now));
    EXPECT_FALSE(breaker.allow(now + 99ms));
}

TEST_F(Breaker, LetsOneProbeThroughAfterThePause) {
    open();
    now += 100ms;
    EXPECT_TRUE(breaker.allow(now));
    EXPECT_EQ(breaker.state(), State::half_open);
    EXPECT_FALSE(breaker.allow(now));
    breaker.succeeded();
    EXPECT_TRUE(breaker.allow(now));
    EXPECT_TRUE(breaker.allow(now));
}

TEST_F(Breaker, PausesTwiceAsLongAfterEachFailedProbe) {
    open();
    for (const auto pause : {100ms, 200ms, 300ms, 300ms}) {
        EXPECT_FALSE(breaker.allow(now + pause - 1ms)) << pause.count();
        now += pause;
        EXPECT_TRUE(breaker.allow(now)) << pause.count();
        EXPECT_TRUE(breaker.failed(now));
    }
    now += 300ms;
    EXPECT_TRUE(breaker.allow(now));
    breaker.succeeded();
    open();
    EXPECT_TRUE(breaker.allow(now + 100ms)) << "after a success the pause is the first one again";
}

TEST_F(Breaker, HasAnotherProbeWhenTheFirstSaysNothing) {
    open();
    now += 100ms;
    EXPECT_TRUE(breaker.allow(now));
    breaker.probe_gone();
    EXPECT_TRUE(breaker.allow(now));
    EXPECT_FALSE(breaker.allow(now));
}

TEST_F(Breaker, DoesNotCountWhatWasSentBeforeItOpened) {
    open();
    EXPECT_FALSE(breaker.failed(now + 50ms));
    EXPECT_TRUE(breaker.allow(now + 100ms));
}

}  // namespace
}  // namespace clamor::automod
