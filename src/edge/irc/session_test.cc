// SPDX-License-Identifier: Apache-2.0
#include "edge/irc/session.h"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/irc_world.h"

namespace clamor::edge::irc {
namespace {

using fakes::IrcClient;
using fakes::IrcWorld;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using namespace std::chrono_literals;

std::size_t count(const std::string& text, std::string_view part) {
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != std::string::npos;
         at = text.find(part, at + part.size()))
        ++found;
    return found;
}

TEST(IrcLogin, WorksWhenEveryByteArrivesByItself) {
    IrcWorld world;
    IrcClient client(world);
    for (const char byte :
         std::string("CAP REQ :twitch.tv/tags\r\nPASS oauth:alice\r\nNICK alice\r\n"))
        client.receive({&byte, 1});
    EXPECT_TRUE(client.session->logged_in());
    EXPECT_THAT(client.take(),
                StartsWith(":tmi.twitch.tv CAP * ACK :twitch.tv/tags\r\n:tmi.twitch.tv 001 alice"));
}

TEST(IrcLogin, HoldsInputInOrderWhileTheTokenIsLookedUp) {
    IrcWorld world;
    world.authenticator.held = true;
    IrcClient client(world);
    client.send(
        "PASS oauth:alice\r\nNICK alice\r\nJOIN #dallas\r\nPING :1\r\nJOIN #austin\r\nPING :2");
    EXPECT_THAT(client.take(), IsEmpty());
    EXPECT_FALSE(client.transport.receiving) << "the transport need not keep more for us";
    world.authenticator.answer();
    world.cluster.run();
    EXPECT_TRUE(client.transport.receiving);
    const std::string lines = client.take();
    EXPECT_LT(lines.find(" 376 "), lines.find("JOIN #dallas"));
    EXPECT_LT(lines.find("366 alice #dallas"), lines.find("PONG tmi.twitch.tv :1"));
    EXPECT_LT(lines.find("PONG tmi.twitch.tv :1"), lines.find("JOIN #austin"));
    EXPECT_THAT(lines, EndsWith("PONG tmi.twitch.tv :2\r\n"));
}

TEST(IrcLogin, ClosesAFloodWhileTheTokenIsLookedUp) {
    IrcWorld world;
    world.authenticator.held = true;
    IrcClient client(world);
    client.send("PASS oauth:alice\r\nNICK alice");
    const std::string line = "PRIVMSG #dallas :" + std::string(4000, 'x') + "\r\n";
    for (int i = 0; i < 40; ++i) client.receive(line);
    EXPECT_EQ(client.transport.closed, CloseReason::input_flood);
    world.authenticator.answer();
    EXPECT_FALSE(client.session->logged_in());
}

TEST(IrcLogin, ALateAnswerFindsNobodyWhenTheConnectionIsGone) {
    IrcWorld world;
    world.authenticator.held = true;
    IrcClient closed(world);
    IrcClient destroyed(world);
    closed.send("PASS oauth:alice\r\nNICK alice");
    destroyed.send("PASS oauth:alice\r\nNICK alice");
    closed.session->on_transport_closed();
    destroyed.session.reset();
    world.authenticator.answer();
    world.cluster.run();
    EXPECT_FALSE(closed.session->logged_in());
    EXPECT_THAT(closed.take(), IsEmpty());
    EXPECT_EQ(world.hub.counters().members.value(), 0u);
}

TEST(IrcLogin, TheTimeForItIncludesTheLookUp) {
    IrcWorld world;
    world.authenticator.held = true;
    IrcClient client(world);
    client.send("PASS oauth:alice\r\nNICK alice");
    world.cluster.advance(30s);
    EXPECT_EQ(client.transport.closed, CloseReason::registration_timeout);
}

TEST(IrcLogin, IsLimitedForAnAccountOverAllItsConnections) {
    IrcWorld world({.logins = {2, 10s}, .logins_verified_bot = {3, 10s}});
    std::vector<std::unique_ptr<IrcClient>> clients;
    const auto log_in = [&](const std::string& login, const std::string& token) {
        clients.push_back(std::make_unique<IrcClient>(world));
        clients.back()->send("PASS oauth:" + token).send("NICK " + login);
        return clients.back()->take();
    };
    EXPECT_THAT(log_in("alice", "wrong"), HasSubstr("Login authentication failed"));
    EXPECT_THAT(log_in("alice", "wrong"), HasSubstr("Login authentication failed"));
    EXPECT_THAT(log_in("alice", "alice"), HasSubstr(" 001 alice "))
        << "others cannot use her logins up";
    EXPECT_THAT(log_in("alice", "alice"), HasSubstr(" 001 alice "));
    EXPECT_EQ(log_in("alice", "alice"), ":tmi.twitch.tv NOTICE * :Login unsuccessful\r\n");
    EXPECT_TRUE(clients.back()->transport.closed);
    EXPECT_EQ(world.counters.logins_rate_limited.value(), 1u);
    EXPECT_THAT(log_in("bob", "bob"), HasSubstr(" 001 bob "));
    for (int i = 0; i < 3; ++i) EXPECT_THAT(log_in("robot", "robot"), HasSubstr(" 001 robot "));
    EXPECT_THAT(log_in("robot", "robot"), HasSubstr("Login unsuccessful"));
    world.cluster.advance(10s);
    EXPECT_THAT(log_in("alice", "alice"), HasSubstr(" 001 alice "));
}

TEST(IrcSessionEnd, LeavesTheHubHoweverItEnds) {
    IrcWorld world;
    IrcClient quits(world);
    IrcClient drops(world);
    auto destroyed = std::make_unique<IrcClient>(world);
    for (IrcClient* client : {&quits, &drops, destroyed.get()})
        client->log_in("alice").send("JOIN #dallas");
    EXPECT_EQ(world.hub.counters().members.value(), 3u);
    quits.send("QUIT");
    drops.session->on_transport_closed();
    destroyed.reset();
    EXPECT_EQ(world.hub.counters().members.value(), 0u);
    EXPECT_FALSE(quits.session->on_line("PING")) << "no further input is wanted";
    world.cluster.advance(5min);
    EXPECT_EQ(quits.transport.closed, CloseReason::client_left);
    EXPECT_FALSE(drops.transport.closed);
}

TEST(IrcReplies, KeepTheOrderOfTheRequestsWhenAnswersCross) {
    IrcWorld world;
    IrcClient client(world);
    client.log_in("alice", "twitch.tv/commands");
    // The channel has to be asked from the catalog; what follows could be answered at once.
    world.cluster.workers_stopped = true;
    client.send("PRIVMSG #dallas :first\r\nPING :second\r\nJOIN #dallas\r\nPART #austin\r\nNOPE");
    EXPECT_THAT(client.take(), IsEmpty());
    world.cluster.workers_stopped = false;
    world.cluster.run();
    const std::string lines = client.take();
    const std::size_t order[] = {lines.find("USERSTATE #dallas"), lines.find("PONG"),
                                 lines.find("JOIN #dallas"),      lines.find("ROOMSTATE"),
                                 lines.find("PART #austin"),      lines.find(" 421 ")};
    EXPECT_TRUE(std::ranges::is_sorted(order)) << lines;
    EXPECT_NE(order[5], std::string::npos);
}

TEST(IrcReplies, AtTheBoundOfWaitingOnesTheClientIsNotReadFrom) {
    IrcWorld world({.joins = {.count = 2000, .length = 10s}});
    IrcClient client(world);
    client.log_in("robot", "twitch.tv/commands");
    world.cluster.workers_stopped = true;
    const std::size_t lines = limits::kPendingRepliesMax + 100;
    for (std::size_t i = 0; i < lines; ++i) client.send("JOIN #dallas");
    EXPECT_FALSE(client.transport.receiving);
    EXPECT_EQ(world.counters.receiving_paused.value(), 1u);
    world.cluster.workers_stopped = false;
    world.cluster.run();
    EXPECT_TRUE(client.transport.receiving);
    EXPECT_EQ(count(client.take(), "End of /NAMES list"), lines) << "all of them are answered";
}

TEST(IrcReplies, ASilentClientThatIsNotReadFromIsNotTimedOut) {
    IrcWorld world;
    IrcClient client(world);
    client.log_in("robot");
    world.cluster.workers_stopped = true;
    for (std::size_t i = 0; i <= limits::kPendingRepliesMax; ++i) client.send("JOIN #dallas");
    ASSERT_FALSE(client.transport.receiving);
    world.cluster.advance(5min);
    EXPECT_FALSE(client.transport.closed);
}

TEST(IrcEcho, ComesWhenTheMessageIsStored) {
    IrcWorld world;
    IrcClient sender(world);
    IrcClient viewer(world);
    viewer.log_in("bob").send("JOIN #dallas");
    viewer.take();
    sender.log_in("alice", "twitch.tv/tags twitch.tv/commands");
    world.log_queue.held = true;
    sender.send("@client-nonce=n1 PRIVMSG #dallas :hello\r\nPING :behind");
    EXPECT_THAT(sender.take(), IsEmpty()) << "the PONG waits for its turn, too";
    EXPECT_THAT(viewer.take(), HasSubstr(":hello")) << "viewers do not wait";
    world.log_queue.write();
    world.cluster.run();
    const std::string lines = sender.take();
    EXPECT_THAT(lines, HasSubstr("client-nonce=n1"));
    EXPECT_THAT(lines,
                EndsWith("USERSTATE #dallas\r\n:tmi.twitch.tv PONG tmi.twitch.tv :behind\r\n"));
}

TEST(IrcEcho, WhenStoringTakesLongTheSenderIsToldAndTheEchoFollows) {
    IrcWorld world;
    IrcClient sender(world);
    sender.log_in("alice", "twitch.tv/tags twitch.tv/commands");
    world.log_queue.held = true;
    sender.send("@client-nonce=n1 PRIVMSG #dallas :hello\r\nPING :behind");
    world.cluster.advance(2s);
    const std::string told = sender.take();
    EXPECT_THAT(told, StartsWith("@msg-id=msg_not_stored_yet :tmi.twitch.tv NOTICE #dallas :Your "
                                 "message was delivered"));
    EXPECT_THAT(told, EndsWith(":behind\r\n")) << "the place is free for what waited";
    world.log_queue.write();
    world.cluster.run();
    const std::string echo = sender.take();
    EXPECT_THAT(echo, HasSubstr("client-nonce=n1"));
    EXPECT_THAT(echo, EndsWith("USERSTATE #dallas\r\n"));
    sender.send("PING :next");
    EXPECT_THAT(sender.take(), HasSubstr(":next"));
}

TEST(IrcEcho, RefusesWhenTheLogTakesNothingMore) {
    IrcWorld world;
    IrcClient sender(world);
    sender.log_in("alice", "twitch.tv/tags twitch.tv/commands");
    world.log_queue.accepts = false;
    sender.send("PRIVMSG #dallas :hello");
    EXPECT_THAT(sender.take(), StartsWith("@msg-id=msg_store_unavailable "));
}

TEST(IrcMessages, TheRateLimitSaysHowLongToWait) {
    IrcWorld world;
    IrcClient sender(world);
    sender.log_in("alice", "twitch.tv/tags twitch.tv/commands");
    for (int i = 0; i < 20; ++i) sender.send("PRIVMSG #dallas :" + std::to_string(i));
    world.cluster.advance(5s);
    sender.take();
    sender.send("PRIVMSG #dallas :one too many");
    EXPECT_EQ(sender.take(),
              "@msg-id=msg_ratelimit :tmi.twitch.tv NOTICE #dallas :Your message was not sent "
              "because you are sending messages "
              "too quickly. You can send again in 25 seconds.\r\n");
}

TEST(IrcMessages, AreCutAtFiveHundredCodePoints) {
    IrcWorld world;
    IrcClient sender(world);
    IrcClient viewer(world);
    viewer.log_in("bob", "").send("JOIN #dallas");
    viewer.take();
    sender.log_in("alice");
    std::string text;
    for (int i = 0; i < 600; ++i) text += "\xF0\x9F\x98\x82";
    sender.send(
        "PRIVMSG #dallas :\x01"
        "ACTION " +
        text + "\x01");
    EXPECT_EQ(viewer.take(),
              ":alice!alice@alice.tmi.twitch.tv PRIVMSG #dallas :\x01"
              "ACTION " +
                  text.substr(0, 2000) + "\x01\r\n");
}

TEST(IrcMessages, ATextNeverStartsWithAnActionThatIsNone) {
    IrcWorld world;
    IrcClient sender(world);
    IrcClient viewer(world);
    viewer.log_in("bob", "").send("JOIN #dallas");
    viewer.take();
    sender.log_in("mona");
    sender.send(
        "PRIVMSG #dallas :/ \x01"
        "ACTION a\x01");
    sender.send(
        "PRIVMSG #dallas :\x01"
        "ACTION \x01"
        "ACTION b\x01\x01");
    sender.send(
        "PRIVMSG #dallas :/me  \x01"
        "ACTION c\x01");
    world.cluster.advance(100ms);
    const std::string lines = viewer.take();
    for (const char* text : {"a", "b", "c"})
        EXPECT_THAT(lines, HasSubstr(":\x01"
                                     "ACTION " +
                                     std::string(text) + "\x01\r\n"));
}

TEST(IrcMessages, WithoutTheScopeOneIsToldSo) {
    IrcWorld world;
    world.authenticator.may_write = false;
    world.authenticator.may_read = false;
    IrcClient client(world);
    client.log_in("alice", "twitch.tv/tags twitch.tv/commands");
    const std::string notice =
        "@msg-id=no_permission :tmi.twitch.tv NOTICE #dallas :You don't have permission to perform "
        "that action.\r\n";
    EXPECT_EQ(client.send("PRIVMSG #dallas :hi").take(), notice);
    EXPECT_EQ(client.send("JOIN #dallas").take(), notice);
}

TEST(IrcMessages, OverlongNoncesAndBrokenOnesAreLeftOut) {
    IrcWorld world;
    IrcClient client(world);
    client.log_in("mona", "twitch.tv/tags twitch.tv/commands");
    EXPECT_THAT(client.send("@client-nonce=" + std::string(64, 'n') + " PRIVMSG #dallas :1").take(),
                HasSubstr("client-nonce"));
    EXPECT_THAT(client.send("@client-nonce=" + std::string(65, 'n') + " PRIVMSG #dallas :2").take(),
                Not(HasSubstr("client-nonce")));
    EXPECT_THAT(client.send("@client-nonce=\xFF PRIVMSG #dallas :3").take(),
                Not(HasSubstr("client-nonce")));
}

TEST(IrcJoin, TenThousandNamesInOneLine) {
    IrcWorld world;
    IrcClient client(world);
    client.log_in("alice");
    std::string names = "#dallas";
    for (int i = 1; i < 10000; ++i) names += ",#c" + std::to_string(i);
    client.send("JOIN " + names);
    EXPECT_THAT(client.take(), IsEmpty());
    EXPECT_EQ(world.counters.overlong_lines.value(), 1u) << "longer than a line may be";
    client.send("PING :alive");
    EXPECT_THAT(client.take(), HasSubstr(":alive"));

    client.send("JOIN " + names.substr(0, 4000));
    const std::string lines = client.take();
    EXPECT_EQ(count(lines, "JOIN #dallas"), 1u);
    EXPECT_EQ(count(lines, "msg_channel_suspended"), 19u);
    EXPECT_EQ(count(lines, "clamor_join_ratelimit"), 1u) << "one notice for all the rest";
    EXPECT_GT(world.counters.joins_rate_limited.value(), 500u);
}

TEST(IrcJoin, IsLimitedByRateAndByNumber) {
    IrcWorld world({.rooms_max = 1});
    IrcClient client(world);
    client.log_in("alice");
    EXPECT_THAT(client.send("JOIN #dallas,#austin").take(),
                HasSubstr("@msg-id=msg_concurrent_channel_limit_reached :tmi.twitch.tv NOTICE "
                          "#austin :You are connected"));
    EXPECT_THAT(client.send("JOIN #dallas").take(), HasSubstr("ROOMSTATE #dallas"))
        << "joining again is no further room";
    client.send("PART #dallas");
    for (int i = 0; i < 17; ++i) client.send("JOIN #austin");
    client.take();
    EXPECT_EQ(client.send("JOIN #austin").take(),
              "@msg-id=clamor_join_ratelimit :tmi.twitch.tv NOTICE #austin :You are joining "
              "channels too quickly; 1 of them was "
              "not joined. You can join again in 10 seconds.\r\n");
    world.cluster.advance(10s);
    EXPECT_THAT(client.send("JOIN #austin").take(), HasSubstr("ROOMSTATE #austin"));
}

/// Limits over all nodes that the test answers.
class AskedLimits final : public hub::SharedLimits {
  public:
    void check(Act, UserId, const limits::Window&, Done done) override {
        asked.push_back(std::move(done));
    }
    void answer_all() {
        for (const Done& done : std::exchange(asked, {}))
            done(chat::LimitAnswer{.allowed = true, .remaining = 9, .retry_after = 0ms});
    }

