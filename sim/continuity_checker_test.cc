// SPDX-License-Identifier: Apache-2.0
// The checker is shown runs in which one thing is broken, so that we know that it would see it.
#include "sim/continuity_checker.h"

#include <span>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/memory_message_log.h"

namespace clamor::sim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr ChannelId kRoom{1000};
constexpr UserId kAuthor{7};
constexpr NodeId kNode = 1;
constexpr ClientId kViewer = 1;

MessageId id(std::uint64_t number) {
    return MessageId::from_random(0, number);
}

class ContinuityCheckerTest : public ::testing::Test {
  protected:
    static chat::Event message(std::uint64_t number, Position position) {
        chat::Message said;
        said.id = id(number);
        said.author_id = kAuthor;
        said.sent_at = wall_from_unix_ms(static_cast<std::int64_t>(1000 + number));
        return {.channel = kRoom, .channel_login = "room", .position = position, .body = said};
    }
    static chat::Event act(chat::ModAction action, std::uint64_t number, Position position) {
        chat::Moderation done;
        done.action = action;
        done.id = id(number);
        done.target.id = kAuthor;
        done.at = wall_from_unix_ms(static_cast<std::int64_t>(1000 + number));
        return {.channel = kRoom, .channel_login = "room", .position = position, .body = done};
    }
    /// A message that all went well with: published, placed, given to its node, stored.
    chat::Event say(std::uint64_t number, Position position) {
        return bring(message(number, position));
    }
    chat::Event bring(const chat::Event& event) {
        checker.published(kNode, event, false);
        checker.placed(event.position, event);
        checker.received(kNode, event, false);
        keep(event);
        return event;
    }
    void keep(const chat::Event& event) {
        const auto* said = std::get_if<chat::Message>(&event.body);
        const store::StoredMessage entry{
            .channel = kRoom,
            .position = event.position,
            .id = id_of(event),
            .sent_at = said != nullptr ? said->sent_at : std::get<chat::Moderation>(event.body).at,
            .author = said != nullptr ? kAuthor : UserId(),
            .event = chat::encode_event(event),
            .kind = said != nullptr ? store::EntryKind::message : store::EntryKind::moderation};
        ASSERT_TRUE(log.append(std::span(&entry, 1)));
    }
    void hide(std::uint64_t message, std::uint64_t by) {
        const store::Deletion deletion{.channel = kRoom, .by = id(by), .ids = {id(message)}};
        ASSERT_TRUE(log.mark_deleted(std::span(&deletion, 1)));
    }
    void watch(Position from = {}) {
        checker.begins(kViewer, kRoom, from);
        checker.connects(kViewer, kRoom, kNode);
    }
    void expect(const char* what) { EXPECT_THAT(violations.kept(), ElementsAre(HasSubstr(what))); }

    Violations violations;
    store::MemoryMessageLog log;
    ContinuityChecker checker{violations, log};
};

TEST_F(ContinuityCheckerTest, IsContentWhenAllIsShownOnceInOrder) {
    watch();
    checker.shown(kViewer, say(1, {1, 1}));
    checker.connects(kViewer, kRoom, 2);
    checker.shown(kViewer, say(2, {1, 2}));
    checker.check_at_rest();
    EXPECT_THAT(violations.kept(), IsEmpty());
}

TEST_F(ContinuityCheckerTest, SeesAnotherOrder) {
    watch();
    const auto first = say(1, {1, 1});
    checker.shown(kViewer, say(2, {1, 2}));
    checker.shown(kViewer, first);
    expect("is shown 1-1 of channel 1000 after 1-2");
}

TEST_F(ContinuityCheckerTest, TakesWhatAGapLeftOutLater) {
    watch();
    const auto first = say(1, {1, 1});
    checker.gap(kNode, kRoom, {}, {2, 100});
    checker.shown(kViewer, say(2, {2, 100}));
    checker.shown(kViewer, first);
    EXPECT_THAT(violations.kept(), IsEmpty());
}

TEST_F(ContinuityCheckerTest, SeesWhatIsShownTwice) {
    watch();
    const auto event = say(1, {1, 1});
    checker.shown(kViewer, event);
    checker.connects(kViewer, kRoom, 2);
    checker.shown(kViewer, event);
    EXPECT_THAT(violations.kept(),
                ElementsAre(HasSubstr("again"), HasSubstr("is shown 1-1 of channel 1000 after")));
}

TEST_F(ContinuityCheckerTest, TakesWhatHadNoPlaceOnceMoreInAnotherConnection) {
    watch();
    checker.published(kNode, message(1, {}), false);
    checker.shown(kViewer, message(1, {}));
    checker.placed({1, 1}, message(1, {1, 1}));
    keep(message(1, {1, 1}));
    checker.connects(kViewer, kRoom, 2);
    checker.shown(kViewer, message(1, {1, 1}));
    EXPECT_THAT(violations.kept(), IsEmpty());
    checker.shown(kViewer, message(1, {1, 1}));
    EXPECT_GT(violations.count(), 0u);
}

TEST_F(ContinuityCheckerTest, SeesAnEventInAnothersPlace) {
    watch();
    say(1, {1, 1});
    checker.shown(kViewer, message(2, {1, 1}));
    expect("where it is not");
}

TEST_F(ContinuityCheckerTest, SeesWhatANodeIsGivenOutOfOrder) {
    checker.published(kNode, message(1, {}), false);
    checker.placed({1, 1}, message(1, {}));
    say(2, {1, 2});
    checker.received(kNode, message(1, {1, 1}), false);
    expect("node 1 was given 1-1 of channel 1000 after 1-2");
}

