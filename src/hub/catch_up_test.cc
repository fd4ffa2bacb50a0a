// SPDX-License-Identifier: Apache-2.0
#include "hub/catch_up.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "store/memory_message_log.h"
#include "tests/fakes/manual_cluster.h"

namespace clamor::hub {
namespace {

using namespace std::chrono_literals;

constexpr ChannelId kLobby{1000};

class CatchUpTest : public ::testing::Test {
  protected:
    void store(Position position, bool deleted = false) {
        chat::Message said;
        said.id = MessageId::from_random(position.epoch, position.sequence);
        said.text = std::to_string(position.sequence);
        const store::StoredMessage entry{
            .channel = kLobby,
            .position = position,
            .id = said.id,
            .sent_at = wall_from_unix_ms(static_cast<std::int64_t>(position.sequence)),
            .author = UserId(7),
            .event = chat::encode_event(chat::Event{
                .channel = kLobby, .channel_login = "lobby", .position = {}, .body = said}),
            .deleted = deleted};
        ASSERT_TRUE(log_.append({&entry, 1}));
        if (!deleted) return;
        const store::Deletion deletion{.channel = kLobby,
                                       .by = MessageId::from_random(9, 9),
                                       .ids = {said.id},
                                       .author = {},
                                       .up_to_sequence = 0};
        ASSERT_TRUE(log_.mark_deleted({&deletion, 1}));
    }
    void store(std::uint64_t epoch, std::uint64_t first, std::uint64_t last) {
        for (std::uint64_t i = first; i <= last; ++i) store({.epoch = epoch, .sequence = i});
    }
    static std::vector<Position> positions(const CaughtUp& read) {
        std::vector<Position> all;
        for (const chat::EventRef& event : read.events) all.push_back(event->position);
        return all;
    }

    static Heard heard(Position position, bool hidden = false) {
        chat::Message said;
        said.id = MessageId::from_random(position.epoch, position.sequence);
        return {
            .event = std::make_shared<const chat::Event>(chat::Event{
                .channel = kLobby, .channel_login = "lobby", .position = position, .body = said}),
            .hidden_by = hidden ? MessageId::from_random(9, 9) : MessageId{}};
    }
    void ask(Position after, Position upto) {
        catch_up_.read(kLobby, {{.after = after, .upto = upto}},
                       [this](std::vector<CaughtUp> read) { answer_ = std::move(read.front()); });
    }

