// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "base/ids.h"
#include "base/time.h"
#include "chat/people.h"

/// How Helix writes single values.
namespace clamor::api::helix {

using Json = nlohmann::ordered_json;

/// `2021-09-28T19:27:31Z`, with milliseconds where there are some.
std::string rfc3339(WallTime time);
/// The same, or an empty text.
std::string rfc3339_or_empty(std::optional<WallTime> time);

std::string id_text(UserId id);
std::string id_text(ChannelId id);
constexpr UserId user_of(ChannelId channel) {
    return UserId(channel.value);
}
constexpr ChannelId channel_of(UserId user) {
    return ChannelId(user.value);
}

/// Adds `<prefix>_id`, `<prefix>_login` and `<prefix>_name`; nobody (no id) is `absent` three
/// times.
void add_person(Json& object, std::string_view prefix, const chat::Person& person);
void add_nobody(Json& object, std::string_view prefix, const Json& absent);
Json person_json(std::string_view prefix, const chat::Person& person);

/// A place in a list as clients hold it: opaque to them.
std::string encode_cursor(std::string_view place);
/// Nothing when it is none of ours.
std::optional<std::string> decode_cursor(std::string_view cursor);

}  // namespace clamor::api::helix
