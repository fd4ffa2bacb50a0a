// SPDX-License-Identifier: Apache-2.0
#include "chat/people.h"

#include <gtest/gtest.h>

#include "chat/event.h"

namespace clamor::chat {
namespace {

std::string spelled(const std::vector<Badge>& badges) {
    std::string out;
    for (const Badge& badge : badges) {
        if (!out.empty()) out += ',';
        out += badge.name + "/" + badge.version;
    }
    return out;
}

Chatter subscriber(std::uint32_t months, std::uint16_t tier) {
    Chatter chatter;
    chatter.standing.subscriber_months = months;
    chatter.standing.subscriber_tier = tier;
    return chatter;
}

TEST(Badges, OfAPlainViewerAreNone) {
    EXPECT_EQ(spelled(badges_of({})), "");
    EXPECT_EQ(spelled(badge_info_of({})), "");
}

TEST(Badges, NameTheRoleFirst) {
    Chatter chatter = subscriber(22, 1);
    chatter.standing.role = Role::broadcaster;
    EXPECT_EQ(spelled(badges_of(chatter)), "broadcaster/1,subscriber/18");
    chatter.standing.role = Role::moderator;
    EXPECT_EQ(spelled(badges_of(chatter)), "moderator/1,subscriber/18");
    chatter.standing.role = Role::vip;
    EXPECT_EQ(spelled(badges_of(chatter)), "vip/1,subscriber/18");
    chatter.standing.role = Role::viewer;
    EXPECT_EQ(spelled(badges_of(chatter)), "subscriber/18");
}

TEST(Badges, StepWithTheMonthsOfASubscription) {
    const std::pair<std::uint32_t, const char*> steps[] = {
        {1, "0"},   {2, "2"},   {3, "3"},   {5, "3"},    {6, "6"},   {8, "6"},
        {9, "9"},   {11, "9"},  {12, "12"}, {17, "12"},  {18, "18"}, {23, "18"},
        {24, "24"}, {35, "30"}, {36, "36"}, {100, "96"},
    };
    for (const auto& [months, version] : steps) {
        EXPECT_EQ(spelled(badges_of(subscriber(months, 1))), std::string("subscriber/") + version)
            << months;
    }
}

TEST(Badges, TellTheTierByThousands) {
    EXPECT_EQ(spelled(badges_of(subscriber(1, 2))), "subscriber/2000");
    EXPECT_EQ(spelled(badges_of(subscriber(13, 3))), "subscriber/3012");
}

TEST(Badges, InfoHasTheExactMonths) {
    EXPECT_EQ(spelled(badge_info_of(subscriber(22, 3))), "subscriber/22");
    EXPECT_EQ(spelled(badge_info_of(subscriber(0, 1))), "subscriber/1")
        << "a first month has begun";
}

TEST(Badges, OfAFounderReplaceTheSubscribers) {
    Chatter chatter = subscriber(22, 1);
    chatter.standing.founder = true;
    EXPECT_EQ(spelled(badges_of(chatter)), "founder/0");
    EXPECT_EQ(spelled(badge_info_of(chatter)), "founder/22");
    chatter.standing.subscriber_tier = 0;
    EXPECT_EQ(spelled(badges_of(chatter)), "") << "a founder whose subscription ended";
}

TEST(Badges, OfAVerifiedBotComeLast) {
    Chatter chatter = subscriber(2, 1);
    chatter.standing.role = Role::moderator;
    chatter.user.verified_bot = true;
    EXPECT_EQ(spelled(badges_of(chatter)), "moderator/1,subscriber/2,bot-badge/1");
}

TEST(Badges, OfThePlatformAreShownOnceBesideOthersOfTheirName) {
    Chatter chatter = subscriber(2, 1);
    chatter.user.turbo = true;
    chatter.standing.custom_badges = {{"subscriber", "9"}, {"fan", "3"}, {"turbo", "1"}};
    EXPECT_EQ(spelled(badges_of(chatter)), "subscriber/2,fan/3,turbo/1");
}

TEST(ShedClasses, PutStaffBeforeViewersAndMembershipLast) {
    Event event;
    Message message;
    const auto class_for = [&](Role role) {
        message.author_role = role;
        event.body = message;
        return shed_class(event);
    };
    EXPECT_EQ(class_for(Role::broadcaster), ShedClass::staff);
    EXPECT_EQ(class_for(Role::moderator), ShedClass::staff);
    EXPECT_EQ(class_for(Role::vip), ShedClass::message);
    EXPECT_EQ(class_for(Role::viewer), ShedClass::message);
    event.body = MembershipChanged{};
    EXPECT_EQ(shed_class(event), ShedClass::membership);
}

}  // namespace
}  // namespace clamor::chat
