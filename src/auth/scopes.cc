// SPDX-License-Identifier: Apache-2.0
#include "auth/scopes.h"

namespace clamor::auth {

namespace {

constexpr std::string_view kScopes[]{
    "chat:read",
    "chat:edit",
    "whispers:read",
    "whispers:edit",
    "channel:moderate",
    "user:read:chat",
    "user:write:chat",
    "user:bot",
    "channel:bot",
    "user:read:email",
    "user:edit",
    "user:manage:chat_color",
    "user:read:emotes",
    "user:read:blocked_users",
    "user:manage:blocked_users",
    "user:read:moderated_channels",
    "user:read:whispers",
    "user:manage:whispers",
    "user:read:follows",
    "moderation:read",
    "channel:manage:moderators",
    "channel:read:vips",
    "channel:manage:vips",
    "channel:manage:raids",
    "channel:manage:broadcast",
    "channel:read:subscriptions",
    "bits:read",
    "moderator:manage:announcements",
    "moderator:manage:automod",
    "moderator:read:automod_settings",
    "moderator:manage:automod_settings",
    "moderator:read:banned_users",
    "moderator:manage:banned_users",
    "moderator:read:blocked_terms",
    "moderator:manage:blocked_terms",
    "moderator:read:chat_messages",
    "moderator:manage:chat_messages",
    "moderator:read:chat_settings",
    "moderator:manage:chat_settings",
    "moderator:read:chatters",
    "moderator:read:followers",
    "moderator:read:moderators",
    "moderator:read:shield_mode",
    "moderator:manage:shield_mode",
    "moderator:read:shoutouts",
    "moderator:manage:shoutouts",
    "moderator:read:suspicious_users",
    "moderator:manage:suspicious_users",
    "moderator:read:unban_requests",
    "moderator:manage:unban_requests",
    "moderator:read:vips",
    "moderator:read:warnings",
    "moderator:manage:warnings",
    "channel:read:polls",
    "channel:manage:polls",
    "channel:read:predictions",
    "channel:manage:predictions",
    "channel:read:redemptions",
    "channel:manage:redemptions",
    "channel:read:hype_train",
    "channel:read:goals",
    "channel:read:charity",
};

}  // namespace

std::span<const std::string_view> all_scopes() {
    return kScopes;
}

}  // namespace clamor::auth
