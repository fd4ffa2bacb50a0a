// SPDX-License-Identifier: Apache-2.0
#include "api/message_json.h"

#include <optional>

#include <nlohmann/json.hpp>

#include "chat/event.h"

namespace clamor::api {

namespace {

using Json = nlohmann::ordered_json;

Json badges_json(const std::vector<chat::Badge>& badges) {
    auto list = Json::array();
    for (const auto& badge : badges)
        list.push_back({{"name", badge.name}, {"version", badge.version}});
    return list;
}

Json emotes_json(const std::vector<chat::EmoteOccurrence>& emotes) {
    auto list = Json::array();
    for (const auto& emote : emotes) {
        list.push_back({{"id", emote.emote_id}, {"first", emote.first}, {"last", emote.last}});
    }
    return list;
}

Json reply_json(const std::optional<chat::ReplyTo>& reply) {
    if (!reply) return nullptr;
    return {{"parent_id", reply->parent_id.to_string()},
            {"parent_login", reply->parent_login},
            {"parent_display_name", reply->parent_display_name},
            {"parent_text", reply->parent_text},
            {"thread_id", reply->thread_id.to_string()}};
}

/// Where it was said, if that was in another channel of a shared chat.
Json source_json(const chat::Message& message, ChannelId shown_in) {
    if (!chat::is_copy(message, shown_in)) return nullptr;
    return {{"channel_id", std::to_string(message.source->broadcaster.id.value)},
            {"channel_login", message.source->broadcaster.login},
            {"message_id", message.source->message.to_string()}};
}

}  // namespace

Result<chat::Message> read_message(const store::StoredMessage& stored) {
    auto event = chat::decode_event(stored.event);
    if (!event) return tl::unexpected(event.error());
    auto* said = std::get_if<chat::Message>(&event->body);
    if (said == nullptr) return fail(std::errc::bad_message, "the stored event is not a message");
    return std::move(*said);
}

Json message_json(const store::StoredMessage& stored, const chat::Message& message) {
    return Json{{"id", message.id.to_string()},
                {"seq", stored.position.sequence},
                {"epoch", stored.position.epoch},
                {"sent_at", unix_ms(message.sent_at)},
                {"author",
                 {{"id", std::to_string(message.author_id.value)},
                  {"login", message.author_login},
                  {"display_name", message.author_display_name},
                  {"color", message.author_color},
                  {"badges", badges_json(message.badges)}}},
                {"text", message.text},
                {"action", message.action},
                {"emotes", emotes_json(message.emotes)},
                {"first_message", message.first_message},
                {"reply", reply_json(message.reply)},
                {"source", source_json(message, stored.channel)},
                {"deleted", stored.deleted}};
}

}  // namespace clamor::api
