// SPDX-License-Identifier: Apache-2.0
#include "chat/rate_limiter.h"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

namespace clamor::chat {
namespace {

using namespace std::chrono_literals;

MonoTime at(std::chrono::nanoseconds since_start) {
    return MonoTime(1h + since_start);
}

TEST(SlidingWindow, AllowsAsManyAsTheWindowHoldsAndCountsDown) {
    SlidingWindow window;
    for (std::uint32_t i = 0; i < 20; ++i) {
        EXPECT_EQ(window.check({20, 30s}, at(i * 10ms)), (LimitAnswer{true, 19 - i, 0ms}));
    }
    EXPECT_EQ(window.check({20, 30s}, at(1s)), (LimitAnswer{false, 0, 29s}));
}

TEST(SlidingWindow, FreesAPlaceExactlyWhenTheOldestHasPassed) {
    SlidingWindow window;
    for (int i = 0; i < 3; ++i) window.check({3, 10s}, at(i * 1s));
    EXPECT_FALSE(window.check({3, 10s}, at(10s - 1ns)).allowed);
    EXPECT_TRUE(window.check({3, 10s}, at(10s)).allowed);
    EXPECT_EQ(window.check({3, 10s}, at(10s)), (LimitAnswer{false, 0, 1s}))
        << "the second passes at 11 s";
}

TEST(SlidingWindow, RoundsTheWaitUp) {
    SlidingWindow window;
    window.check({1, 10s}, at(0s));
    EXPECT_EQ(window.check({1, 10s}, at(10s - 1ns)).retry_after, 1ms);
    EXPECT_EQ(window.check({1, 10s}, at(9s)).retry_after, 1s);
}

TEST(SlidingWindow, DoesNotCountWhatItRefused) {
    SlidingWindow window;
    window.check({1, 10s}, at(0s));
    for (int i = 1; i < 10; ++i) EXPECT_FALSE(window.check({1, 10s}, at(i * 1s)).allowed);
    EXPECT_TRUE(window.check({1, 10s}, at(10s)).allowed);
}

TEST(SlidingWindow, OfNothingRefusesAlways) {
    SlidingWindow window;
    EXPECT_EQ(window.check({0, 5s}, at(0s)), (LimitAnswer{false, 0, 5s}));
    EXPECT_TRUE(window.idle({0, 5s}, at(0s)));
}

TEST(SlidingWindow, IsIdleOnceItsNewestHasPassed) {
    SlidingWindow window;
    EXPECT_TRUE(window.idle({20, 30s}, at(0s)));
    window.check({20, 30s}, at(0s));
    window.check({20, 30s}, at(5s));
    EXPECT_FALSE(window.idle({20, 30s}, at(35s - 1ns)));
    EXPECT_TRUE(window.idle({20, 30s}, at(35s)));
}

TEST(SlidingWindow, TakesATimeBeforeTheNewestAsTheNewest) {
    SlidingWindow window;
    window.check({2, 10s}, at(5s));
    window.check({2, 10s}, at(4s));
    EXPECT_FALSE(window.check({2, 10s}, at(14s + 500ms)).allowed)
        << "the second counted from 5 s on";
    EXPECT_TRUE(window.check({2, 10s}, at(15s)).allowed);
}

TEST(SlidingWindow, CountsWhatIsOverASmallerWindowUntilItHasPassed) {
    SlidingWindow window;
    for (int i = 0; i < 5; ++i) window.check({5, 10s}, at(i * 1s));
    EXPECT_EQ(window.check({2, 10s}, at(5s)), (LimitAnswer{false, 0, 8s}))
        << "free once the fourth, of 3 s, has passed";
    EXPECT_TRUE(window.check({2, 10s}, at(13s)).allowed);
}

/// The definition, as slow as it may be: allowed when fewer than `count` allowed times lie within
/// `length` before now.
class ReferenceWindow {
  public:
    LimitAnswer check(const limits::Window& window, MonoTime now) {
        const auto within = [&](MonoTime t) { return now - t < window.length; };
        const auto used =
            static_cast<std::uint32_t>(std::count_if(allowed_.begin(), allowed_.end(), within));
        if (used < window.count) {
            allowed_.push_back(now);
            return {true, window.count - used - 1, 0ms};
        }
        auto wait = 0ms;  // by trial: the first whole millisecond at which it would be allowed
        for (;; ++wait) {
            const auto still = std::count_if(allowed_.begin(), allowed_.end(), [&](MonoTime t) {
                return now + wait - t < window.length;
            });
            if (static_cast<std::uint32_t>(still) < window.count) return {false, 0, wait};
        }
    }

  private:
    std::vector<MonoTime> allowed_;
};

TEST(SlidingWindow, AnswersAsItsDefinitionDoesForRandomTimes) {
    std::mt19937_64 random(1);
    for (int run = 0; run < 200; ++run) {
        const limits::Window window{static_cast<std::uint32_t>(1 + random() % 12),
                                    std::chrono::milliseconds(1 + random() % 200)};
        SlidingWindow fast;
        ReferenceWindow slow;
        MonoTime now = at(0s);
        for (int step = 0; step < 200; ++step) {
            // Steps of 0 and of exactly the window's length are where an off-by-one would hide.
            switch (random() % 4) {
                case 0:
                    break;
                case 1:
                    now += window.length / (1 + random() % 4);
                    break;
                default:
                    now += std::chrono::nanoseconds(
                        random() % (2 * window.length / window.count + 1ms).count() * 1000);
            }
            ASSERT_EQ(fast.check(window, now), slow.check(window, now))
                << "run " << run << " step " << step;
        }
    }
}

}  // namespace
}  // namespace clamor::chat
