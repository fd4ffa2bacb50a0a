// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "eventsub/parts.h"

namespace clamor::eventsub {
namespace {

std::string_view message_type(std::string_view kind) {
    if (kind == "highlighted-message") return "channel_points_highlighted";
    if (kind == "skip-subs-mode-message") return "channel_points_sub_only";
    if (kind == "user-intro") return "user_intro";
    if (kind == "animated-message") return "power_ups_message_effect";
    if (kind == "gigantified-emote-message") return "power_ups_gigantified_emote";
    return "text";
}

Json reply_json(const std::optional<chat::ReplyTo>& reply) {
    if (!reply) return nullptr;
    return {{"parent_message_id", reply->parent_id.to_string()},
            {"parent_message_body", reply->parent_text},
            {"parent_user_id", std::to_string(reply->parent_user_id.value)},
            {"parent_user_name", reply->parent_display_name},
            {"parent_user_login", reply->parent_login},
            {"thread_message_id", reply->thread_id.to_string()},
            {"thread_user_id", std::to_string(reply->thread_user_id.value)},
            {"thread_user_name", reply->thread_display_name},
            {"thread_user_login", reply->thread_login}};
}

Json message_payload(const chat::Message& message, const Source& source) {
    Json out;
    const chat::Source* const said_in = other_source(message, source.event.channel);
    add_person(out, "broadcaster_", source.broadcaster);
    add_source_broadcaster(out, said_in);
    add_person(out, "chatter_",
               {message.author_id, message.author_login, message.author_display_name});
    out["message_id"] = message.id.to_string();
    out["source_message_id"] = source_message_id(said_in);
    out["is_source_only"] = is_source_only(message);
    out["message"] = message_json(message, source.names);
    out["color"] = message.author_color;
    out["badges"] = badges_json(message.badges, message.badge_info);
    out["source_badges"] = source_badges(said_in);
    out["message_type"] = message_type(message.kind);
    out["cheer"] = message.bits == 0 ? Json(nullptr) : Json{{"bits", message.bits}};
    out["reply"] = reply_json(message.reply);
    out["channel_points_custom_reward_id"] = text_or_null(message.custom_reward_id);
    out["channel_points_animation_id"] = text_or_null(message.animation_id);
    return out;
}

Json settings_payload(const chat::RoomState& modes, const Source& source) {
    Json out;
    add_person(out, "broadcaster_", source.broadcaster);
    out["emote_mode"] = modes.emote_only;
    const bool followers = modes.followers_only_minutes >= 0;
    out["follower_mode"] = followers;
    out["follower_mode_duration_minutes"] =
        followers ? Json(modes.followers_only_minutes) : Json(nullptr);
    out["slow_mode"] = modes.slow_seconds > 0;
    out["slow_mode_wait_time_seconds"] =
        modes.slow_seconds > 0 ? Json(modes.slow_seconds) : Json(nullptr);
    out["subscriber_mode"] = modes.subscribers_only;
    out["unique_chat_mode"] = modes.unique_chat;
    return out;
}

}  // namespace

std::optional<Json> chat_payload(Type type, const Source& source) {
    using chat::ModAction;
    if (const auto* message = std::get_if<chat::Message>(&source.event.body)) {
        const chat::Suspicion suspicion = message->author_suspicion;
        if (type == Type::suspicious_user_message && suspicion != chat::Suspicion::none)
            return suspicious_message_payload(*message, suspicion, source.broadcaster,
                                              source.names);
        // What viewers do not see is told to moderators by that type alone.
        if (type != Type::chat_message || chat::for_moderators_only(*message)) return std::nullopt;
        return message_payload(*message, source);
    }
    const auto* act = std::get_if<chat::Moderation>(&source.event.body);
    if (act == nullptr) return std::nullopt;
    Json out;
    add_person(out, "broadcaster_", source.broadcaster);
    switch (type) {
        case Type::chat_clear:
            if (act->action != ModAction::clear) return std::nullopt;
            return out;
        case Type::chat_clear_user_messages:
            if (act->action != ModAction::ban && act->action != ModAction::timeout)
                return std::nullopt;
            add_person(out, "target_", act->target);
            return out;
        case Type::chat_message_delete:
            if (act->action != ModAction::delete_message) return std::nullopt;
            add_person(out, "target_", act->target);
            out["message_id"] = act->message_id.to_string();
            return out;
        case Type::chat_settings_update:
            // Its fields say nothing of the delay.
            if (!changes_modes(act->action) || act->action == ModAction::chat_delay ||
                act->action == ModAction::chat_delay_off) {
                return std::nullopt;
            }
            return settings_payload(act->modes, source);
        default:
            return std::nullopt;
    }
}

}  // namespace clamor::eventsub
