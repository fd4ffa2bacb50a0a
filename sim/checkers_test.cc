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
MonoTime at(std::chrono::nanoseconds since_start) {
    return MonoTime(1h + since_start);
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
    void accept(const std::string& text, MonoTime now, bool emotes = false) {
        chat::Message message;
        message.text = text;
        message.emote_only = emotes;
        checker.accepted(kRoom, author, message, now);
    }

    Violations violations;
    RuleChecker checker{violations};
    chat::Chatter author;
};

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
    EXPECT_THAT(violations.kept(), ElementsAre(HasSubstr("holds 1 new messages, but 2")));
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