TEST_F(ContinuityCheckerTest, SeesAPlaceGivenTwice) {
    checker.placed({1, 1}, message(1, {}));
    checker.placed({1, 1}, message(2, {}));
    expect("place 1-1 of channel 1000 was given twice");
}

TEST_F(ContinuityCheckerTest, SeesALossThatNobodyAnnounced) {
    watch();
    say(1, {1, 1});
    checker.shown(kViewer, say(2, {1, 2}));
    checker.check_at_rest();
    expect("neither shown 1-1 (");
}

TEST_F(ContinuityCheckerTest, SeesAnAnnouncementOfTooFew) {
    watch();
    say(1, {1, 1});
    say(2, {1, 2});
    checker.announced(kViewer, kRoom, {1, 0}, {1, 3}, 1);
    checker.check_at_rest();
    expect("neither shown 1-2 (");
}

TEST_F(ContinuityCheckerTest, SeesAnAnnouncementOfNothing) {
    watch();
    checker.announced(kViewer, kRoom, {1, 1}, {1, 3}, 0);
    expect("is told of 0 events");
}

TEST_F(ContinuityCheckerTest, SeesAnEchoOfWhatIsNotStored) {
    checker.echoed(kViewer, kRoom, id(1), {1, 1});
    expect("which is not in the log at 1-1");
}

TEST_F(ContinuityCheckerTest, SeesTwoEchoes) {
    say(1, {1, 1});
    checker.echoed(kViewer, kRoom, id(1), {1, 1});
    checker.echoed(kViewer, kRoom, id(1), {1, 1});
    expect("two echoes");
}

TEST_F(ContinuityCheckerTest, SeesWhatALivingNodeLost) {
    checker.published(kNode, message(1, {}), false);
    checker.published(2, message(2, {}), false);
    checker.crashed(2);
    checker.check_at_rest();
    expect("of node 1 is not in the log");
}

TEST_F(ContinuityCheckerTest, SeesAMessageOfWhomTheNodeKnowsToBeBanned) {
    bring(act(chat::ModAction::ban, 1, {1, 1}));
    checker.published(2, message(2, {}), true);  // that node has not heard of it
    EXPECT_THAT(violations.kept(), IsEmpty());
    checker.published(kNode, message(3, {}), true);
    expect("of whose ban it was told");
}

TEST_F(ContinuityCheckerTest, LetsANodeForgetABanThatChanged) {
    bring(act(chat::ModAction::ban, 1, {1, 1}));
    checker.ban_changed(kRoom, kAuthor, {});
    checker.published(kNode, message(2, {}), true);
    EXPECT_THAT(violations.kept(), IsEmpty());
}

TEST_F(ContinuityCheckerTest, TakesAnOlderTimeoutForNoNewsOfTheOneInTheCatalog) {
    chat::Event older = act(chat::ModAction::timeout, 1, {1, 1});
    std::get<chat::Moderation>(older.body).ends_at = wall_from_unix_ms(3000);
    checker.ban_changed(kRoom, kAuthor, wall_from_unix_ms(8000));
    bring(older);
    checker.published(kNode, message(2, {}), true);
    EXPECT_THAT(violations.kept(), IsEmpty());
}

TEST_F(ContinuityCheckerTest, SeesWhatIsInSightInSpiteOfAnAct) {
    say(1, {1, 1});
    bring(act(chat::ModAction::timeout, 2, {1, 2}));
    say(3, {1, 3});  // not reached
    checker.check_at_rest();
    expect("1-1 of channel 1000 is in sight");
}

TEST_F(ContinuityCheckerTest, SeesWhatIsOutOfSightThoughItWasUndone) {
    say(1, {1, 1});
    bring(act(chat::ModAction::timeout, 2, {1, 2}));
    hide(1, 2);
    checker.undone(kNode, id(2));
    checker.check_at_rest();
    expect("out of sight, though it was undone");
}

TEST_F(ContinuityCheckerTest, SeesWhatNobodyTookOutOfSight) {
    say(1, {1, 1});
    hide(1, 2);
    checker.check_at_rest();
    expect("and nobody did that");
}

TEST_F(ContinuityCheckerTest, SeesTimeThatGoesBack) {
    say(5, {1, 1});
    say(2, {1, 2});
    checker.check_at_rest();
    expect("time goes back at 1-2");
}

TEST_F(ContinuityCheckerTest, AllowsACatchUpToLeaveOutWhatItsNodeKnowsToBeTakenAway) {
    watch();
    say(1, {1, 1});
    // In an outage: it holds on its node, and has no place yet.
    chat::Event ban = act(chat::ModAction::ban, 2, {});
    checker.published(kNode, ban, false);
    checker.received(kNode, ban, false);
    checker.not_given(kViewer, kRoom, {}, {1, 1});
    ban.position = {1, 2};
    checker.placed(ban.position, ban);
    checker.received(kNode, ban, true);
    keep(ban);
    checker.undone(kNode, id(2));
    checker.shown(kViewer, ban);
    checker.check_at_rest();
    EXPECT_THAT(violations.kept(), IsEmpty());
}

TEST_F(ContinuityCheckerTest, SeesWhatACatchUpLeavesOutForAnActThatCameBeforeIt) {
    watch();
    const chat::Event ban = bring(act(chat::ModAction::ban, 1, {1, 1}));
    checker.shown(kViewer, ban);
    say(2, {1, 2});
    checker.not_given(kViewer, kRoom, {1, 1}, {1, 2});
    checker.check_at_rest();
    expect("was neither shown");
}

}  // namespace
}  // namespace clamor::sim
