// SPDX-License-Identifier: Apache-2.0
#include "store/regional_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/memory_message_log.h"
#include "store/message_log_contract.h"

namespace clamor::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr ChannelId kLobby{1000};

/// As a node of the first of two regions has it.
class TwoRegionsFixture {
  public:
    MessageLog& log() { return regional_; }

  private:
    MemoryMessageLog log_;
    RegionalLog regional_{log_, 0, 2};
};
INSTANTIATE_TYPED_TEST_SUITE_P(Regional, MessageLogContract, TwoRegionsFixture);

class RegionalLogTest : public testing::Test {
  protected:
    /// Each region's node appends what was said there.
    void say(unsigned region, std::uint64_t number, int at_ms, UserId author = UserId(2000)) {
        StoredMessage message{
            .channel = kLobby,
            .position = position(region, number),
            .id = id(region, number),
            .sent_at = wall_from_unix_ms(1'700'000'000'000 + at_ms),
            .author = author,
            .event = std::string(1, static_cast<char>('a' + region)) + std::to_string(number)};
        ASSERT_TRUE(at_[region].append(std::span(&message, 1)));
    }
    static Position position(unsigned region, std::uint64_t number) {
        return {.epoch = 3 + region, .sequence = Position::before_first(region).sequence + number};
    }
    static MessageId id(unsigned region, std::uint64_t number) {
        return MessageId::from_random(region + 1, number);
    }
    std::vector<std::string> read(HistoryQuery query, unsigned in = 0) {
        query.channel = kLobby;
        std::vector<std::string> said;
        const auto found = at_[in].read(query).value();
        for (const StoredMessage& message : found) {
            EXPECT_EQ(message.channel, kLobby);
            said.push_back(message.event + (message.deleted ? "!" : ""));
        }
        return said;
    }
    static std::uint64_t sequence(unsigned region, std::uint64_t number) {
        return position(region, number).sequence;
    }

    MemoryMessageLog log_;
    RegionalLog at_[2] = {RegionalLog(log_, 0, 2), RegionalLog(log_, 1, 2)};
};

TEST_F(RegionalLogTest, ReadsAllRegionsByTimeThenRegionWhereverItIs) {
    say(0, 1, 10);
    say(1, 1, 5);
    say(1, 2, 10);
    say(0, 2, 11);
    say(1, 3, 30);
    for (const unsigned in : {0u, 1u})
        EXPECT_THAT(read({}, in), ElementsAre("b1", "a1", "b2", "a2", "b3"));
    EXPECT_THAT(read({.limit = 2}), ElementsAre("a2", "b3"));
}

TEST_F(RegionalLogTest, PagesThroughAllRegionsFromTheSequenceOfAnyEntry) {
    // Many at one time, so that a page's edge falls between them.
    for (std::uint64_t i = 1; i <= 6; ++i) {
        say(0, i, static_cast<int>(i / 3));
        say(1, i, static_cast<int>(i / 2));
    }
    const auto all = read({});
    ASSERT_EQ(all.size(), 12u);
    for (const std::size_t limit : {1, 2, 5}) {
        std::vector<std::string> forth, back;
        HistoryQuery next{.channel = kLobby, .after_sequence = 0, .limit = limit};
        for (auto page = at_[1].read(next).value(); !page.empty();
             page = at_[1].read(next).value()) {
            for (const auto& message : page) forth.push_back(message.event);
            next.after_sequence = page.back().position.sequence;
        }
        EXPECT_EQ(forth, all);
        HistoryQuery before{.channel = kLobby, .limit = limit};
        for (auto page = at_[0].read(before).value(); !page.empty();
             page = at_[0].read(before).value()) {
            for (auto at = page.rbegin(); at != page.rend(); ++at) back.push_back(at->event);
            before.before_sequence = page.front().position.sequence;
        }
        std::ranges::reverse(back);
        EXPECT_EQ(back, all);
    }
}

TEST_F(RegionalLogTest, BoundsOutsideOfAHistoryLeaveNothingOut) {
    say(1, 1, 10);
    say(1, 2, 20);
    EXPECT_THAT(read({.before_sequence = ~std::uint64_t{0}}), ElementsAre("b1", "b2"));
    EXPECT_THAT(read({.after_sequence = 0, .limit = 1}), ElementsAre("b1"));
    EXPECT_THAT(read({.after_sequence = sequence(1, 2)}), IsEmpty());
}

TEST_F(RegionalLogTest, ReadsOneRegionByItselfWhereThatIsAsked) {
    say(0, 1, 10);
    say(1, 1, 10);
    say(1, 2, 11);
    EXPECT_THAT(read({.after_sequence = sequence(1, 1), .one_region = true}), ElementsAre("b2"));
    EXPECT_THAT(read({.before_sequence = sequence(1, 9), .one_region = true}),
                ElementsAre("b1", "b2"));
}

TEST_F(RegionalLogTest, KnowsWhereEachRegionEndsTheOwnOneFirst) {
    say(0, 7, 10);
    say(1, 3, 20);
    const auto lasts = at_[1].last_of_regions(kLobby).value();
    ASSERT_EQ(lasts.size(), 2u);
    EXPECT_EQ(lasts[0].position, position(1, 3));
    EXPECT_EQ(lasts[1].position, position(0, 7));
    EXPECT_EQ(at_[0].last(kLobby)->position, position(0, 7));
    const auto none = at_[1].last_of_regions(ChannelId(5)).value();
    EXPECT_EQ(none[0].position, Position::before_first(1));
    EXPECT_EQ(none[1].position, Position::before_first(0));
}

TEST_F(RegionalLogTest, FindsAndTakesOutOfSightWhatAnyRegionHas) {
    say(0, 1, 10);
    say(1, 1, 20, UserId(7));
    say(1, 2, 30);
    EXPECT_EQ((*at_[0].find(kLobby, id(1, 2)))->position, position(1, 2));
    EXPECT_FALSE(*at_[0].find(kLobby, id(1, 9)));
    EXPECT_TRUE(*at_[0].has_author(kLobby, UserId(7)));
    EXPECT_FALSE(*at_[0].has_author(kLobby, UserId(8)));
    const MessageId act = id(9, 9);
    const Deletion one{.channel = kLobby, .by = act, .ids = {id(1, 2)}};
    ASSERT_TRUE(at_[0].mark_deleted(std::span(&one, 1)));
    EXPECT_THAT(read({}), ElementsAre("a1", "b1", "b2!"));
    ASSERT_TRUE(at_[0].restore(kLobby, act));
    EXPECT_THAT(read({}), ElementsAre("a1", "b1", "b2"));
}

TEST_F(RegionalLogTest, ARangeIsTheRegionsWhoseSequenceItEndsWith) {
    say(0, 1, 10);
    say(1, 1, 20);
    say(1, 2, 30);
    const Deletion clearing{.channel = kLobby, .by = id(9, 9), .up_to_sequence = sequence(1, 1)};
    ASSERT_TRUE(at_[0].mark_deleted(std::span(&clearing, 1)));
    EXPECT_THAT(read({}), ElementsAre("a1", "b1!", "b2"));
}

TEST_F(RegionalLogTest, TheFirstRegionsHistoryIsTheOneFromBeforeThereWereRegions) {
    const StoredMessage old = sample_message(kLobby, 4);
    ASSERT_TRUE(log_.append(std::span(&old, 1)));
    EXPECT_THAT(read({}, 1), ElementsAre(old.event));
    EXPECT_EQ(at_[0].last(kLobby)->position, old.position);
}

}  // namespace
}  // namespace clamor::store
