// SPDX-License-Identifier: Apache-2.0
#include "automod/raid_breaker.h"

#include <string>

#include <gtest/gtest.h>

namespace clamor::automod {
namespace {

using namespace std::chrono_literals;

struct Channel {
    RaidBreaker breaker;
    ChannelState state;
    Now now{.mono = MonoTime(24h), .wall = wall_from_unix_ms(1'800'000'000'000)};
    std::uint64_t users = 1000;

    void pass(std::chrono::milliseconds time) {
        now.mono += time;
        now.wall += time;
    }
    std::optional<Trip> join(const std::string& login, std::chrono::hours age) {
        return breaker.joined({UserId(++users), login, now.wall - age}, state, now);
    }
    /// Bots come, numbered, in fresh accounts.
    std::optional<Trip> raid(int bots) {
        for (int i = 0; i < bots; ++i) {
            pass(100ms);
            if (auto trip = join("free_follow_" + std::to_string(1000 + i), 24h)) return trip;
        }
        return std::nullopt;
    }
};

const char* const kNames[] = {"anna", "bert", "carla", "dieter", "emil", "frieda", "gustav"};

TEST(RaidBreaker, TripsOnNumberedBotsInFreshAccounts) {
    Channel channel;
    const auto trip = channel.raid(100);
    ASSERT_TRUE(trip);
    EXPECT_GE(trip->signs.size(), 2u);
    EXPECT_EQ(trip->changes, (std::vector<Change>{{Measure::shield, 0, 1},
                                                  {Measure::followers_only, -1, 10},
                                                  {Measure::slow_mode, 0, 10},
                                                  {Measure::unique_chat, 0, 1},
                                                  {Measure::automod_level, 0, 3}}));
    EXPECT_FALSE(trip->newcomers.empty());
    EXPECT_EQ(trip->newcomers[0], UserId(channel.users));
    EXPECT_EQ(trip->until, channel.now.mono + 600s);
    EXPECT_FALSE(channel.raid(100)) << "it has tripped already";
}

TEST(RaidBreaker, LetsAStreamBegin) {
    Channel channel;
    for (int i = 0; i < 500; ++i) {
        channel.pass(20ms);
        ASSERT_FALSE(channel.join(std::string(kNames[i % 7]) + "_" + char('a' + i % 26), 24h * 400))
            << "a rush of old accounts is one sign";
    }
}

TEST(RaidBreaker, LetsAFriendlyRaidIn) {
    Channel channel;
    for (int i = 0; i < 300; ++i) {
        channel.pass(30ms);
        ASSERT_FALSE(channel.join(std::string(kNames[i % 7]) + std::string(1, char('a' + i % 26)) +
                                      std::string(1, char('a' + i / 26)),
                                  i % 10 == 0 ? 24h : 24h * 900));
    }
}

TEST(RaidBreaker, TripsWhenNewcomersAllSayTheSame) {
    Channel channel;
    std::optional<Trip> trip;
    for (int i = 0; i < 12 && !trip; ++i) {
        channel.pass(1s);
        trip = channel.join("bot" + std::to_string(i) + "xyzzy", 24h * 900);
        if (trip) break;
        trip = channel.breaker.spoke_first(
            UserId(channel.users), "buy cheap viewers at our great shop today " + std::to_string(i),
            channel.state, channel.now);
    }
    ASSERT_TRUE(trip);
    bool alike = false;
    for (const auto& sign : trip->signs) alike |= sign.sign == RaidSign::alike_first_messages;
    EXPECT_TRUE(alike);
}

TEST(RaidBreaker, KnowsWhatTheChannelIsUsedTo) {
    RaidOptions options;
    options.signs = 1;
    options.young_share = 2;
    options.alike_names = 1000000;
    Channel channel{.breaker = RaidBreaker(options), .state = {}};
    // Two a second for half an hour is sixty a window, above the least of forty.
    bool tripped_at_once = false;
    for (int i = 0; i < 3600 && !tripped_at_once; ++i) {
        channel.pass(500ms);
        if (channel.join("somebody", 24h)) tripped_at_once = true;
    }
    EXPECT_TRUE(tripped_at_once) << "in the first window it knows only the least";
    channel.breaker.revert(channel.state, channel.now.mono);
    bool again = false;
    for (int i = 0; i < 3600; ++i) {
        channel.pass(500ms);
        again = again || channel.join("somebody", 24h).has_value();
    }
    EXPECT_FALSE(again) << "after the rest it is used to sixty";
}

TEST(RaidBreaker, RevertsEverythingThatItDidWithOneCall) {
    Channel channel;
    channel.state = {.shield = false,
                     .followers_only = 5,
                     .slow_mode = 30,
                     .unique_chat = 0,
                     .automod_level = 1};
    const auto trip = channel.raid(100);
    ASSERT_TRUE(trip);
    EXPECT_EQ(trip->changes, (std::vector<Change>{{Measure::shield, 0, 1},
                                                  {Measure::followers_only, 5, 10},
                                                  {Measure::unique_chat, 0, 1},
                                                  {Measure::automod_level, 1, 3}}))
        << "slow mode was stricter";
    channel.state = {.shield = true,
                     .followers_only = 10,
                     .slow_mode = 30,
                     .unique_chat = 1,
                     .automod_level = 3};
    EXPECT_EQ(channel.breaker.revert(channel.state, channel.now.mono),
              (std::vector<Change>{{Measure::automod_level, 3, 1},
                                   {Measure::unique_chat, 1, 0},
                                   {Measure::followers_only, 10, 5},
                                   {Measure::shield, 1, 0}}));
    EXPECT_EQ(channel.breaker.trip(), nullptr);
    EXPECT_TRUE(channel.breaker.revert(channel.state, channel.now.mono).empty()) << "once";
}

TEST(RaidBreaker, LeavesWhatAModeratorChangedSince) {
    Channel channel;
    ASSERT_TRUE(channel.raid(100));
    channel.state = {.shield = true,
                     .followers_only = 60,
                     .slow_mode = 10,
                     .unique_chat = 0,
                     .automod_level = 3};
    EXPECT_EQ(
        channel.breaker.revert(channel.state, channel.now.mono),
        (std::vector<Change>{
            {Measure::automod_level, 3, 0}, {Measure::slow_mode, 10, 0}, {Measure::shield, 1, 0}}));
}

TEST(RaidBreaker, RestsOnceATripIsOver) {
    Channel channel;
    ASSERT_TRUE(channel.raid(100));
    channel.breaker.extend_to(channel.now.mono + 660s);
    EXPECT_EQ(channel.breaker.trip()->until, channel.now.mono + 660s);
    channel.breaker.revert(channel.state, channel.now.mono);
    channel.breaker.extend_to(channel.now.mono + 660s);
    EXPECT_EQ(channel.breaker.trip(), nullptr);
    EXPECT_FALSE(channel.raid(60)) << "it rests";
    channel.pass(300s);
    EXPECT_TRUE(channel.raid(100));
}

TEST(RaidBreaker, GoesOnWithATripOfBeforeARestart) {
    Channel before, after;
    const auto trip = before.raid(100);
    ASSERT_TRUE(trip);
    after.breaker.resume(*trip);
    EXPECT_FALSE(after.raid(100)) << "it has tripped already";
    after.state = {.shield = true,
                   .followers_only = 10,
                   .slow_mode = 10,
                   .unique_chat = 1,
                   .automod_level = 3};
    EXPECT_EQ(after.breaker.revert(after.state, after.now.mono).size(), 5u);
}

TEST(RaidBreaker, NamesComeBack) {
    for (int i = 0; i < kRaidSigns; ++i) {
        const auto sign = static_cast<RaidSign>(i);
        EXPECT_EQ(parse_raid_sign(name_of(sign)), sign);
    }
    for (int i = 0; i < kMeasures; ++i) {
        const auto measure = static_cast<Measure>(i);
        EXPECT_EQ(parse_measure(name_of(measure)), measure);
    }
    EXPECT_EQ(parse_raid_sign("storm"), std::nullopt);
}

TEST(RaidBreaker, CountsOnlyThoseOfTheWindow) {
    Channel channel{.breaker = RaidBreaker({.young_share = 0.9f, .alike_names = 3, .signs = 1}),
                    .state = {}};
    const auto come = [&](const std::string& login, std::chrono::hours age) {
        channel.pass(1s);
        return channel.join(login, age);
    };
    EXPECT_FALSE(come("lemonade_1", 24h * 400));
    EXPECT_FALSE(come("lemonade_2", 24h * 400));
    for (int i = 0; i < 9; ++i) EXPECT_FALSE(come(kNames[i % 7], 24h)) << i;
    channel.pass(31s);
    EXPECT_FALSE(come("lemonade_3", 24h * 400));
    EXPECT_FALSE(come("lemonade_4", 24h * 400));
    for (int i = 0; i < 8; ++i) EXPECT_FALSE(come(kNames[i % 7], 24h * 400)) << i;
    const auto trip = come("lemonade_5", 24h * 400);
    ASSERT_TRUE(trip);
    ASSERT_EQ(trip->signs.size(), 1u);
    EXPECT_EQ(trip->signs[0].sign, RaidSign::alike_names);
    EXPECT_EQ(trip->signs[0].measured, 3);
}

TEST(RaidBreaker, ForgetsTheOldestOfMoreThanItRemembers) {
    Channel channel{.breaker = RaidBreaker({.joins = 100'000, .alike_names = 2, .signs = 1}),
                    .state = {}};
    EXPECT_FALSE(channel.join("lemonade_1", 24h * 400));
    for (std::size_t i = 0; i < RaidBreaker::kJoins; ++i)
        ASSERT_FALSE(channel.join("nobody", 24h * 400));
    EXPECT_FALSE(channel.join("lemonade_2", 24h * 400)) << "the first is forgotten";
    EXPECT_TRUE(channel.join("lemonade_3", 24h * 400));
}

TEST(RaidBreaker, RemembersNoMoreThanItsBounds) {
    RaidOptions options;
    options.signs = 5;
    Channel channel{.breaker = RaidBreaker(options), .state = {}};
    for (std::size_t i = 0; i < RaidBreaker::kJoins + 1000; ++i) channel.join("bot1234", 1h);
    EXPECT_EQ(channel.breaker.trip(), nullptr);
}

}  // namespace
}  // namespace clamor::automod
