// SPDX-License-Identifier: Apache-2.0
#include "twitch/user_notices.h"

#include <gtest/gtest.h>

namespace clamor::twitch {
namespace {

const chat::Person kRonni{UserId(1337), "ronni", "Ronni"};
const chat::Person kBob{UserId(1002), "bob", "Bob"};
const chat::Person kAlice{UserId(1001), "alice", "Alice"};

/// `kind|name=value;...|system text`
std::string told(const chat::UserNotice& notice) {
    std::string out = notice.kind + "|";
    for (const auto& [name, value] : notice.parameters) {
        EXPECT_FALSE(value.empty()) << name;
        out += (out.ends_with('|') ? "" : ";") + name + "=" + value;
    }
    return out + "|" + notice.system_text;
}

TEST(Subscribed, SaysTheFirstMonthAsSub) {
    const auto notice = subscribed(kRonni, "dallas", {.tier = 2}, {}, {}, "");
    EXPECT_EQ(told(notice),
              "sub|cumulative-months=1;months=0;multimonth-duration=0;multimonth-tenure=0;"
              "should-share-streak=0;sub-plan=2000;sub-plan-name=Channel Subscription (dallas);"
              "was-gifted=false|Ronni subscribed at Tier 2.");
    EXPECT_EQ(notice.message.author_id, kRonni.id);
    EXPECT_EQ(notice.message.author_login, "ronni");
    EXPECT_EQ(notice.message.author_display_name, "Ronni");
}

TEST(Subscribed, IsTheSampleOfTheSpecification) {
    const auto notice = subscribed(kRonni, "dallas", {.prime = true},
                                   {.months = 6, .streak_months = 2}, {}, "Great stream");
    EXPECT_EQ(told(notice),
              "resub|cumulative-months=6;months=0;multimonth-duration=0;multimonth-tenure=0;"
              "should-share-streak=1;streak-months=2;sub-plan=Prime;sub-plan-name=Prime;"
              "was-gifted=false|Ronni subscribed with Prime. They've subscribed for 6 months, "
              "currently on a 2 month streak!");
    EXPECT_EQ(notice.message.text, "Great stream");
}

TEST(Subscribed, LeavesOutAStreakThatIsNotShared) {
    const auto notice = subscribed(kRonni, "dallas", {}, {.months = 23}, {}, "");
    EXPECT_EQ(notice.system_text, "Ronni subscribed at Tier 1. They've subscribed for 23 months!");
    for (const auto& [name, value] : notice.parameters) EXPECT_NE(name, "streak-months");
}

TEST(Subscribed, NamesTheGifterOfAGiftThatIsContinued) {
    const Gifted gift{.gifter = kBob, .months = 3, .month_being_redeemed = 2};
    EXPECT_EQ(told(subscribed(kRonni, "dallas", {}, {.months = 2}, gift, "")),
              "resub|anon-gift=false;cumulative-months=2;gift-month-being-redeemed=2;gift-months=3;"
              "gifter-id=1002;gifter-login=bob;gifter-name=Bob;months=0;multimonth-duration=0;"
              "multimonth-tenure=0;should-share-streak=0;sub-plan=1000;"
              "sub-plan-name=Channel Subscription (dallas);was-gifted=true|"
              "Ronni subscribed at Tier 1. They've subscribed for 2 months!");
}

TEST(Gifts, AreTheSampleOfTheSpecification) {
    const auto notice = gifted("dallas", {},
                               {.gifter = kBob,
                                .recipient = kAlice,
                                .recipient_months = 6,
                                .origin_id = "4645652708379472175"});
    EXPECT_EQ(told(notice),
              "subgift|gift-months=1;months=6;origin-id=4645652708379472175;"
              "recipient-display-name=Alice;recipient-id=1001;recipient-user-name=alice;"
              "sender-count=0;sub-plan=1000;sub-plan-name=Channel Subscription (dallas)|"
              "Bob gifted a Tier 1 sub to Alice!");
    EXPECT_FALSE(notice.anonymous);
}

TEST(Gifts, TellHowManyTheGifterGave) {
    Gift gift{.gifter = kBob, .recipient = kAlice, .gifter_total = 5, .origin_id = "1"};
    EXPECT_EQ(gifted("dallas", {}, gift).system_text,
              "Bob gifted a Tier 1 sub to Alice! They have given 5 Gift Subs in the channel!");
    gift = {.gifter = kBob, .recipient = kAlice, .gift_months = 6, .origin_id = "1"};
    EXPECT_EQ(gifted("dallas", {}, gift).system_text, "Bob gifted 6 months of Tier 1 to Alice.");
}

TEST(Gifts, OfNobodyAreOfTheAnonymousGifter) {
    const auto one = gifted("dallas", {}, {.recipient = kAlice, .origin_id = "1"});
    EXPECT_TRUE(one.anonymous);
    EXPECT_EQ(one.message.author_login, "ananonymousgifter");
    EXPECT_EQ(one.message.author_id.value, 274598607u);
    EXPECT_EQ(one.system_text, "An anonymous user gifted a Tier 1 sub to Alice! ");
    const auto many =
        mystery_gifted("dallas", "Dallas", {}, {.count = 10, .community_gift_id = "c"});
    EXPECT_EQ(many.system_text,
              "An anonymous user is gifting 10 Tier 1 Subs to Dallas's community!");
}

TEST(Gifts, ToTheCommunityAreAnnouncedTogether) {
    EXPECT_EQ(told(mystery_gifted("dallas", "Dallas", {.tier = 3},
                                  {.gifter = kBob,
                                   .count = 10,
                                   .gifter_total = 20,
                                   .origin_id = "o",
                                   .community_gift_id = "c"})),
              "submysterygift|community-gift-id=c;mass-gift-count=10;origin-id=o;sender-count=20;"
              "sub-plan=3000;sub-plan-name=Channel Subscription (dallas)|"
              "Bob is gifting 10 Tier 3 Subs to Dallas's community! They've gifted a total of 20 "
              "in the channel!");
}

TEST(Upgrades, SayWhatIsContinued) {
    EXPECT_EQ(told(gift_upgraded(kRonni, kBob)),
              "giftpaidupgrade|sender-login=bob;sender-name=Bob|"
              "Ronni is continuing the Gift Sub they got from Bob!");
    EXPECT_EQ(told(gift_upgraded(kRonni, {})),
              "anongiftpaidupgrade||"
              "Ronni is continuing the Gift Sub they got from an anonymous user!");
    EXPECT_EQ(told(prime_upgraded(kRonni, "dallas", {.tier = 1, .name = "The Plan"})),
              "primepaidupgrade|sub-plan=1000;sub-plan-name=The Plan|"
              "Ronni converted from a Prime sub to a Tier 1 sub!");
    EXPECT_EQ(told(paid_forward(kRonni, kBob, kAlice)),
              "standardpayforward|prior-gifter-anonymous=false;prior-gifter-display-name=Bob;"
              "prior-gifter-id=1002;prior-gifter-user-name=bob;recipient-display-name=Alice;"
              "recipient-id=1001;recipient-user-name=alice|"
              "Ronni is paying forward the Gift they got from Bob to Alice!");
    EXPECT_EQ(told(paid_forward(kRonni, {}, {})),
              "communitypayforward|prior-gifter-anonymous=true|"
              "Ronni is paying forward the Gift they got from an anonymous user to the community!");
}

TEST(Upgrades, NameThePromotion) {
    EXPECT_EQ(told(gift_upgraded(kRonni, kBob, {.name = "Subtember", .gift_total = 7})),
              "giftpaidupgrade|promo-gift-total=7;promo-name=Subtember;sender-login=bob;"
              "sender-name=Bob|Ronni is continuing the Gift Sub they got from Bob!");
    EXPECT_EQ(told(gift_upgraded(kRonni, {}, {.name = "Subtember", .gift_total = 7})),
              "anongiftpaidupgrade|promo-gift-total=7;promo-name=Subtember|"
              "Ronni is continuing the Gift Sub they got from an anonymous user!");
}

TEST(Extended, SaysUntilWhen) {
    EXPECT_EQ(told(extended(kRonni, "dallas", {}, 5, 4)),
              "extendsub|cumulative-months=5;sub-benefit-end-month=4;sub-plan=1000;"
              "sub-plan-name=Channel Subscription (dallas)|"
              "Ronni extended their Tier 1 subscription through April!");
}

TEST(SharedRewards, SayWhatSetThemFree) {
    SharedRewards rewards{.domain = "pride", .others = 10, .total = 12, .amount = 500};
    EXPECT_EQ(told(shared_rewards(kRonni, rewards)),
              "rewardgift|domain=pride;selected-count=10;total-reward-count=12;trigger-amount=500;"
              "trigger-type=CHEER|Ronni's Cheer shared rewards to 10 others in Chat!");
    rewards.by_gift = true;
    EXPECT_EQ(shared_rewards(kRonni, rewards).system_text,
              "Ronni's Gift shared rewards to 10 others in Chat!");
}

TEST(ArrivedNew, IsARitual) {
    const auto hello = arrived_new(kRonni, "HeyGuys");
    EXPECT_EQ(told(hello), "ritual|ritual-name=new_chatter|@Ronni is new here. Say hello!");
    EXPECT_EQ(hello.message.text, "HeyGuys");
}

TEST(Raided, IsTheSampleOfTheSpecification) {
    EXPECT_EQ(told(raided(kBob, 2, "https://example.org/bob-%s.png")),
              "raid|displayName=Bob;login=bob;profileImageURL=https://example.org/bob-%s.png;"
              "viewerCount=2|2 raiders from Bob have joined!");
    EXPECT_EQ(told(unraided(kBob)), "unraid||The raid has been cancelled.");
}

TEST(Milestones, HaveTheirNumbers) {
    EXPECT_EQ(told(reached_bits_badge(kRonni, 1000, "yay")),
              "bitsbadgetier|threshold=1000|bits badge tier notification");
    EXPECT_EQ(told(watched_streak(kRonni, 10, 450, "m1", "")),
              "viewermilestone|category=watch-streak;copoReward=450;id=m1;value=10|"
              "Ronni watched 10 consecutive streams and sparked a watch streak!");
    EXPECT_EQ(told(moderated_for(kRonni, 18, "")),
              "modiversary|months=18|has been a moderator for 18 months!");
}

TEST(Donated, SaysTheSumInWholeUnitsWhereItIs) {
    EXPECT_EQ(told(donated(kRonni, {"Sea Rescue", 1000, "USD", 2})),
              "charitydonation|charity-name=Sea Rescue;donation-amount=1000;donation-currency=USD;"
              "exponent=2|Ronni: Donated USD 10 to support Sea Rescue");
    EXPECT_EQ(donated(kRonni, {"X", 1005, "EUR", 2}).system_text,
              "Ronni: Donated EUR 10.05 to support X");
    EXPECT_EQ(donated(kRonni, {"X", 700, "JPY", 0}).system_text,
              "Ronni: Donated JPY 700 to support X");
}

}  // namespace
}  // namespace clamor::twitch
