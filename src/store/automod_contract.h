// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/catalog.h"

namespace clamor::store {

/// What every catalog has to do as an AutoModStore. `Fixture` as in CatalogContract.
template <class Fixture>
class AutoModContract : public testing::Test {
  protected:
    AutoModContract() {
        lobby_ = catalog().ensure_channel("lobby").value().id;
        music_ = catalog().ensure_channel("music").value().id;
        mona_ = catalog().ensure_user("mona").value().id;
        bob_ = catalog().ensure_user("bob").value().id;
    }

    Catalog& catalog() { return fixture_.catalog(); }
    static WallTime at(std::int64_t ms) { return wall_from_unix_ms(1700000000000 + ms); }
    static MessageId id(std::int64_t number) {
        return MessageId::at(at(number), 1, static_cast<std::uint64_t>(number));
    }
    Held held(std::int64_t number) const {
        return {.channel = lobby_,
                .id = id(number),
                .author = bob_,
                .event = std::string("\0\xff\x80'; --\n", 10),
                .held_at = at(number)};
    }
    VerdictRecord verdict(std::int64_t number) const {
        return {.channel = lobby_,
                .message = id(number),
                .author = bob_,
                .at = at(number),
                .action = 1,
                .text = "it's \"bad\" \xf0\x9f\x98\x82",
                .findings = "[{}]"};
    }
    Result<void> decide(const Held& of, chat::HoldStatus status) {
        return apply({change::DecideHeld{of.channel, of.id, status, mona_, at(99)}});
    }
    Result<void> apply(const std::vector<Change>& changes) { return catalog().apply(changes, {}); }
    template <class T>
    static std::error_code code_of(const Result<T>& result) {
        return result ? std::error_code() : result.error().code;
    }

