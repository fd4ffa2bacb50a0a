// SPDX-License-Identifier: Apache-2.0
// The checkers are shown runs in which one thing is broken, so that we know that they would see it.
#include "sim/checkers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/memory_message_log.h"

namespace clamor::sim {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Kind = AnswerChecker::Kind;

constexpr ChannelId kRoom{1000};

MessageId id(std::uint64_t number) {
    return MessageId::from_random(0, number);
}
Now at(std::chrono::nanoseconds since_start) {
    return {.mono = MonoTime(1h + since_start),
            .wall = wall_from_unix_ms(1'790'000'000'000) +
                    std::chrono::floor<std::chrono::milliseconds>(since_start)};
}

/// What moderator 2 did to user 1; a timeout is one of a minute from the start on.
chat::Moderation moderation(chat::ModAction action, std::uint64_t number) {
    chat::Moderation act;
    act.action = action;
    act.id = id(number);
    act.moderator.id = UserId(2);
    act.target.id = UserId(1);
    if (action == chat::ModAction::timeout) act.ends_at = at(60s).wall;
    return act;
}

class DeliveryCheckerTest : public ::testing::Test {
  protected:
    void join(SessionId session) {
        checker.join_asked(session, 1, "lobby");
        hub::Joined joined;
        joined.channel = kRoom;
        joined.login = "lobby";
        checker.join_answered(session, 1, joined);
    }
    /// Session 9 says numbers 1 to `count`.
    void publish(std::uint64_t count) {
        for (std::uint64_t i = 1; i <= count; ++i) checker.published(kRoom, {1, i}, id(i), 9);
    }
    void deliver(SessionId session, std::uint64_t sequence) {
        checker.delivered(session, kRoom, {1, sequence}, id(sequence));
    }

