// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "hub/automod_fixture.h"

namespace clamor::hub {
namespace {

using chat::HoldStatus;
using chat::ModAction;
namespace act = chat::act;

INSTANTIATE_TEST_SUITE_P(Shards, AutoModTest, ::testing::Values(1, 3));

TEST_P(AutoModTest, BlocksWhatATermBlocks) {
    heard(sam_);
    say(eve(), 1, "so evil");
    EXPECT_EQ(refusal(eve_, 1), chat::Refusal::rejected);
    say(eve(), 2, "so good");
    EXPECT_TRUE(eve_.answered<Stored>(2));
    EXPECT_EQ(heard(sam_), "eve: so good\n");
    EXPECT_EQ(total(&HubCounters::automod_blocked), 1u);
}

TEST_P(AutoModTest, LetsModeratorsSayWhatTheyWant) {
    say(mo(), 1, "evil and bad");
    EXPECT_TRUE(mo_.answered<Stored>(1));
}

TEST_P(AutoModTest, TakesTermsFromTheNextMessageOn) {
    say(eve(), 1, "hello");
    set(act::AddTerm{.text = "hello"});
    say(eve(), 2, "hello there");
    EXPECT_EQ(refusal(eve_, 2), chat::Refusal::rejected);
    set(act::RemoveTerm{.id = {}, .text = "hello"});
    say(eve(), 3, "hello again");
    EXPECT_TRUE(eve_.answered<Stored>(3));
}

TEST_P(AutoModTest, HoldsForModeratorsAndTellsNobodyElse) {
    heard(sam_);
    heard(eve_);
    const MessageId id = hold();
    ASSERT_TRUE(id);
    EXPECT_EQ(heard(sam_), "");
    EXPECT_EQ(heard(eve_), "");
    ASSERT_EQ(watcher_.told.size(), 1u);
    const auto& held = watcher_.told[0];
    EXPECT_EQ(held.status, HoldStatus::pending);
    EXPECT_EQ(held.message.text, "this is bad");
    ASSERT_EQ(held.reasons.size(), 1u);
    EXPECT_EQ(held.reasons[0].kind, chat::HoldReason::Kind::term);
    EXPECT_EQ(held.reasons[0].spans,
              (std::vector<std::pair<std::uint32_t, std::uint32_t>>{{8, 10}}));
    EXPECT_EQ(status(id), HoldStatus::pending);
    const auto verdict = *catalog_.find_verdict(lobby_, id);
    ASSERT_TRUE(verdict);
    EXPECT_EQ(verdict->action, 1);
    EXPECT_EQ(verdict->text, "this is bad");
}

TEST_P(AutoModTest, CountsTheMentionInFrontOfAReply) {
    say(sam(), 1, "who?");
    MessageId parent;
    for (const auto& message : watcher_.messages) parent = message.id;
    ASSERT_TRUE(parent);
    say(eve(), 2, "bad", parent);
    ASSERT_EQ(watcher_.told.size(), 1u);
    EXPECT_EQ(watcher_.told[0].message.text, "@sam bad");
    EXPECT_EQ(watcher_.told[0].reasons[0].spans,
              (std::vector<std::pair<std::uint32_t, std::uint32_t>>{{5, 7}}));
}

TEST_P(AutoModTest, PublishesWhatIsApprovedAtTheEndWithItsOwnId) {
    const MessageId id = hold();
    say(sam(), 1, "meanwhile");
    heard(sam_);
    heard(eve_);
    EXPECT_EQ(refused(act::DecideHeld{id, true}), std::nullopt);
    EXPECT_EQ(heard(sam_), "eve: this is bad\n");
    EXPECT_EQ(heard(eve_), "eve: this is bad\n");
    ASSERT_EQ(watcher_.messages.size(), 2u);
    EXPECT_EQ(watcher_.messages[1].id, id);
    EXPECT_GE(watcher_.messages[1].sent_at, watcher_.messages[0].sent_at);
    ASSERT_EQ(watcher_.told.size(), 2u);
    EXPECT_EQ(watcher_.told[1].status, HoldStatus::approved);
    EXPECT_EQ(watcher_.told[1].moderator.login, "mo");
    const auto stored = *log_.find(lobby_, id);
    ASSERT_TRUE(stored);
    EXPECT_EQ(stored->kind, store::EntryKind::message);
    EXPECT_EQ(stored->position.sequence, log_.last(lobby_)->position.sequence);
}

TEST_P(AutoModTest, DecidesOnce) {
    const MessageId id = hold();
    EXPECT_EQ(refused(act::DecideHeld{id, true}), std::nullopt);
    EXPECT_EQ(refused(act::DecideHeld{id, true}), chat::Denial::already_decided);
    EXPECT_EQ(refused(act::DecideHeld{id, false}), chat::Denial::already_decided);
    EXPECT_EQ(std::ranges::count(watcher_.messages, id, &chat::Message::id), 1);
    const MessageId other = hold("this is bad too", 51);
    EXPECT_EQ(refused(act::DecideHeld{other, false}), std::nullopt);
    EXPECT_EQ(refused(act::DecideHeld{other, true}), chat::Denial::already_decided);
    EXPECT_EQ(std::ranges::count(watcher_.messages, other, &chat::Message::id), 0);
    EXPECT_EQ(refused(act::DecideHeld{MessageId::from_random(1, 2), true}),
              chat::Denial::no_such_message);
}

TEST_P(AutoModTest, DecidesOnceWhenModeratorsDecideTogether) {
    const MessageId id = hold();
    int approved = 0, late = 0;
    for (int i = 0; i < 5; ++i) {
        gateway_.act(
            {.channel = lobby_,
             .actor = *catalog_.ensure_user("mo"),
             .origin = "irc",
             .acts = {act::DecideHeld{id, i % 2 == 0}}},
            [&](const ActAnswers& answers) {
                const auto* denied = std::get_if<chat::Denied>(&answers.front());
                approved += denied == nullptr ? 1 : 0;
                late += denied != nullptr && denied->why == chat::Denial::already_decided ? 1 : 0;
            });
    }
    cluster_.run();
    EXPECT_EQ(approved, 1);
    EXPECT_EQ(late, 4);
    EXPECT_EQ(std::ranges::count(watcher_.messages, id, &chat::Message::id), 1);
}

TEST_P(AutoModTest, LetsOnlyModeratorsDecide) {
    const MessageId id = hold();
    hub(sam()).act(sam(), 9, "lobby", act::DecideHeld{id, true});
    cluster_.run();
    const auto answer = std::get<chat::ActAnswer>(sam_.acts.find(9)->second);
    EXPECT_EQ(std::get<chat::Denied>(answer).why, chat::Denial::no_permission);
    hub(mo()).act(mo(), 9, "lobby", act::DecideHeld{id, false});
    cluster_.run();
    EXPECT_EQ(status(id), HoldStatus::denied);
}

TEST_P(AutoModTest, WillNotPublishForTheBanned) {
    const MessageId id = hold();
    set(act::Ban{.target = {.id = {}, .login = "eve"}});
    EXPECT_EQ(refused(act::DecideHeld{id, true}), chat::Denial::target_banned);
    EXPECT_EQ(refused(act::DecideHeld{id, false}), std::nullopt);
}

TEST_P(AutoModTest, LetsWhatNobodyDecidesExpire) {
    const MessageId id = hold();
    EXPECT_EQ(total(&HubCounters::automod_pending), 1u);
    cluster_.advance(limits::kHoldFor - std::chrono::seconds(1));
    EXPECT_EQ(status(id), HoldStatus::pending);
    cluster_.advance(std::chrono::seconds(2));
    EXPECT_EQ(status(id), HoldStatus::expired);
    ASSERT_EQ(watcher_.told.size(), 2u);
    EXPECT_EQ(watcher_.told[1].status, HoldStatus::expired);
    EXPECT_FALSE(watcher_.told[1].moderator.id);
    EXPECT_EQ(refused(act::DecideHeld{id, true}), chat::Denial::expired);
    EXPECT_EQ(total(&HubCounters::automod_pending), 0u);
    EXPECT_EQ(total(&HubCounters::automod_expired), 1u);
}

TEST_P(AutoModTest, KeepsWhatIsHeldOverARestart) {
    // As an earlier run of the server left it: in a channel whose room is not alive.
    const ChannelId attic = catalog_.ensure_channel("attic")->id;
    const WallTime held_at = cluster_.shard(0).now().wall - std::chrono::minutes(2);
    std::vector<MessageId> ids;
    for (const char* text : {"one", "two"}) {
        chat::HeldMessage held;
        held.message.id = MessageId::at(held_at, ids.size() + 1, 1);
        held.message.author_id = eve_.identity().user.id;
        held.message.author_login = "eve";
        held.message.text = text;
        held.held_at = held_at;
        ids.push_back(held.message.id);
        ASSERT_TRUE(*catalog_.hold({.channel = attic,
                                    .id = held.message.id,
                                    .author = held.message.author_id,
                                    .event = chat::encode_event({attic, "attic", {}, held}),
                                    .held_at = held_at},
                                   10));
    }
    gateway_.wake_rooms();
    cluster_.run();
    EXPECT_EQ(total(&HubCounters::automod_pending), 2u);
    std::optional<ActAnswers> answers;
    gateway_.act({.channel = attic,
                  .actor = *catalog_.ensure_user("attic"),
                  .origin = "irc",
                  .acts = {act::DecideHeld{ids[0], true}}},
                 [&](ActAnswers given) { answers = std::move(given); });
    cluster_.run();
    ASSERT_TRUE(answers);
    EXPECT_TRUE(std::holds_alternative<chat::Done>(answers->front()));
    EXPECT_TRUE(*log_.find(attic, ids[0]));
    // Its time did not begin anew.
    cluster_.advance(std::chrono::minutes(3) - std::chrono::seconds(1));
    EXPECT_EQ((*catalog_.find_held(attic, ids[1]))->status, HoldStatus::pending);
    cluster_.advance(std::chrono::seconds(2));
    EXPECT_EQ((*catalog_.find_held(attic, ids[1]))->status, HoldStatus::expired);
    EXPECT_FALSE(*log_.find(attic, ids[1]));
}

TEST_P(AutoModTest, BlocksWhatItCannotHoldAnyMore) {
    for (std::size_t i = 0; i < limits::kHeldPerChannel; ++i) {
        store::Held held{.channel = lobby_,
                         .id = MessageId::from_random(7, i),
                         .author = eve_.identity().user.id};
        ASSERT_TRUE(*catalog_.hold(held, limits::kHeldPerChannel));
    }
    say(eve(), 1, "bad");
    EXPECT_EQ(refusal(eve_, 1), chat::Refusal::rejected);
    EXPECT_EQ(total(&HubCounters::automod_hold_full), 1u);
}

TEST_P(AutoModTest, RecordsWhatShadowTermsFindAndLetsItPass) {
    set(act::AddTerm{.text = "odd", .shadow = true});
    say(eve(), 1, "how odd");
    EXPECT_TRUE(eve_.answered<Stored>(1));
    cluster_.advance(std::chrono::seconds(1));
    const auto verdicts = *catalog_.list_verdicts(lobby_, {}, 10);
    ASSERT_EQ(verdicts.size(), 1u);
    EXPECT_EQ(verdicts[0].action, 0);
    EXPECT_NE(verdicts[0].findings.find("\"shadow\":true"), std::string::npos);
    EXPECT_EQ(verdicts[0].message, watcher_.messages.back().id);
}

TEST_P(AutoModTest, HoldsWhatTheLevelsCatch) {
    model_.takes = false;
    say(eve(), 1, "vile");
    EXPECT_TRUE(eve_.answered<Stored>(1));  // no levels are set
    set(act::ChangeAutoMod{
        .levels = chat::AutoModLevels{.overall = 2, .categories = {2, 1, 1, 1, 2, 1, 2, 0}}});
    say(eve(), 2, "how vile");
    EXPECT_EQ(refusal(eve_, 2), chat::Refusal::held);
    set(act::ChangeAutoMod{
        .levels = chat::AutoModLevels{.overall = 4, .categories = {4, 4, 4, 4, 4, 4, 4, 3}}});
    say(eve(), 3, "too vile");
    EXPECT_EQ(refusal(eve_, 3), chat::Refusal::rejected);
}

TEST_P(AutoModTest, KeepsTheOrderOfWhoWaitsForTheModel) {
    set(act::ChangeAutoMod{
        .levels = chat::AutoModLevels{.overall = 2, .categories = {2, 1, 1, 1, 2, 1, 2, 0}}});
    heard(mo_);
    say(eve(), 1, "hm one");
    say(eve(), 2, "two");
    say(sam(), 1, "sam waits for nobody");
    ASSERT_EQ(model_.asked, std::vector<std::string>{"hm one"});
    EXPECT_FALSE(refusal(eve_, 1));
    EXPECT_FALSE(eve_.answered<Stored>(2));
    model_.answer(0.05f);
    cluster_.run();
    EXPECT_TRUE(eve_.answered<Stored>(1));
    EXPECT_TRUE(eve_.answered<Stored>(2));
    EXPECT_EQ(heard(mo_), "sam: sam waits for nobody\neve: hm one\neve: two\n");
    say(eve(), 3, "hm three");
    model_.answer(0.9999f);
    cluster_.run();
    EXPECT_EQ(refusal(eve_, 3), chat::Refusal::held);
}

TEST_P(AutoModTest, AsksTheModelAlsoAboutWhatTheClassifierAloneWouldBlock) {
    set(act::AddTerm{.text = "evil"});
    set(act::ChangeAutoMod{
        .levels = chat::AutoModLevels{.overall = 4, .categories = {4, 4, 4, 4, 4, 4, 4, 3}}});
    say(eve(), 1, "vile one");
    ASSERT_EQ(model_.asked, std::vector<std::string>{"vile one"});
    model_.answer(0.001f);
    cluster_.run();
    EXPECT_TRUE(eve_.answered<Stored>(1));
    say(eve(), 2, "vile two");
    model_.answer(0.5f);
    cluster_.run();
    EXPECT_EQ(refusal(eve_, 2), chat::Refusal::rejected);
    say(eve(), 3, "vile three");
    model_.answer(std::nullopt);
    cluster_.run();
    EXPECT_EQ(refusal(eve_, 3), chat::Refusal::rejected) << "the built-in verdict stands";
    say(eve(), 4, "vile and evil");
    EXPECT_EQ(model_.asked.size(), 3u) << "a term blocks in any case";
}

TEST_P(AutoModTest, KeepsTheOrderOfWhoWaitsForTheModelWhileTheirFactsAreRead) {
    set(act::ChangeAutoMod{
        .levels = chat::AutoModLevels{.overall = 2, .categories = {2, 1, 1, 1, 2, 1, 2, 0}}});
    heard(mo_);
    cluster_.workers_stopped = true;
    gateway_.standing_changed(lobby_, eve_.identity().user.id);
    cluster_.run();
    say(eve(), 1, "hm one");
    ASSERT_EQ(model_.asked.size(), 1u);
    cluster_.workers_stopped = false;
    cluster_.run();
    say(eve(), 2, "two");
    EXPECT_FALSE(eve_.answered<Stored>(2));
    model_.answer(0.05f);
    cluster_.run();
    EXPECT_EQ(heard(mo_), "eve: hm one\neve: two\n");
}

TEST_P(AutoModTest, ReadsFactsThatChangedWhileTheModelWasAsked) {
    set(act::ChangeAutoMod{
        .levels = chat::AutoModLevels{.overall = 2, .categories = {2, 1, 1, 1, 2, 1, 2, 0}}});
    say(eve(), 1, "hm one");
    ASSERT_EQ(model_.asked.size(), 1u);
    ASSERT_TRUE(catalog_.set_role(lobby_, eve_.identity().user.id, chat::Role::moderator));
    gateway_.standing_changed(lobby_, eve_.identity().user.id);
    cluster_.run();
    model_.answer(0.05f);
    cluster_.run();
    say(eve(), 2, "so evil");
    EXPECT_TRUE(eve_.answered<Stored>(2));
}

TEST_P(AutoModTest, CountsNoVerdictAsDroppedThatWasWritten) {
    catalog_.unwritable = true;
    say(eve(), 1, "so evil");
    cluster_.advance(std::chrono::seconds(1));
    EXPECT_EQ(catalog_.list_verdicts(lobby_, {}, 10)->size(), 1u);
    EXPECT_EQ(total(&HubCounters::automod_verdicts_dropped), 0u);
}

TEST_P(AutoModTest, GoesOnWithoutTheModel) {
    set(act::ChangeAutoMod{
        .levels = chat::AutoModLevels{.overall = 2, .categories = {2, 1, 1, 1, 2, 1, 2, 0}}});
    say(eve(), 1, "hm one");
    model_.answer(std::nullopt);
    cluster_.run();
    EXPECT_TRUE(eve_.answered<Stored>(1));
    model_.takes = false;
    say(eve(), 2, "hm two");
    EXPECT_TRUE(eve_.answered<Stored>(2));
    set(act::ChangeAutoMod{.rules = R"({"model":false})"});
    model_.takes = true;
    say(eve(), 3, "hm three");
    EXPECT_TRUE(eve_.answered<Stored>(3));
    EXPECT_EQ(model_.asked.size(), 1u);
}

TEST_P(AutoModTest, RecordsTheModelsWordInShadowAndLetsNobodyWaitForIt) {
    set(act::ChangeAutoMod{
        .levels = chat::AutoModLevels{.overall = 2, .categories = {2, 1, 1, 1, 2, 1, 2, 0}},
        .rules = R"({"classifier_shadow":true})"});
    const auto recorded = [&](RequestId request, const std::string& text) {
        say(eve(), request, text);
        EXPECT_TRUE(eve_.answered<Stored>(request)) << "before the model has answered";
        return watcher_.messages.back().id;
    };
    const auto findings = [&](MessageId id) {
        cluster_.advance(std::chrono::seconds(1));
        const auto verdict = *catalog_.find_verdict(lobby_, id);
        if (!verdict) return std::string("none");
        EXPECT_EQ(verdict->action, 0);
        EXPECT_NE(verdict->findings.find("\"shadow\":true"), std::string::npos);
        return verdict->findings;
    };
    const auto worse = recorded(1, "hm one");
    EXPECT_EQ(findings(worse), "none") << "the classifier found nothing";
    model_.answer(0.9999f);
    EXPECT_NE(findings(worse).find("\"rule\":\"bert\""), std::string::npos);

    const auto milder = recorded(2, "vile two");
    model_.answer(0.001f);
    EXPECT_EQ(findings(milder), "none") << "both together found nothing";

    const auto silent = recorded(3, "vile three");
    model_.answer(std::nullopt);
    EXPECT_NE(findings(silent).find("\"rule\":\"classifier\""), std::string::npos);

    model_.takes = false;
    const auto alone = recorded(4, "vile four");
    EXPECT_NE(findings(alone).find("\"rule\":\"classifier\""), std::string::npos);
    EXPECT_EQ(model_.asked, (std::vector<std::string>{"hm one", "vile two", "vile three"}));
}

TEST_P(AutoModTest, AsksTheModelNothingInShadowAboutWhatATermHolds) {
    set(act::ChangeAutoMod{
        .levels = chat::AutoModLevels{.overall = 2, .categories = {2, 1, 1, 1, 2, 1, 2, 0}},
        .rules = R"({"classifier_shadow":true})"});
    say(eve(), 1, "how vile and bad");
    EXPECT_EQ(refusal(eve_, 1), chat::Refusal::held);
    EXPECT_TRUE(model_.asked.empty());
}

TEST_P(AutoModTest, ExchangesTheClassifierUnderARoomThatIsAlive) {
    set(act::ChangeAutoMod{
        .levels = chat::AutoModLevels{.overall = 2, .categories = {2, 1, 1, 1, 2, 1, 2, 0}}});
    model_.takes = false;
    say(eve(), 1, "how vile");
    EXPECT_EQ(refusal(eve_, 1), chat::Refusal::held);
    gateway_.use_classifier(nullptr);
    cluster_.run();
    say(eve(), 2, "how vile now");
    EXPECT_TRUE(eve_.answered<Stored>(2));
}

TEST_P(AutoModTest, RefusesTermsAndRulesThatMakeNoSense) {
    EXPECT_EQ(refused(act::AddTerm{.text = "/(unclosed/"}), chat::Denial::bad_term);
    EXPECT_EQ(refused(act::AddTerm{.text = "x"}), chat::Denial::bad_text);
    EXPECT_EQ(refused(act::ChangeAutoMod{.rules = "[]"}), chat::Denial::bad_term);
    EXPECT_EQ(refused(act::ChangeAutoMod{.rules = R"({"spam":{"capitals":{"on":1}}})"}),
              chat::Denial::bad_term);
    EXPECT_EQ(refused(act::ChangeAutoMod{.rules = R"({"unknown":true})"}), chat::Denial::bad_term);
}

TEST_P(AutoModTest, LetsPermittedLinksAndPhrasesPassOnce) {
    set(act::ChangeAutoMod{.rules = R"({"spam":{"links":{"on":true,"action":"block"}}})"});
    say(eve(), 1, "see example.org now");
    EXPECT_EQ(refusal(eve_, 1), chat::Refusal::rejected);
    EXPECT_EQ(refused(act::Permit{.target = {.id = {}, .login = "eve"}}), std::nullopt);
    say(eve(), 2, "see example.org please");
    EXPECT_TRUE(eve_.answered<Stored>(2));
    cluster_.advance(std::chrono::seconds(61));
    say(eve(), 3, "see example.org again");
    EXPECT_EQ(refusal(eve_, 3), chat::Refusal::rejected);
    EXPECT_EQ(refused(act::Permit{.target = {}, .phrase = "evil"}), std::nullopt);
    say(sam(), 1, "so evil");
    EXPECT_TRUE(sam_.answered<Stored>(1));
    say(sam(), 2, "so evil again");
    EXPECT_EQ(refusal(sam_, 2), chat::Refusal::rejected);
}

}  // namespace
}  // namespace clamor::hub
