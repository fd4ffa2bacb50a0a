// SPDX-License-Identifier: Apache-2.0
#include "api/helix/endpoint.h"
#include "api/helix/handlers.h"
#include "api/helix/scopes.h"

namespace clamor::api::helix {

namespace {

constexpr std::string_view kB = "broadcaster_id";
// Clients look for its beginning (spec helix-eventsub 2.4).
constexpr std::string_view kNoShieldMode =
    "Requester does not have permissions to see or change the channel's Shield Mode.";
constexpr auto kModerator = Who::moderator;
constexpr auto kBroadcaster = Who::broadcaster;

// clang-format off
constexpr Endpoint kHelix[]{
    {"GET",    "users", "", Who::anyone, "", get_users},
    {"PUT",    "users", "user:edit", Who::user, "", put_users},
    {"GET",    "users/blocks", "user:read:blocked_users", Who::self, kB, get_blocks},
    {"PUT",    "users/blocks", "user:manage:blocked_users", Who::user, "", put_block},
    {"DELETE", "users/blocks", "user:manage:blocked_users", Who::user, "", delete_block},
    {"GET",    "authorization/users", "", Who::app, "", get_authorizations},

    {"POST",   "eventsub/subscriptions", "", Who::anyone, "", post_subscription},
    {"DELETE", "eventsub/subscriptions", "", Who::anyone, "", delete_subscription},
    {"GET",    "eventsub/subscriptions", "", Who::anyone, "", get_subscriptions},

    {"GET",    "chat/chatters", "moderator:read:chatters", kModerator, kB, get_chatters},
    {"GET",    "chat/color", "", Who::anyone, "", get_color},
    {"PUT",    "chat/color", "user:manage:chat_color", Who::self, "user_id", put_color},
    {"GET",    "chat/settings", "", Who::anyone, "", get_settings},
    {"PATCH",  "chat/settings", "moderator:manage:chat_settings", kModerator, kB, patch_settings},
    {"POST",   "chat/announcements", "moderator:manage:announcements", kModerator, kB, post_announcement},
    {"POST",   "chat/shoutouts", "moderator:manage:shoutouts", kModerator, "from_broadcaster_id", post_shoutout},
    {"POST",   "chat/messages", "user:write:chat", Who::anyone, "", post_message,
               "User access token requires the user:write:chat scope."},
    {"GET",    "chat/pins", "moderator:read:chat_messages", kModerator, kB, get_pin},
    {"PUT",    "chat/pins", "moderator:manage:chat_messages", kModerator, kB, put_pin},
    {"PATCH",  "chat/pins", "moderator:manage:chat_messages", kModerator, kB, patch_pin},
    {"DELETE", "chat/pins", "moderator:manage:chat_messages", kModerator, kB, delete_pin},
    {"GET",    "shared_chat/session", "", Who::anyone, "", get_shared_session},
    {"POST",   "whispers", "user:manage:whispers", Who::self, "from_user_id", post_whisper},

    {"GET",    "chat/emotes", "", Who::anyone, "", get_channel_emotes},
    {"GET",    "chat/emotes/global", "", Who::anyone, "", get_global_emotes},
    {"GET",    "chat/emotes/set", "", Who::anyone, "", get_emote_sets},
    {"GET",    "chat/emotes/user", "user:read:emotes", Who::self, "user_id", get_user_emotes},
    {"GET",    "chat/badges", "", Who::anyone, "", get_channel_badges},
    {"GET",    "chat/badges/global", "", Who::anyone, "", get_global_badges},

    {"GET",    "moderation/banned", "moderation:read|moderator:manage:banned_users", kBroadcaster, kB, get_banned},
    {"POST",   "moderation/bans", "moderator:manage:banned_users", kModerator, kB, post_ban},
    {"DELETE", "moderation/bans", "moderator:manage:banned_users", kModerator, kB, delete_ban},
    {"GET",    "moderation/unban_requests", "moderator:read:unban_requests", kModerator, kB, get_unban_requests},
    {"PATCH",  "moderation/unban_requests", "moderator:manage:unban_requests", kModerator, kB, patch_unban_request},
    {"GET",    "moderation/blocked_terms", "moderator:read:blocked_terms", kModerator, kB, get_blocked_terms},
    {"POST",   "moderation/blocked_terms", "moderator:manage:blocked_terms", kModerator, kB, post_blocked_term},
    {"DELETE", "moderation/blocked_terms", "moderator:manage:blocked_terms", kModerator, kB, delete_blocked_term},
    {"DELETE", "moderation/chat", "moderator:manage:chat_messages", kModerator, kB, delete_messages},
    {"GET",    "moderation/moderators", "moderation:read|channel:manage:moderators", kBroadcaster, kB, get_moderators},
    {"POST",   "moderation/moderators", "channel:manage:moderators", kBroadcaster, kB, post_moderator},
    {"DELETE", "moderation/moderators", "channel:manage:moderators", kBroadcaster, kB, delete_moderator},
    {"GET",    "moderation/channels", "user:read:moderated_channels", Who::self, "user_id", get_moderated_channels},
    {"POST",   "moderation/enforcements/status", "moderation:read", kBroadcaster, kB, get_enforcement_status},
    {"POST",   "moderation/automod/message", "moderator:manage:automod", Who::self, "user_id", post_automod_message},
    {"GET",    "moderation/automod/settings", "moderator:read:automod_settings", kModerator, kB, get_automod_settings},
    {"PUT",    "moderation/automod/settings", "moderator:manage:automod_settings", kModerator, kB, put_automod_settings},
    {"POST",   "moderation/warnings", "moderator:manage:warnings", kModerator, kB, post_warning},
    {"GET",    "moderation/shield_mode", "moderator:read:shield_mode", kModerator, kB, get_shield_mode, {}, kNoShieldMode},
    {"PUT",    "moderation/shield_mode", "moderator:manage:shield_mode", kModerator, kB, put_shield_mode, {}, kNoShieldMode},
    {"POST",   "moderation/suspicious_users", "moderator:manage:suspicious_users", kModerator, kB, post_suspicious_user},
    {"DELETE", "moderation/suspicious_users", "moderator:manage:suspicious_users", kModerator, kB, delete_suspicious_user},

    {"GET",    "channels/vips", "channel:read:vips", kBroadcaster, kB, get_vips},
    {"POST",   "channels/vips", "channel:manage:vips", kBroadcaster, kB, post_vip},
    {"DELETE", "channels/vips", "channel:manage:vips", kBroadcaster, kB, delete_vip},
    {"GET",    "channels/followers", "moderator:read:followers", Who::user, "", get_followers},
    {"GET",    "channels/followed", "user:read:follows", Who::self, "user_id", get_followed},
    {"GET",    "channels", "", Who::anyone, "", get_channels},
    {"GET",    "streams", "", Who::anyone, "", get_streams},
    {"POST",   "raids", "channel:manage:raids", kBroadcaster, "from_broadcaster_id", post_raid},
    {"DELETE", "raids", "channel:manage:raids", kBroadcaster, kB, delete_raid},
};

// As Helix has them for the parts that it knows.
constexpr std::string_view kRead = "moderator:read:automod_settings|moderator:manage:automod_settings";
constexpr std::string_view kManage = "moderator:manage:automod_settings";
constexpr std::string_view kReadTerms = "moderator:read:blocked_terms|moderator:manage:blocked_terms";
constexpr std::string_view kManageTerms = "moderator:manage:blocked_terms";
constexpr std::string_view kDecide = "moderator:manage:automod";

constexpr Endpoint kPlatform[]{
    {"PUT",  "/api/platform/users/{login}", kPlatformScope, Who::app, "", put_user},
    {"PUT",  "/api/platform/channels/{login}/standings/{user}", kPlatformScope, Who::app, "", put_standing},
    {"POST", "/api/platform/channels/{login}/events", kPlatformScope, Who::app, "", post_event},
    {"PUT",  "/api/platform/channels/{login}/shared-chat", kPlatformScope, Who::app, "", put_shared_chat},
    {"DELETE", "/api/platform/channels/{login}/shared-chat", kPlatformScope, Who::app, "", delete_shared_chat},
    {"GET",  "/api/nodes", kPlatformScope, Who::app, "", get_nodes},
    {"POST", "/api/platform/eventsub/reconnect", kPlatformScope, Who::app, "", post_eventsub_reconnect},
    {"GET",  "/api/channels/{login}/audit", "channel:moderate", Who::moderator_of_path, "", get_audit},
    {"POST", "/api/channels/{login}/moderation", "channel:moderate", Who::moderator_of_path, "", post_bulk_moderation},
    {"POST", "/api/channels/{login}/moderation/undo", "channel:moderate", Who::moderator_of_path, "", post_undo},
    {"GET",  "/api/channels/{login}/automod/rules", kRead, Who::moderator_of_path, "", get_automod_rules},
    {"PATCH", "/api/channels/{login}/automod/rules", kManage, Who::moderator_of_path, "", patch_automod_rules},
    {"GET",  "/api/channels/{login}/automod/lists", kReadTerms, Who::moderator_of_path, "", get_automod_lists},
    {"GET",  "/api/channels/{login}/automod/lists/{name}", kReadTerms, Who::moderator_of_path, "", get_automod_list},
    {"GET",  "/api/channels/{login}/automod/terms", kReadTerms, Who::moderator_of_path, "", get_automod_terms},
    {"POST", "/api/channels/{login}/automod/terms", kManageTerms, Who::moderator_of_path, "", post_automod_terms},
    {"DELETE", "/api/channels/{login}/automod/terms/{id}", kManageTerms, Who::moderator_of_path, "", delete_automod_term},
    {"POST", "/api/channels/{login}/automod/permits", kDecide, Who::moderator_of_path, "", post_automod_permit},
    {"GET",  "/api/channels/{login}/automod/held", kDecide, Who::moderator_of_path, "", get_held},
    {"POST", "/api/channels/{login}/automod/held/{id}", kDecide, Who::moderator_of_path, "", post_held},
    {"GET",  "/api/channels/{login}/automod/verdicts/{id}", kDecide, Who::moderator_of_path, "", get_verdict},
    {"POST", "/api/channels/{login}/automod/preview", kRead, Who::moderator_of_path, "", post_preview},
    {"GET",  "/api/channels/{login}/automod/calibration", kRead, Who::moderator_of_path, "", get_calibration},
    {"POST", "/api/channels/{login}/automod/calibration", kManage, Who::moderator_of_path, "", post_calibration},
    {"DELETE", "/api/channels/{login}/automod/calibration", kManage, Who::moderator_of_path, "", delete_calibration},
    {"GET",  "/api/channels/{login}/automod/report", kRead, Who::moderator_of_path, "", get_automod_report},
    {"GET",  "/api/channels/{login}/automod/raid", kRead, Who::moderator_of_path, "", get_raid_breaker},
    {"POST", "/api/channels/{login}/automod/raid/revert", kManage, Who::moderator_of_path, "", post_raid_revert},
    {"POST", "/api/channels/{login}/automod/raid/extend", kManage, Who::moderator_of_path, "", post_raid_extend},
};
// clang-format on

}  // namespace

std::span<const Endpoint> helix_endpoints() {
    return kHelix;
}

std::span<const Endpoint> platform_endpoints() {
    return kPlatform;
}

}  // namespace clamor::api::helix