    Violations violations;
    DeliveryChecker checker{violations};
};

TEST_F(DeliveryCheckerTest, IsContentWhenAllArriveInOrder) {
    join(1);
    publish(3);
    for (std::uint64_t i = 1; i <= 3; ++i) deliver(1, i);
    checker.check_at_rest();
    EXPECT_THAT(violations.kept(), IsEmpty());
}

TEST_F(DeliveryCheckerTest, SeesAnotherOrder) {
    join(1);
    publish(2);
    deliver(1, 2);
    EXPECT_THAT(violations.kept(), ElementsAre(HasSubstr("misses 1 messages")));
    deliver(1, 1);
    EXPECT_THAT(violations.kept().back(), HasSubstr("message 1 of channel 1000 after message 2"));
}

TEST_F(DeliveryCheckerTest, SeesAMessageTwice) {
    join(1);
    publish(1);
    deliver(1, 1);
    deliver(1, 1);
    EXPECT_EQ(violations.count(), 1u);
}

TEST_F(DeliveryCheckerTest, SeesAMessageInAnothersPlace) {
    join(1);
    publish(2);
    checker.delivered(1, kRoom, {1, 1}, id(2));
    EXPECT_THAT(violations.kept(), ElementsAre(HasSubstr("which it is not")));
}

TEST_F(DeliveryCheckerTest, SeesAPositionGivenTwiceOrLeftOut) {
    checker.published(kRoom, {1, 1}, id(1), 9);
    checker.published(kRoom, {1, 1}, id(2), 9);
    checker.published(kRoom, {1, 3}, id(3), 9);
    EXPECT_EQ(violations.count(), 2u);
}

TEST_F(DeliveryCheckerTest, SeesAMessageAfterLeaving) {
    join(1);
    publish(1);
    checker.left(1, "lobby", true);
    deliver(1, 1);
    EXPECT_THAT(violations.kept(), ElementsAre(HasSubstr("in which it is not")));
}

TEST_F(DeliveryCheckerTest, SeesAMessageBeforeTheJoinIsAnswered) {
    checker.join_asked(1, 1, "lobby");
    publish(1);
    deliver(1, 1);
    EXPECT_EQ(violations.count(), 1u);
}

TEST_F(DeliveryCheckerTest, TakesALeaveForTheJoinThatIsUnderWay) {
    checker.join_asked(1, 1, "lobby");
    checker.left(1, "lobby", true);
    hub::Joined joined;
    joined.channel = kRoom;
    joined.login = "lobby";
    checker.join_answered(1, 1, joined);
    publish(1);
    checker.check_at_rest();
    EXPECT_THAT(violations.kept(), IsEmpty());
    deliver(1, 1);
    EXPECT_EQ(violations.count(), 1u);
}

TEST_F(DeliveryCheckerTest, SeesAWrongAnswerToALeave) {
    checker.left(1, "lobby", true);
    join(2);
    checker.left(2, "lobby", false);
    EXPECT_EQ(violations.count(), 2u);
}

TEST_F(DeliveryCheckerTest, SeesOnesOwnMessage) {
    join(9);
    publish(1);
    deliver(9, 1);
    EXPECT_THAT(violations.kept(), ElementsAre(HasSubstr("its own message")));
}

TEST_F(DeliveryCheckerTest, SeesWhatNeverArrives) {
    join(1);
    join(9);
    publish(2);
    deliver(1, 1);
    checker.check_at_rest();
    EXPECT_THAT(violations.kept(), ElementsAre(HasSubstr("session 1 misses 1")))
        << "9 said it and must not get it";
}

TEST_F(DeliveryCheckerTest, AllowsWhatTheSessionWasToldOf) {
    join(1);
    publish(3);
    checker.skipped(1, kRoom, 2);
    deliver(1, 3);
    checker.check_at_rest();
    EXPECT_THAT(violations.kept(), IsEmpty());
}

TEST_F(DeliveryCheckerTest, SeesAnActThatIsNotToldEvenWhereMessagesMayBeLost) {
    checker.allow_loss();
    join(1);
    checker.published(kRoom, {1, 1}, id(1), 9);
    checker.published(kRoom, {1, 2}, id(2), kNoSession, DeliveryChecker::Kind::act);
    checker.published(kRoom, {1, 3}, id(3), 9);
    checker.skipped(1, kRoom, 5);
    deliver(1, 3);
    EXPECT_THAT(violations.kept(), ElementsAre(HasSubstr("was not told of act 2")));
}

TEST_F(DeliveryCheckerTest, SeesWhatIsForModeratorsReachAMember) {
    join(1);
    checker.published(kRoom, {1, 1}, id(1), 9, DeliveryChecker::Kind::for_moderators);
    checker.published(kRoom, {1, 2}, id(2), 9, DeliveryChecker::Kind::for_moderators);
    checker.check_at_rest();
    EXPECT_THAT(violations.kept(), IsEmpty());
    deliver(1, 2);
    EXPECT_THAT(violations.kept(), ElementsAre(HasSubstr("which is for moderators")));
}

TEST_F(DeliveryCheckerTest, SeesAnEvictionBeforeTheBanIsTold) {
    join(1);
    checker.told_of_ban(1, kRoom);
    checker.evicted(1, "lobby");
    EXPECT_THAT(violations.kept(), IsEmpty());
    publish(1);
    deliver(1, 1);
    EXPECT_THAT(violations.kept(), ElementsAre(HasSubstr("in which it is not")));
    join(2);
    checker.evicted(2, "lobby");
    EXPECT_THAT(violations.kept().back(), HasSubstr("before it was told"));
    checker.evicted(2, "lobby");
    EXPECT_THAT(violations.kept().back(), HasSubstr("put out of lobby, in which it is not"));
}

TEST(AnswerCheckerTest, SeesAnActThatIsAnsweredAsSomethingElseTwiceOrNever) {
    Violations violations;
    AnswerChecker checker(violations);
    checker.asked(1, 1, Kind::act);
    checker.answered(1, 1, Kind::act, false);
    EXPECT_THAT(violations.kept(), IsEmpty());
    checker.answered(1, 1, Kind::act, false);
    EXPECT_EQ(violations.count(), 1u) << "twice";
    checker.asked(1, 2, Kind::act);
    checker.answered(1, 2, Kind::send, false);
    EXPECT_EQ(violations.count(), 2u) << "as a message";
    checker.check_at_rest();
    EXPECT_THAT(violations.kept().back(), HasSubstr("never got an answer to 2 (act)"));
}

TEST(AnswerCheckerTest, SeesWhatIsAnsweredTwiceOrNever) {
    Violations violations;
    AnswerChecker checker(violations);
    checker.asked(1, 1, Kind::join);
    checker.answered(1, 1, Kind::join, false);
    checker.asked(1, 2, Kind::send);
    checker.answered(1, 2, Kind::send, true);
    checker.answered(1, 2, Kind::send, false);
    checker.asked(2, 1, Kind::names);
    checker.gone(2);
    checker.check_at_rest();
    EXPECT_THAT(violations.kept(), IsEmpty());

    checker.answered(1, 1, Kind::join, false);
    EXPECT_EQ(violations.count(), 1u) << "twice";
    checker.answered(2, 1, Kind::names, false);
    EXPECT_EQ(violations.count(), 2u) << "after it went";
    checker.asked(1, 3, Kind::send);
    checker.answered(1, 3, Kind::send, true);
    checker.answered(1, 3, Kind::send, true);
    EXPECT_EQ(violations.count(), 3u) << "not stored yet, twice";
    checker.check_at_rest();
    EXPECT_EQ(violations.count(), 4u) << "never";
}

class RuleCheckerTest : public ::testing::Test {
  protected:
    void accept(const std::string& text, Now now, bool emotes = false) {
        chat::Message message;
        message.text = text;
        message.emote_only = emotes;
        message.author_role = author.standing.role;
        message.author_suspicion = suspicion;
        checker.accepted(kRoom, author, message, now);
    }

