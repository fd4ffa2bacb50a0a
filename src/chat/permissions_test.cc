// SPDX-License-Identifier: Apache-2.0
#include "chat/permissions.h"

#include <gtest/gtest.h>

namespace clamor::chat {
namespace {

Chatter with(Role role, AccountType type = AccountType::ordinary, std::uint64_t id = 5) {
    Chatter chatter;
    chatter.user.id = UserId(id);
    chatter.user.type = type;
    chatter.standing.role = role;
    return chatter;
}

TEST(Permissions, ActsNeedTheRankOfTheirRow) {
    const Chatter viewer = with(Role::viewer), vip = with(Role::vip),
                  moderator = with(Role::moderator), broadcaster = with(Role::broadcaster),
                  admin = with(Role::viewer, AccountType::admin);
    const Act ban = act::Ban{.target = {}};
    EXPECT_FALSE(may(viewer, ban));
    EXPECT_FALSE(may(vip, ban));
    EXPECT_TRUE(may(moderator, ban));
    EXPECT_TRUE(may(broadcaster, ban));
    EXPECT_TRUE(may(admin, ban));
    const Act mod = act::GiveRole{.target = {}, .role = Role::moderator};
    EXPECT_FALSE(may(moderator, mod));
    EXPECT_TRUE(may(broadcaster, mod));
    EXPECT_TRUE(may(admin, mod));
    const Act raid = act::Raid{};
    EXPECT_FALSE(may(moderator, raid));
    EXPECT_TRUE(may(broadcaster, raid));
    EXPECT_FALSE(may(admin, raid)) << "a raid is the channel's own";
    EXPECT_TRUE(may(viewer, act::AcknowledgeWarning{}));
}

TEST(Permissions, ProtectThoseOfEqualOrHigherRank) {
    const Chatter moderator = with(Role::moderator), broadcaster = with(Role::broadcaster),
                  staff = with(Role::viewer, AccountType::staff);
    const auto other = [](Role role, AccountType type = AccountType::ordinary) {
        return with(role, type, 6);
    };
    EXPECT_EQ(protection(moderator, moderator), Denial::self);
    EXPECT_EQ(protection(moderator, other(Role::moderator)), Denial::moderator);
    EXPECT_EQ(protection(moderator, other(Role::broadcaster)), Denial::broadcaster);
    EXPECT_EQ(protection(moderator, other(Role::viewer, AccountType::staff)), Denial::staff);
    EXPECT_EQ(protection(moderator, other(Role::vip)), std::nullopt);
    EXPECT_EQ(protection(broadcaster, other(Role::moderator)), std::nullopt);
    EXPECT_EQ(protection(broadcaster, other(Role::viewer, AccountType::admin)), Denial::staff);
    EXPECT_EQ(protection(staff, other(Role::broadcaster)), std::nullopt);
    EXPECT_EQ(protection(staff, with(Role::viewer, AccountType::staff)), Denial::self);
}

}  // namespace
}  // namespace clamor::chat
