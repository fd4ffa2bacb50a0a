// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "chat/event.h"
#include "eventsub/payload.h"

/// What payloads are made of; for the files of this folder.
namespace clamor::eventsub {

using Json = nlohmann::ordered_json;

/// What a payload is made from.
struct Source {
    const chat::Event& event;
    const chat::Person& broadcaster;
    const Names& names;
};

/// `<prefix>user_id`, `_login`, `_name`; nulls for nobody.
void add_person(Json& out, std::string_view prefix, const chat::Person& person);
/// Where a message of a shared chat was said, if that was in another channel than it is shown in;
/// else null. What payloads say of it is null then.
const chat::Source* other_source(const chat::Message& message, ChannelId shown_in);
void add_source_broadcaster(Json& out, const chat::Source* source);
Json source_message_id(const chat::Source* source);
Json source_badges(const chat::Source* source);
/// Null where the channel shares its chat with none.
Json is_source_only(const chat::Message& message);

/// Each with the `info` that the `badge-info` tag has of it.
Json badges_json(const std::vector<chat::Badge>& badges, const std::vector<chat::Badge>& info);

/// The text as it was said: that of an action in its wrapper.
std::string spoken_text(const chat::Message& message);
/// `{"text":...,"fragments":[...]}`; the fragments' texts behind each other give the text.
Json message_json(const chat::Message& message, const Names& names);

/// A word that gives bits: `Cheer100`.
struct Cheermote {
    std::string prefix;  ///< in lower case
    std::uint32_t bits = 0;
    std::uint32_t tier = 1;
};
std::optional<Cheermote> parse_cheermote(std::string_view word);

/// As moderators put it: `none`, `active_monitoring` or `restricted`.
std::string_view low_trust_status(chat::Suspicion suspicion);

/// As it goes over the wire; what is no UTF-8 is replaced.
std::string dump(const Json& json);

Json text_or_null(std::string_view text);
Json time_or_null(const std::optional<WallTime>& time);

/// automod.message.* and channel.chat.user_message_*.
std::optional<Json> held_payload(Type type, std::uint8_t version, const chat::HeldMessage& held,
                                 const Source& source);
std::optional<Json> automod_settings_payload(const chat::Moderation& act, const Source& source);

// One file each: automod_payload.cc, chat_payload.cc, notification_payload.cc,
// moderation_payload.cc, moderate_payload.cc.
std::optional<Json> chat_payload(Type type, const Source& source);
std::optional<Json> notification_payload(const chat::UserNotice& notice, const Source& source);
/// channel.raid as the channel that is raided sees it.
std::optional<Json> arrived_raid_payload(const chat::UserNotice& notice, const Source& source);
std::optional<Json> moderation_payload(Type type, const chat::Moderation& act,
                                       const Source& source);
std::optional<Json> moderate_payload(std::uint8_t version, const chat::Moderation& act,
                                     const Source& source);

}  // namespace clamor::eventsub