    /// The act goes into the catalog.
    void commit(const chat::Moderation& act, Now now) {
        const chat::Standing before = author.standing;
        chat::apply(act, author.standing);
        checker.standing_committed(kRoom, author.user.id, before, author.standing, act.id,
                                   now.mono);
    }
    void commit_and_publish(const chat::Moderation& act, Now now) {
        commit(act, now);
        checker.published(kRoom, act, now.mono);
    }
    void refuse(chat::Refusal why, Now now) {
        checker.refused(kRoom, author, {.why = why, .retry_after_seconds = 5}, now);
    }

    Violations violations;
    RuleChecker checker{violations};
    chat::Chatter author{
        .user = {.id = UserId(1), .login = "bob", .display_name = "Bob", .color = ""},
        .standing = {}};
    chat::Suspicion suspicion = chat::Suspicion::none;
};

TEST_F(RuleCheckerTest, SeesTheBannedSpeak) {
    checker.set_modes(kRoom, {});
    const auto ban = moderation(chat::ModAction::ban, 1);
    commit(ban, at(0s));
    accept("nobody knows yet", at(1s));
    EXPECT_THAT(violations.kept(), IsEmpty());
    checker.seen(kRoom, ban);
    accept("now they do", at(2s));
    EXPECT_THAT(violations.kept(), ElementsAre(HasSubstr("bob spoke in channel 1000, banned")));
    commit(moderation(chat::ModAction::unban, 2), at(3s));
    accept("free", at(4s));
    checker.published(kRoom, ban, at(5s).mono);
    accept("although the ban is told only now", at(6s));
    EXPECT_EQ(violations.count(), 1u);
}

TEST_F(RuleCheckerTest, SeesTheTimedOutSpeakUntilItsEnd) {
    checker.set_modes(kRoom, {});
    commit_and_publish(moderation(chat::ModAction::timeout, 1), at(0s));
    accept("early", at(59s));
    EXPECT_EQ(violations.count(), 1u);
    accept("in time", at(60s));
    EXPECT_EQ(violations.count(), 1u);
}

TEST_F(RuleCheckerTest, SeesARefusalOrAJoinRefusedAfterTheBanEnded) {
    checker.set_modes(kRoom, {});
    refuse(chat::Refusal::banned, at(0s));
    EXPECT_EQ(violations.count(), 1u);
    commit_and_publish(moderation(chat::ModAction::ban, 1), at(0s));
    refuse(chat::Refusal::banned, at(100s));
    checker.join_refused(kRoom, author, at(100s));
    commit_and_publish(moderation(chat::ModAction::unban, 2), at(101s));
    refuse(chat::Refusal::banned, at(102s));
    EXPECT_EQ(violations.count(), 1u);
    refuse(chat::Refusal::banned, at(107s));
    checker.join_refused(kRoom, author, at(107s));
    EXPECT_EQ(violations.count(), 3u);
    commit_and_publish(moderation(chat::ModAction::timeout, 3), at(30s));
    refuse(chat::Refusal::timed_out, at(64s));
    EXPECT_EQ(violations.count(), 3u);
    refuse(chat::Refusal::timed_out, at(66s));
    EXPECT_EQ(violations.count(), 4u);
}

TEST_F(RuleCheckerTest, NamesTheBanForGoodThatIsKnownAndHolds) {
    checker.set_modes(kRoom, {});
    const auto ban = moderation(chat::ModAction::ban, 1);
    commit(ban, at(0s));
    EXPECT_EQ(checker.ban_for_good(kRoom, UserId(1)), 0u);
    checker.published(kRoom, ban, at(1s).mono);
    const std::uint64_t first = checker.ban_for_good(kRoom, UserId(1));
    EXPECT_NE(first, 0u);
    commit_and_publish(moderation(chat::ModAction::unban, 2), at(2s));
    EXPECT_EQ(checker.ban_for_good(kRoom, UserId(1)), 0u);
    commit_and_publish(moderation(chat::ModAction::ban, 3), at(3s));
    EXPECT_NE(checker.ban_for_good(kRoom, UserId(1)), first) << "another one";
    EXPECT_EQ(checker.ban_for_good(kRoom, UserId(2)), 0u);
}

TEST_F(RuleCheckerTest, SeesARoleOrASuspicionThatIsNotTheAuthors) {
    checker.set_modes(kRoom, {});
    const auto mod = moderation(chat::ModAction::mod, 1);
    commit(mod, at(0s));
    author.standing.role = chat::Role::viewer;  // the room's
    accept("not told yet", at(1s));
    EXPECT_THAT(violations.kept(), IsEmpty());
    checker.seen(kRoom, mod);
    chat::Message message;
    message.text = "still a viewer";
    author.standing.role = chat::Role::moderator;
    checker.accepted(kRoom, author, message, at(2s));
    EXPECT_THAT(violations.kept(), ElementsAre(HasSubstr("with role 0, but has 2")));
    commit_and_publish(moderation(chat::ModAction::restrict_user, 2), at(3s));
    accept("not for all", at(4s));
    EXPECT_THAT(violations.kept().back(), HasSubstr("under suspicion 0, but is under 2"));
    suspicion = chat::Suspicion::restricted;
    accept("for moderators", at(5s));
    EXPECT_EQ(violations.count(), 2u);
}

TEST_F(RuleCheckerTest, HoldsModesFromTheirPlaceInTheOrderOn) {
    checker.set_modes(kRoom, {});
    checker.modes_committed(kRoom, {.slow_seconds = 30});
    accept("a", at(0s));
    accept("b", at(1s));
    EXPECT_THAT(violations.kept(), IsEmpty()) << "either may hold";
    auto slow = moderation(chat::ModAction::slow, 1);
    slow.modes.slow_seconds = 30;
    checker.published(kRoom, slow, at(2s).mono);
    accept("c", at(3s));
    EXPECT_THAT(violations.kept(), ElementsAre(HasSubstr("slow mode of channel 1000")));
    slow.modes.slow_seconds = 40;
    checker.published(kRoom, slow, at(4s).mono);
    EXPECT_THAT(violations.kept().back(), HasSubstr("modes that nobody set"));
}

TEST_F(RuleCheckerTest, HoldsFollowersOnlyMode) {
    checker.set_modes(kRoom, {.followers_only_minutes = 10});
    author.standing.following_since = at(-10min).wall;
    accept("hello", at(0s));
    refuse(chat::Refusal::followers_only, at(1s));
    EXPECT_THAT(violations.kept(), IsEmpty()) << "it may have been refused just before";
    refuse(chat::Refusal::followers_only, at(6s));
    EXPECT_EQ(violations.count(), 1u);
    author.standing.following_since = at(-9min).wall;
    accept("too early", at(7s));
    EXPECT_EQ(violations.count(), 2u);
}

class ActCheckerTest : public ::testing::Test {
  protected:
    void commit(const chat::Moderation& act, chat::Role role, const std::string& batch = {}) {
        checker.committed({.channel = kRoom,
                           .actor = act.moderator.id,
                           .action = std::string(chat::name_of(act.action)),
                           .target = act.target.id,
                           .after = R"({"act":")" + act.id.to_string() + R"("})",
                           .batch = batch},
                          role);
    }
    void rest(const chat::Standing& in_catalog) {
        checker.check_at_rest(at(0s).wall, [&](ChannelId, UserId) { return in_catalog; });
    }

