// SPDX-License-Identifier: Apache-2.0
#include <future>
#include <random>

#include <gtest/gtest.h>

#include "bus/redis/link_fixture.h"
#include "bus/redis/redis_server_fixture.h"
#include "chat/rate_limiter.h"

/// The windows of all nodes answer exactly as chat::SlidingWindow does.
namespace clamor::bus::redis {
namespace {

using namespace std::chrono_literals;

/// In this process.
class OwnWindow {
  public:
    chat::LimitAnswer check(const limits::Window& window, MonoTime at) {
        return window_.check(window, at);
    }

  private:
    chat::SlidingWindow window_;
};

/// In a Redis, at times that the test gives.
class RedisWindow {
  public:
    RedisWindow() {
        link_ = std::move(*Link::start({.url = *parse_url(server_.url()), .node = 1}, resolver_));
    }
    ~RedisWindow() { link_->stop(0ms); }

    chat::LimitAnswer check(const limits::Window& window, MonoTime at) {
        const auto time =
            std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch());
        std::promise<std::optional<WindowAnswer>> answer;
        link_->check_window("u7", window, static_cast<std::uint64_t>(time.count()),
                            [&](std::optional<WindowAnswer> given) { answer.set_value(given); });
        const auto given = answer.get_future().get();
        EXPECT_TRUE(given);
        if (!given) return {};
        return {.allowed = given->allowed,
                .remaining = given->remaining,
                .retry_after = given->retry_after};
    }

  private:
    RedisServer server_;
    reactor::WorkerPool resolver_{1, 10};
    std::unique_ptr<Link> link_;
};

template <class Limiter>
class WindowContract : public testing::Test {
  protected:
    Limiter limiter_;
    const MonoTime start_{std::chrono::hours(491'000)};
};
TYPED_TEST_SUITE_P(WindowContract);

TYPED_TEST_P(WindowContract, AllowsSoManyInAnySpanAndSaysHowLongToWait) {
    const limits::Window window{3, 30s};
    for (std::uint32_t i = 0; i < 3; ++i) {
        EXPECT_EQ(this->limiter_.check(window, this->start_ + i * 10s),
                  (chat::LimitAnswer{.allowed = true, .remaining = 2 - i, .retry_after = 0ms}));
    }
    EXPECT_EQ(this->limiter_.check(window, this->start_ + 29s + 999ms + 1us),
              (chat::LimitAnswer{.allowed = false, .remaining = 0, .retry_after = 1ms}));
    EXPECT_EQ(this->limiter_.check(window, this->start_ + 30s),
              (chat::LimitAnswer{.allowed = true, .remaining = 0, .retry_after = 0ms}));
    EXPECT_EQ(this->limiter_.check(window, this->start_ + 30s),
              (chat::LimitAnswer{.allowed = false, .remaining = 0, .retry_after = 10s}));
}

TYPED_TEST_P(WindowContract, CountsAllOfOneMoment) {
    const limits::Window window{20, 30s};
    for (std::uint32_t i = 0; i < 20; ++i)
        EXPECT_TRUE(this->limiter_.check(window, this->start_).allowed) << i;
    EXPECT_EQ(this->limiter_.check(window, this->start_),
              (chat::LimitAnswer{.allowed = false, .remaining = 0, .retry_after = 30s}));
}

TYPED_TEST_P(WindowContract, NeverGoesBackInTime) {
    const limits::Window window{2, 10s};
    EXPECT_TRUE(this->limiter_.check(window, this->start_ + 5s).allowed);
    EXPECT_TRUE(this->limiter_.check(window, this->start_).allowed);
    EXPECT_EQ(this->limiter_.check(window, this->start_ + 6s),
              (chat::LimitAnswer{.allowed = false, .remaining = 0, .retry_after = 9s}));
}

TYPED_TEST_P(WindowContract, AllowsNothingWhereNothingIsAllowed) {
    EXPECT_EQ(this->limiter_.check({0, 10s}, this->start_),
              (chat::LimitAnswer{.allowed = false, .remaining = 0, .retry_after = 10s}));
}

TYPED_TEST_P(WindowContract, AnswersAsTheReferenceDoesAtRandomTimes) {
    std::mt19937_64 random(42);
    const limits::Window window{7, 1s};
    chat::SlidingWindow reference;
    MonoTime at = this->start_;
    for (int i = 0; i < 2000; ++i) {
        at += std::chrono::microseconds(random() % 300'000);
        ASSERT_EQ(this->limiter_.check(window, at), reference.check(window, at)) << i;
    }
}

REGISTER_TYPED_TEST_SUITE_P(WindowContract, AllowsSoManyInAnySpanAndSaysHowLongToWait,
                            CountsAllOfOneMoment, NeverGoesBackInTime,
                            AllowsNothingWhereNothingIsAllowed,
                            AnswersAsTheReferenceDoesAtRandomTimes);
INSTANTIATE_TYPED_TEST_SUITE_P(Own, WindowContract, OwnWindow);
INSTANTIATE_TYPED_TEST_SUITE_P(Redis, WindowContract, RedisWindow);

TEST(Windows, AreNotAnsweredWhileRedisIsAway) {
    RedisServer server;
    reactor::WorkerPool resolver(1, 10);
    auto link = std::move(*Link::start({.url = *parse_url(server.url()), .node = 1}, resolver));
    const auto ask = [&] {
        std::promise<std::optional<WindowAnswer>> answer;
        link->check_window("u7", {1, 30s}, std::nullopt,
                           [&](std::optional<WindowAnswer> given) { answer.set_value(given); });
        return answer.get_future().get();
    };
    ASSERT_TRUE(ask());
    EXPECT_FALSE(ask()->allowed);
    server.pause();
    EXPECT_FALSE(ask());  // not in time
    server.go_on();
    server.kill();
    EXPECT_FALSE(ask());
    EXPECT_EQ(link->counters().windows_unasked.value(), 2u);
    link->stop(0ms);
}

}  // namespace
}  // namespace clamor::bus::redis
