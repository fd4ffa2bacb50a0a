// SPDX-License-Identifier: Apache-2.0
#include "hub/fanout.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/fakes/fake_member.h"
#include "tests/fakes/manual_cluster.h"

namespace clamor::hub {
namespace {

using fakes::FakeMember;
using namespace std::chrono_literals;

constexpr ChannelId kLobby{1000};

chat::EventRef message(const std::string& text, chat::Role role = chat::Role::viewer) {
    chat::Message said;
    said.author_login = "ann";
    said.author_role = role;
    said.text = text;
    return std::make_shared<const chat::Event>(chat::Event{
        .channel = kLobby, .channel_login = "lobby", .position = {}, .body = std::move(said)});
}

chat::EventRef ban() {
    chat::Moderation act;
    act.target.login = "bob";
    return std::make_shared<const chat::Event>(chat::Event{
        .channel = kLobby, .channel_login = "lobby", .position = {}, .body = std::move(act)});
}

class FanoutTest : public ::testing::Test {
  protected:
    void fill(int viewers) {
        for (int i = 0; i < viewers; ++i) {
            crowd_.push_back(std::make_unique<FakeMember>());
            fanout_.add(kLobby, static_cast<std::uint32_t>(100 + i), *crowd_.back());
        }
    }
    /// Messages "0", "1" and so on, one in each `every`.
    void talk(int messages, std::chrono::milliseconds every) {
        for (int i = 0; i < messages; ++i) {
            fanout_.append(message(std::to_string(i)), Fanout::kNobody);
            cluster_.advance(every);
        }
    }

    fakes::ManualCluster cluster_{1};
    fakes::PlainEncoder encoder_;
    HubCounters counters_;
    Fanout fanout_{cluster_.shard(0), encoder_, counters_, 50ms};
    std::vector<std::unique_ptr<FakeMember>> crowd_;
};

TEST_F(FanoutTest, DeliversAtOnceInAQuietRoom) {
    FakeMember viewer;
    ASSERT_TRUE(fanout_.add(kLobby, 0, viewer));
    fanout_.append(message("hi"), Fanout::kNobody);
    cluster_.run();
    EXPECT_EQ(viewer.text(), "ann: hi\n");
}

/// Moderators see what happens at once, the others two seconds later.
class DelayedFanoutTest : public FanoutTest {
  protected:
    DelayedFanoutTest() {
        fanout_.add(kLobby, 0, moderator_);
        fanout_.add(kLobby, 1, viewer_);
    }
    ~DelayedFanoutTest() override {
        fanout_.remove_all(0);
        fanout_.remove_all(1);
    }

    static Identity somebody(std::uint64_t id) {
        Identity identity;
        identity.user.id = UserId(id);
        return identity;
    }
    void append(chat::EventRef event, std::uint32_t own_slot = Fanout::kNobody) {
        fanout_.append(std::move(event), own_slot, {}, delay_);
    }
    static chat::EventRef act(chat::ModAction action, UserId target, MessageId id = {}) {
        chat::Moderation act;
        act.action = action;
        act.target = {.id = target, .login = "bob", .display_name = "Bob"};
        act.message_id = id;
        return std::make_shared<const chat::Event>(chat::Event{
            .channel = kLobby, .channel_login = "lobby", .position = {}, .body = std::move(act)});
    }
    static chat::EventRef said(const std::string& text, UserId author, MessageId id = {}) {
        chat::Event event = *message(text);
        auto& said = std::get<chat::Message>(event.body);
        said.author_id = author;
        said.id = id;
        return std::make_shared<const chat::Event>(std::move(event));
    }