    Violations violations;
    ActChecker checker{violations};
};

TEST_F(ActCheckerTest, IsContentWithWhatIsDoneAndToldInOrder) {
    checker.knew(kRoom, UserId(1), {.role = chat::Role::moderator});
    const auto ban = moderation(chat::ModAction::ban, 1);
    commit(ban, chat::Role::broadcaster, "b");
    const auto vip = moderation(chat::ModAction::vip, 2);
    commit(vip, chat::Role::broadcaster, "b");
    checker.published(kRoom, ban);
    checker.lost(kRoom, vip);
    rest({.role = chat::Role::vip, .banned_until = chat::kForever});
    checker.evicted(kRoom, UserId(1));
    EXPECT_THAT(violations.kept(), IsEmpty());
    EXPECT_THAT(checker.acts_of(kRoom, "undo:b"), ElementsAre(id(1), id(2)));
}

TEST_F(ActCheckerTest, SeesActsWithoutTheRight) {
    commit(moderation(chat::ModAction::ban, 1), chat::Role::vip);
    EXPECT_EQ(violations.count(), 1u);
    commit(moderation(chat::ModAction::mod, 2), chat::Role::moderator);
    EXPECT_EQ(violations.count(), 2u);
    commit(moderation(chat::ModAction::ban, 3), chat::Role::moderator);
    commit(moderation(chat::ModAction::mod, 4), chat::Role::broadcaster);
    EXPECT_EQ(violations.count(), 2u);
}

TEST_F(ActCheckerTest, SeesAWrongAnswerToWhoMayAndWhoMayNot) {
    const chat::ActAnswer done = chat::Done{}, no = chat::Denied{},
                          busy = chat::Denied{.why = chat::Denial::busy};
    const chat::Act clear = chat::act::ClearChat{}, give = chat::act::GiveRole{};
    checker.answered("bob", chat::Role::viewer, clear, no);
    checker.answered("bob", chat::Role::viewer, clear, busy);
    checker.answered("mona", chat::Role::moderator, clear, done);
    checker.answered("mona", chat::Role::moderator, give, no);
    checker.answered("lea", std::nullopt, clear, done);
    EXPECT_THAT(violations.kept(), IsEmpty());
    checker.answered("bob", chat::Role::viewer, clear, done);
    checker.answered("mona", chat::Role::moderator, clear, no);
    checker.answered("mona", chat::Role::moderator, give, done);
    EXPECT_THAT(violations.kept(), ElementsAre(HasSubstr("bob may not"), HasSubstr("mona may act"),
                                               HasSubstr("mona may not")));
}

TEST_F(ActCheckerTest, SeesWhatIsToldTwiceInAnotherOrderOrNever) {
    commit(moderation(chat::ModAction::clear, 1), chat::Role::moderator);
    commit(moderation(chat::ModAction::clear, 2), chat::Role::moderator);
    commit(moderation(chat::ModAction::clear, 3), chat::Role::moderator);
    checker.published(kRoom, moderation(chat::ModAction::clear, 2));
    checker.published(kRoom, moderation(chat::ModAction::clear, 1));
    checker.published(kRoom, moderation(chat::ModAction::clear, 1));
    rest({});
    EXPECT_THAT(violations.kept(),
                ElementsAre(HasSubstr("before what was done before it"),
                            HasSubstr("not in the catalog"), HasSubstr("never told of 1 acts")));
}

TEST_F(ActCheckerTest, LetsActsOnOthersOvertakeAndLeavesOutWhatWasTakenBack) {
    const auto of = [](int number, std::uint64_t target) {
        auto ban = moderation(chat::ModAction::ban, number);
        ban.target.id = UserId(target);
        return ban;
    };
    commit(of(1, 5), chat::Role::moderator, "b");
    commit(of(2, 6), chat::Role::moderator, "b");
    commit(of(3, 7), chat::Role::moderator);
    commit(of(4, 7), chat::Role::moderator);
    checker.published(kRoom, of(3, 7));
    checker.published(kRoom, of(2, 6));
    checker.committed({.channel = kRoom, .action = "undo", .batch = "b"}, chat::Role::moderator);
    checker.published(kRoom, of(4, 7));
    rest({});
    EXPECT_THAT(violations.kept(), IsEmpty());
    commit(of(5, 7), chat::Role::moderator);
    commit(of(6, 7), chat::Role::moderator);
    checker.published(kRoom, of(6, 7));
    checker.published(kRoom, of(5, 7));
    EXPECT_THAT(violations.kept(), ElementsAre(HasSubstr("before what was done before it")));
}

TEST_F(ActCheckerTest, SeesAStandingThatIsNotTheToldOne) {
    checker.knew(kRoom, UserId(1), {});
    const auto ban = moderation(chat::ModAction::ban, 1);
    commit(ban, chat::Role::moderator);
    checker.published(kRoom, ban);
    rest({.banned_until = chat::kForever});
    EXPECT_THAT(violations.kept(), IsEmpty());
    rest({});
    EXPECT_EQ(violations.count(), 1u) << "the ban";
    rest({.role = chat::Role::vip, .banned_until = chat::kForever});
    EXPECT_EQ(violations.count(), 2u) << "the role";
    rest({.banned_until = chat::kForever, .suspicion = chat::Suspicion::restricted});
    EXPECT_EQ(violations.count(), 3u) << "the suspicion";
}

TEST_F(ActCheckerTest, SeesWhoIsStillThereOrPutOutForNothing) {
    const chat::User bob{.id = UserId(1), .login = "bob", .display_name = "Bob", .color = ""};
    checker.present_at_rest(kRoom, bob);
    EXPECT_THAT(violations.kept(), IsEmpty());
    checker.evicted(kRoom, bob.id);
    EXPECT_EQ(violations.count(), 1u);
    const auto ban = moderation(chat::ModAction::ban, 1);
    commit(ban, chat::Role::moderator);
    checker.published(kRoom, ban);
    checker.present_at_rest(kRoom, bob);
    EXPECT_THAT(violations.kept().back(), HasSubstr("bob is in channel 1000, banned for good"));
    const auto unban = moderation(chat::ModAction::unban, 2);
    commit(unban, chat::Role::moderator);
    checker.published(kRoom, unban);
    checker.present_at_rest(kRoom, bob);
    EXPECT_EQ(violations.count(), 2u);
}

TEST_F(RuleCheckerTest, SeesSlowModeBroken) {
    checker.set_modes(kRoom, {.slow_seconds = 10});
    accept("a", at(0s));
    accept("b", at(10s));
    EXPECT_THAT(violations.kept(), IsEmpty());
    accept("c", at(20s - 1ns));
    EXPECT_EQ(violations.count(), 1u);
    author.standing.role = chat::Role::vip;
    accept("d", at(20s));
    EXPECT_EQ(violations.count(), 1u);
}

TEST_F(RuleCheckerTest, SeesADuplicate) {
    accept("a", at(0s));
    accept("a", at(30s));
    EXPECT_THAT(violations.kept(), IsEmpty());
    accept("a", at(60s - 1ns));
    EXPECT_EQ(violations.count(), 1u);
}

TEST_F(RuleCheckerTest, SeesTheModesBroken) {
    checker.set_modes(kRoom, {.emote_only = true, .subscribers_only = true});
    author.standing.subscriber_tier = 1;
    accept("Kappa", at(0s), true);
    EXPECT_THAT(violations.kept(), IsEmpty());
    accept("words", at(1s));
    EXPECT_EQ(violations.count(), 1u);
    author.standing.subscriber_tier = 0;
    accept("Kappa Kappa", at(2s), true);
    EXPECT_EQ(violations.count(), 2u);
}

TEST_F(RuleCheckerTest, SeesOneMessageTooMany) {
    for (int i = 0; i < 20; ++i) accept(std::to_string(i), at(i * 1s));
    EXPECT_THAT(violations.kept(), IsEmpty());
    accept("one more", at(30s - 1ns));
    EXPECT_EQ(violations.count(), 1u);
}

TEST_F(RuleCheckerTest, SeesARefusalWithoutAReason) {
    checker.refused(kRoom, author, {chat::Refusal::slow_mode, 5}, at(0s));
    checker.refused(kRoom, author, {chat::Refusal::duplicate, 5}, at(0s));
    checker.refused(kRoom, author, {chat::Refusal::subscribers_only}, at(0s));
    checker.refused(kRoom, author, {chat::Refusal::emote_only}, at(0s));
    checker.refused(kRoom, author, {chat::Refusal::rate_limited, 5}, at(0s));
    EXPECT_EQ(violations.count(), 5u);
}

class HistoryCheckerTest : public ::testing::Test {
  protected:
    chat::Message said(std::uint64_t number, bool first) {
        chat::Message message;
        message.id = id(number);
        message.author_id = UserId(1);
        message.first_message = first;
        message.client_nonce = std::to_string(number);
        message.sent_at = wall_from_unix_ms(1000);
        return message;
    }
    /// Number 4 of the channel, behind three messages of user 1.
    void act(chat::Moderation act) {
        for (std::uint64_t i = 1; i <= 3; ++i) {
            checker.published(kRoom, said(i, i == 1));
            store(said(i, i == 1), i);
        }
        act.at = wall_from_unix_ms(1000);
        checker.acted(kRoom, act);
        chat::Event event;
        event.channel = kRoom;
        event.body = act;
        const store::StoredMessage stored{.channel = kRoom,
                                          .position = {1, 4},
                                          .id = act.id,
                                          .sent_at = act.at,
                                          .author = {},
                                          .event = chat::encode_event(event),
                                          .kind = store::EntryKind::moderation};
        ASSERT_TRUE(log.append(std::span(&stored, 1)));
    }
    void mark(const store::Deletion& deletion) {
        ASSERT_TRUE(log.mark_deleted(std::span(&deletion, 1)));
    }
    void store(const chat::Message& message, std::uint64_t sequence) {
        chat::Event event;
        event.channel = kRoom;
        event.body = message;
        const store::StoredMessage stored{.channel = kRoom,
                                          .position = {1, sequence},
                                          .id = message.id,
                                          .sent_at = message.sent_at,
                                          .author = message.author_id,
                                          .event = chat::encode_event(event)};
        ASSERT_TRUE(log.append(std::span(&stored, 1)));
    }

