// SPDX-License-Identifier: Apache-2.0
#include "edge/irc/reply_queue.h"

#include <gtest/gtest.h>

namespace clamor::edge::irc {
namespace {

TEST(ReplyQueue, GivesAnswersOutInTheOrderOfTheQuestions) {
    ReplyQueue queue;
    const auto first = queue.open();
    const auto second = queue.open();
    EXPECT_TRUE(queue.fill(second, "second "));
    EXPECT_EQ(queue.take_ready(), "");
    EXPECT_TRUE(queue.fill(first, "first "));
    EXPECT_EQ(queue.take_ready(), "first second ");
    EXPECT_TRUE(queue.empty());
}

TEST(ReplyQueue, KeepsImmediateRepliesBehindWaitingPlaces) {
    ReplyQueue queue;
    const auto first = queue.open();
    queue.say("a ");
    queue.say("b ");
    const auto second = queue.open();
    queue.say("c ");
    EXPECT_EQ(queue.places(), 4u) << "replies that follow each other share a place";
    EXPECT_TRUE(queue.fill(first, "1 "));
    EXPECT_EQ(queue.take_ready(), "1 a b ");
    EXPECT_TRUE(queue.fill(second, "2 "));
    EXPECT_EQ(queue.take_ready(), "2 c ");
}

TEST(ReplyQueue, TellsALateAnswerFromOneThatIsWaitedFor) {
    ReplyQueue queue;
    const auto first = queue.open();
    const auto second = queue.open();
    EXPECT_TRUE(queue.fill(first, "not yet "));
    EXPECT_FALSE(queue.fill(first, "stored ")) << "filled, though still queued";
    EXPECT_EQ(queue.take_ready(), "not yet ");
    EXPECT_FALSE(queue.fill(first, "stored ")) << "gone";
    EXPECT_TRUE(queue.fill(second, ""));
    EXPECT_EQ(queue.take_ready(), "");
    EXPECT_TRUE(queue.empty());
    EXPECT_FALSE(queue.fill(second + 7, "never asked"));
}

TEST(ReplyQueue, StaysInOrderOverManyTurns) {
    ReplyQueue queue;
    std::string all;
    hub::RequestId oldest = queue.open();
    for (int i = 0; i < 5000; ++i) {
        const auto next = queue.open();
        ASSERT_TRUE(queue.fill(oldest, std::to_string(i) + " "));
        all += queue.take_ready();
        oldest = next;
        ASSERT_EQ(queue.places(), 1u);
    }
    std::string expected;
    for (int i = 0; i < 5000; ++i) expected += std::to_string(i) + " ";
    EXPECT_EQ(all, expected);
}

}  // namespace
}  // namespace clamor::edge::irc
