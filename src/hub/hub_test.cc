// SPDX-License-Identifier: Apache-2.0
#include "hub/hub.h"

#include <gtest/gtest.h>

#include "hub/hub_fixture.h"

namespace clamor::hub {
namespace {

using fakes::FakeMember;
using namespace std::chrono_literals;

INSTANTIATE_TEST_SUITE_P(Shards, HubTest, ::testing::Values(1, 3));

TEST_P(HubTest, BringsAMessageToEveryMemberAndAnEchoToTheSender) {
    FakeMember ann(user("ann"));
    FakeMember bob(user("bob"));
    FakeMember guest;
    const MemberRef by = add_and_join(ann);
    add_and_join(bob);
    add_and_join(guest);
    say(by, 2, "hello");
    EXPECT_EQ(bob.text(), "ann: hello\n");
    EXPECT_EQ(guest.text(), "ann: hello\n");
    EXPECT_TRUE(ann.frames.empty());
    ASSERT_EQ(ann.sends.count(2), 1u);
    EXPECT_TRUE(ann.answered<Stored>(2));
}

TEST_P(HubTest, ShowsAMessageToTheSendersOtherConnectionAndNeedsNoJoinToSend) {
    FakeMember phone(user("ann"));
    FakeMember desk(user("ann"));
    add_and_join(phone);
    const MemberRef by = add(desk);
    say(by, 2, "from my desk");
    EXPECT_EQ(phone.text(), "ann: from my desk\n");
    EXPECT_TRUE(desk.answered<Stored>(2));
}

TEST_P(HubTest, HoldsTheEchoBackUntilTheMessageIsDurable) {
    FakeMember ann(user("ann"));
    FakeMember bob(user("bob"));
    const MemberRef by = add_and_join(ann);
    add_and_join(bob);
    log_queue_.held = true;
    say(by, 2, "hello");
    EXPECT_EQ(bob.text(), "ann: hello\n");
    EXPECT_EQ(ann.sends.count(2), 0u);
    cluster_.advance(2s);
    EXPECT_TRUE(ann.answered<NotStoredYet>(2));
    log_queue_.write();
    cluster_.run();
    ASSERT_EQ(ann.sends.count(2), 2u);
    EXPECT_TRUE(std::holds_alternative<Stored>(std::prev(ann.sends.upper_bound(2))->second));
}

TEST_P(HubTest, RefusesMessagesWhileTheLogTakesNone) {
    FakeMember ann(user("ann"));
    const MemberRef by = add_and_join(ann);
    log_queue_.accepts = false;
    say(by, 2, "hello");
    ASSERT_TRUE(ann.answered<chat::Refused>(2));
    EXPECT_EQ(std::get<chat::Refused>(ann.sends.find(2)->second).why,
              chat::Refusal::store_unavailable);
    EXPECT_EQ(total(&HubCounters::store_refused), 1u);
}

TEST_P(HubTest, NumbersMessagesWithoutGapsAndStoresThemOnce) {
    FakeMember ann(user("lobby"));
    const MemberRef by = add_and_join(ann);
    for (RequestId i = 0; i < 30; ++i) say(by, 10 + i, "message " + std::to_string(i));
    const auto channel = (*catalog_.find_channel("lobby"))->id;
    const auto stored = *log_.read({.channel = channel, .limit = 100});
    ASSERT_EQ(stored.size(), 30u);
    for (std::size_t i = 0; i < stored.size(); ++i) {
        EXPECT_EQ(stored[i].position, (Position{.epoch = 5, .sequence = i + 1}));
    }
}

TEST_P(HubTest, CountsOnFromTheLogWhenARoomComesBack) {
    FakeMember ann(user("ann"));
    const MemberRef by = add_and_join(ann);
    say(by, 2, "first");
    hub(by).remove(by);
    cluster_.advance(120s);
    EXPECT_EQ(total(&HubCounters::rooms), 0u);
    FakeMember again(user("ann"));
    const MemberRef later = add_and_join(again);
    say(later, 3, "second");
    const auto channel = (*catalog_.find_channel("lobby"))->id;
    EXPECT_EQ(log_.last(channel)->position.sequence, 2u);
}

TEST_P(HubTest, MarksOnlyTheFirstMessageEver) {
    FakeMember ann(user("ann"));
    const MemberRef by = add_and_join(ann);
    say(by, 2, "first");
    say(by, 3, "second");
    const auto channel = (*catalog_.find_channel("lobby"))->id;
    const auto stored = *log_.read({.channel = channel, .limit = 10});
    ASSERT_EQ(stored.size(), 2u);
    EXPECT_TRUE(std::get<chat::Message>(chat::decode_event(stored[0].event)->body).first_message);
    EXPECT_FALSE(std::get<chat::Message>(chat::decode_event(stored[1].event)->body).first_message);
}

TEST_P(HubTest, LimitsAnAccountOverAllItsConnections) {
    FakeMember one(user("ann"));
    FakeMember two(user("ann"));
    const MemberRef first = add_and_join(one);
    const MemberRef second = add_and_join(two);
    for (RequestId i = 0; i < 10; ++i) {
        say(first, 10 + i, "a" + std::to_string(i));
        say(second, 10 + i, "b" + std::to_string(i));
    }
    say(first, 50, "one too many");
    ASSERT_TRUE(one.answered<chat::Refused>(50));
    const auto refused = std::get<chat::Refused>(one.sends.find(50)->second);
    EXPECT_EQ(refused.why, chat::Refusal::rate_limited);
    EXPECT_EQ(refused.retry_after_seconds, 30u);
    cluster_.advance(30s);
    say(first, 51, "now again");
    EXPECT_TRUE(one.answered<Stored>(51));
}

TEST_P(HubTest, CountsWhatAModeratorSaysInABucketOfItsOwn) {
    FakeMember owner(user("lobby"));
    const MemberRef by = add_and_join(owner);
    for (RequestId i = 0; i < 40; ++i) say(by, 10 + i, "mine " + std::to_string(i));
    EXPECT_TRUE(owner.answered<Stored>(49));
    hub(by).send(by, 90,
                 {.channel_login = "elsewhere",
                  .text = "as a viewer",
                  .action = false,
                  .client_nonce = "",
                  .reply_parent = {}});
    cluster_.run();
    EXPECT_TRUE(owner.answered<Stored>(90));
}

TEST_P(HubTest, TellsAnObserverWhoCameInBetweenThatAChatterLeft) {
    FakeMember bob(user("bob"));
    FakeMember ann(user("ann"), Dialect::kMembership);
    const MemberRef b = add_and_join(bob);
    add_and_join(ann);
    EXPECT_EQ(std::get<Joined>(ann.joins.find(1)->second).names, std::vector<std::string>{"bob"});
    hub(b).leave(b, "lobby");
    cluster_.advance(11s);
    EXPECT_EQ(ann.text(), "-bob\n");
}

TEST_P(HubTest, AddsTheParentAndItsThreadToAReply) {
    FakeMember ann(user("ann"));
    FakeMember bob(user("bob"));
    const MemberRef a = add_and_join(ann);
    const MemberRef b = add_and_join(bob);
    say(a, 2, "question");
    const MessageId root = std::get<Stored>(ann.sends.find(2)->second).id;
    say(b, 2, "answer", root);
    const MessageId second = std::get<Stored>(bob.sends.find(2)->second).id;
    say(a, 3, "thanks", second);
    const auto channel = (*catalog_.find_channel("lobby"))->id;
    const auto stored = *log_.read({.channel = channel, .limit = 10});
    const auto reply = std::get<chat::Message>(chat::decode_event(stored.at(2).event)->body);
    EXPECT_EQ(reply.text, "@bob thanks");
    ASSERT_TRUE(reply.reply);
    EXPECT_EQ(reply.reply->parent_id, second);
    EXPECT_EQ(reply.reply->parent_text, "@ann answer");
    EXPECT_EQ(reply.reply->thread_id, root);
    EXPECT_EQ(reply.reply->thread_login, "ann");
}

TEST_P(HubTest, FindsAnOldParentInTheLogAndKeepsTheOrderOfTheAuthor) {
    FakeMember owner(user("lobby"));
    const MemberRef by = add_and_join(owner);
    say(by, 2, "root");
    const MessageId root = std::get<Stored>(owner.sends.find(2)->second).id;
    for (RequestId i = 0; i < 80; ++i) say(by, 10 + i, "filler " + std::to_string(i));
    cluster_.workers_stopped = true;
    say(by, 200, "late answer", root);
    say(by, 201, "after it");
    cluster_.workers_stopped = false;
    cluster_.run();
    const auto channel = (*catalog_.find_channel("lobby"))->id;
    const auto stored = *log_.read({.channel = channel, .limit = 2});
    EXPECT_EQ(std::get<chat::Message>(chat::decode_event(stored.at(0).event)->body).text,
              "@lobby late answer");
    EXPECT_EQ(std::get<chat::Message>(chat::decode_event(stored.at(1).event)->body).text,
              "after it");
}

TEST_P(HubTest, TakesAReplyOfEmotesOnlyInEmoteOnlyModeAndCountsTheMentionInItsIndexes) {
    const std::string emote = "6f0c1a52-8f1e-4d3b-9a57-0d6f4d1c2b3a";
    ASSERT_TRUE(catalog_.add_emote({.id = emote,
                                    .code = "Clam",
                                    .image_url = "/1",
                                    .image_url_2x = "/2",
                                    .image_url_4x = "/4"}));
    auto lobby = *catalog_.ensure_channel("lobby");
    lobby.modes.emote_only = true;
    ASSERT_TRUE(catalog_.update_channel(lobby));
    FakeMember owner(user("lobby"));
    FakeMember bob(user("bob"));
    const MemberRef o = add_and_join(owner);
    const MemberRef b = add_and_join(bob);
    say(o, 2, "only pictures today");
    say(b, 2, "Clam Clam", std::get<Stored>(owner.sends.find(2)->second).id);
    ASSERT_TRUE(bob.answered<Stored>(2));
    const auto stored = *log_.read({.channel = lobby.id, .limit = 1});
    const auto reply = std::get<chat::Message>(chat::decode_event(stored.at(0).event)->body);
    EXPECT_EQ(reply.text, "@lobby Clam Clam");
    ASSERT_EQ(reply.emotes.size(), 2u);
    EXPECT_EQ(reply.emotes[0], (chat::EmoteOccurrence{.emote_id = emote, .first = 7, .last = 10}));
    EXPECT_TRUE(reply.emote_only);
    say(b, 3, "words");
    EXPECT_TRUE(bob.answered<chat::Refused>(3));
}

TEST_P(HubTest, SendsAReplyToAnUnknownParentAsAnOrdinaryMessage) {
    FakeMember ann(user("ann"));
    FakeMember bob(user("bob"));
    const MemberRef by = add_and_join(ann);
    add_and_join(bob);
    say(by, 2, "to nobody", MessageId::from_random(1, 2));
    EXPECT_EQ(bob.text(), "ann: to nobody\n");
}

TEST_P(HubTest, TellsWhoIsThereAndAnnouncesComingAndGoingInBatches) {
    FakeMember ann(user("ann"), Dialect::kMembership);
    FakeMember bob(user("bob"));
    FakeMember guest;
    const MemberRef a = add_and_join(ann);
    const MemberRef b = add_and_join(bob);
    add_and_join(guest);
    hub(a).names(a, 7, "lobby");
    cluster_.run();
    EXPECT_EQ(ann.names.find(7)->second.names, std::vector<std::string>{"bob"});
    EXPECT_TRUE(ann.frames.empty());
    cluster_.advance(10s);
    EXPECT_EQ(ann.text(), "+bob\n");
    hub(b).leave(b, "lobby");
    cluster_.advance(11s);
    EXPECT_EQ(ann.text(), "+bob\n-bob\n");
}

TEST_P(HubTest, StopsDeliveringWhenAMemberLeaves) {
    FakeMember ann(user("ann"));
    FakeMember bob(user("bob"));
    const MemberRef by = add_and_join(ann);
    const MemberRef b = add_and_join(bob);
    EXPECT_TRUE(hub(b).leave(b, "lobby"));
    EXPECT_FALSE(hub(b).leave(b, "lobby"));
    say(by, 2, "hello");
    EXPECT_TRUE(bob.frames.empty());
    EXPECT_EQ(total(&HubCounters::memberships), 1u);
}

TEST_P(HubTest, TakesALeaveBackThatOvertakesItsJoin) {
    FakeMember ann(user("ann"));
    FakeMember bob(user("bob"));
    const MemberRef a = add(ann);
    hub(a).join(a, 1, "lobby");
    EXPECT_TRUE(hub(a).leave(a, "lobby"));
    cluster_.run();
    EXPECT_EQ(ann.joins.count(1), 1u);
    const MemberRef b = add_and_join(bob);
    say(b, 2, "anyone?");
    EXPECT_TRUE(ann.frames.empty());
    hub(b).names(b, 9, "lobby");
    cluster_.run();
    EXPECT_TRUE(bob.names.find(9)->second.names.empty());
}

TEST_P(HubTest, WaitsForWhatASessionThatComesBackHasHad) {
    FakeMember ann(user("ann"));
    FakeMember bob(user("bob"));
    const MemberRef a = add_and_join(ann);
    say(a, 2, "one");
    const MemberRef b = add(bob);
    hub(b).join(b, 1, "lobby", {{5, 2}});
    cluster_.advance(1s);
    EXPECT_TRUE(bob.joins.empty());
    say(a, 3, "two");
    cluster_.advance(100ms);
    ASSERT_EQ(bob.joins.count(1), 1u);
    EXPECT_EQ(std::get<Joined>(bob.joins.find(1)->second).last, (Position{5, 2}));
    say(a, 4, "three");
    EXPECT_EQ(bob.text(), "ann: three\n");
}

TEST_P(HubTest, WaitsNoLongerThanItsPatienceForWhatASessionHasHad) {
    FakeMember ann(user("ann"));
    const MemberRef a = add(ann);
    const std::uint64_t of_another_region = Position::before_first(3).sequence + 1;
    hub(a).join(a, 1, "lobby", {{5, of_another_region}});
    hub(a).join(a, 2, "foyer", {{9, 1}});
    hub(a).join(a, 3, "attic", {Position::before_first(3), {}});
    cluster_.advance(limits::kMissedPatience - 100ms);
    EXPECT_TRUE(ann.joins.contains(3)) << "it has had nothing";
    EXPECT_FALSE(ann.joins.contains(1));
    EXPECT_FALSE(ann.joins.contains(2));
    EXPECT_TRUE(hub(a).leave(a, "foyer"));
    cluster_.advance(200ms);
    EXPECT_TRUE(ann.joins.contains(1));
    EXPECT_TRUE(ann.joins.contains(2));
    EXPECT_EQ(total(&HubCounters::memberships), 2u);
    EXPECT_EQ(total(&HubCounters::joins_ahead), 2u);
}

TEST_P(HubTest, ForgetsASessionThatGoesWhileItsQuestionsAreUnderWay) {
    auto ann = std::make_unique<FakeMember>(user("ann"));
    const MemberRef a = add(*ann);
    hub(a).join(a, 1, "lobby");
    hub(a).send(a, 2,
                {.channel_login = "lobby",
                 .text = "bye",
                 .action = false,
                 .client_nonce = "",
                 .reply_parent = {}});
    hub(a).remove(a);
    ann.reset();
    cluster_.run();
    EXPECT_EQ(total(&HubCounters::members), 0u);
    EXPECT_EQ(total(&HubCounters::memberships), 0u);
}

TEST_P(HubTest, ResetsARoomThatFailsAndGoesOn) {
    FakeMember ann(user("ann"));
    FakeMember bob(user("bob"));
    const MemberRef by = add_and_join(ann);
    add_and_join(bob);
    bus_faulty_ = true;
    say(by, 2, "breaks");
    EXPECT_EQ(total(&HubCounters::room_faults), 1u);
    ASSERT_EQ(ann.sends.count(2), 1u);
    EXPECT_TRUE(ann.answered<SendRefusal>(2));
    bus_faulty_ = false;
    say(by, 3, "works again");
    EXPECT_EQ(bob.text(), "ann: works again\n");
    EXPECT_TRUE(ann.answered<Stored>(3));
}

TEST_P(HubTest, KeepsARoomThatCannotBeReloadedWhileItsMessagesAreNotDurable) {
    FakeMember ann(user("ann"));
    const MemberRef by = add_and_join(ann);
    log_queue_.held = true;
    say(by, 2, "hello");
    hub(by).leave(by, "lobby");
    cluster_.run();
    catalog_.unreadable = true;
    gateway_.channel_changed(catalog_.ensure_channel("lobby")->id);
    cluster_.run();
    EXPECT_EQ(total(&HubCounters::rooms), 1u);
    catalog_.unreadable = false;
    FakeMember bob(user("bob"));
    add_and_join(bob);
    log_queue_.write();
    cluster_.run();
    EXPECT_TRUE(ann.answered<Stored>(2));
    say(by, 3, "again");
    EXPECT_EQ(bob.text(), "ann: again\n");
}

TEST_P(HubTest, ReadsWhatHasChangedAgainWhereTheCatalogWasAway) {
    FakeMember ann(user("ann"));
    const MemberRef by = add_and_join(ann);
    store::Channel lobby = *catalog_.ensure_channel("lobby");
    lobby.modes.slow_seconds = 5;
    ASSERT_TRUE(catalog_.update_channel(lobby));
    catalog_.unreadable = true;
    gateway_.channel_changed(lobby.id);
    cluster_.advance(5s);
    catalog_.unreadable = false;
    cluster_.advance(20s);
    hub(by).leave(by, "lobby");
    hub(by).join(by, 2, "lobby");
    cluster_.run();
    ASSERT_EQ(ann.joins.count(2), 1u);
    EXPECT_EQ(std::get<Joined>(ann.joins.find(2)->second).modes.slow_seconds, 5u);
}

TEST_P(HubTest, LetsARoomGoThatCannotBeLoaded) {
    catalog_.ensure_channel("lobby").value();
    catalog_.unreadable = true;
    FakeMember ann(user("ann"));
    const MemberRef by = add_and_join(ann);
    EXPECT_EQ(total(&HubCounters::rooms), 0u);
    catalog_.unreadable = false;
    hub(by).join(by, 2, "lobby");
    cluster_.run();
    EXPECT_TRUE(std::holds_alternative<Joined>(ann.joins.find(2)->second));
}

TEST_P(HubTest, AnAnonymousReadersLoginIsNoChannel) {
    FakeMember ann(user("ann"));
    add_and_join(ann, "justinfan1");
    ASSERT_EQ(ann.joins.count(1), 1u);
    EXPECT_EQ(std::get<JoinRefusal>(ann.joins.find(1)->second), JoinRefusal::no_such_channel);
    EXPECT_FALSE(*catalog_.find_user("justinfan1"));
}

TEST_P(HubTest, AnswersBusyWhenTheWorkersAre) {
    FakeMember ann(user("ann"));
    cluster_.work_max = 0;
    const MemberRef by = add_and_join(ann);
    ASSERT_EQ(ann.joins.count(1), 1u);
    EXPECT_EQ(std::get<JoinRefusal>(ann.joins.find(1)->second), JoinRefusal::busy);
    cluster_.work_max = 100;
    hub(by).join(by, 2, "lobby");
    cluster_.run();
    EXPECT_TRUE(std::holds_alternative<Joined>(ann.joins.find(2)->second));
}

TEST_P(HubTest, CountsDeliveriesThatAFullMailboxRefuses) {
    FakeMember ann(user("ann"));
    FakeMember bob(user("bob"));
    const MemberRef by = add_and_join(ann);
    add_and_join(bob);
    cluster_.mailboxes_full = true;
    say(by, 2, "lost on the way");
    EXPECT_TRUE(bob.frames.empty());
    EXPECT_TRUE(ann.answered<Stored>(2));
    EXPECT_GE(total(&HubCounters::mailbox_shed), 1u);
    cluster_.advance(200ms);
    EXPECT_EQ(bob.skipped[static_cast<std::size_t>(chat::ShedClass::message)], 1u)
        << "what comes later says so";
    EXPECT_EQ(bob.skipped_first.sequence, 1u);
    EXPECT_EQ(bob.skipped_last, bob.skipped_first);
}

TEST_P(HubTest, RefusesToSendForThoseWhoOnlyRead) {
    FakeMember guest;
    const MemberRef by = add_and_join(guest);
    say(by, 2, "let me");
    ASSERT_TRUE(guest.answered<SendRefusal>(2));
    EXPECT_EQ(std::get<SendRefusal>(guest.sends.find(2)->second), SendRefusal::no_permission);
}

}  // namespace
}  // namespace clamor::hub
