// SPDX-License-Identifier: Apache-2.0
#include <set>

#include <gtest/gtest.h>

#include "hub/hub_fixture.h"
#include "hub/room_host.h"
#include "tests/fakes/quiet_observer.h"

/// What moderators do, through the hubs of a node.
namespace clamor::hub {
namespace {

using fakes::FakeMember;
using namespace std::chrono_literals;

/// One shard's, which writes down what it is told.
struct Watcher final : fakes::QuietObserver {
    void on_event(const chat::EventRef& event) override { events.push_back(event); }
    void on_whisper(const WhisperReceived& whisper) override { whispers.push_back(whisper.number); }
    void on_standing_changed(ChannelId channel, UserId user) override {
        standings.emplace_back(channel, user);
    }
    void on_followed(const Followed& follow) override { follows.push_back(follow); }
    void on_shouted_out(const chat::EventRef& event) override { shoutouts.push_back(event); }
    void on_raid_left(const chat::EventRef& event) override { raids.push_back(event); }

    std::vector<std::string> texts() const {
        std::vector<std::string> said;
        for (const auto& event : events) {
            if (const auto* message = std::get_if<chat::Message>(&event->body))
                said.push_back(message->text);
        }
        return said;
    }

    std::vector<chat::EventRef> events;
    std::vector<chat::EventRef> shoutouts;
    std::vector<chat::EventRef> raids;
    std::vector<std::uint64_t> whispers;
    std::vector<Followed> follows;
    std::vector<std::pair<ChannelId, UserId>> standings;
};

class ActsTest : public HubTest {
  protected:
    ActsTest() {
        lobby_ = catalog_.ensure_channel("lobby")->id;
        EXPECT_TRUE(catalog_.set_role(lobby_, user("mona").user.id, chat::Role::moderator));
    }

    const chat::ActAnswer& act(MemberRef ref, RequestId request, FakeMember& member,
                               chat::Act act) {
        hub(ref).act(ref, request, "lobby", std::move(act));
        cluster_.run();
        static const chat::ActAnswer kNone = chat::Denied{.why = chat::Denial::busy};
        const auto found = member.acts.find(request);
        EXPECT_TRUE(found != member.acts.end()) << "not answered";
        if (found == member.acts.end()) return kNone;
        const auto* answer = std::get_if<chat::ActAnswer>(&found->second);
        EXPECT_TRUE(answer != nullptr) << "refused before it was looked at";
        return answer == nullptr ? kNone : *answer;
    }
    static bool done(const chat::ActAnswer& answer) {
        return std::holds_alternative<chat::Done>(answer);
    }
    static chat::Denial why(const chat::ActAnswer& answer) {
        const auto* denied = std::get_if<chat::Denied>(&answer);
        EXPECT_TRUE(denied != nullptr) << "it was done";
        return denied == nullptr ? chat::Denial::busy : denied->why;
    }
    std::vector<store::StoredMessage> history() {
        return log_.read({.channel = lobby_, .limit = 1000}).value();
    }
    chat::Target target(const std::string& login) { return {.id = {}, .login = login}; }
    /// Bans of bots, the first of which is `bot<first>`.
    ActRequest bulk_of(std::size_t acts, std::size_t first = 0) {
        ActRequest bulk{.channel = lobby_,
                        .actor = user("mona").user,
                        .origin = "api",
                        .batch = "bulk",
                        .acts = {}};
        for (std::size_t i = first; i < first + acts; ++i)
            bulk.acts.emplace_back(chat::act::Ban{.target = target("bot" + std::to_string(i))});
        return bulk;
    }
    /// How many lines of what the member got begin so.
    static std::size_t shown(const FakeMember& member, const std::string& begin) {
        const std::string text = "\n" + member.text();
        std::size_t count = 0;
        for (std::size_t at = 0; (at = text.find("\n" + begin, at)) != std::string::npos; ++at)
            ++count;
        return count;
    }
    static constexpr auto kWholeBulkShown =
        1000 / limits::kActEventsAtOnce * limits::kActEventsEvery + 100ms;

