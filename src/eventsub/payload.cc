// SPDX-License-Identifier: Apache-2.0
#include "eventsub/payload.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "eventsub/parts.h"
#include "eventsub/subscription.h"

namespace clamor::eventsub {

std::optional<Json> payload(Type type, std::uint8_t version, const chat::Event& event,
                            const chat::Person& broadcaster, const Names& names) {
    const Source source{event, broadcaster, names};
    if (auto chat = chat_payload(type, source)) return chat;
    if (const auto* notice = std::get_if<chat::UserNotice>(&event.body)) {
        if (type == Type::chat_notification) return notification_payload(*notice, source);
        if (type == Type::raid) return arrived_raid_payload(*notice, source);
        return std::nullopt;
    }
    if (const auto* held = std::get_if<chat::HeldMessage>(&event.body))
        return held_payload(type, version, *held, source);
    const auto* act = std::get_if<chat::Moderation>(&event.body);
    if (act == nullptr) return std::nullopt;
    if (type == Type::automod_settings_update) return automod_settings_payload(*act, source);
    if (type == Type::moderate) return moderate_payload(version, *act, source);
    return moderation_payload(type, *act, source);
}

Json follow_payload(const hub::Followed& follow, const chat::Person& broadcaster) {
    Json out;
    add_person(out, "", follow.follower);
    add_person(out, "broadcaster_", broadcaster);
    out["followed_at"] = rfc3339(follow.at);
    return out;
}

Json suspicious_message_payload(const chat::Message& message, chat::Suspicion status,
                                const chat::Person& broadcaster, const Names& names) {
    Json out;
    add_person(out, "broadcaster_", broadcaster);
    add_person(out, "", {message.author_id, message.author_login, message.author_display_name});
    out["low_trust_status"] = low_trust_status(status);
    // Bans are not shared between channels here, and nobody evaluates evasion.
    out["shared_ban_channel_ids"] = nullptr;
    out["types"] = Json::array({"manually_added"});
    out["ban_evasion_evaluation"] = "unknown";
    Json& said = out["message"] = {{"message_id", message.id.to_string()}};
    said.update(message_json(message, names));
    return out;
}

Json whisper_payload(const hub::WhisperReceived& whisper) {
    chat::Message said;
    said.text = whisper.text;
    said.action = whisper.action;
    Json out;
    add_person(out, "from_", chat::person_of(whisper.from));
    add_person(out, "to_", chat::person_of(whisper.to));
    const auto [least, most] = std::minmax(whisper.from.id.value, whisper.to.id.value);
    out["whisper_id"] = fmt::format("{}_{}_{}", least, most, whisper.number);
    out["whisper"] = {{"text", spoken_text(said)}};
    return out;
}

Json shared_chat_payload(Type type, const chat::SharedChat& session,
                         const chat::Person& broadcaster) {
    Json out{{"session_id", session.id}};
    add_person(out, "broadcaster_", broadcaster);
    add_person(out, "host_broadcaster_", session.host);
    if (type == Type::shared_chat_end) return out;
    auto participants = Json::array();
    for (const chat::Person& one : session.participants) {
        Json participant;
        add_person(participant, "broadcaster_", one);
        participants.push_back(std::move(participant));
    }
    out["participants"] = std::move(participants);
    return out;
}

Json user_update_payload(const chat::User& user, const store::Profile& profile, bool with_email) {
    Json out;
    add_person(out, "", chat::person_of(user));
    out["email"] = with_email ? profile.email : std::string();
    out["email_verified"] = with_email && !profile.email.empty();
    out["description"] = profile.description;
    return out;
}

}  // namespace clamor::eventsub
