// SPDX-License-Identifier: Apache-2.0
#include "moderation/raid_breaker.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace clamor::moderation {
namespace {

class RaidBreakerTest : public ::testing::Test {
  protected:
    void come(std::uint64_t user, const std::string& login, std::chrono::hours age) {
        breaker.came(UserId(user), login, now.wall - age, settings, now);
    }
    void wait(std::chrono::milliseconds time) {
        now.mono += time;
        now.wall += time;
    }
    std::optional<RaidAlarm> alarm() { return breaker.alarm(settings, now.mono); }

    static constexpr std::chrono::hours kOld{24 * 400};
    static constexpr std::chrono::hours kNew{1};
    RaidSettings settings{.on = true, .joins = 10};
    Now now{.mono = MonoTime(std::chrono::hours(1)), .wall = wall_from_unix_ms(1'700'000'000'000)};
    RaidBreaker breaker;
};

TEST_F(RaidBreakerTest, LetsARushOfOrdinaryPeopleCome) {
    for (std::uint64_t i = 0; i < 200; ++i)
        come(i + 1, "viewer" + std::string(1, static_cast<char>('a' + i % 26)), kOld);
    EXPECT_FALSE(alarm());
}

TEST_F(RaidBreakerTest, SeesNewAccounts) {
    for (std::uint64_t i = 0; i < 9; ++i) come(i + 1, "somebody", kNew);
    EXPECT_FALSE(alarm());
    come(10, "another", kNew);
    const auto seen = alarm();
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->newcomers, 10u);
    EXPECT_EQ(seen->young, 10u);
}

TEST_F(RaidBreakerTest, SeesNamesOfOnePattern) {
    for (std::uint64_t i = 0; i < 10; ++i) come(i + 1, "hoss00312_" + std::to_string(i), kOld);
    ASSERT_TRUE(alarm());
    EXPECT_EQ(alarm()->alike_names, 10u);
    EXPECT_EQ(name_pattern("bot_1234"), "bot_");
    EXPECT_EQ(name_pattern("bob"), "");
    EXPECT_EQ(name_pattern("x1"), "");
    EXPECT_EQ(name_pattern("12345"), "");
}

TEST_F(RaidBreakerTest, SeesFirstMessagesThatAreAlike) {
    for (std::uint64_t i = 0; i < 10; ++i) {
        come(i + 1, "name" + std::string(1, static_cast<char>('a' + i)), kOld);
        breaker.spoke(UserId(i + 1), 0xff00ff00ff00ff00 ^ (1ull << i));
    }
    ASSERT_TRUE(alarm());
    EXPECT_EQ(alarm()->alike_messages, 10u);
}

TEST_F(RaidBreakerTest, WantsAShareOfThem) {
    for (std::uint64_t i = 0; i < 6; ++i) come(i + 1, "new", kNew);
    for (std::uint64_t i = 6; i < 11; ++i) come(i + 1, "old", kOld);
    EXPECT_FALSE(alarm());
    settings.share = 0.5f;
    EXPECT_TRUE(alarm());
}

TEST_F(RaidBreakerTest, ForgetsThoseWhoCameBeforeTheWindow) {
    for (std::uint64_t i = 0; i < 9; ++i) come(i + 1, "new", kNew);
    wait(settings.window + std::chrono::milliseconds(1));
    come(10, "new", kNew);
    EXPECT_FALSE(alarm());
}

TEST_F(RaidBreakerTest, CountsEverybodyOnce) {
    for (int i = 0; i < 100; ++i) come(1, "new", kNew);
    EXPECT_FALSE(alarm());
}

TEST_F(RaidBreakerTest, RemembersSoManyAtMost) {
    settings.joins = static_cast<std::uint32_t>(limits::kNewcomersWatched) + 1;
    for (std::uint64_t i = 0; i < 5000; ++i) come(i + 1, "new", kNew);
    EXPECT_FALSE(alarm());
}

TEST_F(RaidBreakerTest, DoesNothingWhereItIsOff) {
    settings.on = false;
    for (std::uint64_t i = 0; i < 100; ++i) come(i + 1, "new", kNew);
    EXPECT_FALSE(alarm());
}

}  // namespace
}  // namespace clamor::moderation
