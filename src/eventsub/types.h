// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace clamor::eventsub {

/// What can be subscribed to (spec helix-eventsub 11), in the order of types()'s rows.
enum class Type : std::uint8_t {
    chat_message,
    chat_message_delete,
    chat_clear,
    chat_clear_user_messages,
    chat_notification,
    chat_settings_update,
    chat_user_message_hold,
    chat_user_message_update,
    automod_message_hold,
    automod_message_update,
    automod_settings_update,
    automod_terms_update,
    ban,
    unban,
    moderate,
    moderator_add,
    moderator_remove,
    vip_add,
    vip_remove,
    warning_send,
    warning_acknowledge,
    unban_request_create,
    unban_request_resolve,
    shield_mode_begin,
    shield_mode_end,
    suspicious_user_message,
    suspicious_user_update,
    shoutout_create,
    shoutout_receive,
    shared_chat_begin,
    shared_chat_update,
    shared_chat_end,
    follow,
    raid,
    whisper_message,
    user_update,
};
inline constexpr int kTypes = 36;

/// Ids in a condition.
enum class Field : std::uint8_t { broadcaster, moderator, user, from_broadcaster, to_broadcaster };
inline constexpr int kFields = 5;
/// `broadcaster_user_id` and so on.
std::string_view name_of(Field field);

/// Which condition fields a type has and, with that, who may subscribe.
enum class Audience : std::uint8_t {
    reader,       ///< broadcaster and user: the token's user, not banned there
    moderator,    ///< broadcaster and moderator: the token's user, a moderator there
    broadcaster,  ///< broadcaster: the token's user
    anyone,       ///< broadcaster: any token
    raid,         ///< one of from_broadcaster and to_broadcaster: any token
    user,         ///< user: the token's user
};
std::span<const Field> fields_of(Audience audience);

/// One of these is enough; unused places are empty.
using AnyOf = std::array<std::string_view, 2>;

struct TypeInfo {
    Type type;
    std::string_view name;
    std::uint8_t first_version;  ///< older ones were taken out of use
    std::uint8_t last_version;
    Audience audience;
    std::span<const AnyOf> scopes;  ///< one of each group
};

std::span<const TypeInfo> types();
const TypeInfo& info_of(Type type);
/// Null when there is no such type.
const TypeInfo* find_type(std::string_view name);
/// The scopes that a version asks for: those of the type, without what only later versions tell of.
std::span<const AnyOf> scopes_of(const TypeInfo& type, std::uint8_t version);

}  // namespace clamor::eventsub