    store::MemoryMessageLog log_;
    fakes::ManualCluster cluster_{1};
    CatchUp catch_up_{cluster_.shard(0), cluster_, log_};
    std::optional<CaughtUp> answer_;
};

TEST_F(CatchUpTest, GivesWhatLiesBetween) {
    store(1, 1, 5);
    const auto read = read_between(log_, kLobby, {1, 2}, {1, 4});
    ASSERT_TRUE(read);
    EXPECT_EQ(positions(*read), (std::vector<Position>{{1, 3}, {1, 4}}));
    EXPECT_EQ(read->older, 0u);
    EXPECT_EQ(read->unread, 0u);
    const auto nothing = read_between(log_, kLobby, {1, 4}, {1, 4});
    ASSERT_TRUE(nothing);
    EXPECT_TRUE(nothing->events.empty());
    EXPECT_EQ(nothing->unread, 0u);
}

TEST_F(CatchUpTest, LeavesOutWhatWasDeleted) {
    store({1, 1});
    store({1, 2}, true);
    store({1, 3});
    const auto read = read_between(log_, kLobby, {1, 1}, {1, 3});
    ASSERT_TRUE(read);
    EXPECT_EQ(positions(*read), (std::vector<Position>{{1, 3}}));
    EXPECT_EQ(read->unread, 0u);
}

TEST_F(CatchUpTest, GivesTheNewestAndSaysHowManyAreOlder) {
    const std::uint64_t all = limits::kMissedEvents + 20;
    store(1, 1, all);
    const auto read = read_between(log_, kLobby, {1, 5}, {1, all});
    ASSERT_TRUE(read);
    EXPECT_EQ(read->events.size(), limits::kMissedEvents);
    EXPECT_EQ(read->first, (Position{1, 21}));
    EXPECT_EQ(read->older, 15u);
    const auto from_the_start = read_between(log_, kLobby, {}, {1, all});
    ASSERT_TRUE(from_the_start);
    EXPECT_EQ(from_the_start->older, 20u);
}

TEST_F(CatchUpTest, GivesAllOfANewEpochToWhomTheOldOneWasShownFurther) {
    store(1, 1, 3);  // 4 to 6 were delivered and lost in a crash
    store(2, 4, 8);
    const auto read = read_between(log_, kLobby, {1, 6}, {2, 8});
    ASSERT_TRUE(read);
    EXPECT_EQ(positions(*read), (std::vector<Position>{{2, 4}, {2, 5}, {2, 6}, {2, 7}, {2, 8}}));
    EXPECT_EQ(read->older, 0u);
    EXPECT_FALSE(read->perhaps)
        << "a server that is alone has lost nothing but what was not stored";
}

TEST_F(CatchUpTest, CountsNothingThatANewEpochLeavesOut) {
    store(1, 1, 3);
    const std::uint64_t next = 3 + limits::kEpochSkip + 1;
    store(2, next, next + 1);
    const auto read = read_between(log_, kLobby, {1, 2}, {2, next + 1});
    ASSERT_TRUE(read);
    EXPECT_EQ(positions(*read), (std::vector<Position>{{1, 3}, {2, next}, {2, next + 1}}));
    EXPECT_EQ(read->older, 0u);
    EXPECT_EQ(read->unread, 0u);
    const auto further = read_between(log_, kLobby, {1, 5}, {2, next + 1});
    ASSERT_TRUE(further);
    EXPECT_EQ(positions(*further), (std::vector<Position>{{2, next}, {2, next + 1}}));
    EXPECT_EQ(further->older + further->unread, 0u);
    for (const auto& one : {*read, *further}) EXPECT_TRUE(one.perhaps);
    EXPECT_EQ(read->unread_after, (Position{1, 3}));
    EXPECT_EQ(read->unread_before, (Position{2, next}));
    EXPECT_EQ(further->unread_after, (Position{1, 5}));
}

TEST_F(CatchUpTest, CountsWhatIsOlderAcrossAnEpoch) {
    store(1, 1, 20);
    const std::uint64_t next = 20 + limits::kEpochSkip + 1;
    store(2, next, next + limits::kMissedEvents + 4);
    const auto read = read_between(log_, kLobby, {1, 10}, {2, next + limits::kMissedEvents + 4});
    ASSERT_TRUE(read);
    EXPECT_EQ(read->events.size(), limits::kMissedEvents);
    EXPECT_EQ(read->older, 15u);
    EXPECT_EQ(read->unread, 0u);
}

TEST_F(CatchUpTest, CountsMoreThanAnEpochLeavesOut) {
    // What lies between the two of an epoch is there, too.
    const std::uint64_t last = 3 * limits::kEpochSkip + 77;
    store({1, 10});
    store({1, last});
    const std::uint64_t second = last + limits::kEpochSkip + 1;
    store(2, second, second + 1);
    const std::uint64_t third = second + 1 + limits::kEpochSkip + 1;
    store(3, third, third + limits::kMissedEvents + 4);
    const auto read = read_between(log_, kLobby, {1, 10}, {3, third + limits::kMissedEvents + 4});
    ASSERT_TRUE(read);
    EXPECT_EQ(read->first, (Position{3, third + 5}));
    EXPECT_EQ(read->older, last - 10 + 2 + 5);
    EXPECT_EQ(read->unread, 0u);
}

TEST_F(CatchUpTest, WaitsForWhatAnotherNodeHasNotWrittenYet) {
    store(1, 1, 2);
    store(1, 4, 5);
    ask({1, 2}, {1, 5});
    cluster_.advance(100ms);
    EXPECT_FALSE(answer_);
    store({1, 3});
    cluster_.advance(100ms);
    ASSERT_TRUE(answer_);
    EXPECT_EQ(positions(*answer_), (std::vector<Position>{{1, 3}, {1, 4}, {1, 5}}));
    EXPECT_EQ(answer_->older + answer_->unread, 0u);
}

TEST_F(CatchUpTest, GivesWhatWasHeardOfAnotherNodeThatDidNotWriteIt) {
    store(1, 1, 2);
    store({1, 4});
    store({1, 6});
    store({1, 7}, true);
    const auto read =
        read_between(log_, kLobby, {1, 2}, {1, 9},
                     {heard({1, 3}), heard({1, 4}), heard({1, 5}, true), heard({1, 6}, true),
                      heard({1, 7}), heard({1, 8}), heard({1, 9})});
    ASSERT_TRUE(read);
    EXPECT_EQ(positions(*read), (std::vector<Position>{{1, 3}, {1, 4}, {1, 8}, {1, 9}}))
        << "once each, and nothing that is out of sight here or there";
    EXPECT_EQ(read->older + read->unread, 0u);
}

TEST_F(CatchUpTest, GivesWhatWasHeardWhereTheLogHasNothingAtAll) {
    const auto read = read_between(log_, kLobby, {1, 1}, {1, 3}, {heard({1, 2}), heard({1, 3})});
    ASSERT_TRUE(read);
    EXPECT_EQ(positions(*read), (std::vector<Position>{{1, 2}, {1, 3}}));
    EXPECT_EQ(read->older + read->unread, 0u);
}

TEST_F(CatchUpTest, NeedsNoEntryForThePositionThatWasHeard) {
    store({1, 4});
    const auto read = read_between(log_, kLobby, {1, 2}, {1, 4}, {heard({1, 2}), heard({1, 3})});
    ASSERT_TRUE(read);
    EXPECT_EQ(positions(*read), (std::vector<Position>{{1, 3}, {1, 4}}));
    EXPECT_EQ(read->older + read->unread, 0u);
    const std::uint64_t last = limits::kMissedEvents + 20;
    store(1, 5, last);
    const auto long_ago = read_between(log_, kLobby, {1, 2}, {1, last}, {heard({1, 2})});
    ASSERT_TRUE(long_ago);
    EXPECT_EQ(long_ago->events.size(), limits::kMissedEvents);
    EXPECT_EQ(long_ago->first, (Position{1, 21}));
    EXPECT_EQ(long_ago->older, 18u);
    EXPECT_EQ(long_ago->unread, 0u);
}

TEST_F(CatchUpTest, GivesTheNewestOfWhatIsStoredAndWhatWasHeard) {
    const std::uint64_t half = limits::kMissedEvents / 2;
    std::vector<Heard> others;
    for (std::uint64_t i = 1; i <= half + 10; ++i) {
        store({1, 2 * i});
        others.push_back(heard({1, 2 * i + 1}));
    }
    const Position last{1, 2 * (half + 10) + 1};
    const auto read = read_between(log_, kLobby, {1, 1}, last, others);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->events.size(), limits::kMissedEvents);
    EXPECT_EQ(read->events.back()->position, last);
    EXPECT_EQ(read->first, (Position{1, 22}));
    EXPECT_EQ(read->older, 20u);
    EXPECT_EQ(read->unread, 0u);
}

TEST_F(CatchUpTest, GivesOnceWhatTheLogHasAtItsFirstPlaceAndWasHeardAtItsSecond) {
    const std::uint64_t second = 4 + limits::kEpochSkip;
    store(1, 1, 3);
    Heard again = heard({1, 3});
    auto event = std::make_shared<chat::Event>(*again.event);
    event->position = {2, second};
    again.event = event;
    const auto read =
        read_between(log_, kLobby, {1, 2}, {2, second + 1}, {again, heard({2, second + 1})});
    ASSERT_TRUE(read);
    EXPECT_EQ(positions(*read), (std::vector<Position>{{1, 3}, {2, second + 1}}));
    EXPECT_EQ(read->older + read->unread, 0u);
}

TEST_F(CatchUpTest, SaysBetweenWhichPositionsEventsAreMissing) {
    store(1, 1, 2);
    store(1, 4, 5);
    store({1, 8});
    const auto read = read_between(log_, kLobby, {1, 1}, {1, 9});
    ASSERT_TRUE(read);
    EXPECT_EQ(positions(*read), (std::vector<Position>{{1, 2}, {1, 4}, {1, 5}, {1, 8}}));
    EXPECT_EQ(read->older, 0u);
    EXPECT_EQ(read->unread, 4u);
    EXPECT_EQ(read->unread_after, (Position{1, 2}));
    EXPECT_EQ(read->unread_before, (Position{1, 10}));
}

TEST_F(CatchUpTest, WaitsForWhatIsNotStoredYet) {
    store(1, 1, 2);
    ask({1, 1}, {1, 3});
    cluster_.advance(100ms);
    EXPECT_FALSE(answer_);
    store({1, 3});
    cluster_.advance(100ms);
    ASSERT_TRUE(answer_);
    EXPECT_EQ(positions(*answer_), (std::vector<Position>{{1, 2}, {1, 3}}));
}

TEST_F(CatchUpTest, SaysHowManyItCouldNotReadInTime) {
    store(1, 1, 2);
    ask({1, 1}, {1, 5});
    cluster_.advance(limits::kMissedPatience + 100ms);
    ASSERT_TRUE(answer_);
    EXPECT_EQ(positions(*answer_), (std::vector<Position>{{1, 2}}));
    EXPECT_EQ(answer_->unread, 3u);
    EXPECT_EQ(answer_->unread_after, (Position{1, 2}));
    EXPECT_EQ(answer_->unread_before, (Position{1, 6}));
}

TEST_F(CatchUpTest, SaysThatNothingCouldBeReadWhereTheWorkersAreBusy) {
    cluster_.work_max = 0;
    store(1, 1, 5);
    ask({1, 1}, {1, 5});
    cluster_.advance(limits::kMissedPatience + 100ms);
    ASSERT_TRUE(answer_);
    EXPECT_EQ(answer_->unread, 4u);
}

}  // namespace
}  // namespace clamor::hub
