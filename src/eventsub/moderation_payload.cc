// SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include <nlohmann/json.hpp>

#include "eventsub/parts.h"
#include "eventsub/subscription.h"

namespace clamor::eventsub {
namespace {

using chat::ModAction;

/// Until the same channel may be shouted out again (spec 5.4).
constexpr std::chrono::minutes kTargetCooldown{60};

/// Whom an act of somebody about themselves is about.
const chat::Person& subject(const chat::Moderation& act) {
    return act.target.id ? act.target : act.moderator;
}

/// The actions of which each type tells; `second` is the other one or the same again.
struct Tells {
    Type type;
    ModAction first;
    ModAction second;
    ModAction third;
};
constexpr Tells one(Type type, ModAction action) {
    return {type, action, action, action};
}
constexpr Tells kTells[] = {
    {Type::ban, ModAction::ban, ModAction::timeout, ModAction::timeout},
    {Type::unban, ModAction::unban, ModAction::untimeout, ModAction::untimeout},
    one(Type::moderator_add, ModAction::mod),
    one(Type::moderator_remove, ModAction::unmod),
    one(Type::vip_add, ModAction::vip),
    one(Type::vip_remove, ModAction::unvip),
    one(Type::warning_send, ModAction::warn),
    one(Type::warning_acknowledge, ModAction::acknowledge_warning),
    one(Type::unban_request_create, ModAction::request_unban),
    {Type::unban_request_resolve, ModAction::approve_unban_request, ModAction::deny_unban_request,
     ModAction::deny_unban_request},
    one(Type::shield_mode_begin, ModAction::shield),
    one(Type::shield_mode_end, ModAction::shield_off),
    {Type::suspicious_user_update, ModAction::monitor, ModAction::restrict_user, ModAction::trust},
    one(Type::shoutout_create, ModAction::shoutout),
    one(Type::shoutout_receive, ModAction::shoutout),
};

bool tells(Type type, ModAction action) {
    for (const Tells& row : kTells) {
        if (row.type == type)
            return row.first == action || row.second == action || row.third == action;
    }
    return false;
}

chat::Suspicion suspicion_after(ModAction action) {
    if (action == ModAction::monitor) return chat::Suspicion::monitored;
    return action == ModAction::restrict_user ? chat::Suspicion::restricted : chat::Suspicion::none;
}

std::string_view terms_action(ModAction action) {
    switch (action) {
        case ModAction::add_permitted_term:
            return "add_permitted";
        case ModAction::remove_permitted_term:
            return "remove_permitted";
        case ModAction::add_blocked_term:
            return "add_blocked";
        case ModAction::remove_blocked_term:
            return "remove_blocked";
        default:
            return {};
    }
}

Json raid_json(const chat::Person& from, const chat::Person& to, std::uint64_t viewers) {
    Json out;
    add_person(out, "from_broadcaster_", from);
    add_person(out, "to_broadcaster_", to);
    out["viewers"] = viewers;
    return out;
}

}  // namespace

std::optional<Json> moderation_payload(Type type, const chat::Moderation& act,
                                       const Source& source) {
    const auto broadcaster = [&](Json& out) {
        add_person(out, "broadcaster_", source.broadcaster);
    };
    const auto moderator = [&](Json& out) { add_person(out, "moderator_", act.moderator); };
    const auto user = [&](Json& out) { add_person(out, "", subject(act)); };
    if (type == Type::raid) {
        if (act.action != ModAction::raid) return std::nullopt;
        return raid_json(source.broadcaster, act.target, act.number);
    }
    Json out;
    if (type == Type::automod_terms_update) {
        const std::string_view action = terms_action(act.action);
        // The text of a private term is told to nobody.
        if (action.empty() || act.text.empty()) return std::nullopt;
        broadcaster(out);
        moderator(out);
        out["action"] = action;
        out["from_automod"] = false;
        out["terms"] = Json::array({act.text});
        return out;
    }
    if (!tells(type, act.action)) return std::nullopt;
    switch (type) {
        case Type::ban: {
            const bool permanent = act.action == ModAction::ban;
            user(out);
            broadcaster(out);
            moderator(out);
            out["reason"] = act.reason;
            out["banned_at"] = rfc3339(act.at);
            out["ends_at"] = permanent ? Json(nullptr) : time_or_null(act.ends_at);
            out["is_permanent"] = permanent;
            return out;
        }
        case Type::unban:
            user(out);
            broadcaster(out);
            moderator(out);
            return out;
        case Type::moderator_add:
        case Type::moderator_remove:
        case Type::vip_add:
        case Type::vip_remove:
            user(out);
            broadcaster(out);
            return out;
        case Type::warning_send:
            broadcaster(out);
            moderator(out);
            user(out);
            out["reason"] = text_or_null(act.reason);
            out["chat_rules_cited"] = nullptr;
            return out;
        case Type::warning_acknowledge:
            broadcaster(out);
            user(out);
            return out;
        case Type::unban_request_create:
            out["id"] = act.message_id.to_string();
            broadcaster(out);
            user(out);
            out["text"] = act.text;
            out["created_at"] = rfc3339(act.at);
            return out;
        case Type::unban_request_resolve:
            out["id"] = act.message_id.to_string();
            broadcaster(out);
            moderator(out);
            user(out);
            out["resolution_text"] = act.reason;
            out["status"] = act.action == ModAction::approve_unban_request ? "approved" : "denied";
            return out;
        case Type::shield_mode_begin:
        case Type::shield_mode_end:
            broadcaster(out);
            moderator(out);
            out[type == Type::shield_mode_begin ? "started_at" : "ended_at"] = rfc3339(act.at);
            return out;
        case Type::suspicious_user_update:
            broadcaster(out);
            moderator(out);
            user(out);
            out["low_trust_status"] = low_trust_status(suspicion_after(act.action));
            return out;
        case Type::shoutout_create:
            broadcaster(out);
            moderator(out);
            add_person(out, "to_broadcaster_", act.target);
            out["started_at"] = rfc3339(act.at);
            out["viewer_count"] = act.number;
            out["cooldown_ends_at"] = rfc3339(act.ends_at.value_or(act.at));
            out["target_cooldown_ends_at"] = rfc3339(act.at + kTargetCooldown);
            return out;
        case Type::shoutout_receive:
            add_person(out, "broadcaster_", act.target);
            add_person(out, "from_broadcaster_", source.broadcaster);
            out["viewer_count"] = act.number;
            out["started_at"] = rfc3339(act.at);
            return out;
        default:
            return std::nullopt;
    }
}

}  // namespace clamor::eventsub
