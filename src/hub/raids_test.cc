// SPDX-License-Identifier: Apache-2.0
#include "hub/automod_fixture.h"
#include "moderation/raid_trip.h"

namespace clamor::hub {
namespace {

using chat::HoldStatus;
using chat::ModAction;
namespace act = chat::act;

/// Accounts of one name but for the digits; the fixture's are as old as the epoch is far.
constexpr auto kRaid =
    R"({"raid":{"on":true,"signs":1,"alike_names":5,"countdown_s":60,"unique_chat":0}})";

class RaidBreakerTest : public AutoModTest {
  protected:
    void TearDown() override {
        leave();
        AutoModTest::TearDown();
    }
    void raid(int bots = 5) {
        for (int i = 0; i < bots; ++i) {
            bots_.push_back(
                std::make_unique<fakes::FakeMember>(user("hoss00312_" + std::to_string(i))));
            bot_refs_.push_back(add_and_join(*bots_.back()));
        }
    }
    void leave() {
        for (const MemberRef ref : std::exchange(bot_refs_, {})) hub(ref).remove(ref);
        cluster_.run();
    }
    bool shield() { return catalog_.shield_mode(lobby_)->active; }
    chat::RoomState modes() { return (*catalog_.find_channel(lobby_))->modes; }
    store::RaidTrip trip() { return catalog_.raid_trip(lobby_)->value_or(store::RaidTrip()); }
    WallTime now() { return cluster_.now().wall; }