    Fixture fixture_;
    ChannelId lobby_, music_;
    UserId mona_, bob_;
    const std::error_code kExists = std::make_error_code(std::errc::file_exists);
    const std::error_code kInvalid = std::make_error_code(std::errc::invalid_argument);
    const std::error_code kMissing = std::make_error_code(std::errc::no_such_file_or_directory);
};

TYPED_TEST_SUITE_P(AutoModContract);

TYPED_TEST_P(AutoModContract, KeepsAllOfAHeldMessage) {
    auto& catalog = this->catalog();
    const Held held = this->held(1);
    EXPECT_TRUE(catalog.hold(held, 10).value());
    EXPECT_EQ(catalog.find_held(this->lobby_, held.id).value(), held);
    EXPECT_EQ(catalog.find_held({}, held.id).value(), held);
    EXPECT_FALSE(catalog.find_held(this->music_, held.id).value());
    EXPECT_FALSE(catalog.find_held(this->lobby_, this->id(2)).value());
    EXPECT_FALSE(catalog.hold(held, 10));
}

TYPED_TEST_P(AutoModContract, RefusesHeldMessagesOfNobodyAndNowhere) {
    auto& catalog = this->catalog();
    Held held = this->held(1);
    held.author = UserId(77);
    EXPECT_EQ(this->code_of(catalog.hold(held, 10)), this->kMissing);
    held = this->held(1);
    held.channel = ChannelId(77);
    EXPECT_EQ(this->code_of(catalog.hold(held, 10)), this->kMissing);
    held = this->held(1);
    held.id = {};
    EXPECT_EQ(this->code_of(catalog.hold(held, 10)), this->kInvalid);
}

TYPED_TEST_P(AutoModContract, HoldsNoMoreThanItIsTold) {
    auto& catalog = this->catalog();
    EXPECT_TRUE(catalog.hold(this->held(1), 2).value());
    EXPECT_TRUE(catalog.hold(this->held(2), 2).value());
    EXPECT_FALSE(catalog.hold(this->held(3), 2).value());
    EXPECT_FALSE(catalog.find_held(this->lobby_, this->id(3)).value());
    Held elsewhere = this->held(4);
    elsewhere.channel = this->music_;
    EXPECT_TRUE(catalog.hold(elsewhere, 2).value());
    ASSERT_TRUE(this->decide(this->held(1), chat::HoldStatus::denied));
    EXPECT_TRUE(catalog.hold(this->held(3), 2).value());
}

TYPED_TEST_P(AutoModContract, DecidesOnce) {
    auto& catalog = this->catalog();
    const Held held = this->held(1);
    ASSERT_TRUE(catalog.hold(held, 10));
    ASSERT_TRUE(this->decide(held, chat::HoldStatus::approved));
    Held decided = held;
    decided.status = chat::HoldStatus::approved;
    decided.moderator = this->mona_;
    decided.decided_at = this->at(99);
    EXPECT_EQ(catalog.find_held(this->lobby_, held.id).value(), decided);
    for (const auto status :
         {chat::HoldStatus::approved, chat::HoldStatus::denied, chat::HoldStatus::expired})
        EXPECT_EQ(this->code_of(this->decide(held, status)), this->kExists);
    EXPECT_EQ(catalog.find_held(this->lobby_, held.id).value(), decided);
    EXPECT_EQ(this->code_of(this->decide(this->held(2), chat::HoldStatus::denied)), this->kExists);
    EXPECT_EQ(this->code_of(this->decide(held, chat::HoldStatus::pending)), this->kInvalid);
}

TYPED_TEST_P(AutoModContract, DoesNothingElseWhereADecisionWasMade) {
    auto& catalog = this->catalog();
    const Held one = this->held(1);
    ASSERT_TRUE(catalog.hold(one, 10));
    const change::DecideHeld approve{this->lobby_, one.id, chat::HoldStatus::approved, {}, {}};
    EXPECT_EQ(this->code_of(this->apply(
                  {change::PutModes{this->lobby_, {.emote_only = true}}, approve, approve})),
              this->kExists);
    EXPECT_FALSE(catalog.find_channel(this->lobby_).value()->modes.emote_only);
    EXPECT_EQ(catalog.find_held(this->lobby_, one.id).value(), one);
}

TYPED_TEST_P(AutoModContract, ListsHeldMessagesByStatusInPages) {
    auto& catalog = this->catalog();
    for (const int number : {3, 1, 2}) ASSERT_TRUE(catalog.hold(this->held(number), 10));
    Held elsewhere = this->held(4);
    elsewhere.channel = this->music_;
    ASSERT_TRUE(catalog.hold(elsewhere, 10));
    ASSERT_TRUE(this->decide(this->held(2), chat::HoldStatus::denied));
    const auto list = [&](chat::HoldStatus status, MessageId after, std::size_t limit) {
        return catalog.list_held(this->lobby_, status, after, limit).value();
    };
    using enum chat::HoldStatus;
    EXPECT_EQ(list(pending, {}, 10), (std::vector{this->held(1), this->held(3)}));
    EXPECT_EQ(list(pending, {}, 1), std::vector{this->held(1)});
    EXPECT_EQ(list(pending, this->id(1), 10), std::vector{this->held(3)});
    EXPECT_EQ(list(denied, {}, 10).size(), 1u);
    EXPECT_THAT(catalog.channels_to_wake().value(),
                testing::ElementsAre(this->lobby_, this->music_));
    ASSERT_TRUE(this->decide(this->held(1), expired));
    ASSERT_TRUE(this->decide(this->held(3), approved));
    EXPECT_THAT(catalog.channels_to_wake().value(), testing::ElementsAre(this->music_));
}

TYPED_TEST_P(AutoModContract, RecordsVerdictsOnceWithWhatBecameOfTheMessage) {
    auto& catalog = this->catalog();
    const VerdictRecord one = this->verdict(1), two = this->verdict(2);
    ASSERT_TRUE(catalog.record_verdicts(std::vector{two, one}));
    VerdictRecord other = one;
    other.text = "other";
    ASSERT_TRUE(catalog.record_verdicts(std::vector{other}));
    EXPECT_EQ(catalog.find_verdict(this->lobby_, one.message).value(), one);
    EXPECT_FALSE(catalog.find_verdict(this->music_, one.message).value());
    ASSERT_TRUE(catalog.hold(this->held(1), 10));
    VerdictRecord held = one;
    held.status = chat::HoldStatus::pending;
    EXPECT_EQ(catalog.find_verdict(this->lobby_, one.message).value(), held);
    ASSERT_TRUE(this->decide(this->held(1), chat::HoldStatus::approved));
    held.status = chat::HoldStatus::approved;
    EXPECT_EQ(catalog.list_verdicts(this->lobby_, {}, 10).value(), (std::vector{held, two}));
    EXPECT_EQ(catalog.list_verdicts(this->lobby_, {}, 1).value(), std::vector{held});
    EXPECT_EQ(catalog.list_verdicts(this->lobby_, one.message, 10).value(), std::vector{two});
    other.findings = std::string("a\0b", 3);
    EXPECT_EQ(this->code_of(catalog.record_verdicts(std::vector{other})), this->kInvalid);
}

TYPED_TEST_P(AutoModContract, ForgetsWhatIsOldAndDecided) {
    auto& catalog = this->catalog();
    for (const int number : {1, 2, 3}) {
        ASSERT_TRUE(catalog.hold(this->held(number), 10));
        ASSERT_TRUE(catalog.record_verdicts(std::vector{this->verdict(number)}));
    }
    ASSERT_TRUE(this->decide(this->held(1), chat::HoldStatus::denied));
    ASSERT_TRUE(this->decide(this->held(3), chat::HoldStatus::denied));
    ASSERT_TRUE(catalog.forget_automod(this->at(3)));
    EXPECT_FALSE(catalog.find_held(this->lobby_, this->id(1)).value());
    EXPECT_TRUE(catalog.find_held(this->lobby_, this->id(2)).value());
    EXPECT_TRUE(catalog.find_held(this->lobby_, this->id(3)).value());
    EXPECT_FALSE(catalog.find_verdict(this->lobby_, this->id(2)).value());
    EXPECT_TRUE(catalog.find_verdict(this->lobby_, this->id(3)).value());
}

TYPED_TEST_P(AutoModContract, KeepsTheLastRaidTripOfAChannel) {
    auto& catalog = this->catalog();
    EXPECT_EQ(catalog.raid_trip(this->lobby_).value(), std::nullopt);
    RaidTrip trip{.channel = this->lobby_,
                  .batch = "raid-breaker:'1'",
                  .at = this->at(1),
                  .until = this->at(2),
                  .shadow = true,
                  .details = "{\"signs\":[]}"};
    ASSERT_TRUE(this->apply({change::PutRaidTrip{trip}}));
    EXPECT_EQ(catalog.raid_trip(this->lobby_).value(), trip);
    EXPECT_EQ(catalog.raid_trip(this->music_).value(), std::nullopt);
    Held held = this->held(1);
    held.channel = this->music_;
    ASSERT_TRUE(catalog.hold(held, 10));
    ASSERT_TRUE(catalog.hold(this->held(2), 10));
    EXPECT_THAT(catalog.channels_to_wake().value(),
                testing::ElementsAre(this->lobby_, this->music_));
    ASSERT_TRUE(this->decide(this->held(2), chat::HoldStatus::denied));
    EXPECT_THAT(catalog.channels_to_wake().value(),
                testing::ElementsAre(this->lobby_, this->music_));
    trip.batch = "2";
    trip.until = this->at(3);
    trip.shadow = false;
    trip.over = true;
    ASSERT_TRUE(this->apply({change::PutRaidTrip{trip}}));
    EXPECT_EQ(catalog.raid_trip(this->lobby_).value(), trip);
    EXPECT_THAT(catalog.channels_to_wake().value(), testing::ElementsAre(this->music_));
    trip.batch.clear();
    EXPECT_EQ(this->code_of(this->apply({change::PutRaidTrip{trip}})), this->kInvalid);
    trip.batch = "3";
    trip.channel = ChannelId(77);
    EXPECT_EQ(this->code_of(this->apply({change::PutRaidTrip{trip}})), this->kMissing);
}

REGISTER_TYPED_TEST_SUITE_P(AutoModContract, KeepsAllOfAHeldMessage,
                            RefusesHeldMessagesOfNobodyAndNowhere, HoldsNoMoreThanItIsTold,
                            DecidesOnce, DoesNothingElseWhereADecisionWasMade,
                            ListsHeldMessagesByStatusInPages,
                            RecordsVerdictsOnceWithWhatBecameOfTheMessage,
                            ForgetsWhatIsOldAndDecided, KeepsTheLastRaidTripOfAChannel);

}  // namespace clamor::store
