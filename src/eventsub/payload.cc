// SPDX-License-Identifier: Apache-2.0
#include "eventsub/payload.h"

#include <nlohmann/json.hpp>

#include "eventsub/parts.h"

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
    const auto* act = std::get_if<chat::Moderation>(&event.body);
    if (act == nullptr) return std::nullopt;
    if (type == Type::moderate) return moderate_payload(version, *act, source);
    return moderation_payload(type, *act, source);
}

Json whisper_payload(const hub::WhisperReceived& whisper) {
    chat::Message said;
    said.text = whisper.text;
    said.action = whisper.action;
    Json out;
    add_person(out, "from_", chat::person_of(whisper.from));
    add_person(out, "to_", chat::person_of(whisper.to));
    out["whisper_id"] = std::to_string(whisper.number);
    out["whisper"] = {{"text", spoken_text(said)}};
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

MessageId id_of(const chat::Event& event) {
    if (const auto* message = std::get_if<chat::Message>(&event.body)) return message->id;
    if (const auto* act = std::get_if<chat::Moderation>(&event.body)) return act->id;
    if (const auto* notice = std::get_if<chat::UserNotice>(&event.body)) return notice->message.id;
    return {};
}

}  // namespace clamor::eventsub