    std::vector<std::unique_ptr<fakes::FakeMember>> bots_;
    std::vector<MemberRef> bot_refs_;
};

INSTANTIATE_TEST_SUITE_P(Shards, RaidBreakerTest, ::testing::Values(1, 3));

TEST_P(RaidBreakerTest, TripsShieldModeWhenBotsComeAndTakesItBackLater) {
    set(act::ChangeAutoMod{.rules = kRaid});
    raid();
    EXPECT_TRUE(shield());
    EXPECT_EQ(modes().followers_only_minutes, 10);
    EXPECT_EQ(catalog_.automod_settings(lobby_)->overall_level, 3);
    EXPECT_EQ(total(&HubCounters::automod_raids), 1u);
    const auto audit = *catalog_.list_audit(lobby_, 0, {}, 1);
    EXPECT_EQ(audit[0].origin, "system");
    EXPECT_EQ(trip().batch, audit[0].batch);
    EXPECT_EQ(trip().until, now() + std::chrono::seconds(60));
    EXPECT_FALSE(trip().over);
    cluster_.advance(std::chrono::seconds(61));
    EXPECT_FALSE(shield());
    EXPECT_EQ(modes().followers_only_minutes, -1);
    EXPECT_EQ(catalog_.automod_settings(lobby_)->overall_level, 0);
    EXPECT_TRUE(trip().over);
}

TEST_P(RaidBreakerTest, LetsAModeratorTakeBackWhatItDid) {
    set(act::ChangeAutoMod{.rules = kRaid});
    raid();
    EXPECT_EQ(refused(act::Undo{trip().batch}), std::nullopt);
    EXPECT_FALSE(shield());
    EXPECT_EQ(modes(), chat::RoomState());
    EXPECT_TRUE(trip().over);
    const int applied = catalog_.applied;
    // The countdown is over with it: what is set since stays.
    set(act::Shield{.on = true});
    cluster_.advance(std::chrono::seconds(61));
    EXPECT_TRUE(shield());
    EXPECT_LE(catalog_.applied, applied + 2);
}

TEST_P(RaidBreakerTest, IsTakenBackWhereTheShieldWasOnBefore) {
    set(act::ChangeAutoMod{.rules = kRaid});
    set(act::Shield{.on = true});
    raid();
    EXPECT_EQ(modes().followers_only_minutes, 10);
    EXPECT_EQ(refused(act::Undo{trip().batch}), std::nullopt);
    EXPECT_EQ(modes(), chat::RoomState());
    EXPECT_TRUE(shield());
    EXPECT_EQ(refused(act::ExtendTrip{60}), chat::Denial::no_trip);
}

TEST_P(RaidBreakerTest, OnlyLooksInShadowMode) {
    constexpr auto kShadow =
        R"({"raid":{"on":true,"signs":1,"alike_names":3,"shadow":true,"countdown_s":60}})";
    set(act::ChangeAutoMod{.rules = kShadow});
    raid(3);
    EXPECT_EQ(total(&HubCounters::automod_raids), 1u);
    EXPECT_FALSE(shield());
    EXPECT_TRUE(trip().shadow);
    // What was done in shadow stays so, whatever the rule is now.
    set(act::ChangeAutoMod{.rules = R"({"raid":{"shadow":false}})"});
    set(act::ChangeModes{{.followers_only_minutes = 10}});
    cluster_.advance(std::chrono::seconds(61));
    EXPECT_EQ(modes().followers_only_minutes, 10);
    EXPECT_TRUE(trip().over);
}

TEST_P(RaidBreakerTest, TakesBackWhatItDidThoughTheRuleIsInShadowNow) {
    set(act::ChangeAutoMod{.rules = kRaid});
    raid();
    ASSERT_TRUE(shield());
    set(act::ChangeAutoMod{.rules = R"({"raid":{"shadow":true}})"});
    cluster_.advance(std::chrono::seconds(61));
    EXPECT_FALSE(shield());
}

TEST_P(RaidBreakerTest, ActsLongerWhereAModeratorWantsIt) {
    EXPECT_EQ(refused(act::ExtendTrip{60}), chat::Denial::no_trip);
    set(act::ChangeAutoMod{.rules = kRaid});
    raid();
    cluster_.advance(std::chrono::seconds(30));
    EXPECT_EQ(refused(act::ExtendTrip{60}), std::nullopt);
    EXPECT_EQ(trip().until, now() + std::chrono::seconds(90));
    cluster_.advance(std::chrono::seconds(89));
    EXPECT_TRUE(shield());
    cluster_.advance(std::chrono::seconds(2));
    EXPECT_FALSE(shield());
}

TEST_P(RaidBreakerTest, CountsDownOverARestart) {
    // As an earlier run of the server left it: in a channel whose room is not alive.
    const ChannelId attic = catalog_.ensure_channel("attic")->id;
    automod::Trip trip;
    trip.changes = {{automod::Measure::shield, 0, 1}, {automod::Measure::slow_mode, 0, 10}};
    store::RaidTrip stored{.channel = attic,
                           .batch = "raid-breaker:1",
                           .at = now() - std::chrono::seconds(50),
                           .until = now() + std::chrono::seconds(10),
                           .details = moderation::trip_details(trip)};
    const store::Change changes[]{store::change::PutRaidTrip{stored},
                                  store::change::PutShield{attic, {.active = true}},
                                  store::change::PutModes{attic, {.slow_seconds = 10}}};
    ASSERT_TRUE(catalog_.apply(changes, {}));
    gateway_.wake_rooms();
    cluster_.advance(std::chrono::seconds(9));
    EXPECT_TRUE(catalog_.shield_mode(attic)->active);
    cluster_.advance(std::chrono::seconds(2));
    EXPECT_FALSE(catalog_.shield_mode(attic)->active);
    EXPECT_EQ((*catalog_.find_channel(attic))->modes.slow_seconds, 0u);
    EXPECT_TRUE((*catalog_.raid_trip(attic))->over);
    EXPECT_TRUE(catalog_.channels_to_wake()->empty());
}

TEST_P(RaidBreakerTest, EndsAtOnceWhatShouldHaveEndedWhileTheServerWasDown) {
    const ChannelId attic = catalog_.ensure_channel("attic")->id;
    automod::Trip trip;
    trip.changes = {{automod::Measure::shield, 0, 1}};
    const store::Change changes[]{
        store::change::PutRaidTrip{{.channel = attic,
                                    .batch = "raid-breaker:1",
                                    .until = now() - std::chrono::hours(1),
                                    .details = moderation::trip_details(trip)}},
        store::change::PutShield{attic, {.active = true}}};
    ASSERT_TRUE(catalog_.apply(changes, {}));
    gateway_.wake_rooms();
    cluster_.advance(std::chrono::seconds(1));
    EXPECT_FALSE(catalog_.shield_mode(attic)->active);
}

TEST_P(RaidBreakerTest, TriesAgainWhatItCouldNotDo) {
    set(act::ChangeAutoMod{.rules = kRaid});
    catalog_.unwritable = true;
    raid();
    cluster_.advance(std::chrono::seconds(2));
    EXPECT_FALSE(shield());
    EXPECT_GE(total(&HubCounters::automod_acts_repeated), 1u);
    catalog_.unwritable = false;
    cluster_.advance(std::chrono::seconds(5));
    EXPECT_TRUE(shield());
    EXPECT_FALSE(trip().over);
    catalog_.unwritable = true;
    cluster_.advance(std::chrono::seconds(60));
    EXPECT_TRUE(shield());
    catalog_.unwritable = false;
    cluster_.advance(std::chrono::seconds(20));
    EXPECT_FALSE(shield());
    EXPECT_TRUE(trip().over);
    EXPECT_EQ(total(&HubCounters::automod_acts_given_up), 0u);
}

TEST_P(RaidBreakerTest, GivesUpAtABoundWhatItCannotDo) {
    set(act::ChangeAutoMod{.rules = kRaid});
    raid();
    leave();
    catalog_.unwritable = true;
    cluster_.advance(std::chrono::seconds(61));
    cluster_.advance(limits::kSystemActPauseMax * limits::kSystemActTries);
    EXPECT_EQ(total(&HubCounters::automod_acts_given_up), 1u);
    EXPECT_EQ(total(&HubCounters::automod_acts_repeated),
              static_cast<std::uint64_t>(limits::kSystemActTries - 1));
    catalog_.unwritable = false;
    EXPECT_TRUE(shield());
    EXPECT_EQ(refused(act::Undo{trip().batch}), std::nullopt);
    EXPECT_FALSE(shield());
}

TEST_P(RaidBreakerTest, DoesNotBeginATripThatIsOver) {
    set(act::ChangeAutoMod{
        .rules = R"({"raid":{"on":true,"signs":1,"alike_names":5,"countdown_s":10}})"});
    catalog_.unwritable = true;
    raid();
    cluster_.advance(std::chrono::seconds(11));
    catalog_.unwritable = false;
    cluster_.advance(std::chrono::seconds(120));
    EXPECT_FALSE(shield());
    EXPECT_EQ(modes(), chat::RoomState());
}

}  // namespace
}  // namespace clamor::hub