    std::vector<Done> asked;
};

TEST(IrcJoin, LinesThatComeTogetherAreCountedOverAllNodesAtOnce) {
    IrcWorld world;
    IrcClient client(world);
    client.log_in("alice");
    AskedLimits limits;
    world.shard.shared_limits = &limits;
    client.send(
        "JOIN #dallas\r\n@x=y join #austin,#dallas\r\nJOIN #dallas\r\nPING :1\r\nJOIN "
        "#austin\r\nJOIN #austin\r\nPING :2");
    EXPECT_EQ(limits.asked.size(), 4u) << "without waiting for one after the other";
    EXPECT_THAT(client.take(), IsEmpty());
    limits.answer_all();
    world.cluster.run();
    EXPECT_EQ(limits.asked.size(), 2u) << "what comes behind another command waits for it";
    const std::string first = client.take();
    EXPECT_EQ(count(first, "JOIN #dallas"), 3u);
    EXPECT_LT(first.find("JOIN #austin"), first.find("PONG tmi.twitch.tv :1"));
    limits.answer_all();
    world.cluster.run();
    const std::string second = client.take();
    EXPECT_EQ(count(second, "JOIN #austin"), 2u);
    EXPECT_THAT(second, EndsWith("PONG tmi.twitch.tv :2\r\n"));
}

TEST(IrcJoin, GathersNoMoreThanMayWaitForAReply) {
    IrcWorld world;
    IrcClient client(world);
    client.log_in("alice");
    AskedLimits limits;
    world.shard.shared_limits = &limits;
    std::string lines;
    for (int i = 0; i < 1000; ++i) lines += "JOIN #c" + std::to_string(i) + "\r\n";
    client.receive(lines);
    world.cluster.run();
    EXPECT_EQ(limits.asked.size(), limits::kPendingRepliesMax);
    for (int round = 0; round < 10 && !limits.asked.empty(); ++round) {
        limits.answer_all();
        world.cluster.run();
    }
    EXPECT_THAT(limits.asked, IsEmpty());
    EXPECT_EQ(count(client.take(), "#c999 "), 1u);
}

TEST(IrcJoin, TheRateHoldsForAnAccountOverAllItsConnections) {
    IrcWorld world({.joins = {2, 10s}});
    IrcClient first(world);
    IrcClient second(world);
    IrcClient guest(world);
    IrcClient other_guest(world);
    first.log_in("alice").send("JOIN #dallas");
    second.log_in("alice").send("JOIN #dallas,#austin");
    EXPECT_THAT(second.take(),
                AllOf(HasSubstr("JOIN #dallas"), HasSubstr("clamor_join_ratelimit")));
    for (IrcClient* anonymous : {&guest, &other_guest}) {
        anonymous->send("NICK justinfan123").send("JOIN #dallas,#austin");
        EXPECT_THAT(anonymous->take(), HasSubstr("JOIN #austin"));
    }
}

TEST(IrcJoin, VerifiedBotsHaveTheirOwnLimits) {
    IrcWorld world({.rooms_max = 1});
    IrcClient client(world);
    client.log_in("robot");
    for (int i = 0; i < 30; ++i) client.send("JOIN #dallas,#austin");
    const std::string lines = client.take();
    EXPECT_EQ(count(lines, "ROOMSTATE"), 60u);
}

TEST(IrcInput, SixteenOverlongLinesEndTheConnection) {
    IrcWorld world;
    IrcClient client(world);
    client.log_in("alice");
    const std::string overlong(limits::kLineBytesIn + 10, 'x');
    for (int i = 0; i < 15; ++i) client.send(overlong);
    EXPECT_FALSE(client.transport.closed);
    client.send(overlong);
    EXPECT_EQ(client.transport.closed, CloseReason::input_flood);
    EXPECT_EQ(world.counters.overlong_lines.value(), 16u);
}

TEST(IrcInput, NoFieldOfAClientCanBreakALine) {
    IrcWorld world;
    IrcClient viewer(world);
    viewer.log_in("bob").send("JOIN #dallas");
    IrcClient client(world);
    client.log_in("mona");
    viewer.take();
    const std::string evil = "x\r\\r\\n\\\r:tmi.twitch.tv NOTICE * :gotcha";
    const std::string evil_tag = "x\\r\\n:tmi.twitch.tv\\sNOTICE\\s*\\s:gotcha";
    client.receive("@client-nonce=" + evil_tag + ";reply-parent-msg-id=" + evil_tag +
                   " PRIVMSG #dallas :" + evil + "\r\n");
    client.receive("PING :" + evil + "\r\nCAP REQ :" + evil + "\r\nCAP " + evil + "\r\n");
    client.receive("JOIN #" + evil + "\r\nPART #" + evil + "\r\nPRIVMSG #" + evil +
                   " :hi\r\nPRIVMSG #dallas :/" + evil + "\r\n");
    client.receive("\x01\x02" + evil + "\r\nNAMES #" + evil + "\r\n");
    world.cluster.advance(1s);
    for (const std::string& lines : {client.take(), viewer.take()}) {
        EXPECT_THAT(lines, Not(IsEmpty()));
        EXPECT_EQ(count(lines, "\r"), count(lines, "\r\n"));
        EXPECT_EQ(count(lines, "\n"), count(lines, "\r\n"));
        EXPECT_EQ(count(lines, "\r\n:tmi.twitch.tv NOTICE * :gotcha"), 0u);
    }
}

TEST(IrcInput, InvalidUtf8IsRepairedBeforeAnybodySeesIt) {
    IrcWorld world;
    IrcClient viewer(world);
    viewer.log_in("bob", "").send("JOIN #dallas");
    viewer.take();
    IrcClient client(world);
    client.log_in("alice");
    client.receive(std::string("PRIVMSG #dallas :a\xFF\xC3(\0b\r\n", 25));
    world.cluster.run();
    EXPECT_THAT(viewer.take(), EndsWith(":a\xEF\xBF\xBD\xEF\xBF\xBD(b\r\n"));
    client.take();
    EXPECT_THAT(client.send("PING \xFF").take(), EndsWith(":\xEF\xBF\xBD\r\n"));
}

TEST(IrcInput, GarbageIsAnsweredOrIgnoredAndHarmless) {
    IrcWorld world;
    IrcClient client(world);
    client.log_in("mona");
    std::mt19937 random(7);
    const std::string alphabet =
        std::string("\0\r\n @:;=,#\\\x01", 13) + "JOINPARTPRIVMSGCAPREQdallas/me.\xC3\xA4\xF0\xFF";
    for (int i = 0; i < 20000 && !client.transport.closed; ++i) {
        std::string bytes;
        for (unsigned j = random() % 60; j > 0; --j) bytes += alphabet[random() % alphabet.size()];
        client.receive(bytes);
        if (i % 50 == 0) world.cluster.run();
    }
    world.cluster.run();
    EXPECT_FALSE(client.transport.closed);
    client.take();
    EXPECT_THAT(client.send("\r\nPING :alive").take(), EndsWith("PONG tmi.twitch.tv :alive\r\n"));
}

TEST(Reconnect, IsSaidToThoseWhoKnowTheCommand) {
    IrcWorld world;
    IrcClient knows(world);
    IrcClient does_not(world);
    IrcClient early(world);
    knows.log_in("alice", "twitch.tv/commands");
    does_not.log_in("bob", "twitch.tv/tags");
    for (IrcClient* client : {&knows, &does_not, &early}) client->session->start_reconnect();
    EXPECT_EQ(knows.take(), ":tmi.twitch.tv RECONNECT\r\n");
    EXPECT_THAT(does_not.take(), IsEmpty());
    EXPECT_THAT(early.take(), IsEmpty());
    knows.session->close(CloseReason::server_shutdown);
    EXPECT_EQ(knows.transport.closed, CloseReason::server_shutdown);
}

TEST(CloseReasons, AreAllInTheDocument) {
    for (int i = 0; i < kCloseReasons; ++i) {
        const CloseInfo& info = close_info(static_cast<CloseReason>(i));
        EXPECT_FALSE(info.text.empty());
        EXPECT_FALSE(info.counter.empty());
        EXPECT_EQ(info.reconnect, info.code != 1000 && info.counter != "input_flood");
    }
}

TEST(IrcSession, IsSmall) {
    EXPECT_LE(sizeof(IrcSession), 600u) << "one for each connection";
}

}  // namespace
}  // namespace clamor::edge::irc
