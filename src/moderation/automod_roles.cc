// SPDX-License-Identifier: Apache-2.0
#include "moderation/automod_roles.h"

namespace clamor::moderation {

namespace {
constexpr std::chrono::hours kRegularFollows{24 * 28};
constexpr std::uint32_t kRegularMonths = 2;
}  // namespace

automod::Roles roles_of(const chat::Chatter& chatter, WallTime now) {
    namespace role = automod::role;
    const chat::Standing& standing = chatter.standing;
    unsigned roles = 0;
    if (standing.subscribed()) roles |= role::kSubscriber;
    if (standing.role == chat::Role::vip) roles |= role::kVip;
    if (standing.role == chat::Role::moderator) roles |= role::kModerator;
    if (standing.role == chat::Role::broadcaster) roles |= role::kBroadcaster;
    if (chatter.user.type != chat::AccountType::ordinary) roles |= role::kStaff;
    if (chatter.user.verified_bot) roles |= role::kVerifiedBot;
    const bool follows =
        standing.following_since && now - *standing.following_since >= kRegularFollows;
    const bool subscribes = standing.subscribed() && standing.subscriber_months >= kRegularMonths;
    if (standing.has_spoken && (follows || subscribes)) roles |= role::kRegular;
    return static_cast<automod::Roles>(roles);
}

}  // namespace clamor::moderation
