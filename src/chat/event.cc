// SPDX-License-Identifier: Apache-2.0
#include "chat/event.h"

#include <array>

namespace clamor::chat {

std::string_view name_of(ModAction action) {
    static constexpr std::array<std::string_view, kModActions> kNames = {
        "ban",
        "timeout",
        "unban",
        "untimeout",
        "delete_message",
        "clear",
        "emote_only",
        "emote_only_off",
        "followers",
        "followers_off",
        "slow",
        "slow_off",
        "subscribers",
        "subscribers_off",
        "unique_chat",
        "unique_chat_off",
        "mod",
        "unmod",
        "vip",
        "unvip",
        "raid",
        "unraid",
        "warn",
        "acknowledge_warning",
        "monitor",
        "restrict_user",
        "trust",
        "shield",
        "shield_off",
        "shoutout",
        "pin",
        "unpin",
        "add_blocked_term",
        "remove_blocked_term",
        "add_permitted_term",
        "remove_permitted_term",
        "request_unban",
        "approve_unban_request",
        "deny_unban_request",
        "change_automod",
        "permit_links",
        "allow_once",
        "raid_countdown",
        "chat_delay",
        "chat_delay_off",
    };
    static_assert(!kNames.back().empty());
    return kNames[static_cast<std::size_t>(action)];
}

bool changes_modes(ModAction action) {
    static_assert(static_cast<int>(ModAction::unique_chat_off) -
                      static_cast<int>(ModAction::emote_only) ==
                  9);
    return (action >= ModAction::emote_only && action <= ModAction::unique_chat_off) ||
           action == ModAction::chat_delay || action == ModAction::chat_delay_off;
}

bool hides_messages(ModAction action) {
    return action == ModAction::ban || action == ModAction::timeout ||
           action == ModAction::delete_message || action == ModAction::clear;
}

bool hides(const Moderation& act, const Message& message) {
    switch (act.action) {
        case ModAction::clear:
            return true;
        case ModAction::delete_message:
            return message.id == act.message_id;
        case ModAction::ban:
        case ModAction::timeout:
            return message.author_id == act.target.id;
        default:
            return false;
    }
}

std::string_view name_of(HoldStatus status) {
    static constexpr std::array<std::string_view, 4> kNames = {"pending", "approved", "denied",
                                                               "expired"};
    return kNames[static_cast<std::size_t>(status)];
}

std::string to_text(const AutoModLevels& levels) {
    std::string text(1, levels.overall ? static_cast<char>('0' + *levels.overall) : '-');
    for (const std::uint8_t level : levels.categories) text += static_cast<char>('0' + level);
    return text;
}

std::optional<AutoModLevels> parse_levels(std::string_view text) {
    AutoModLevels levels;
    if (text.size() != levels.categories.size() + 1) return std::nullopt;
    const auto is_level = [](char c) { return c >= '0' && c <= '4'; };
    if (text[0] == '-') {
        levels.overall.reset();
    } else if (is_level(text[0])) {
        levels.overall = static_cast<std::uint8_t>(text[0] - '0');
    } else {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < levels.categories.size(); ++i) {
        if (!is_level(text[i + 1])) return std::nullopt;
        levels.categories[i] = static_cast<std::uint8_t>(text[i + 1] - '0');
    }
    return levels;
}

void set_author(Message& message, const Chatter& author) {
    message.author_id = author.user.id;
    message.author_login = author.user.login;
    message.author_display_name = author.user.display_name;
    message.author_color = author.user.color;
    message.badges = badges_of(author);
    message.badge_info = badge_info_of(author);
    message.author_role = author.standing.role;
    message.author_type = author.user.type;
    message.subscriber = author.standing.subscribed();
    message.turbo = author.user.turbo;
    message.author_suspicion = author.standing.suspicion;
}

void apply(const Moderation& act, Standing& target) {
    switch (act.action) {
        case ModAction::ban:
            target.banned_until = kForever;
            if (target.role != Role::broadcaster) target.role = Role::viewer;
            break;
        case ModAction::timeout:
            target.banned_until = act.ends_at;
            if (target.role == Role::moderator) target.role = Role::viewer;
            break;
        case ModAction::unban:
        case ModAction::untimeout:
            target.banned_until.reset();
            break;
        case ModAction::mod:
            target.role = Role::moderator;
            break;
        case ModAction::vip:
            target.role = Role::vip;
            break;
        case ModAction::unmod:
        case ModAction::unvip:
            target.role = Role::viewer;
            break;
        case ModAction::warn:
            target.warned = true;
            break;
        case ModAction::acknowledge_warning:
            target.warned = false;
            break;
        case ModAction::monitor:
            target.suspicion = Suspicion::monitored;
            break;
        case ModAction::restrict_user:
            target.suspicion = Suspicion::restricted;
            break;
        case ModAction::trust:
            target.suspicion = Suspicion::none;
            break;
        default:
            break;
    }
}

std::string_view name_of(ShedClass shed_class) {
    switch (shed_class) {
        case ShedClass::control:
            return "control";
        case ShedClass::echo:
            return "echo";
        case ShedClass::mention:
            return "mention";
        case ShedClass::staff:
            return "staff";
        case ShedClass::user_notice:
            return "user_notice";
        case ShedClass::message:
            return "message";
        case ShedClass::membership:
            break;
    }
    return "membership";
}

ShedClass shed_class(const Event& event) {
    if (std::holds_alternative<Moderation>(event.body) ||
        std::holds_alternative<HeldMessage>(event.body))
        return ShedClass::control;
    if (std::holds_alternative<UserNotice>(event.body)) return ShedClass::user_notice;
    const auto* message = std::get_if<Message>(&event.body);
    if (message == nullptr) return ShedClass::membership;
    const bool staff =
        message->author_role == Role::broadcaster || message->author_role == Role::moderator;
    return staff ? ShedClass::staff : ShedClass::message;
}

}  // namespace clamor::chat
