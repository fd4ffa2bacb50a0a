// SPDX-License-Identifier: Apache-2.0
#include "store/dynamodb/items.h"

#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <openssl/evp.h>

#include "base/limits.h"

namespace clamor::store::dynamodb {
namespace {

std::string base64(std::string_view bytes) {
    std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
    const int length = ::EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                         reinterpret_cast<const unsigned char*>(bytes.data()),
                                         static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(length));
    return text;
}

std::optional<std::string> from_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::string bytes(text.size() / 4 * 3 + 1, '\0');
    const int length = ::EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                         reinterpret_cast<const unsigned char*>(text.data()),
                                         static_cast<int>(text.size()));
    if (length < 0) return std::nullopt;
    const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    bytes.resize(static_cast<std::size_t>(length) - padding);
    return bytes;
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

const std::string* text_in(const Json& item, const char* name, const char* type) {
    const auto value = item.find(name);
    if (value == item.end() || !value->is_object()) return nullptr;
    const auto text = value->find(type);
    return text == value->end() ? nullptr : text->get_ptr<const std::string*>();
}

/// The end of an item, with what all of them may have.
std::string end_of(std::uint64_t expires) {
    return expires == 0 ? std::string("}}}") : fmt::format(R"(,"x":{{"N":"{}"}}}}}}}})", expires);
}

std::string begin_of(const std::string& partition, const std::string& sort) {
    return fmt::format(R"({{"PutRequest":{{"Item":{{"pk":{{"S":"{}"}},"sk":{{"S":"{}"}})",
                       partition, sort);
}

}  // namespace

std::string digits(std::uint64_t number) {
    return fmt::format("{:020}", number);
}
std::uint64_t number_in(std::string_view text) {
    std::uint64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}
std::string sort_key(const Position& position) {
    return fmt::format("{:020}.{:020}", position.sequence, position.epoch);
}
std::string channel_key(ChannelId channel) {
    return fmt::format("{}", channel.value);
}
std::string block_key(ChannelId channel, std::uint64_t block) {
    return fmt::format("{}#{}", channel.value, block);
}
std::string author_key(ChannelId channel, UserId author) {
    return fmt::format("{}#author#{}", channel.value, author.value);
}
std::string id_key(ChannelId channel, MessageId id) {
    return fmt::format("{}#id#{}", channel.value, id.to_string());
}
std::string act_key(ChannelId channel, MessageId act) {
    return fmt::format("{}#act#{}", channel.value, act.to_string());
}
std::string parts_key(ChannelId channel, const Position& position) {
    return fmt::format("{}#parts#{}", channel.value, sort_key(position));
}
std::uint64_t block_of(std::uint64_t sequence) {
    return sequence / limits::kDynamoBlock;
}
std::string block_sort(std::uint64_t block) {
    return fmt::format("block#{:020}", block);
}
std::string clearing_sort(std::uint64_t up_to, MessageId act) {
    return fmt::format("clearing#{:020}#{}", up_to, act.to_string());
}

Json key(const std::string& partition, const std::string& sort) {
    return {{"pk", text_value(partition)}, {"sk", text_value(sort)}};
}
Json text_value(std::string_view text) {
    return {{"S", text}};
}
Json number_value(std::uint64_t number) {
    return {{"N", std::to_string(number)}};
}

std::string text_of(const Json& item, const char* name) {
    const auto* text = text_in(item, name, "S");
    return text == nullptr ? std::string() : *text;
}
std::uint64_t number_of(const Json& item, const char* name) {
    const auto* text = text_in(item, name, "N");
    return text == nullptr ? 0 : parse_number(*text).value_or(0);
}

std::optional<Position> position_of(const Json& item) {
    const auto* text = text_in(item, "sk", "S");
    if (text == nullptr || text->size() < 41 || (*text)[20] != '.') return std::nullopt;
    const auto sequence = parse_number(std::string_view(*text).substr(0, 20));
    const auto epoch = parse_number(std::string_view(*text).substr(21, 20));
    if (!sequence || !epoch) return std::nullopt;
    return Position{.epoch = *epoch, .sequence = *sequence};
}

void put_message(const StoredMessage& message, std::uint64_t expires,
                 std::vector<std::string>& out) {
    const auto sort = sort_key(message.position);
    const std::string end = end_of(expires);
    std::string item =
        begin_of(block_key(message.channel, block_of(message.position.sequence)), sort);
    item += fmt::format(R"(,"i":{{"S":"{}"}},"t":{{"N":"{}"}},"a":{{"N":"{}"}},"k":{{"N":"{}"}})",
                        message.id.to_string(), unix_ms(message.sent_at), message.author.value,
                        static_cast<int>(message.kind));
    if (message.deleted) item += R"(,"d":{"N":"1"})";
    if (message.event.size() > limits::kDynamoEventBytes) {
        const std::string_view event = message.event;
        std::size_t parts = 0;
        for (std::size_t at = 0; at < event.size(); at += limits::kDynamoEventBytes) {
            out.push_back(begin_of(parts_key(message.channel, message.position), digits(parts++)) +
                          R"(,"b":{"B":")" + base64(event.substr(at, limits::kDynamoEventBytes)) +
                          R"("})" + end);
        }
        item += fmt::format(R"(,"p":{{"N":"{}"}})", parts);
    } else if (!message.event.empty()) {
        item += R"(,"b":{"B":")" + base64(message.event) + R"("})";
    }
    out.push_back(item + end);
    if (!message.author) return;
    out.push_back(begin_of(author_key(message.channel, message.author), sort) +
                  fmt::format(R"(,"k":{{"N":"{}"}})", static_cast<int>(message.kind)) + end);
}

std::string put_id(const StoredMessage& message, std::uint64_t expires) {
    return begin_of(id_key(message.channel, message.id), kIdSort) +
           fmt::format(R"(,"n":{{"N":"{}"}},"e":{{"N":"{}"}})", message.position.sequence,
                       message.position.epoch) +
           end_of(expires);
}

std::string put_item(const Json& item) {
    return Json{{"PutRequest", {{"Item", item}}}}.dump();
}
std::string delete_item(const Json& key) {
    return Json{{"DeleteRequest", {{"Key", key}}}}.dump();
}

Result<std::string> bytes_of(const Json& item, const char* name) {
    const auto* text = text_in(item, name, "B");
    if (text == nullptr) return std::string();
    auto bytes = from_base64(*text);
    if (!bytes) return fail(std::errc::protocol_error, "an item's bytes are no base64");
    return *std::move(bytes);
}

Result<ReadMessage> read_message(ChannelId channel, const Json& item) {
    const auto position = position_of(item);
    const auto id = MessageId::parse(text_of(item, "i"));
    const auto kind = number_of(item, "k");
    if (!position || !id || kind < 1 || kind > 3) {
        return fail(std::errc::protocol_error, "an item of channel " +
                                                   std::to_string(channel.value) +
                                                   " is no message: " + text_of(item, "sk"));
    }
    auto event = bytes_of(item, "b");
    if (!event) return tl::unexpected(event.error());
    return ReadMessage{
        .message = {.channel = channel,
                    .position = *position,
                    .id = *id,
                    .sent_at = wall_from_unix_ms(static_cast<std::int64_t>(number_of(item, "t"))),
                    .author = UserId(number_of(item, "a")),
                    .event = *std::move(event),
                    .deleted = number_of(item, "d") != 0,
                    .kind = static_cast<EntryKind>(kind)},
        .parts = static_cast<std::size_t>(number_of(item, "p")),
        .expires = number_of(item, "x")};
}

}  // namespace clamor::store::dynamodb
