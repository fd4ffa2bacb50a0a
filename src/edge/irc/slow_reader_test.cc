// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edge/irc/session.h"
#include "tests/fakes/irc_world.h"

namespace clamor::edge::irc {
namespace {

using fakes::IrcClient;
using fakes::IrcWorld;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

TEST(SlowReader, IsGivenLessAndLessAsItsOutboxFills) {
    IrcWorld world;
    IrcClient client(world);
    client.log_in("alice");
    const MonoTime now = world.cluster.now().mono;
    const auto intake_at = [&](std::size_t bytes, std::chrono::seconds age) {
        client.transport.queued = {.bytes = bytes, .oldest = now - age};
        return client.session->intake();
    };
    EXPECT_EQ(intake_at(0, 60s), chat::ShedClass::membership) << "an empty outbox has no age";
    EXPECT_EQ(intake_at(limits::kOutboxSoftBytes, 1s), chat::ShedClass::membership);
    EXPECT_EQ(intake_at(limits::kOutboxSoftBytes + 1, 1s), chat::ShedClass::user_notice);
    EXPECT_EQ(intake_at(100, 6s), chat::ShedClass::user_notice);
    EXPECT_EQ(intake_at(limits::kOutboxHardBytes - 1, 1s), chat::ShedClass::mention);
    EXPECT_EQ(intake_at(limits::kOutboxHardBytes + 1, 1s), chat::ShedClass::control);
    EXPECT_EQ(intake_at(100, 11s), chat::ShedClass::control);
}

TEST(SlowReader, IsToldHowMuchItMissedOnceItReadsAgain) {
    IrcWorld world;
    IrcClient slow(world);
    slow.log_in("bob").send("JOIN #dallas");
    world.cluster.advance(11s);
    slow.take();
    IrcClient sender(world);
    sender.log_in("alice");
    slow.transport.queued = {.bytes = limits::kOutboxSoftBytes + 1,
                             .oldest = world.cluster.now().mono};
    for (int i = 0; i < 3; ++i) sender.send("PRIVMSG #dallas :" + std::to_string(i));
    world.cluster.advance(2s);
    EXPECT_THAT(slow.take(), IsEmpty());
    slow.transport.queued = {};
    world.cluster.advance(1s);
    EXPECT_EQ(slow.take(),
              "@msg-id=clamor_skipped :tmi.twitch.tv NOTICE #dallas :3 messages were skipped since "
              "this connection or the server could not keep up.\r\n");
    world.cluster.advance(5s);
    EXPECT_THAT(slow.take(), IsEmpty()) << "told once";
}

TEST(SlowReader, IsClosedOverTheHardThresholdAndOthersAreUnhurt) {
    IrcWorld world;
    IrcClient slow(world);
    IrcClient quick(world);
    slow.log_in("bob").send("JOIN #dallas");
    quick.log_in("carol").send("JOIN #dallas");
    IrcClient sender(world);
    sender.log_in("alice");
    slow.transport.queued = {.bytes = limits::kOutboxHardBytes + 1,
                             .oldest = world.cluster.now().mono};
    quick.take();
    sender.send("PRIVMSG #dallas :hello");
    world.cluster.advance(100ms);
    EXPECT_EQ(slow.transport.closed, CloseReason::slow_reader);
    EXPECT_THAT(slow.take(), EndsWith("NOTICE * :This connection is closed since it reads too "
                                      "slowly. Please connect again.\r\n"));
    EXPECT_THAT(quick.take(), HasSubstr(":hello"));
    EXPECT_EQ(world.hub.counters().members.value(), 2u);
}

TEST(SlowReader, IsToldWhyAlsoWhereNothingMoreIsSaid) {
    IrcWorld world;
    IrcClient slow(world);
    slow.log_in("bob").send("JOIN #dallas");
    IrcClient sender(world);
    sender.log_in("alice");
    slow.transport.queued = {.bytes = limits::kOutboxSoftBytes + 1,
                             .oldest = world.cluster.now().mono};
    sender.send("PRIVMSG #dallas :skipped");
    world.cluster.advance(limits::kOutboxAge + 2s);
    EXPECT_EQ(slow.transport.closed, CloseReason::slow_reader);
    EXPECT_THAT(slow.take(), EndsWith("NOTICE * :This connection is closed since it reads too "
                                      "slowly. Please connect again.\r\n"));
}

TEST(SlowReader, IsClosedWhenItDoesNotReadItsOwnReplies) {
    IrcWorld world;
    IrcClient client(world);
    client.log_in("alice");
    client.transport.queued = {.bytes = limits::kOutboxHardBytes + 1,
                               .oldest = world.cluster.now().mono};
    client.send("PING :x");
    EXPECT_EQ(client.transport.closed, CloseReason::slow_reader);
}

}  // namespace
}  // namespace clamor::edge::irc
