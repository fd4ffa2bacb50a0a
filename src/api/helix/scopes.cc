// SPDX-License-Identifier: Apache-2.0
#include "api/helix/scopes.h"

#include <algorithm>

namespace clamor::api::helix {

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

/// `channel:manage:vips` for `channel:read:vips`; empty when it is not about reading.
std::string managing(std::string_view scope) {
    constexpr std::string_view kRead = ":read:";
    const auto at = scope.find(kRead);
    if (at == std::string_view::npos) return {};
    return std::string(scope.substr(0, at)) +
           ":manage:" + std::string(scope.substr(at + kRead.size()));
}

}  // namespace

std::span<const std::string_view> all_scopes() {
    return kScopes;
}

bool has_scope(const std::vector<std::string>& granted, std::string_view alternatives) {
    if (alternatives.empty()) return true;
    const auto has = [&granted](std::string_view scope) {
        return std::find(granted.begin(), granted.end(), scope) != granted.end();
    };
    while (true) {
        const auto bar = alternatives.find('|');
        const auto scope = alternatives.substr(0, bar);
        if (has(scope)) return true;
        if (const auto more = managing(scope); !more.empty() && has(more)) return true;
        if (bar == std::string_view::npos) return false;
        alternatives.remove_prefix(bar + 1);
    }
}

std::string missing_scope(std::string_view alternatives) {
    std::string text = "Missing scope: ";
    for (const char c : alternatives) {
        if (c == '|') {
            text += " or ";
        } else {
            text += c;
        }
    }
    return text;
}

}  // namespace clamor::api::helix
