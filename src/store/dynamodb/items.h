// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "store/message_log.h"

/// The table's items: docs/dynamodb-format.md has them all, and docs/adr/0015 why.
namespace clamor::store::dynamodb {

using Json = nlohmann::json;

/// A number in 20 digits, so that numbers sort as texts.
std::string digits(std::uint64_t number);
/// What a text begins with; 0 when that is no number.
std::uint64_t number_in(std::string_view text);
std::string sort_key(const Position& position);

std::string channel_key(ChannelId channel);
std::string block_key(ChannelId channel, std::uint64_t block);
std::string author_key(ChannelId channel, UserId author);
std::string id_key(ChannelId channel, MessageId id);
std::string act_key(ChannelId channel, MessageId act);
std::string parts_key(ChannelId channel, const Position& position);
std::uint64_t block_of(std::uint64_t sequence);

inline constexpr const char* kHead = "head";
inline constexpr const char* kIdSort = "-";
inline constexpr const char* kMarks = "marks";
/// Behind a message's own sort key: the act that deleted it.
inline constexpr const char* kMarkSuffix = "x";
std::string block_sort(std::uint64_t block);
std::string clearing_sort(std::uint64_t up_to, MessageId act);

Json key(const std::string& partition, const std::string& sort);
Json text_value(std::string_view text);
Json number_value(std::uint64_t number);

/// Members of items. What is not there, or has another type, is empty or 0.
std::string text_of(const Json& item, const char* name);
std::uint64_t number_of(const Json& item, const char* name);
std::optional<Position> position_of(const Json& item);  ///< from its sort key

/// PutRequests of a message, as JSON, without and with what finds it by its id. `expires`: Unix
/// seconds, or 0.
void put_message(const StoredMessage& message, std::uint64_t expires,
                 std::vector<std::string>& out);
std::string put_id(const StoredMessage& message, std::uint64_t expires);
std::string put_item(const Json& item);
std::string delete_item(const Json& key);

/// A message without its marks. `parts`: how many items hold the event; 0: this one.
struct ReadMessage {
    StoredMessage message;
    std::size_t parts = 0;
    std::uint64_t expires = 0;
};
/// An error: the item is not one that put_message() made.
Result<ReadMessage> read_message(ChannelId channel, const Json& item);
Result<std::string> bytes_of(const Json& item, const char* name);

}  // namespace clamor::store::dynamodb
