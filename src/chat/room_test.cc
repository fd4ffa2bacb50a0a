// SPDX-License-Identifier: Apache-2.0
#include "chat/room.h"

#include <gtest/gtest.h>

namespace clamor::chat {
namespace {

using namespace std::chrono_literals;

MonoTime at(std::chrono::nanoseconds since_start) {
    return MonoTime(1h + since_start);
}

/// The same moment on both clocks.
Now on_both(MonoTime mono) {
    return {.mono = mono,
            .wall = WallTime(std::chrono::duration_cast<std::chrono::milliseconds>(
                mono.time_since_epoch() + 1000h))};
}

Chatter chatter(std::uint64_t id, Role role = Role::viewer, bool subscribed = false) {
    Chatter c;
    c.user.id = UserId(id);
    c.standing.role = role;
    if (subscribed) c.standing.subscriber_tier = 1;
    return c;
}

Verdict say(Room& room, const Chatter& who, std::string_view text, MonoTime now) {
    return room.decide({.author = who, .text = text, .emote_only = false, .account_limit = {}},
                       on_both(now));
}

const Verdict kAccepted = Accepted{};
Verdict refused(Refusal why, std::uint32_t retry_after_seconds = 0) {
    return Refused{.why = why, .retry_after_seconds = retry_after_seconds};
}

TEST(Room, AcceptsAnOrdinaryMessage) {
    Room room;
    EXPECT_EQ(say(room, chatter(1), "hello", at(0s)), kAccepted);
    EXPECT_EQ(room.remembered(), 1u);
}

TEST(Room, DropsATextOfNothingButBlanks) {
    Room room;
    EXPECT_EQ(say(room, chatter(1), "", at(0s)), Verdict(Dropped{}));
    EXPECT_EQ(say(room, chatter(1), "   ", at(0s)), Verdict(Dropped{}));
    EXPECT_EQ(room.remembered(), 0u);
}

TEST(AccountLimit, IsToldWithTheSecondsToWaitRoundedUp) {
    Room room;
    const Chatter who = chatter(1);
    const SendMessage command{
        who, "hello", false, {.allowed = false, .remaining = 0, .retry_after = 2001ms}};
    EXPECT_EQ(room.decide(command, on_both(at(0s))), refused(Refusal::rate_limited, 3));
}

TEST(AccountLimit, ComesBeforeTheModesAndHoldsForModeratorsToo) {
    Room room({.subscribers_only = true});
    const LimitAnswer used_up{.allowed = false, .remaining = 0, .retry_after = 1s};
    const Chatter viewer = chatter(1), moderator = chatter(2, Role::moderator);
    EXPECT_EQ(room.decide({viewer, "a", false, used_up}, on_both(at(0s))),
              refused(Refusal::rate_limited, 1));
    EXPECT_EQ(room.decide({moderator, "a", false, used_up}, on_both(at(0s))),
              refused(Refusal::rate_limited, 1));
}

TEST(SlowMode, RefusesSecondLineInsideTheWindow) {
    Room room({.slow_seconds = 10});
    EXPECT_EQ(say(room, chatter(1), "one", at(0s)), kAccepted);
    EXPECT_EQ(say(room, chatter(1), "two", at(3s)), refused(Refusal::slow_mode, 7));
    EXPECT_EQ(say(room, chatter(1), "two", at(3s + 1ms)), refused(Refusal::slow_mode, 7))
        << "rounded up";
    EXPECT_EQ(say(room, chatter(1), "two", at(10s - 1ns)), refused(Refusal::slow_mode, 1));
    EXPECT_EQ(say(room, chatter(1), "two", at(10s)), kAccepted);
}

TEST(SlowMode, CountsFromTheLastAcceptedMessage) {
    Room room({.slow_seconds = 10});
    say(room, chatter(1), "one", at(0s));
    say(room, chatter(1), "two", at(9s));
    EXPECT_EQ(say(room, chatter(1), "three", at(10s)), kAccepted)
        << "the refused one does not prolong the wait";
}

TEST(SlowMode, IsForEachChatterAlone) {
    Room room({.slow_seconds = 10});
    EXPECT_EQ(say(room, chatter(1), "one", at(0s)), kAccepted);
    EXPECT_EQ(say(room, chatter(2), "one", at(0s)), kAccepted);
}

TEST(SlowMode, HoldsAtOnceForWhoeverSpokeBeforeItWasSetWhileTheyAreRemembered) {
    Room room;
    say(room, chatter(1), "one", at(0s));
    room.set_modes({.slow_seconds = 20});
    EXPECT_EQ(say(room, chatter(1), "two", at(5s)), refused(Refusal::slow_mode, 15));
}

TEST(Duplicate, IsRefusedInsideThirtySeconds) {
    Room room;
    EXPECT_EQ(say(room, chatter(1), "hello", at(0s)), kAccepted);
    EXPECT_EQ(say(room, chatter(1), "hello", at(12s)), refused(Refusal::duplicate, 18));
    EXPECT_EQ(say(room, chatter(1), "hello", at(30s - 1ns)), refused(Refusal::duplicate, 1));
    EXPECT_EQ(say(room, chatter(1), "hello", at(30s)), kAccepted);
}

TEST(Duplicate, ComparesWithThePreviousMessageOnly) {
    Room room;
    EXPECT_EQ(say(room, chatter(1), "a", at(0s)), kAccepted);
    EXPECT_EQ(say(room, chatter(1), "b", at(1s)), kAccepted);
    EXPECT_EQ(say(room, chatter(1), "a", at(2s)), kAccepted);
}

TEST(Duplicate, IsOfOneChatterAndOneSpelling) {
    Room room;
    EXPECT_EQ(say(room, chatter(1), "hello", at(0s)), kAccepted);
    EXPECT_EQ(say(room, chatter(2), "hello", at(0s)), kAccepted);
    EXPECT_EQ(say(room, chatter(1), "Hello", at(1s)), kAccepted);
    EXPECT_EQ(say(room, chatter(1), "Hello \U000E0000", at(2s)), kAccepted)
        << "how clients get past the rule";
}

TEST(Duplicate, ComesAfterSlowMode) {
    Room room({.slow_seconds = 10});
    say(room, chatter(1), "hello", at(0s));
    EXPECT_EQ(say(room, chatter(1), "hello", at(1s)), refused(Refusal::slow_mode, 9));
    EXPECT_EQ(say(room, chatter(1), "hello", at(11s)), refused(Refusal::duplicate, 19));
}

/// What each mode says to a second, identical line of emotes or words one second after the first.
TEST(Modes, AreForWhomTheSpecSays) {
    struct Case {
        const char* what;
        Chatter who;
        bool passes_subscribers_only, passes_emote_only, passes_slow, passes_duplicate;
    };
    Chatter bot = chatter(9);
    bot.user.verified_bot = true;
    const Case cases[] = {
        {"viewer", chatter(1), false, false, false, false},
        {"subscriber", chatter(2, Role::viewer, true), true, false, false, false},
        {"VIP", chatter(3, Role::vip), true, true, true, false},
        {"moderator", chatter(4, Role::moderator), true, true, true, true},
        {"broadcaster", chatter(5, Role::broadcaster), true, true, true, true},
        {"verified bot", bot, false, false, false, false},
    };
    const auto second_line = [](RoomState modes, const Chatter& who, std::string_view text,
                                bool emotes) {
        Room room;
        room.decide({who, "first", emotes, {}}, on_both(at(0s)));
        room.set_modes(modes);
        return room.decide({who, text, emotes, {}}, on_both(at(1s)));
    };
    for (const Case& c : cases) {
        SCOPED_TRACE(c.what);
        const auto expect = [](bool passes, Verdict refusal) {
            return passes ? kAccepted : refusal;
        };
        EXPECT_EQ(second_line({}, c.who, "second", false), kAccepted);
        EXPECT_EQ(second_line({.subscribers_only = true}, c.who, "second", false),
                  expect(c.passes_subscribers_only, refused(Refusal::subscribers_only)));
        EXPECT_EQ(second_line({.emote_only = true}, c.who, "second", false),
                  expect(c.passes_emote_only, refused(Refusal::emote_only)));
        EXPECT_EQ(second_line({.emote_only = true}, c.who, "Kappa", true), kAccepted);
        EXPECT_EQ(second_line({.slow_seconds = 30}, c.who, "second", false),
                  expect(c.passes_slow, refused(Refusal::slow_mode, 29)));
        EXPECT_EQ(second_line({}, c.who, "first", false),
                  expect(c.passes_duplicate, refused(Refusal::duplicate, 29)));
    }
}

TEST(Modes, AreCheckedSubscribersFirst) {
    Room room({.emote_only = true, .slow_seconds = 30, .subscribers_only = true});
    EXPECT_EQ(say(room, chatter(1), "words", at(0s)), refused(Refusal::subscribers_only));
    EXPECT_EQ(say(room, chatter(2, Role::viewer, true), "words", at(0s)),
              refused(Refusal::emote_only));
    EXPECT_EQ(room.remembered(), 0u) << "who is refused before having spoken is not remembered";
}

TEST(MessageWindow, DependsOnRoleThenOnVerifiedBots) {
    const auto count = [](Role role, bool bot) { return message_window({}, role, bot).count; };
    EXPECT_EQ(count(Role::viewer, false), 20u);
    EXPECT_EQ(count(Role::vip, false), 20u);
    EXPECT_EQ(count(Role::moderator, false), 100u);
    EXPECT_EQ(count(Role::broadcaster, false), 100u);
    EXPECT_EQ(count(Role::viewer, true), 50u);
    EXPECT_EQ(count(Role::moderator, true), 100u);
    EXPECT_EQ(message_window({}, Role::viewer, false).length, 30s);
}

TEST(MessageWindow, CanBeSetOtherwise) {
    const MessageLimits limits{.viewer = {3, 1s}, .moderator = {4, 2s}, .verified_bot = {5, 3s}};
    EXPECT_EQ(message_window(limits, Role::vip, false).count, 3u);
    EXPECT_EQ(message_window(limits, Role::moderator, false).length, 2s);
    EXPECT_EQ(message_window(limits, Role::viewer, true).count, 5u);
}

TEST(RoomMemory, IsForgottenOnceNoRuleCanUseIt) {
    Room room;
    for (std::uint64_t id = 1; id <= 1000; ++id) say(room, chatter(id), "hello", at(0s));
    say(room, chatter(5000), "late", at(10s));
    room.forget_before(at(30s - 1ns));
    EXPECT_EQ(room.remembered(), 1001u);
    room.forget_before(at(30s));
    EXPECT_EQ(room.remembered(), 1u);
    EXPECT_EQ(say(room, chatter(5000), "late", at(30s)), refused(Refusal::duplicate, 10));
    room.forget_before(at(40s));
    EXPECT_EQ(room.remembered(), 0u);
}

TEST(RoomMemory, LastsAsLongAsALongSlowMode) {
    Room room({.slow_seconds = 300});
    say(room, chatter(1), "hello", at(0s));
    room.forget_before(at(299s));
    EXPECT_EQ(say(room, chatter(1), "again", at(299s)), refused(Refusal::slow_mode, 1));
    room.forget_before(at(300s));
    EXPECT_EQ(room.remembered(), 0u);
}

TEST(Author, WhoIsBannedTimedOutOrWarnedDoesNotSpeak) {
    Room room;
    Chatter who = chatter(1, Role::moderator);
    who.standing.banned_until = kForever;
    EXPECT_EQ(say(room, who, "a", at(0s)), refused(Refusal::banned));
    who.standing.banned_until = on_both(at(90s)).wall;
    EXPECT_EQ(say(room, who, "a", at(0s)), refused(Refusal::timed_out, 90));
    EXPECT_EQ(say(room, who, "a", at(90s)), kAccepted) << "it ends by itself";
    who.standing.warned = true;
    EXPECT_EQ(say(room, who, "b", at(91s)), refused(Refusal::warned));
}

TEST(FollowersOnly, AsksForTheTimeOfFollowing) {
    Room room({.followers_only_minutes = 10});
    Chatter who = chatter(1);
    EXPECT_EQ(say(room, who, "a", at(0s)),
              Verdict(Refused{.why = Refusal::followers_only, .followers_only_minutes = 10}));
    who.standing.following_since = on_both(at(-9min)).wall;
    EXPECT_EQ(say(room, who, "a", at(0s)), Verdict(Refused{.why = Refusal::followers_only,
                                                           .followers_only_minutes = 10,
                                                           .following_minutes = 9}));
    EXPECT_EQ(say(room, who, "a", at(1min)), kAccepted);
    EXPECT_EQ(say(room, chatter(2, Role::vip), "a", at(0s)), kAccepted);
    Room anybody_who_follows({.followers_only_minutes = 0});
    EXPECT_EQ(say(anybody_who_follows, who, "a", at(-9min)), kAccepted);
}

TEST(UniqueChat, RefusesWhatAnybodySaidBeforeUnlessItIsShort) {
    Room room({.unique_chat = true});
    EXPECT_EQ(say(room, chatter(1), "good morning", at(0s)), kAccepted);
    EXPECT_EQ(say(room, chatter(2), "good morning", at(1s)), refused(Refusal::not_unique));
    EXPECT_EQ(say(room, chatter(3, Role::moderator), "good morning", at(1s)), kAccepted);
    EXPECT_EQ(say(room, chatter(4), "hi all", at(1s)), kAccepted);
    EXPECT_EQ(say(room, chatter(5), "hi all", at(1s)), kAccepted);
    room.set_modes({});
    EXPECT_EQ(say(room, chatter(2), "good morning", at(2s)), kAccepted);
    room.set_modes({.unique_chat = true});
    EXPECT_EQ(say(room, chatter(6), "good morning", at(3s)), kAccepted)
        << "what was said before the mode does not count";
}

TEST(UniqueChat, RemembersABoundedNumberOfTexts) {
    Room room({.unique_chat = true});
    for (std::size_t i = 0; i <= Room::kUniqueTextsMax; ++i) {
        ASSERT_EQ(say(room, chatter(i + 1), "text number " + std::to_string(i), at(0s)), kAccepted);
    }
    EXPECT_EQ(say(room, chatter(9999999), "text number 0", at(1s)), kAccepted) << "forgotten";
    EXPECT_EQ(say(room, chatter(9999998), "text number 4096", at(1s)),
              refused(Refusal::not_unique));
}

}  // namespace
}  // namespace clamor::chat
