// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edge/irc/session.h"
#include "tests/fakes/irc_world.h"

namespace clamor::edge::irc {
namespace {

using fakes::IrcClient;
using fakes::IrcWorld;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using namespace std::chrono_literals;

constexpr std::string_view kCapabilities = "twitch.tv/tags twitch.tv/commands clamor.dev/seq";

class ContinuityTest : public ::testing::Test {
  protected:
    ContinuityTest() {
        viewer_.log_in("bob", kCapabilities);
        sender_.log_in("alice");
        viewer_.send("JOIN #dallas");
        world_.cluster.advance(11s);
    }
    void say(const std::string& text) {
        sender_.send("PRIVMSG #dallas :" + text);
        world_.cluster.advance(200ms);
    }
    /// The viewer's connection ends and comes back with what it has.
    void come_back(IrcClient& again, const std::string& after) {
        again.log_in("bob", kCapabilities);
        again.send("@clamor.dev/after=" + after + " JOIN #dallas");
    }
    static std::size_t at(const std::string& text, const std::string& part) {
        EXPECT_THAT(text, HasSubstr(part));
        return text.find(part);
    }

    IrcWorld world_;
    IrcClient viewer_{world_};
    IrcClient sender_{world_};
};

TEST_F(ContinuityTest, NumbersTheLinesOfThoseWhoAskForIt) {
    EXPECT_THAT(viewer_.take(), HasSubstr("ROOMSTATE #dallas"));
    IrcClient plain(world_);
    plain.log_in("carol").send("JOIN #dallas");
    plain.take();
    say("one");
    EXPECT_THAT(viewer_.take(), StartsWith("@clamor.dev/seq=1-1;badge-info="));
    EXPECT_THAT(plain.take(), Not(HasSubstr("clamor.dev")));
    IrcClient late(world_);
    come_back(late, "1-1");
    EXPECT_THAT(late.take(), HasSubstr("@clamor.dev/seq=1-1;"));
}

TEST_F(ContinuityTest, NumbersTheEchoOfOnesOwnMessage) {
    viewer_.take();
    viewer_.send("PRIVMSG #dallas :mine");
    world_.cluster.advance(1s);
    EXPECT_THAT(viewer_.take(), StartsWith("@clamor.dev/seq=1-1;"));
}

TEST_F(ContinuityTest, ListsTheCapabilityWhereItIsOn) {
    viewer_.take();
    viewer_.send("CAP LIST");
    EXPECT_THAT(viewer_.take(), HasSubstr("clamor.dev/seq"));
    viewer_.send("CAP REQ :-clamor.dev/seq");
    viewer_.take();
    say("one");
    EXPECT_THAT(viewer_.take(), Not(HasSubstr("clamor.dev")));
}

TEST_F(ContinuityTest, RepeatsWhatWasMissedBehindTheJoin) {
    say("one");
    viewer_.session->close(CloseReason::client_left);
    say("two");
    say("three");
    IrcClient again(world_);
    come_back(again, "1-1");
    world_.cluster.advance(100ms);
    const std::string text = again.take();
    EXPECT_THAT(text, Not(HasSubstr(":one")));
    EXPECT_LT(at(text, "ROOMSTATE #dallas"), at(text, "@clamor.dev/seq=1-2;"));
    EXPECT_LT(at(text, ":two"), at(text, ":three"));
    EXPECT_THAT(text, Not(HasSubstr("clamor_skipped")));
}

TEST_F(ContinuityTest, SaysInFrontOfWhatWasMissedWhereItBegins) {
    say("one");
    say("two");
    say("three");
    IrcClient again(world_);
    come_back(again, "1-1");
    world_.cluster.advance(100ms);
    // A connection that is lost behind the ROOMSTATE is to be taken up from there.
    const std::string text = again.take();
    EXPECT_LT(at(text, "@clamor.dev/seq=1-1;"), at(text, "ROOMSTATE #dallas"));
    EXPECT_LT(at(text, "ROOMSTATE #dallas"), at(text, "@clamor.dev/seq=1-2;"));
    EXPECT_LT(at(text, "ROOMSTATE #dallas"), at(text, "@clamor.dev/seq=1-3;"));
}

TEST_F(ContinuityTest, HoldsWhatIsSaidWhileTheLogIsRead) {
    say("one");
    say("two");
    IrcClient again(world_);
    world_.log_queue.held = true;
    say("three");
    come_back(again, "1-1");
    world_.cluster.advance(100ms);
    say("four");
    EXPECT_THAT(again.take(), Not(HasSubstr("PRIVMSG"))) << "three cannot be read yet";
    world_.log_queue.held = false;
    world_.log_queue.write();
    world_.cluster.advance(100ms);
    const std::string text = again.take();
    EXPECT_LT(at(text, ":two"), at(text, ":three"));
    EXPECT_LT(at(text, ":three"), at(text, ":four"));
    EXPECT_EQ(text.find(":four"), text.rfind(":four"));
    say("five");
    EXPECT_THAT(again.take(), HasSubstr(":five"));
}

TEST_F(ContinuityTest, RepeatsNothingOfAChannelThatWasLeftMeanwhile) {
    say("one");
    world_.log_queue.held = true;
    say("two");
    IrcClient again(world_);
    come_back(again, "1-0");
    again.send("PART #dallas");
    world_.log_queue.held = false;
    world_.log_queue.write();
    world_.cluster.advance(100ms);
    again.send("JOIN #dallas");
    say("three");
    const std::string text = again.take();
    EXPECT_THAT(text, Not(HasSubstr(":one")));
    EXPECT_THAT(text, HasSubstr(":three"));
}

TEST_F(ContinuityTest, SaysWhatCouldNotBeReadAndGoesOn) {
    say("one");
    world_.log_queue.held = true;
    say("two");
    IrcClient again(world_);
    come_back(again, "1-1");
    world_.cluster.advance(limits::kMissedPatience + 100ms);
    EXPECT_THAT(again.take(),
                HasSubstr("@clamor.dev/after=1-1;clamor.dev/before=1-3;clamor.dev/"
                          "skipped=history:1;msg-id=clamor_skipped :tmi.twitch.tv NOTICE #dallas "
                          ":1 events cannot be read at the moment.\r\n"));
    say("three");
    EXPECT_THAT(again.take(), HasSubstr(":three"));
}

TEST_F(ContinuityTest, NamesTheRangeThatASlowReaderMissed) {
    viewer_.take();
    say("one");
    viewer_.take();
    viewer_.transport.queued = {.bytes = limits::kOutboxSoftBytes + 1,
                                .oldest = world_.cluster.now().mono};
    say("two");
    say("three");
    viewer_.transport.queued = {};
    world_.cluster.advance(2s);
    EXPECT_THAT(viewer_.take(),
                StartsWith("@clamor.dev/after=1-1;clamor.dev/before=1-4;clamor.dev/"
                           "skipped=message:2;msg-id=clamor_skipped :tmi.twitch.tv NOTICE"));
}

TEST_F(ContinuityTest, TellsOfWhatPerhapsWasNoneOnlyWhoCounts) {
    IrcClient plain(world_);
    plain.log_in("carol").send("JOIN #dallas");
    world_.cluster.advance(11s);
    plain.take();
    viewer_.take();
    const ChannelId dallas = world_.catalog.ensure_channel("dallas")->id;
    hub::Skipped perhaps{.first = {1, 5}, .last = {2, 65541}, .perhaps = true};
    perhaps.by_class[static_cast<std::size_t>(chat::ShedClass::message)] = 1;
    const auto skip = [&](const hub::Skipped& skipped) {
        for (IrcClient* client : {&viewer_, &plain}) client->session->on_skipped(dallas, skipped);
    };
    skip(perhaps);
    world_.cluster.advance(2s);
    EXPECT_THAT(viewer_.take(), HasSubstr("@clamor.dev/after=1-4;clamor.dev/before=2-65542;"
                                          "clamor.dev/skipped=message:1;msg-id=clamor_skipped "
                                          ":tmi.twitch.tv NOTICE #dallas :Messages may have"));
    EXPECT_THAT(plain.take(), IsEmpty());
    // With others that are missing for certain, all are told.
    skip(perhaps);
    hub::Skipped certain = perhaps;
    certain.perhaps = false;
    skip(certain);
    skip(perhaps);
    world_.cluster.advance(2s);
    EXPECT_THAT(plain.take(), HasSubstr("msg-id=clamor_skipped"));
    EXPECT_THAT(viewer_.take(), HasSubstr("were skipped"));
}

TEST_F(ContinuityTest, TellsWhoComesWithAPositionOfAnotherHistory) {
    say("one");
    IrcClient again(world_);
    come_back(again, "9-1");
    EXPECT_THAT(again.take(), Not(HasSubstr("ROOMSTATE"))) << "the channel may get there";
    world_.cluster.advance(limits::kMissedPatience + 100ms);
    EXPECT_THAT(again.take(), HasSubstr("msg-id=clamor_position_unknown"));
    say("two");
    EXPECT_THAT(again.take(), HasSubstr(":two"));
}

TEST_F(ContinuityTest, GivesNothingTwiceToWhoIsAheadOfTheChannel) {
    say("one");
    IrcClient again(world_);
    come_back(again, "1-2");
    say("two");
    world_.cluster.advance(100ms);
    say("three");
    const std::string text = again.take();
    EXPECT_THAT(text, HasSubstr("@clamor.dev/seq=1-2;"));
    EXPECT_THAT(text, Not(HasSubstr(":two")));
    EXPECT_THAT(text, Not(HasSubstr("clamor_position_unknown")));
    EXPECT_THAT(text, HasSubstr(":three"));
}

TEST_F(ContinuityTest, RefusesAPositionThatIsNone) {
    for (const char* wrong : {"1", "x-1", "1-1-1", "-1-1"}) {
        IrcClient again(world_);
        come_back(again, wrong);
        const std::string text = again.take();
        EXPECT_THAT(text, HasSubstr("msg-id=clamor_bad_position")) << wrong;
        EXPECT_THAT(text, HasSubstr("ROOMSTATE #dallas")) << wrong;
    }
}

TEST_F(ContinuityTest, TakesAPositionForEachChannelOfAList) {
    say("one");
    say("two");
    IrcClient again(world_);
    again.log_in("bob", kCapabilities);
    again.send("@clamor.dev/after=,1-1 JOIN #austin,#dallas,#nowhere");
    world_.cluster.advance(1s);
    const std::string text = again.take();
    EXPECT_THAT(text, HasSubstr("ROOMSTATE #austin"));
    EXPECT_LT(at(text, "ROOMSTATE #dallas"), at(text, ":two"));
    EXPECT_THAT(text, Not(HasSubstr(":one")));
}

TEST_F(ContinuityTest, IgnoresPositionsOfThoseWithoutTheCapability) {
    say("one");
    IrcClient plain(world_);
    plain.log_in("carol");
    plain.send("@clamor.dev/after=1-0 JOIN #dallas");
    world_.cluster.advance(1s);
    EXPECT_THAT(plain.take(), Not(HasSubstr(":one")));
}

TEST_F(ContinuityTest, AJoinThatIsRefusedOrTakenBackRepeatsNothing) {
    say("one");
    IrcClient again(world_);
    again.log_in("bob", kCapabilities);
    again.send("@clamor.dev/after=1-0 JOIN #nowhere");
    again.send("PING :still here");
    EXPECT_THAT(again.take(), HasSubstr("PONG"));
    again.send("@clamor.dev/after=1-0 JOIN #dallas\r\nPART #dallas");
    world_.cluster.advance(1s);
    say("two");
    EXPECT_THAT(again.take(), Not(HasSubstr("PRIVMSG")));
}

}  // namespace
}  // namespace clamor::edge::irc