    Violations violations;
    store::MemoryMessageLog log;
    HistoryChecker checker{violations, log};
};

TEST_F(HistoryCheckerTest, IsContentWhenTheLogHoldsWhatWasAccepted) {
    for (std::uint64_t i = 1; i <= 3; ++i) {
        checker.published(kRoom, said(i, i == 1));
        store(said(i, i == 1), i);
        checker.echoed(kRoom, id(i), std::to_string(i));
    }
    checker.check_at_rest();
    EXPECT_THAT(violations.kept(), IsEmpty());
}

TEST_F(HistoryCheckerTest, SeesAnEchoBeforeTheLog) {
    checker.published(kRoom, said(1, true));
    checker.echoed(kRoom, id(1), "1");
    EXPECT_THAT(violations.kept(), ElementsAre(HasSubstr("not in the log")));
}

TEST_F(HistoryCheckerTest, SeesAnEchoOfAnothersMessage) {
    store(said(1, true), 1);
    checker.echoed(kRoom, id(1), "2");
    EXPECT_THAT(violations.kept(), ElementsAre(HasSubstr("another's")));
}

TEST_F(HistoryCheckerTest, SeesWhatTheLogLacks) {
    checker.published(kRoom, said(1, true));
    checker.published(kRoom, said(2, false));
    store(said(1, true), 1);
    checker.check_at_rest();
    EXPECT_THAT(violations.kept(), ElementsAre(HasSubstr("holds 1 entries, but 2")));
}

TEST_F(HistoryCheckerTest, SeesAGapAndAWrongOrder) {
    checker.published(kRoom, said(1, true));
    checker.published(kRoom, said(2, false));
    store(said(2, false), 1);
    store(said(1, true), 3);
    checker.check_at_rest();
    EXPECT_THAT(violations.kept(),
                ElementsAre(HasSubstr("another message at 1"), HasSubstr("jumps to 3")));
}

TEST_F(HistoryCheckerTest, SeesWhatWasHiddenAndIsVisible) {
    act(moderation(chat::ModAction::ban, 9));
    EXPECT_EQ(checker.check_at_rest(), 3u);
    EXPECT_EQ(violations.count(), 3u);
    mark({.channel = kRoom, .by = id(9), .author = UserId(1), .up_to_sequence = 4});
    checker.check_at_rest();
    EXPECT_EQ(violations.count(), 3u);
}

TEST_F(HistoryCheckerTest, SeesWhatIsDeletedAndNobodyHid) {
    auto deletion = moderation(chat::ModAction::delete_message, 9);
    deletion.message_id = id(2);
    act(deletion);
    mark({.channel = kRoom, .by = id(9), .ids = {id(2), id(3)}});
    checker.check_at_rest();
    EXPECT_THAT(violations.kept(),
                ElementsAre(HasSubstr("number 3 of channel 1000 is deleted in the log")));
}

TEST_F(HistoryCheckerTest, SeesWhatWasBroughtBackAndIsNot) {
    act(moderation(chat::ModAction::clear, 9));
    mark({.channel = kRoom, .by = id(9), .up_to_sequence = 4});
    checker.check_at_rest();
    EXPECT_THAT(violations.kept(), IsEmpty());
    checker.undone(kRoom, {id(9)});
    checker.check_at_rest();
    EXPECT_EQ(violations.count(), 3u);
    ASSERT_TRUE(log.restore(kRoom, id(9)));
    EXPECT_EQ(checker.check_at_rest(), 0u);
    EXPECT_EQ(violations.count(), 3u);
}

TEST_F(HistoryCheckerTest, SeesAnActThatIsNotInTheLog) {
    checker.acted(kRoom, moderation(chat::ModAction::clear, 9));
    checker.check_at_rest();
    EXPECT_THAT(violations.kept(), ElementsAre(HasSubstr("holds 0 entries, but 1")));
}

TEST_F(HistoryCheckerTest, SeesAWrongFirstMessageAndTimeThatGoesBack) {
    checker.published(kRoom, said(1, false));
    EXPECT_EQ(violations.count(), 1u);
    chat::Message earlier = said(2, false);
    earlier.sent_at = wall_from_unix_ms(999);
    checker.published(kRoom, earlier);
    EXPECT_EQ(violations.count(), 2u);
}

}  // namespace
}  // namespace clamor::sim
