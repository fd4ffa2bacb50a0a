// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "eventsub/parts.h"
#include "eventsub/subscription.h"

namespace clamor::eventsub {
namespace {

using chat::ModAction;

constexpr auto kKeys = std::to_array<const char*>({"followers",
                                                   "slow",
                                                   "vip",
                                                   "unvip",
                                                   "mod",
                                                   "unmod",
                                                   "ban",
                                                   "unban",
                                                   "timeout",
                                                   "untimeout",
                                                   "raid",
                                                   "unraid",
                                                   "delete",
                                                   "automod_terms",
                                                   "unban_request",
                                                   "warn",
                                                   "shared_chat_ban",
                                                   "shared_chat_unban",
                                                   "shared_chat_timeout",
                                                   "shared_chat_untimeout",
                                                   "shared_chat_delete"});

/// The action's word and, where it has one, its key with what stands there.
struct Told {
    std::string_view action;
    std::string_view key{};
    Json object{};
};

Json user_json(const chat::Person& person) {
    Json out;
    add_person(out, "", person);
    return out;
}

Json with(Json out, std::string_view key, Json value) {
    out[std::string(key)] = std::move(value);
    return out;
}

Told about_user(std::string_view action, const chat::Moderation& act) {
    return {action, action, user_json(act.target)};
}

Told about_term(std::string_view action, bool added, bool permitted, const chat::Moderation& act) {
    Json object{{"action", added ? "add" : "remove"},
                {"list", permitted ? "permitted" : "blocked"},
                {"terms", Json::array({act.text})},
                {"from_automod", false}};
    return {action, "automod_terms", std::move(object)};
}

Told about_unban_request(std::string_view action, bool approved, const chat::Moderation& act) {
    Json object{{"is_approved", approved}};
    add_person(object, "", act.target);
    object["moderator_message"] = act.reason;
    return {action, "unban_request", std::move(object)};
}

Told deletion(const chat::Moderation& act) {
    chat::Message said;
    said.text = act.text;
    said.action = act.text_is_action;
    Json object = with(user_json(act.target), "message_id", act.message_id.to_string());
    object["message_body"] = spoken_text(said);
    return {"delete", "delete", std::move(object)};
}

bool is_private_term(const chat::Moderation& act) {
    return act.text.empty() && act.action >= ModAction::add_blocked_term &&
           act.action <= ModAction::remove_permitted_term;
}

std::optional<Told> told_of(const chat::Moderation& act) {
    if (is_private_term(act)) return std::nullopt;
    switch (act.action) {
        case ModAction::ban:
            return Told{"ban", "ban", with(user_json(act.target), "reason", act.reason)};
        case ModAction::timeout:
            return Told{"timeout", "timeout",
                        with(with(user_json(act.target), "reason", act.reason), "expires_at",
                             rfc3339(act.ends_at.value_or(act.at)))};
        case ModAction::unban:
            return about_user("unban", act);
        case ModAction::untimeout:
            return about_user("untimeout", act);
        case ModAction::delete_message:
            return deletion(act);
        case ModAction::clear:
            return Told{"clear"};
        case ModAction::emote_only:
            return Told{"emoteonly"};
        case ModAction::emote_only_off:
            return Told{"emoteonlyoff"};
        case ModAction::followers:
            return Told{
                "followers",
                "followers",
                {{"follow_duration_minutes", std::max(0, act.modes.followers_only_minutes)}}};
        case ModAction::followers_off:
            return Told{"followersoff"};
        case ModAction::slow:
            return Told{"slow", "slow", {{"wait_time_seconds", act.modes.slow_seconds}}};
        case ModAction::slow_off:
            return Told{"slowoff"};
        case ModAction::subscribers:
            return Told{"subscribers"};
        case ModAction::subscribers_off:
            return Told{"subscribersoff"};
        case ModAction::unique_chat:
            return Told{"uniquechat"};
        case ModAction::unique_chat_off:
            return Told{"uniquechatoff"};
        case ModAction::mod:
            return about_user("mod", act);
        case ModAction::unmod:
            return about_user("unmod", act);
        case ModAction::vip:
            return about_user("vip", act);
        case ModAction::unvip:
            return about_user("unvip", act);
        case ModAction::raid:
            return Told{"raid", "raid", with(user_json(act.target), "viewer_count", act.number)};
        case ModAction::unraid:
            return about_user("unraid", act);
        case ModAction::warn:
            return Told{"warn", "warn",
                        with(with(user_json(act.target), "reason", text_or_null(act.reason)),
                             "chat_rules_cited", nullptr)};
        case ModAction::add_blocked_term:
            return about_term("add_blocked_term", true, false, act);
        case ModAction::remove_blocked_term:
            return about_term("remove_blocked_term", false, false, act);
        case ModAction::add_permitted_term:
            return about_term("add_permitted_term", true, true, act);
        case ModAction::remove_permitted_term:
            return about_term("remove_permitted_term", false, true, act);
        case ModAction::approve_unban_request:
            return about_unban_request("approve_unban_request", true, act);
        case ModAction::deny_unban_request:
            return about_unban_request("deny_unban_request", false, act);
        case ModAction::acknowledge_warning:
        case ModAction::monitor:
        case ModAction::restrict_user:
        case ModAction::trust:
        case ModAction::shield:
        case ModAction::shield_off:
        case ModAction::shoutout:
        case ModAction::pin:
        case ModAction::unpin:
        case ModAction::request_unban:
        case ModAction::change_automod:
        case ModAction::permit_links:
        case ModAction::allow_once:
        case ModAction::raid_countdown:
        case ModAction::chat_delay:
        case ModAction::chat_delay_off:
            return std::nullopt;
    }
    return std::nullopt;
}

}  // namespace

std::optional<Json> moderate_payload(std::uint8_t version, const chat::Moderation& act,
                                     const Source& source) {
    if (act.action == ModAction::warn && version < 2) return std::nullopt;
    auto told = told_of(act);
    if (!told) return std::nullopt;
    Json out;
    add_person(out, "broadcaster_", source.broadcaster);
    // No act of a moderator is shared with other channels.
    add_source_broadcaster(out, nullptr);
    add_person(out, "moderator_", act.moderator);
    out["action"] = told->action;
    for (const std::string_view key : kKeys) {
        if (key == "warn" && version < 2) continue;
        out[std::string(key)] = key == told->key ? std::move(told->object) : Json(nullptr);
    }
    return out;
}

}  // namespace clamor::eventsub