    ChannelId lobby_{};
};

TEST_P(ActsTest, ABanSilencesEvictsAndHidesAtOnce) {
    FakeMember mona(user("mona")), bob(user("bob")), bobs_phone(user("bob")), alice(user("alice"));
    const MemberRef m = add_and_join(mona), b = add_and_join(bob), p = add_and_join(bobs_phone);
    add_and_join(alice);
    say(b, 5, "spam");
    ASSERT_TRUE(done(act(m, 7, mona, chat::act::Ban{.target = target("bob"), .reason = "spam"})));

    EXPECT_EQ(alice.text(), "bob: spam\nban bob\n");
    EXPECT_EQ(mona.text(), "bob: spam\nban bob\n");
    EXPECT_EQ(mona.frames_at_act, mona.frames.size()) << "the CLEARCHAT comes before the answer";
    EXPECT_EQ(bob.evicted, std::vector<std::string>{"lobby"});
    EXPECT_EQ(bobs_phone.evicted, std::vector<std::string>{"lobby"});
    EXPECT_EQ(hub(p).channels_of(p), 0u);
    say(b, 6, "more");
    EXPECT_EQ(std::get<chat::Refused>(bob.sends.find(6)->second).why, chat::Refusal::banned);
    hub(b).join(b, 9, "lobby");
    cluster_.run();
    EXPECT_EQ(std::get<JoinRefusal>(bob.joins.find(9)->second), JoinRefusal::banned);

    const auto entries = history();
    ASSERT_EQ(entries.size(), 2u);
    EXPECT_TRUE(entries[0].deleted);
    EXPECT_EQ(entries[1].kind, store::EntryKind::moderation);
    EXPECT_EQ(entries[1].position.sequence, 2u);
}

TEST_P(ActsTest, ATimeoutEndsByItself) {
    FakeMember mona(user("mona")), bob(user("bob"));
    const MemberRef m = add_and_join(mona), b = add_and_join(bob);
    ASSERT_TRUE(done(act(m, 1, mona, chat::act::Ban{.target = target("bob"), .seconds = 10})));
    say(b, 2, "hello");
    const auto& refused = std::get<chat::Refused>(bob.sends.find(2)->second);
    EXPECT_EQ(refused.why, chat::Refusal::timed_out);
    EXPECT_EQ(refused.retry_after_seconds, 10u);
    EXPECT_TRUE(bob.evicted.empty());
    cluster_.advance(10s);
    say(b, 3, "hello again");
    EXPECT_TRUE(bob.answered<Stored>(3));
}

TEST_P(ActsTest, AnUnbanLetsThemSpeakAgain) {
    FakeMember mona(user("mona")), bob(user("bob"));
    const MemberRef m = add_and_join(mona), b = add(bob);
    ASSERT_TRUE(done(act(m, 1, mona, chat::act::Ban{.target = target("bob")})));
    EXPECT_EQ(why(act(m, 2, mona, chat::act::Ban{.target = target("bob")})),
              chat::Denial::already_banned);
    EXPECT_EQ(why(act(m, 3, mona, chat::act::Unban{target("bob"), true})),
              chat::Denial::banned_for_good);
    ASSERT_TRUE(done(act(m, 4, mona, chat::act::Unban{target("bob")})));
    EXPECT_EQ(why(act(m, 5, mona, chat::act::Unban{target("bob")})), chat::Denial::not_banned);
    say(b, 6, "back");
    EXPECT_TRUE(bob.answered<Stored>(6));
}

TEST_P(ActsTest, AMessageThatIsNotStoredYetIsDeletedAllTheSame) {
    FakeMember mona(user("mona")), bob(user("bob"));
    const MemberRef m = add_and_join(mona), b = add_and_join(bob);
    log_queue_.held = true;
    say(b, 1, "oops");
    cluster_.advance(2s);
    ASSERT_TRUE(bob.answered<NotStoredYet>(1));
    const MessageId id = std::get<NotStoredYet>(bob.sends.find(1)->second).id;
    EXPECT_EQ(why(act(m, 2, mona, chat::act::DeleteMessage{MessageId::from_random(1, 2)})),
              chat::Denial::no_such_message);
    ASSERT_TRUE(done(act(m, 3, mona, chat::act::DeleteMessage{id})));
    ASSERT_TRUE(history().empty()) << "nothing is on disk yet";
    log_queue_.write();
    EXPECT_TRUE(history()[0].deleted);
    EXPECT_EQ(mona.text(), "bob: oops\ndelete_message bob\n");
}

TEST_P(ActsTest, ModesAreToldAndHold) {
    FakeMember mona(user("mona")), bob(user("bob"));
    const MemberRef m = add_and_join(mona), b = add_and_join(bob);
    ASSERT_TRUE(done(act(m, 1, mona, chat::act::ChangeModes{{.slow_seconds = 30}})));
    EXPECT_EQ(why(act(m, 2, mona, chat::act::ChangeModes{{.slow_seconds = 30}})),
              chat::Denial::already_so);
    say(b, 3, "one");
    say(b, 4, "two");
    EXPECT_EQ(std::get<chat::Refused>(bob.sends.find(4)->second).why, chat::Refusal::slow_mode);
    ASSERT_TRUE(done(act(m, 5, mona, chat::act::ChangeModes{{.slow_seconds = 0}})));
    say(b, 6, "three");
    EXPECT_TRUE(bob.answered<Stored>(6));
    EXPECT_EQ(catalog_.find_channel(lobby_)->value().modes.slow_seconds, 0u);
}

TEST_P(ActsTest, ANewModeratorHasTheRoleInEverySession) {
    FakeMember lobby(user("lobby")), bob(user("bob")), phone(user("bob"));
    const MemberRef l = add_and_join(lobby), b = add_and_join(bob);
    add_and_join(phone);
    EXPECT_EQ(why(act(b, 1, bob, chat::act::ClearChat{})), chat::Denial::no_permission);
    ASSERT_TRUE(done(act(
        l, 2, lobby, chat::act::GiveRole{.target = target("bob"), .role = chat::Role::moderator})));
    ASSERT_EQ(bob.selves.size(), 1u);
    ASSERT_EQ(phone.selves.size(), 1u);
    EXPECT_EQ(bob.selves[0].standing.role, chat::Role::moderator);
    EXPECT_TRUE(done(act(b, 3, bob, chat::act::ClearChat{})));
}

TEST_P(ActsTest, ABulkIsOneTransactionAndItsBatchIsTakenBackInOneCall) {
    FakeMember alice(user("alice"));
    const MemberRef a = add_and_join(alice);
    say(a, 1, "first");
    ActRequest bulk{.channel = lobby_,
                    .actor = user("mona").user,
                    .origin = "api",
                    .batch = "raid-of-bots",
                    .acts = {}};
    for (int i = 0; i < 450; ++i)
        bulk.acts.emplace_back(chat::act::Ban{.target = target("bot" + std::to_string(i))});
    bulk.acts.emplace_back(chat::act::Ban{.target = target("alice"), .seconds = 60});
    std::optional<ActAnswers> answers;
    gateway_.act(bulk, [&](ActAnswers told) { answers = std::move(told); });
    cluster_.run();
    ASSERT_TRUE(answers.has_value());
    ASSERT_EQ(answers->size(), 451u);
    for (const auto& answer : *answers) EXPECT_TRUE(done(answer));
    EXPECT_EQ(catalog_.list_bans(lobby_, WallTime{}, {}, 1000)->size(), 451u);
    EXPECT_TRUE(history()[0].deleted);

    answers.reset();
    gateway_.act({.channel = lobby_,
                  .actor = user("mona").user,
                  .origin = "api",
                  .batch = {},
                  .acts = {chat::act::Undo{"raid-of-bots"}}},
                 [&](ActAnswers told) { answers = std::move(told); });
    cluster_.run();
    ASSERT_TRUE(answers.has_value() && done(answers->front()));
    EXPECT_TRUE(catalog_.list_bans(lobby_, WallTime{}, {}, 1000)->empty());
    EXPECT_FALSE(history()[0].deleted) << "her words are back, too";
    say(a, 9, "free");
    EXPECT_TRUE(alice.answered<Stored>(9));

    gateway_.act({.channel = lobby_,
                  .actor = user("mona").user,
                  .origin = "api",
                  .batch = {},
                  .acts = {chat::act::Undo{"raid-of-bots"}}},
                 [&](ActAnswers told) { answers = std::move(told); });
    cluster_.run();
    EXPECT_EQ(why(answers->front()), chat::Denial::nothing_to_undo) << "only once";
}

TEST_P(ActsTest, ALargeBulkHoldsWhileItsEventsStillGoOut) {
    FakeMember mona(user("mona")), last(user("bot999"));
    add_and_join(mona);
    const MemberRef b = add_and_join(last);
    gateway_.act(bulk_of(1000), [](const ActAnswers&) {});
    cluster_.run();
    EXPECT_TRUE(mona.text().starts_with("ban bot999\nban bot0\n")) << "whom the room knows first";
    EXPECT_LT(shown(mona, "ban "), 1000u) << "not all of it at once";
    EXPECT_EQ(last.evicted.size(), 1u);
    say(b, 4, "hello?");
    EXPECT_EQ(std::get<chat::Refused>(last.sends.find(4)->second).why, chat::Refusal::banned);
    cluster_.advance(kWholeBulkShown);
    EXPECT_EQ(shown(mona, "ban "), 1000u);
}

TEST_P(ActsTest, AnActOnOnePersonOvertakesABulkAndTakesAlongWhatConcernsThem) {
    FakeMember mona(user("mona"));
    const MemberRef m = add_and_join(mona);
    gateway_.act(bulk_of(1000), [](const ActAnswers&) {});
    cluster_.run();
    hub(m).act(m, 3, "lobby", chat::act::ClearChat{});
    cluster_.run();
    EXPECT_TRUE(mona.text().ends_with("clear \n"));
    hub(m).act(m, 4, "lobby", chat::act::Unban{target("bot900")});
    cluster_.run();
    EXPECT_TRUE(mona.text().ends_with("clear \nban bot900\nunban bot900\n")) << mona.text();
    cluster_.advance(kWholeBulkShown);
    EXPECT_EQ(shown(mona, "ban "), 1000u);
}

TEST_P(ActsTest, WhatABulkTakesOutOfSightIsGoneBeforeItIsShown) {
    FakeMember gone(user("bot999"));
    const MemberRef g = add_and_join(gone);
    say(g, 1, "first");
    hub(g).leave(g, "lobby");
    cluster_.advance(RoomHost::kChatterIdle + std::chrono::seconds(20));
    FakeMember mona(user("mona"));
    add_and_join(mona);
    gateway_.act(bulk_of(1000), [](const ActAnswers&) {});
    cluster_.run();
    EXPECT_EQ(mona.text().find("ban bot999\n"), std::string::npos);
    EXPECT_TRUE(history()[0].deleted);
}

TEST_P(ActsTest, WhatIsTakenBackBeforeItIsShownIsNotShown) {
    FakeMember mona(user("mona"));
    add_and_join(mona);
    gateway_.act(bulk_of(1000), [](const ActAnswers&) {});
    cluster_.run();
    const std::size_t before = shown(mona, "ban ");
    gateway_.act({.channel = lobby_,
                  .actor = user("mona").user,
                  .origin = "api",
                  .batch = {},
                  .acts = {chat::act::Undo{"bulk"}}},
                 [](const ActAnswers& answers) { EXPECT_TRUE(done(answers.front())); });
    cluster_.advance(kWholeBulkShown);
    EXPECT_EQ(shown(mona, "ban "), before);
    EXPECT_EQ(shown(mona, "unban "), 1000u);
}

TEST_P(ActsTest, BulksWaitWhereTooMuchWaitsToBeShownAndSingleActsDoNot) {
    FakeMember mona(user("mona"));
    const MemberRef m = add_and_join(mona);
    std::vector<int> answered;
    const auto ask = [&](int number, std::size_t acts, std::size_t first) {
        gateway_.act(bulk_of(acts, first),
                     [&answered, number](const ActAnswers&) { answered.push_back(number); });
    };
    ask(1, limits::kActsPerRequest, 0);
    ask(2, 2 * limits::kActEventsAtOnce, limits::kActsPerRequest);
    ask(3, 2 * limits::kActEventsAtOnce, 2 * limits::kActsPerRequest);
    hub(m).act(m, 5, "lobby", chat::act::ClearChat{});
    cluster_.run();
    EXPECT_EQ(answered, (std::vector{1, 2}));
    EXPECT_TRUE(mona.text().ends_with("clear \n"));
    cluster_.advance(limits::kActEventsEvery * 2);
    EXPECT_EQ(answered, (std::vector{1, 2, 3}));
}

TEST_P(ActsTest, ANodeThatEndsShowsTheRestAtOnce) {
    FakeMember mona(user("mona"));
    add_and_join(mona);
    gateway_.act(bulk_of(1000), [](const ActAnswers&) {});
    cluster_.run();
    for (const auto& one : hubs_) one->hurry();
    cluster_.run();
    EXPECT_EQ(shown(mona, "ban "), 1000u);
    gateway_.act({.channel = lobby_,
                  .actor = user("mona").user,
                  .origin = "api",
                  .batch = {},
                  .acts = {chat::act::Undo{"bulk"}}},
                 [](const ActAnswers& answers) { EXPECT_TRUE(done(answers.front())); });
    cluster_.run();
    EXPECT_EQ(shown(mona, "unban "), 1000u);
}

TEST_P(ActsTest, WhatABulkDidLastHoldsWhileItsEventsStillGoOut) {
    FakeMember bob(user("bob"));
    const MemberRef b = add_and_join(bob);
    ActRequest bulk = bulk_of(600);
    bulk.acts.insert(bulk.acts.begin(), chat::act::Ban{.target = target("bob"), .seconds = 60});
    bulk.acts.emplace_back(chat::act::Unban{target("bob")});
    gateway_.act(bulk, [&](ActAnswers) {
        hub(b).send(b, 4,
                    {.channel_login = "lobby",
                     .text = "hello",
                     .action = false,
                     .client_nonce = "",
                     .reply_parent = {}});
    });
    cluster_.run();
    EXPECT_TRUE(bob.answered<Stored>(4));
    EXPECT_TRUE(bob.text().starts_with("timeout bob\nuntimeout bob\n")) << bob.text();
}

TEST_P(ActsTest, ABanEvictsWhoseFactsARoomHasForgotten) {
    FakeMember mona(user("mona")), bob(user("bob"));
    const MemberRef m = add_and_join(mona), b = add_and_join(bob);
    bus_faulty_ = true;
    say(m, 1, "a fault");
    bus_faulty_ = false;
    ASSERT_TRUE(done(act(m, 2, mona, chat::act::Ban{.target = target("bob")})));
    EXPECT_EQ(bob.evicted, std::vector<std::string>{"lobby"});
    EXPECT_EQ(hub(b).channels_of(b), 0u);
}

TEST_P(ActsTest, AFullMailboxShedsMessagesAndNoActs) {
    FakeMember mona(user("mona")), bob(user("bob")), alice(user("alice"));
    const MemberRef m = add_and_join(mona), b = add_and_join(bob);
    add_and_join(alice);
    cluster_.mailboxes_full = true;
    say(b, 1, "spam");
    ASSERT_TRUE(done(act(m, 2, mona, chat::act::Ban{.target = target("bob")})));
    EXPECT_EQ(alice.text(), "ban bob\n");
}

TEST_P(ActsTest, AnUndoBringsBackWhatIsNotEvenDeletedYet) {
    FakeMember alice(user("alice"));
    const MemberRef a = add_and_join(alice);
    log_queue_.held = true;
    say(a, 1, "first");
    const auto ask = [&](const std::string& batch, chat::Act act) {
        gateway_.act({.channel = lobby_,
                      .actor = user("mona").user,
                      .origin = "api",
                      .batch = batch,
                      .acts = {std::move(act)}},
                     [](const ActAnswers& answers) { EXPECT_TRUE(done(answers.front())); });
        cluster_.run();
    };
    ask("b", chat::act::Ban{.target = target("alice"), .seconds = 60});
    ask({}, chat::act::Undo{"b"});
    log_queue_.write();
    ASSERT_FALSE(history().empty());
    EXPECT_FALSE(history()[0].deleted);
}

TEST_P(ActsTest, WhatARestrictedUserSaysIsForModeratorsWhoWatch) {
    Watcher watcher;
    FakeMember mona(user("mona")), bob(user("bob")), alice(user("alice"));
    const MemberRef m = add_and_join(mona), b = add_and_join(bob);
    add_and_join(alice);
    hubs_.front()->set_observer(&watcher);
    hubs_.front()->watch(lobby_);
    cluster_.run();
    const auto suspect = [&](RequestId request, chat::Suspicion suspicion) {
        return done(act(m, request, mona, chat::act::Suspect{target("bob"), suspicion}));
    };
    ASSERT_TRUE(suspect(1, chat::Suspicion::restricted));
    say(b, 2, "psst");
    EXPECT_TRUE(bob.answered<Stored>(2)) << "the restricted are not told";
    EXPECT_EQ(alice.text().find("psst"), std::string::npos);
    EXPECT_EQ(mona.text().find("psst"), std::string::npos) << "IRC carries it to nobody";
    EXPECT_EQ(watcher.texts(), std::vector<std::string>{"psst"});
    ASSERT_TRUE(suspect(3, chat::Suspicion::monitored));
    say(b, 4, "hello");
    EXPECT_TRUE(alice.text().ends_with("bob: hello\n"));
}

TEST_P(ActsTest, APinWithATextSaysItFirst) {
    FakeMember mona(user("mona")), bob(user("bob"));
    const MemberRef m = add_and_join(mona), b = add_and_join(bob);
    const chat::act::Pin pin{.message = {}, .seconds = 60, .text = "read the rules"};
    ASSERT_TRUE(done(act(m, 1, mona, pin)));
    EXPECT_EQ(bob.text(), "mona: read the rules\npin mona\n");
    EXPECT_EQ(mona.text(), "mona: read the rules\npin mona\n")
        << "she did not type it as a message";
    EXPECT_EQ(catalog_.find_pin(lobby_, {}).value()->message, history().front().id);
    EXPECT_EQ(why(act(b, 2, bob, pin)), chat::Denial::no_permission);
    EXPECT_EQ(history().size(), 2u) << "and nothing is said";
}

TEST_P(ActsTest, RolesChangeTenTimesInTenSeconds) {
    FakeMember lobby(user("lobby")), mona(user("mona"));
    const MemberRef l = add_and_join(lobby), m = add_and_join(mona);
    const auto give = [&](int i, chat::Role role) {
        return chat::act::GiveRole{target("vip" + std::to_string(i)), role};
    };
    for (int i = 0; i < 10; ++i) {
        user("vip" + std::to_string(i));
        ASSERT_TRUE(done(act(l, static_cast<RequestId>(i), lobby, give(i, chat::Role::vip))));
    }
    for (int i = 0; i < 20; ++i)
        act(m, static_cast<RequestId>(i), mona, give(i, chat::Role::moderator));
    const auto& denied = std::get<chat::Denied>(act(l, 20, lobby, give(0, chat::Role::vip)));
    EXPECT_EQ(denied.why, chat::Denial::too_many_role_changes);
    EXPECT_EQ(denied.number, 10u);
    EXPECT_TRUE(done(act(l, 21, lobby, give(0, chat::Role::moderator))))
        << "moderators are counted by themselves, and what mona may not do is not lobby's";
    cluster_.advance(10s);
    EXPECT_TRUE(done(act(l, 22, lobby, chat::act::TakeRole{target("vip1"), chat::Role::vip})));
}

class FewActsTest : public ActsTest {
  protected:
    FewActsTest() { options_.role_changes.count = 1; }
};
INSTANTIATE_TEST_SUITE_P(Shards, FewActsTest, ::testing::Values(1, 3));

TEST_P(FewActsTest, RolesChangeAsOftenAsIsSet) {
    FakeMember lobby(user("lobby"));
    user("vip");
    const MemberRef l = add_and_join(lobby);
    ASSERT_TRUE(done(act(l, 1, lobby, chat::act::GiveRole{target("vip"), chat::Role::vip})));
    EXPECT_EQ(why(act(l, 2, lobby, chat::act::TakeRole{target("vip"), chat::Role::vip})),
              chat::Denial::too_many_role_changes);
}

TEST_P(FewActsTest, PeopleWhisperAsOftenAsIsSet) {
    HubGateway gateway(peers_, cluster_, catalog_, true,
                       {.per_second = {2, 1s}, .per_minute = {3, 60s}, .recipients = {1, 24h}});
    const auto whisper = [&](const std::string& to) {
        std::optional<WhisperAnswer> answer;
        gateway.whisper({.from = user("alice").user, .to = target(to), .text = "psst"},
                        [&](WhisperAnswer given) { answer = given; });
        cluster_.run();
        return answer;
    };
    for (const char* login : {"bob", "carol"}) user(login);
    EXPECT_EQ(whisper("bob"), WhisperAnswer::sent);
    EXPECT_EQ(whisper("carol"), WhisperAnswer::too_many_recipients);
    EXPECT_EQ(whisper("bob"), WhisperAnswer::too_fast_second);
    cluster_.advance(1s);
    EXPECT_EQ(whisper("bob"), WhisperAnswer::sent);
    cluster_.advance(1s);
    EXPECT_EQ(whisper("bob"), WhisperAnswer::too_fast_minute);
}

TEST_P(ActsTest, ARaidArrivesAfterTheCountdownUnlessItIsCancelled) {
    FakeMember lobby(user("lobby")), target_viewer(user("tina"));
    ASSERT_TRUE(catalog_.ensure_channel("harbour"));
    std::vector<Watcher> watchers(hubs_.size());
    for (std::size_t i = 0; i < hubs_.size(); ++i) hubs_[i]->set_observer(&watchers[i]);
    hubs_.back()->watch(lobby_);
    const auto& left = watchers.back().raids;
    const MemberRef l = add_and_join(lobby);
    add_and_join(target_viewer, "harbour");
    EXPECT_EQ(why(act(l, 1, lobby, chat::act::CancelRaid{})), chat::Denial::no_raid);
    ASSERT_TRUE(done(act(l, 2, lobby, chat::act::Raid{target("harbour")})));
    EXPECT_EQ(why(act(l, 3, lobby, chat::act::Raid{target("harbour")})),
              chat::Denial::already_raiding);
    ASSERT_TRUE(done(act(l, 4, lobby, chat::act::CancelRaid{})));
    cluster_.advance(100s);
    EXPECT_EQ(target_viewer.text(), "");
    EXPECT_TRUE(left.empty()) << "nor does it leave";
    ASSERT_TRUE(done(act(l, 5, lobby, chat::act::Raid{target("harbour")})));
    FakeMember late(user("late"));
    add_and_join(late);
    cluster_.advance(89s);
    EXPECT_TRUE(left.empty());
    cluster_.advance(2s);
    EXPECT_EQ(target_viewer.text(), "raid|\n");
    ASSERT_EQ(left.size(), 1u);
    EXPECT_EQ(left[0]->channel, lobby_);
    const auto& raid = std::get<chat::Moderation>(left[0]->body);
    EXPECT_EQ(raid.target.login, "harbour");
    EXPECT_EQ(raid.number, 2u) << "those who are there when it leaves";
    for (auto& hub : hubs_) hub->set_observer(nullptr);
}

TEST_P(ActsTest, OfTwoRaidsThatWereBegunAtOnceTheLaterOneLeaves) {
    FakeMember lobby(user("lobby")), first(user("tina")), second(user("uwe"));
    for (const char* login : {"harbour", "island"}) ASSERT_TRUE(catalog_.ensure_channel(login));
    add_and_join(lobby);
    add_and_join(first, "harbour");
    add_and_join(second, "island");
    gateway_.act({.channel = lobby_,
                  .actor = user("lobby").user,
                  .origin = "helix",
                  .acts = {chat::act::Raid{target("harbour")}, chat::act::Raid{target("island")}}},
                 [](ActAnswers answers) {
                     for (const auto& answer : answers) EXPECT_TRUE(done(answer));
                 });
    cluster_.advance(100s);
    EXPECT_EQ(first.text(), "");
    EXPECT_EQ(second.text(), "raid|\n");
}

TEST_P(ActsTest, WhispersAreCountedByThreadOverAllNodes) {
    HubGateway one(peers_, cluster_, catalog_, true);
    HubGateway other(peers_, cluster_, catalog_, true);
    Watcher watcher;
    hubs_.front()->set_observer(&watcher);
    for (const char* login : {"bob", "carol"}) user(login);
    for (HubGateway* gateway : {&one, &other}) {
        for (const auto& [from, to] :
             {std::pair("bob", "carol"), {"carol", "bob"}, {"bob", "carol"}}) {
            gateway->whisper({.from = user(from).user, .to = target(to), .text = "psst"},
                             [](WhisperAnswer) {});
        }
    }
    cluster_.run();
    EXPECT_EQ(watcher.whispers, (std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6}));
    hubs_.front()->set_observer(nullptr);
}

TEST_P(ActsTest, WhispersReachTheRecipientsSessionsOnly) {
    FakeMember bob(user("bob")), phone(user("bob")), carol(user("carol"));
    add(bob);
    add(phone);
    add(carol);
    std::vector<WhisperAnswer> answers;
    const auto whisper = [&](const std::string& to, const std::string& text) {
        gateway_.whisper({.from = user("alice").user, .to = target(to), .text = text},
                         [&](WhisperAnswer told) { answers.push_back(told); });
        cluster_.run();
        return answers.back();
    };
    EXPECT_EQ(whisper("bob", "psst"), WhisperAnswer::sent);
    EXPECT_EQ(bob.whispers, std::vector<std::string>{"psst"});
    EXPECT_EQ(phone.whispers, std::vector<std::string>{"psst"});
    EXPECT_TRUE(carol.whispers.empty());
    EXPECT_EQ(whisper("alice", "me"), WhisperAnswer::to_self);
    EXPECT_EQ(whisper("b'ob", "x"), WhisperAnswer::unknown_user);
    EXPECT_EQ(whisper("bob", "four in a second"), WhisperAnswer::too_fast_second);
    cluster_.advance(1s);
    ASSERT_TRUE(catalog_.set_block(user("bob").user.id, user("alice").user.id, true));
    EXPECT_EQ(whisper("bob", "again"), WhisperAnswer::sent);
    EXPECT_EQ(bob.whispers.size(), 1u) << "she is blocked and not told so";
}

TEST_P(ActsTest, AnonymousReadersAreNobodyToWhisperToOrBlock) {
    HubGateway gateway(peers_, cluster_, catalog_, true);
    std::optional<WhisperAnswer> whispered;
    std::optional<BlockAnswer> blocked;
    const auto alice = user("alice").user;
    gateway.whisper({.from = alice, .to = target("justinfan1"), .text = "psst"},
                    [&](WhisperAnswer answer) { whispered = answer; });
    gateway.set_block(alice.id, target("justinfan1"), true,
                      [&](BlockAnswer answer) { blocked = answer; });
    cluster_.run();
    EXPECT_EQ(whispered, WhisperAnswer::unknown_user);
    EXPECT_EQ(blocked, BlockAnswer::unknown_user);
    EXPECT_FALSE(*catalog_.find_user("justinfan1"));
}

TEST_P(ActsTest, AColourReachesEverySession) {
    FakeMember bob(user("bob"));
    const MemberRef b = add_and_join(bob);
    bool written = false;
    gateway_.set_color(user("bob").user.id, "#FF0000", [&](bool done) { written = done; });
    cluster_.run();
    EXPECT_TRUE(written);
    EXPECT_EQ(bob.identity().user.color, "#FF0000");
    ASSERT_EQ(bob.selves.size(), 1u);
    say(b, 1, "red");
    EXPECT_EQ(std::get<Stored>(bob.sends.find(1)->second).self.user.color, "#FF0000");
}

TEST_P(ActsTest, ARevokedTokenEndsItsSessionsOnly) {
    const std::string hash = "00000000000000ff" + std::string(48, '0');
    Identity with_token = user("bob");
    with_token.token = token_fingerprint(hash);
    FakeMember revoked(with_token), other(user("bob"));
    add(revoked);
    add(other);
    gateway_.token_revoked(user("bob").user.id, hash);
    cluster_.run();
    EXPECT_TRUE(revoked.token_revoked);
    EXPECT_FALSE(other.token_revoked);
}

TEST_P(ActsTest, AShoutoutIsToldWhereItsTargetIsWatched) {
    const ChannelId music = catalog_.ensure_channel("music")->id;
    std::vector<Watcher> watchers(hubs_.size());
    for (std::size_t i = 0; i < hubs_.size(); ++i) hubs_[i]->set_observer(&watchers[i]);
    hubs_.back()->watch(music);
    FakeMember mona(user("mona"));
    const MemberRef m = add_and_join(mona);
    ASSERT_TRUE(done(act(m, 1, mona, chat::act::Shoutout{target("music")})));
    for (const Watcher& watcher : watchers) {
        EXPECT_TRUE(watcher.events.empty()) << "nobody watches the lobby";
        if (&watcher == &watchers.back()) continue;
        EXPECT_TRUE(watcher.shoutouts.empty());
    }
    ASSERT_EQ(watchers.back().shoutouts.size(), 1u);
    const chat::Event& told = *watchers.back().shoutouts[0];
    EXPECT_EQ(told.channel, lobby_);
    EXPECT_EQ(std::get<chat::Moderation>(told.body).action, chat::ModAction::shoutout);
    EXPECT_EQ(std::get<chat::Moderation>(told.body).target.login, "music");
    for (auto& hub : hubs_) hub->set_observer(nullptr);
}

TEST_P(ActsTest, EveryObserverHearsOfFollowersAndStandings) {
    std::vector<Watcher> watchers(hubs_.size());
    for (std::size_t i = 0; i < hubs_.size(); ++i) hubs_[i]->set_observer(&watchers[i]);
    gateway_.followed({.channel = lobby_, .follower = {UserId(5), "eve", "Eve"}, .at = {}});
    gateway_.standing_changed(lobby_, UserId(5));
    cluster_.run();
    for (const Watcher& watcher : watchers) {
        ASSERT_EQ(watcher.follows.size(), 1u);
        EXPECT_EQ(watcher.follows[0].follower.login, "eve");
        EXPECT_EQ(watcher.standings, (std::vector{std::pair(lobby_, UserId(5))}));
    }
    for (auto& hub : hubs_) hub->set_observer(nullptr);
}

INSTANTIATE_TEST_SUITE_P(Shards, ActsTest, ::testing::Values(1, 3));

}  // namespace
}  // namespace clamor::hub
