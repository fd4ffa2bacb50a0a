// SPDX-License-Identifier: Apache-2.0
#include "eventsub/types.h"

#include <algorithm>

#include "base/check.h"

namespace clamor::eventsub {
namespace {

constexpr AnyOf kReadChat[] = {{"user:read:chat"}};
constexpr AnyOf kAutomod[] = {{"moderator:manage:automod"}};
constexpr AnyOf kAutomodSettings[] = {
    {"moderator:read:automod_settings", "moderator:manage:automod_settings"}};
constexpr AnyOf kChannelModerate[] = {{"channel:moderate"}};
// The last group is of version 2 alone.
constexpr AnyOf kModerate[] = {
    {"moderator:read:blocked_terms", "moderator:manage:blocked_terms"},
    {"moderator:read:chat_settings", "moderator:manage:chat_settings"},
    {"moderator:read:unban_requests", "moderator:manage:unban_requests"},
    {"moderator:read:banned_users", "moderator:manage:banned_users"},
    {"moderator:read:chat_messages", "moderator:manage:chat_messages"},
    {"moderator:read:moderators"},
    {"moderator:read:vips"},
    {"moderator:read:warnings", "moderator:manage:warnings"},
};
constexpr AnyOf kModerationRead[] = {{"moderation:read"}};
constexpr AnyOf kVips[] = {{"channel:read:vips", "channel:manage:vips"}};
constexpr AnyOf kWarnings[] = {{"moderator:read:warnings", "moderator:manage:warnings"}};
constexpr AnyOf kUnbanRequests[] = {
    {"moderator:read:unban_requests", "moderator:manage:unban_requests"}};
constexpr AnyOf kShieldMode[] = {{"moderator:read:shield_mode", "moderator:manage:shield_mode"}};
constexpr AnyOf kSuspiciousUsers[] = {
    {"moderator:read:suspicious_users", "moderator:manage:suspicious_users"}};
constexpr AnyOf kShoutouts[] = {{"moderator:read:shoutouts", "moderator:manage:shoutouts"}};
constexpr AnyOf kFollowers[] = {{"moderator:read:followers"}};
constexpr AnyOf kWhispers[] = {{"user:read:whispers", "user:manage:whispers"}};

using enum Audience;

constexpr TypeInfo kTable[] = {
    {Type::chat_message, "channel.chat.message", 1, 1, reader, kReadChat},
    {Type::chat_message_delete, "channel.chat.message_delete", 1, 1, reader, kReadChat},
    {Type::chat_clear, "channel.chat.clear", 1, 1, reader, kReadChat},
    {Type::chat_clear_user_messages, "channel.chat.clear_user_messages", 1, 1, reader, kReadChat},
    {Type::chat_notification, "channel.chat.notification", 1, 1, reader, kReadChat},
    {Type::chat_settings_update, "channel.chat_settings.update", 1, 1, reader, kReadChat},
    {Type::chat_user_message_hold, "channel.chat.user_message_hold", 1, 1, reader, kReadChat},
    {Type::chat_user_message_update, "channel.chat.user_message_update", 1, 1, reader, kReadChat},
    {Type::automod_message_hold, "automod.message.hold", 1, 2, moderator, kAutomod},
    {Type::automod_message_update, "automod.message.update", 1, 2, moderator, kAutomod},
    {Type::automod_settings_update, "automod.settings.update", 1, 1, moderator, kAutomodSettings},
    {Type::automod_terms_update, "automod.terms.update", 1, 1, moderator, kAutomod},
    {Type::ban, "channel.ban", 1, 1, broadcaster, kChannelModerate},
    {Type::unban, "channel.unban", 1, 1, broadcaster, kChannelModerate},
    {Type::moderate, "channel.moderate", 1, 2, moderator, kModerate},
    {Type::moderator_add, "channel.moderator.add", 1, 1, broadcaster, kModerationRead},
    {Type::moderator_remove, "channel.moderator.remove", 1, 1, broadcaster, kModerationRead},
    {Type::vip_add, "channel.vip.add", 1, 1, broadcaster, kVips},
    {Type::vip_remove, "channel.vip.remove", 1, 1, broadcaster, kVips},
    {Type::warning_send, "channel.warning.send", 1, 1, moderator, kWarnings},
    {Type::warning_acknowledge, "channel.warning.acknowledge", 1, 1, moderator, kWarnings},
    {Type::unban_request_create, "channel.unban_request.create", 1, 1, moderator, kUnbanRequests},
    {Type::unban_request_resolve, "channel.unban_request.resolve", 1, 1, moderator, kUnbanRequests},
    {Type::shield_mode_begin, "channel.shield_mode.begin", 1, 1, moderator, kShieldMode},
    {Type::shield_mode_end, "channel.shield_mode.end", 1, 1, moderator, kShieldMode},
    {Type::suspicious_user_message, "channel.suspicious_user.message", 1, 1, moderator,
     kSuspiciousUsers},
    {Type::suspicious_user_update, "channel.suspicious_user.update", 1, 1, moderator,
     kSuspiciousUsers},
    {Type::shoutout_create, "channel.shoutout.create", 1, 1, moderator, kShoutouts},
    {Type::shoutout_receive, "channel.shoutout.receive", 1, 1, moderator, kShoutouts},
    {Type::shared_chat_begin, "channel.shared_chat.begin", 1, 1, anyone, {}},
    {Type::shared_chat_update, "channel.shared_chat.update", 1, 1, anyone, {}},
    {Type::shared_chat_end, "channel.shared_chat.end", 1, 1, anyone, {}},
    {Type::follow, "channel.follow", 2, 2, moderator, kFollowers},
    {Type::raid, "channel.raid", 1, 1, Audience::raid, {}},
    {Type::whisper_message, "user.whisper.message", 1, 1, user, kWhispers},
    {Type::user_update, "user.update", 1, 1, user, {}},
};
static_assert(std::size(kTable) == kTypes);

constexpr bool rows_stand_in_order() {
    for (int i = 0; i < kTypes; ++i) {
        if (kTable[i].type != static_cast<Type>(i)) return false;
    }
    return true;
}
static_assert(rows_stand_in_order());

constexpr Field kReaderFields[] = {Field::broadcaster, Field::user};
constexpr Field kModeratorFields[] = {Field::broadcaster, Field::moderator};
constexpr Field kBroadcasterFields[] = {Field::broadcaster};
constexpr Field kRaidFields[] = {Field::from_broadcaster, Field::to_broadcaster};
constexpr Field kUserFields[] = {Field::user};

}  // namespace

std::string_view name_of(Field field) {
    switch (field) {
        case Field::broadcaster:
            return "broadcaster_user_id";
        case Field::moderator:
            return "moderator_user_id";
        case Field::user:
            return "user_id";
        case Field::from_broadcaster:
            return "from_broadcaster_user_id";
        case Field::to_broadcaster:
            return "to_broadcaster_user_id";
    }
    CLAMOR_CHECK(false, "every field has a name");
}

std::span<const Field> fields_of(Audience audience) {
    switch (audience) {
        case reader:
            return kReaderFields;
        case moderator:
            return kModeratorFields;
        case broadcaster:
        case anyone:
            return kBroadcasterFields;
        case Audience::raid:
            return kRaidFields;
        case user:
            return kUserFields;
    }
    CLAMOR_CHECK(false, "every audience has its fields");
}

std::span<const TypeInfo> types() {
    return kTable;
}

const TypeInfo& info_of(Type type) {
    const auto index = static_cast<std::size_t>(type);
    CLAMOR_CHECK(index < std::size(kTable), "every type has a row");
    return kTable[index];
}

const TypeInfo* find_type(std::string_view name) {
    const auto* found = std::ranges::find(kTable, name, &TypeInfo::name);
    return found == std::end(kTable) ? nullptr : found;
}

std::span<const AnyOf> scopes_of(const TypeInfo& type, std::uint8_t version) {
    if (type.type == Type::moderate && version < 2)
        return type.scopes.first(type.scopes.size() - 1);
    return type.scopes;
}

}  // namespace clamor::eventsub