    const ChatDelay delay_{
        .by = 2s,
        .moderators = std::make_shared<const ChatDelay::Users>(ChatDelay::Users{UserId(7)})};
    FakeMember moderator_{somebody(7)};
    FakeMember viewer_{somebody(8)};
};

TEST_F(DelayedFanoutTest, ShowsModeratorsFirstAndTheOthersLaterInTheSameOrder) {
    append(message("one"));
    cluster_.advance(100ms);
    append(message("two"));
    cluster_.advance(100ms);
    EXPECT_EQ(moderator_.text(), "ann: one\nann: two\n");
    EXPECT_EQ(viewer_.text(), "");
    cluster_.advance(1850ms);
    EXPECT_EQ(viewer_.text(), "ann: one\n");
    // The delay has ended, and what is said now does not overtake.
    fanout_.append(message("three"), Fanout::kNobody);
    cluster_.advance(200ms);
    EXPECT_EQ(viewer_.text(), "ann: one\nann: two\nann: three\n");
    fanout_.append(message("four"), Fanout::kNobody);
    cluster_.advance(50ms);
    EXPECT_EQ(viewer_.text(), "ann: one\nann: two\nann: three\nann: four\n");
    EXPECT_EQ(moderator_.text(), "ann: one\nann: two\nann: three\nann: four\n");
}

TEST_F(DelayedFanoutTest, NeverShowsTheOthersWhatWasTakenAwayMeanwhile) {
    const MessageId bad = MessageId::parse("01890a5d-ac96-774b-bcce-b302099a8057").value();
    FakeMember author(somebody(3));
    fanout_.add(kLobby, 2, author);
    append(said("fine", UserId(1)));
    append(said("spam", UserId(2)));
    append(said("bad", UserId(3), bad));
    cluster_.advance(1s);
    append(act(chat::ModAction::ban, UserId(2)));
    append(act(chat::ModAction::delete_message, UserId(3), bad));
    append(said("still here", UserId(3)));
    cluster_.advance(3s);
    fanout_.remove_all(2);
    EXPECT_NE(moderator_.text().find("ann: spam\nann: bad\n"), std::string::npos);
    EXPECT_EQ(viewer_.text().find("spam"), std::string::npos);
    EXPECT_EQ(viewer_.text().find("bad"), std::string::npos);
    EXPECT_EQ(viewer_.text().rfind("ann: fine\n", 0), 0u);
    EXPECT_NE(viewer_.text().find("ann: still here\n"), std::string::npos);
    // A deletion has the text that it takes away.
    EXPECT_EQ(viewer_.text().find("delete_message"), std::string::npos);
    EXPECT_NE(author.text().find("delete_message"), std::string::npos);
    EXPECT_NE(moderator_.text().find("delete_message"), std::string::npos);
}

TEST_F(DelayedFanoutTest, IsNotForAuthorsNorForWhoCameMeanwhile) {
    append(message("mine"), 1);
    append(message("before"));
    cluster_.advance(1s);
    FakeMember late(somebody(9));
    fanout_.add(kLobby, 2, late);
    append(message("after"));
    cluster_.advance(3s);
    EXPECT_EQ(viewer_.text(), "ann: before\nann: after\n");
    EXPECT_EQ(late.text(), "ann: after\n");
    EXPECT_EQ(moderator_.text(), "ann: mine\nann: before\nann: after\n");
    fanout_.remove_all(2);
}

TEST_F(DelayedFanoutTest, ShowsAllWhenTheNodeEndsAndIsBounded) {
    for (std::size_t i = 0; i < limits::kDelayedEvents + 3; ++i) append(message("x"));
    cluster_.advance(10ms);
    EXPECT_EQ(counters_.delayed_early.value(), 3u);
    EXPECT_EQ(viewer_.text().size(), 3 * std::string_view("ann: x\n").size());
    fanout_.hurry();
    append(message("last"));
    cluster_.advance(100ms);
    const std::string all = viewer_.text();
    EXPECT_EQ(std::ranges::count(all, '\n'),
              static_cast<std::ptrdiff_t>(limits::kDelayedEvents + 4));
    EXPECT_TRUE(all.ends_with("ann: last\n"));
}

TEST_F(FanoutTest, EncodesOncePerTextDialectAndSealsOncePerWireDialect) {
    fill(50);
    FakeMember tagged({}, Dialect::kTags);
    FakeMember tagged_websocket({}, Dialect::kTags | Dialect::kWebSocket);
    fanout_.add(kLobby, 0, tagged);
    fanout_.add(kLobby, 1, tagged_websocket);
    fanout_.append(message("hi"), Fanout::kNobody);
    cluster_.run();
    EXPECT_EQ(encoder_.encoded, 2);
    EXPECT_EQ(encoder_.sealed, 3);
    EXPECT_EQ(tagged.text(), "@ann: hi\n");
    EXPECT_EQ(tagged_websocket.text(), "ws @ann: hi\n");
    EXPECT_EQ(crowd_[49]->text(), "ann: hi\n");
}

TEST_F(FanoutTest, NeverGivesAMemberWhatItSaidItself) {
    FakeMember author;
    FakeMember viewer;
    fanout_.add(kLobby, 0, author);
    fanout_.add(kLobby, 1, viewer);
    fanout_.append(message("mine"), 0);
    fanout_.append(message("other"), Fanout::kNobody);
    cluster_.run();
    EXPECT_EQ(author.text(), "ann: other\n");
    EXPECT_EQ(viewer.text(), "ann: mine\nann: other\n");
}

TEST_F(FanoutTest, JoinsTheMessagesOfABusyRoomIntoOneFrame) {
    fill(1000);
    talk(200, 5ms);
    const std::size_t frames_before = crowd_[0]->frames.size();
    cluster_.advance(100ms);
    const std::size_t settled = crowd_[0]->frames.size();
    EXPECT_LE(settled - frames_before, 1u);
    // 200 messages a second to 1,000 viewers leave in about 20 frames a second.
    EXPECT_LE(settled, 40u);
    std::string expected;
    for (int i = 0; i < 200; ++i) expected += "ann: " + std::to_string(i) + "\n";
    EXPECT_EQ(crowd_[0]->text(), expected);
    EXPECT_EQ(crowd_[999]->text(), expected);
    EXPECT_LE(counters_.hold.percentile_us(1.0), 53'000u);
}

TEST_F(FanoutTest, HoldsABusyRoomFromTheFirstMessageOfABatch) {
    fill(1000);
    talk(50, 40ms);  // the rate is known after a while
    crowd_[0]->frames.clear();
    talk(50, 40ms);
    cluster_.advance(100ms);
    EXPECT_LE(crowd_[0]->frames.size(), 26u) << "fifty messages, two in a frame";
    EXPECT_GE(counters_.hold.percentile_us(0.9), 45'000u);
    EXPECT_LE(counters_.hold.percentile_us(1.0), 53'000u);
}

TEST_F(FanoutTest, HoldsALargeRoomShorterSinceItsLastMemberIsReachedLater) {
    fill(5000);
    talk(100, 50ms);
    EXPECT_GE(counters_.hold.percentile_us(1.0), 30'000u);
    EXPECT_LE(counters_.hold.percentile_us(1.0), 40'000u);
}

TEST_F(FanoutTest, DoesNotHoldWhatNothingIsLikelyToFollow) {
    fill(5000);
    talk(10, 500ms);
    EXPECT_EQ(counters_.hold.percentile_us(1.0), 0u);
}

TEST_F(FanoutTest, LetsAllRoomsOfABusyShardLeaveInOneTick) {
    constexpr std::uint32_t kRooms = 200;
    constexpr std::uint32_t kMembers = 10;
    std::vector<FakeMember> members(kRooms * kMembers);
    for (std::uint32_t i = 0; i < members.size(); ++i)
        fanout_.add(ChannelId(100 + i % kRooms), i, members[i]);
    std::size_t ticks = 0;
    for (int ms = 0; ms < 3000; ++ms) {
        auto said = std::make_shared<chat::Event>(*message("hi"));
        said->channel = ChannelId(100 + static_cast<std::uint64_t>(ms) * 7 % kRooms);
        const std::uint64_t before = counters_.flushes.value();
        fanout_.append(said, Fanout::kNobody);
        cluster_.advance(1ms);
        if (ms >= 2000 && counters_.flushes.value() > before) ++ticks;
    }
    // 1,000 messages in a second to rooms that hear five of them.
    EXPECT_LE(ticks, 25u);
    EXPECT_GE(ticks, 18u);
    EXPECT_LE(counters_.hold.percentile_us(1.0), 53'000u);
    cluster_.advance(100ms);
    for (std::uint32_t i = 0; i < members.size(); ++i) {
        EXPECT_EQ(members[i].text().size(), 15 * std::string_view("ann: hi\n").size());
        fanout_.remove_all(i);
    }
}

TEST_F(FanoutTest, FlushesABatchThatIsFullWithoutWaiting) {
    fill(1000);
    for (int i = 0; i < 50; ++i) fanout_.append(message("warm up"), Fanout::kNobody);
    cluster_.run();
    const std::size_t before = crowd_[0]->frames.size();
    const std::string large(1000, 'x');
    for (int i = 0; i < 60; ++i) fanout_.append(message(large), Fanout::kNobody);
    cluster_.run();
    EXPECT_EQ(crowd_[0]->frames.size(), before + 1);
}

TEST_F(FanoutTest, GivesASlowMemberWhatItsIntakeTakesAndCountsTheRest) {
    FakeMember slow(
        {.user = {.id = UserId(7), .login = "bob", .display_name = "Bob", .color = ""}});
    slow.takes = chat::ShedClass::staff;
    FakeMember quick;
    fanout_.add(kLobby, 0, slow);
    fanout_.add(kLobby, 1, quick);
    fanout_.append(message("ordinary"), Fanout::kNobody);
    fanout_.append(message("staff", chat::Role::moderator), Fanout::kNobody);
    fanout_.append(message("hello @BOB"), Fanout::kNobody);
    cluster_.run();
    EXPECT_EQ(slow.text(), "ann: staff\nann: hello @BOB\n");
    EXPECT_EQ(slow.skipped[static_cast<std::size_t>(chat::ShedClass::message)], 1u);
    EXPECT_EQ(quick.text(), "ann: ordinary\nann: staff\nann: hello @BOB\n");
    EXPECT_EQ(counters_.skipped[static_cast<std::size_t>(chat::ShedClass::message)].value(), 1u);
}

TEST_F(FanoutTest, SendsNothingToADialectThatShowsNothing) {
    FakeMember plain;
    FakeMember curious({}, Dialect::kMembership);
    fanout_.add(kLobby, 0, plain);
    fanout_.add(kLobby, 1, curious);
    fanout_.append(std::make_shared<const chat::Event>(
                       chat::Event{.channel = kLobby,
                                   .channel_login = "lobby",
                                   .position = {},
                                   .body = chat::MembershipChanged{{"cat"}, {"dog"}}}),
                   Fanout::kNobody);
    cluster_.run();
    EXPECT_TRUE(plain.frames.empty());
    EXPECT_EQ(curious.text(), "+cat\n-dog\n");
}

TEST_F(FanoutTest, TellsNobodyOfTheirOwnJoin) {
    const auto named = [](const char* login) {
        hub::Identity identity;
        identity.user.login = login;
        return identity;
    };
    FakeMember cat(named("cat"), Dialect::kMembership);
    FakeMember dog(named("dog"), Dialect::kMembership);
    FakeMember eel(named("eel"), Dialect::kMembership);
    fanout_.add(kLobby, 0, cat);
    fanout_.add(kLobby, 1, dog);
    fanout_.add(kLobby, 2, eel);
    const auto change = [](chat::MembershipChanged changed) {
        return std::make_shared<const chat::Event>(chat::Event{.channel = kLobby,
                                                               .channel_login = "lobby",
                                                               .position = {},
                                                               .body = std::move(changed)});
    };
    fanout_.append(change({{"cat", "dog"}, {"fox"}}), Fanout::kNobody);
    cluster_.run();
    EXPECT_EQ(cat.text(), "+dog\n-fox\n");
    EXPECT_EQ(dog.text(), "+cat\n-fox\n");
    EXPECT_EQ(eel.text(), "+cat\n+dog\n-fox\n");
    cat.frames.clear();
    fanout_.append(change({{"cat"}, {}}), Fanout::kNobody);
    cluster_.run();
    EXPECT_TRUE(cat.frames.empty());
}

TEST_F(FanoutTest, KeepsPlacesRightThroughManyJoinsAndLeaves) {
    std::vector<std::unique_ptr<FakeMember>> members;
    for (std::uint32_t slot = 0; slot < 20; ++slot) {
        members.push_back(std::make_unique<FakeMember>());
        for (std::uint64_t channel = 1; channel <= 10; ++channel) {
            EXPECT_TRUE(fanout_.add(ChannelId(channel), slot, *members.back()));
            EXPECT_FALSE(fanout_.add(ChannelId(channel), slot, *members.back()));
        }
    }
    for (std::uint32_t slot = 0; slot < 20; slot += 2)
        EXPECT_TRUE(fanout_.remove(ChannelId(slot % 10 + 1), slot));
    for (std::uint32_t slot = 0; slot < 20; slot += 4) {
        EXPECT_EQ(fanout_.remove_all(slot).size(), 9u);
        EXPECT_FALSE(fanout_.remove(ChannelId(5), slot));
    }
    EXPECT_EQ(counters_.memberships.value(), 200u - 10u - 5u * 9u);
    for (std::uint32_t slot = 0; slot < 20; ++slot) fanout_.remove_all(slot);
    EXPECT_EQ(counters_.memberships.value(), 0u);
}

TEST_F(FanoutTest, GivesANewcomerOnlyWhatComesLater) {
    fill(1000);
    for (int i = 0; i < 40; ++i) {
        fanout_.append(message("busy"), Fanout::kNobody);
        cluster_.advance(10ms);
    }
    fanout_.append(message("before"), Fanout::kNobody);
    FakeMember newcomer;
    fanout_.add(kLobby, 0, newcomer);
    FakeMember gone;
    fanout_.add(kLobby, 1, gone);
    fanout_.remove(kLobby, 1);
    fanout_.append(message("after"), Fanout::kNobody);
    FakeMember last;
    fanout_.add(kLobby, 1, last);
    cluster_.advance(60ms);
    EXPECT_EQ(newcomer.text(), "ann: after\n");
    EXPECT_TRUE(last.frames.empty());
    fanout_.append(message("then"), Fanout::kNobody);
    cluster_.advance(60ms);
    EXPECT_EQ(last.text(), "ann: then\n");
}

TEST_F(FanoutTest, ForgetsAnOpenBatchWhoseLastMemberLeft) {
    FakeMember viewer;
    fanout_.add(kLobby, 0, viewer);
    fanout_.append(message("too late"), Fanout::kNobody);
    fanout_.remove(kLobby, 0);
    cluster_.run();
    EXPECT_TRUE(viewer.frames.empty());
}

class LargeRoomTest : public FanoutTest {
  protected:
    static constexpr int kViewers = 2200;

    void SetUp() override { fill(kViewers); }

    int with_frames(std::size_t frames) const {
        return static_cast<int>(
            std::count_if(crowd_.begin(), crowd_.end(),
                          [&](const auto& viewer) { return viewer->frames.size() == frames; }));
    }
};

TEST_F(LargeRoomTest, FlushesOverSeveralTurnsToEveryMemberOnce) {
    fanout_.append(message("hi"), Fanout::kNobody);
    cluster_.turn();
    EXPECT_EQ(with_frames(1), static_cast<int>(Fanout::kSendsPerTurn));
    cluster_.run();
    EXPECT_EQ(with_frames(1), kViewers);
    EXPECT_EQ(encoder_.encoded, 1);
    EXPECT_EQ(counters_.flushes.value(), 1u);
    EXPECT_EQ(counters_.deliveries.value(), static_cast<std::uint64_t>(kViewers));
}

TEST_F(LargeRoomTest, LetsOtherRoomsHaveTheirTurnBetween) {
    constexpr ChannelId kQuiet{2000};
    FakeMember viewer;
    fanout_.add(kQuiet, 0, viewer);
    fanout_.append(message("hi"), Fanout::kNobody);
    cluster_.turn();
    auto other = std::make_shared<chat::Event>(*message("over here"));
    other->channel = kQuiet;
    fanout_.append(other, Fanout::kNobody);
    cluster_.turn();
    cluster_.turn();
    EXPECT_EQ(viewer.text(), "ann: over here\n");
    EXPECT_LT(with_frames(1), kViewers);
    cluster_.run();
    EXPECT_EQ(with_frames(1), kViewers);
}

TEST_F(LargeRoomTest, ModerationTakesTheRestOfAFlushAlongAtOnce) {
    fanout_.append(message("before"), Fanout::kNobody);
    cluster_.turn();
    fanout_.append(ban(), Fanout::kNobody);
    cluster_.turn();
    EXPECT_EQ(with_frames(2), kViewers);
    for (const auto& viewer : crowd_) EXPECT_EQ(viewer->text(), "ann: before\nban bob\n");
}

TEST_F(LargeRoomTest, KeepsWhatIsSaidDuringAFlushForTheNext) {
    fanout_.append(message("one"), Fanout::kNobody);
    cluster_.turn();
    fanout_.append(message("two"), Fanout::kNobody);
    cluster_.advance(60ms);
    for (const auto& viewer : crowd_) EXPECT_EQ(viewer->text(), "ann: one\nann: two\n");
}

TEST_F(LargeRoomTest, ReachesEveryMemberOnceWhileOthersLeaveAndJoin) {
    fanout_.append(message("hi"), Fanout::kNobody);
    cluster_.turn();
    FakeMember late;
    fanout_.add(kLobby, 99, late);
    // From both sides of the place that the flush has reached, and the last.
    const std::vector<int> leaving{0, 1, 499, 500, 700, kViewers - 1};
    for (const int index : leaving)
        EXPECT_TRUE(fanout_.remove(kLobby, static_cast<std::uint32_t>(100 + index)));
    cluster_.run();
    EXPECT_TRUE(late.frames.empty()) << "said before it joined";
    for (int i = 0; i < kViewers; ++i) {
        const bool left = std::find(leaving.begin(), leaving.end(), i) != leaving.end();
        const bool reached_before = i < static_cast<int>(Fanout::kSendsPerTurn);
        EXPECT_EQ(crowd_[static_cast<std::size_t>(i)]->frames.size(),
                  left && !reached_before ? 0u : 1u)
            << i;
    }
    fanout_.append(message("again"), Fanout::kNobody);
    cluster_.advance(60ms);
    EXPECT_EQ(with_frames(2), kViewers - static_cast<int>(leaving.size()));
}

TEST_F(LargeRoomTest, ForgetsAFlushUnderWayWhoseLastMemberLeft) {
    fanout_.append(message("hi"), Fanout::kNobody);
    cluster_.turn();
    for (int i = 0; i < kViewers; ++i) fanout_.remove_all(static_cast<std::uint32_t>(100 + i));
    cluster_.run();
    EXPECT_EQ(with_frames(1), static_cast<int>(Fanout::kSendsPerTurn));
    EXPECT_EQ(counters_.memberships.value(), 0u);
}

}  // namespace
}  // namespace clamor::hub
