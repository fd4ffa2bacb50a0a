// SPDX-License-Identifier: Apache-2.0
#include "twitch/moderation.h"

#include <type_traits>

#include <fmt/format.h>

#include "base/overloaded.h"
#include "twitch/events.h"
#include "twitch/lines.h"
#include "wire/irc/writer.h"

namespace clamor::twitch {
namespace {

using chat::Denial;
using chat::ModAction;
using wire::irc::TagWriter;

void add_history(TagWriter& tags, const History* history, WallTime at) {
    if (history == nullptr) return;
    if (history->deleted) tags.add_raw("rm-deleted", "1");
    tags.add("rm-received-ts", unix_ms(at));
}

void append_clear_chat(std::string& out, const chat::Event& event, const chat::Moderation& act,
                       bool with_tags, const History* history) {
    if (with_tags) {
        TagWriter tags(out);
        if (act.action == ModAction::timeout) tags.add("ban-duration", act.number);
        if (history != nullptr) tags.add_raw("historical", "1");
        add_history(tags, history, act.at);
        tags.add("room-id", event.channel.value);
        if (act.target.id) tags.add("target-user-id", act.target.id.value);
        tags.add("tmi-sent-ts", unix_ms(act.at));
        tags.finish();
    }
    out += ":tmi.twitch.tv CLEARCHAT #";
    out += event.channel_login;
    if (act.target.id) {
        out += " :";
        out += act.target.login;
    }
    out += "\r\n";
}

void append_clear_message(std::string& out, const chat::Event& event, const chat::Moderation& act,
                          bool with_tags, const History* history) {
    if (with_tags) {
        TagWriter tags(out);
        if (history != nullptr) tags.add_raw("historical", "1");
        tags.add("login", act.target.login);
        add_history(tags, history, act.at);
        tags.add("room-id", event.channel.value);
        tags.add_raw("target-msg-id", Uuid(act.message_id));
        tags.add("tmi-sent-ts", unix_ms(act.at));
        tags.finish();
    }
    out += ":tmi.twitch.tv CLEARMSG #";
    out += event.channel_login;
    out += act.text_is_action ? " :\x01"
                                "ACTION "
                              : " :";
    append_text(out, act.text);
    out += act.text_is_action ? "\x01\r\n" : "\r\n";
}

/// A ROOMSTATE of the one mode that changed.
void append_partial_state(std::string& out, std::string_view channel, ChannelId id,
                          const chat::Moderation& act, bool with_tags, const History* history) {
    if (with_tags) {
        const ModAction action = act.action;
        const chat::RoomState& modes = act.modes;
        TagWriter tags(out);
        const bool emotes = action == ModAction::emote_only || action == ModAction::emote_only_off;
        const bool follow = action == ModAction::followers || action == ModAction::followers_off;
        const bool unique =
            action == ModAction::unique_chat || action == ModAction::unique_chat_off;
        const bool slow = action == ModAction::slow || action == ModAction::slow_off;
        if (emotes) tags.add("emote-only", modes.emote_only);
        if (follow) tags.add("followers-only", modes.followers_only_minutes);
        if (history != nullptr) tags.add_raw("historical", "1");
        if (unique) tags.add("r9k", modes.unique_chat);
        add_history(tags, history, act.at);
        tags.add("room-id", id.value);
        if (slow) tags.add("slow", modes.slow_seconds);
        if (!emotes && !follow && !unique && !slow) tags.add("subs-only", modes.subscribers_only);
        tags.finish();
    }
    out += ":tmi.twitch.tv ROOMSTATE #";
    out += channel;
    out += "\r\n";
}

/// What a room in a mode is told (spec 7.1).
Notice mode_notice(ModAction action, std::uint64_t number) {
    switch (action) {
        case ModAction::emote_only:
            return {"emote_only_on", "This room is now in emote-only mode."};
        case ModAction::emote_only_off:
            return {"emote_only_off", "This room is no longer in emote-only mode."};
        case ModAction::subscribers:
            return {"subs_on", "This room is now in subscribers-only mode."};
        case ModAction::subscribers_off:
            return {"subs_off", "This room is no longer in subscribers-only mode."};
        case ModAction::unique_chat:
            return {"r9k_on", "This room is now in unique-chat mode."};
        case ModAction::unique_chat_off:
            return {"r9k_off", "This room is no longer in unique-chat mode."};
        case ModAction::slow:
            return {"slow_on",
                    fmt::format("This room is now in slow mode. You may send messages every {} "
                                "seconds.",
                                number)};
        case ModAction::slow_off:
            return {"slow_off", "This room is no longer in slow mode."};
        case ModAction::followers:
            if (number == 0)
                return {"followers_on_zero", "This room is now in followers-only mode."};
            return {"followers_on", fmt::format("This room is now in {} followers-only mode.",
                                                duration_text(number * 60))};
        case ModAction::followers_off:
            return {"followers_off", "This room is no longer in followers-only mode."};
        default:
            return {};
    }
}

/// The action that would lead to what is already so, by the first mode that the patch names.
ModAction wanted_mode(const chat::ModesPatch& patch) {
    if (patch.emote_only) {
        return *patch.emote_only ? ModAction::emote_only : ModAction::emote_only_off;
    }
    if (patch.subscribers_only)
        return *patch.subscribers_only ? ModAction::subscribers : ModAction::subscribers_off;
    if (patch.unique_chat)
        return *patch.unique_chat ? ModAction::unique_chat : ModAction::unique_chat_off;
    if (patch.followers_only_minutes) {
        return *patch.followers_only_minutes >= 0 ? ModAction::followers : ModAction::followers_off;
    }
    return patch.slow_seconds.value_or(0) != 0 ? ModAction::slow : ModAction::slow_off;
}

Notice already_so(const chat::ModesPatch& patch, const chat::RoomState& modes) {
    switch (wanted_mode(patch)) {
        case ModAction::emote_only:
            return {"already_emote_only_on", "This room is already in emote-only mode."};
        case ModAction::emote_only_off:
            return {"already_emote_only_off", "This room is not in emote-only mode."};
        case ModAction::subscribers:
            return {"already_subs_on", "This room is already in subscribers-only mode."};
        case ModAction::subscribers_off:
            return {"already_subs_off", "This room is not in subscribers-only mode."};
        case ModAction::unique_chat:
            return {"already_r9k_on", "This room is already in unique-chat mode."};
        case ModAction::unique_chat_off:
            return {"already_r9k_off", "This room is not in unique-chat mode."};
        case ModAction::slow:
            return {"already_slow_on", fmt::format("This room is already in {}-second slow mode.",
                                                   modes.slow_seconds)};
        case ModAction::slow_off:
            return {"already_slow_off", "This room is not in slow mode."};
        case ModAction::followers: {
            const auto minutes = static_cast<std::uint64_t>(modes.followers_only_minutes);
            return {"already_followers_on",
                    fmt::format("This room is already in {}followers-only mode.",
                                minutes == 0 ? "" : duration_text(minutes * 60) + " ")};
        }
        default:
            return {"already_followers_off", "This room is not in followers-only mode."};
    }
}

Notice about(const chat::Person& target, std::string_view id, std::string_view text) {
    return {id, fmt::format(fmt::runtime(text), target.login), target.id};
}

/// Why somebody cannot be banned (`ban`) or timed out (`timeout`).
Notice ban_denied(const chat::Denied& denied, bool timeout) {
    const std::string_view verb = timeout ? "timeout" : "ban";
    const auto text = [&](std::string_view who) {
        return fmt::format("You cannot {} {}.", verb, who);
    };
    const std::string& login = denied.target.login;
    switch (denied.why) {
        case Denial::self:
            return {timeout ? "bad_timeout_self" : "bad_ban_self", text("yourself")};
        case Denial::broadcaster:
            return {timeout ? "bad_timeout_broadcaster" : "bad_ban_broadcaster",
                    text("the broadcaster")};
        case Denial::moderator:
            return {timeout ? "bad_timeout_mod" : "bad_ban_mod",
                    fmt::format("You cannot {} moderator {} unless you are the owner of this "
                                "channel.",
                                verb, login)};
        default:
            break;
    }
    switch (denied.target_type) {
        case chat::AccountType::admin:
            return {timeout ? "bad_timeout_admin" : "bad_ban_admin",
                    fmt::format("You cannot {} admin {}.", verb, login)};
        case chat::AccountType::global_mod:
            return {timeout ? "bad_timeout_global_mod" : "bad_ban_global_mod",
                    fmt::format("You cannot {} global moderator {}.", verb, login)};
        default:
            return {timeout ? "bad_timeout_staff" : "bad_ban_staff",
                    fmt::format("You cannot {} a staff {}.", verb, login)};
    }
}

/// Acts that Twitch has no words for.
Notice plain(std::string text) {
    return {"clamor_moderation", std::move(text)};
}

Notice denied_by_act(const chat::Denied& denied, const chat::Act& act) {
    const chat::Person& target = denied.target;
    return std::visit(
        Overloaded{
            [&](const chat::act::Ban& ban) { return ban_denied(denied, ban.seconds.has_value()); },
            [&](const chat::act::Raid&) -> Notice {
                if (denied.why == Denial::self)
                    return {"raid_error_self", "A channel cannot raid itself."};
                return {"raid_error_unexpected",
                        fmt::format("There was a problem raiding {}. Please try again in a minute.",
                                    target.login)};
            },
            [&](const chat::act::GiveRole&) -> Notice {
                return plain(fmt::format("{} is the broadcaster of this channel.", target.login));
            },
            [&](const auto&) -> Notice {
                switch (denied.why) {
                    case Denial::self:
                        return plain("You cannot do that to yourself.");
                    case Denial::broadcaster:
                        return plain("You cannot do that to the broadcaster.");
                    case Denial::moderator:
                        return plain(
                            fmt::format("You cannot do that to moderator {} unless you "
                                        "are the owner of this channel.",
                                        target.login));
                    default:
                        return plain(fmt::format("You cannot do that to {}.", target.login));
                }
            }},
        act);
}

}  // namespace

void append_changed_mode(std::string& out, std::string_view channel, ChannelId id, ModAction action,
                         const chat::RoomState& modes, bool with_tags) {
    chat::Moderation act;
    act.action = action;
    act.modes = modes;
    append_partial_state(out, channel, id, act, with_tags, nullptr);
}

void append_moderation(std::string& out, const chat::Event& event, const chat::Moderation& act,
                       bool tags, const History* history) {
    switch (act.action) {
        case ModAction::ban:
        case ModAction::timeout:
        case ModAction::clear:
            return append_clear_chat(out, event, act, tags, history);
        case ModAction::delete_message:
            return append_clear_message(out, event, act, tags, history);
        default:
            break;
    }
    const Notice notice = mode_notice(act.action, act.number);
    if (notice.id.empty()) return;
    append_partial_state(out, event.channel_login, event.channel, act, tags, history);
    if (history == nullptr) {
        append_notice(out, "#" + event.channel_login, notice.id, notice.text, tags);
        return;
    }
    out +=
        fmt::format("@historical=1;msg-id={};rm-received-ts={} :tmi.twitch.tv NOTICE #{} :{}\r\n",
                    notice.id, unix_ms(act.at), event.channel_login, notice.text);
}

void append_user_notice(std::string& out, const chat::Event& event, const chat::UserNotice& notice,
                        bool with_tags, const History* history) {
    const chat::Message& message = notice.message;
    if (with_tags) {
        TagWriter tags(out);
        add_badges(tags, out, "badge-info", message.badge_info);
        add_badges(tags, out, "badges", message.badges);
        tags.add("color", message.author_color);
        tags.add("display-name", message.author_display_name);
        tags.add_raw("emotes", {});
        append_emotes(out, message.emotes);
        tags.add_raw("flags", {});
        if (history != nullptr) tags.add_raw("historical", "1");
        tags.add_raw("id", Uuid(message.id));
        tags.add("login", message.author_login);
        tags.add("mod", message.author_role == chat::Role::moderator);
        const bool copy = chat::is_copy(message, event.channel);
        tags.add("msg-id", copy ? "sharedchatnotice" : notice.kind);
        for (const auto& [name, value] : notice.parameters) tags.add("msg-param-" + name, value);
        add_history(tags, history, message.sent_at);
        tags.add("room-id", event.channel.value);
        add_source(tags, out, message, copy ? std::string_view(notice.kind) : std::string_view());
        tags.add("subscriber", message.subscriber);
        tags.add("system-msg", notice.system_text);
        tags.add("tmi-sent-ts", unix_ms(message.sent_at));
        tags.add("user-id", message.author_id.value);
        tags.add_raw("user-type", user_type(message.author_type, message.author_role));
        tags.add("vip", message.author_role == chat::Role::vip);
        tags.finish();
    }
    out += ":tmi.twitch.tv USERNOTICE #";
    out += event.channel_login;
    if (!message.text.empty()) {
        out += " :";
        append_text(out, message.text);
    }
    out += "\r\n";
}

void append_clearing_as_notice(std::string& out, const chat::Event& event) {
    const auto* act = std::get_if<chat::Moderation>(&event.body);
    if (act == nullptr) return;
    Notice notice;
    switch (act->action) {
        case ModAction::ban:
            notice = {"rm-permaban",
                      fmt::format("{} has been permanently banned.", act->target.login)};
            break;
        case ModAction::timeout:
            notice = {"rm-timeout", fmt::format("{} has been timed out for {}.", act->target.login,
                                                duration_text(act->number))};
            break;
        case ModAction::clear:
            notice = {"rm-clearchat", "Chat has been cleared by a moderator."};
            break;
        default:
            return append_history_line(out, event, false);
    }
    out +=
        fmt::format("@historical=1;msg-id={};rm-received-ts={} :tmi.twitch.tv NOTICE #{} :{}\r\n",
                    notice.id, unix_ms(act->at), event.channel_login, notice.text);
}

Notice notice_of(const chat::Done& done, bool hears_room) {
    // An approved unban request comes with the unban itself before it: the last event says what was
    // asked for.
    if (done.events.empty()) return {};
    if (const auto* held = std::get_if<chat::HeldMessage>(&done.events.front())) {
        const bool approved = held->status == chat::HoldStatus::approved;
        return plain(fmt::format("The message of {} is {}.", held->message.author_login,
                                 approved ? "approved" : "denied"));
    }
    const auto* act = std::get_if<chat::Moderation>(&done.events.front());
    if (act == nullptr) return {};
    if (!hears_room && chat::changes_modes(act->action))
        return mode_notice(act->action, act->number);
    const chat::Person& target = act->target;
    switch (act->action) {
        case ModAction::ban:
            return about(target, "ban_success", "{} is now banned from this channel.");
        case ModAction::timeout:
            return {"timeout_success",
                    fmt::format("{} has been timed out for {}.", target.login,
                                duration_text(act->number)),
                    target.id};
        case ModAction::unban:
            return about(target, "unban_success", "{} is no longer banned from this channel.");
        case ModAction::untimeout:
            return about(target, "untimeout_success", "{} is no longer timed out in this channel.");
        case ModAction::delete_message:
            return about(target, "delete_message_success", "The message from {} is now deleted.");
        case ModAction::mod:
            return about(target, "mod_success",
                         "You have added {} as a moderator of this channel.");
        case ModAction::unmod:
            return about(target, "unmod_success",
                         "You have removed {} as a moderator of this channel.");
        case ModAction::vip:
            return about(target, "vip_success", "You have added {} as a vip of this channel.");
        case ModAction::unvip:
            return about(target, "unvip_success", "You have removed {} as a VIP of this channel.");
        case ModAction::raid:
            return {"raid_started",
                    fmt::format("The raid of {} starts in 90 seconds. /unraid cancels it.",
                                target.login),
                    target.id};
        case ModAction::unraid:
            return {"unraid_success", "The raid has been canceled."};
        case ModAction::warn:
            return plain(
                fmt::format("{} has been warned and cannot chat before they have "
                            "acknowledged it.",
                            target.login));
        case ModAction::acknowledge_warning:
            return plain("You have acknowledged the warning and can chat again.");
        case ModAction::monitor:
            return plain(fmt::format("{} is now monitored.", target.login));
        case ModAction::restrict_user:
            return plain(fmt::format("{} is now restricted.", target.login));
        case ModAction::trust:
            return plain(
                fmt::format("{} is neither monitored nor restricted any more.", target.login));
        case ModAction::shield:
            return plain("Shield mode is on.");
        case ModAction::shield_off:
            return plain("Shield mode is off.");
        case ModAction::shoutout:
            return plain(fmt::format("You have given {} a shoutout.", target.login));
        case ModAction::pin:
            return plain(fmt::format("The message from {} is now pinned.", target.login));
        case ModAction::unpin:
            return plain("The message is no longer pinned.");
        case ModAction::add_blocked_term:
            return plain(fmt::format("\"{}\" is now a blocked term.", act->text));
        case ModAction::add_permitted_term:
            return plain(fmt::format("\"{}\" is now a permitted term.", act->text));
        case ModAction::remove_blocked_term:
        case ModAction::remove_permitted_term:
            return plain(fmt::format("\"{}\" was removed from the terms.", act->text));
        case ModAction::request_unban:
            return plain("Your unban request was sent to the moderators.");
        case ModAction::approve_unban_request:
            return plain(fmt::format("The unban request of {} is approved.", target.login));
        case ModAction::deny_unban_request:
            return plain(fmt::format("The unban request of {} is denied.", target.login));
        case ModAction::permit_links:
            return plain(
                fmt::format("{} may post links for {}.", target.login, duration_text(act->number)));
        case ModAction::allow_once:
            return plain(fmt::format("\"{}\" is allowed once.", act->text));
        case ModAction::raid_countdown:
            return plain(
                fmt::format("The raid breaker acts for {} more.", duration_text(act->number)));
        default:
            return {};  // a mode or a clearing: everybody is told, and so is the moderator
    }
}

Notice notice_of(const chat::Denied& denied, const chat::Act& act, std::string_view channel) {
    const chat::Person& target = denied.target;
    switch (denied.why) {
        case Denial::no_permission:
            return no_permission();
        case Denial::unknown_user:
            return invalid_user(target.login);
        case Denial::self:
        case Denial::broadcaster:
        case Denial::moderator:
        case Denial::staff:
            return denied_by_act(denied, act);
        case Denial::already_banned:
            return about(target, "already_banned", "{} is already banned in this channel.");
        case Denial::not_banned:
            return about(target, "bad_unban_no_ban", "{} is not banned from this channel.");
        case Denial::not_timed_out:
            return about(target, "timeout_no_timeout", "{} is not timed out from this channel.");
        case Denial::banned_for_good:
            return about(target, "untimeout_banned",
                         "{} is permanently banned. Use \"/unban\" to remove a ban.");
        case Denial::target_banned: {
            if (std::holds_alternative<chat::act::DecideHeld>(act))
                return plain(fmt::format("{} is banned in this channel.", target.login));
            const auto* give = std::get_if<chat::act::GiveRole>(&act);
            if (give != nullptr && give->role == chat::Role::vip) {
                return about(target, "bad_vip_grantee_banned",
                             "{} is banned in this channel. You must unban this user before "
                             "granting VIP status.");
            }
            return about(target, "bad_mod_banned",
                         "{} is banned in this channel. You must unban this user before granting "
                         "mod status.");
        }
        case Denial::already_moderator:
            return about(target, "bad_mod_mod", "{} is already a moderator of this channel.");
        case Denial::not_moderator:
            return about(target, "bad_unmod_mod", "{} is not a moderator of this channel.");
        case Denial::already_vip:
            return about(target, "bad_vip_grantee_already_vip",
                         "{} is already a VIP of this channel.");
        case Denial::not_vip:
            return about(target, "bad_unvip_grantee_not_vip", "{} is not a VIP of this channel.");
        case Denial::is_moderator:
            return about(target, "bad_vip_grantee_already_vip",
                         "{} is a moderator of this channel and cannot be a VIP as well.");
        case Denial::no_such_message:
            if (std::holds_alternative<chat::act::DeleteMessage>(act)) {
                return {"bad_delete_message_error",
                        "There was a problem deleting the message: this channel has no such "
                        "message."};
            }
            return plain("This channel has no such message.");
        case Denial::message_of_broadcaster:
            return {"bad_delete_message_broadcaster",
                    "You cannot delete the broadcaster's messages."};
        case Denial::message_of_moderator:
            return about(target, "bad_delete_message_mod",
                         "You cannot delete messages from another moderator {}.");
        case Denial::message_too_old:
            return {"bad_delete_message_error",
                    "There was a problem deleting the message: it is older than 6 hours."};
        case Denial::duration_out_of_range:
            if (std::holds_alternative<chat::act::ChangeModes>(act)) {
                const auto& patch = std::get<chat::act::ChangeModes>(act).patch;
                if (patch.slow_seconds) {
                    return {"bad_slow_duration",
                            fmt::format("You cannot set slow delay to more than {} seconds.",
                                        denied.number)};
                }
                return {"usage_followers_on",
                        fmt::format("Usage: \"/followers [duration]\" - The duration is 0 to {} "
                                    "minutes.",
                                    denied.number)};
            }
            if (std::holds_alternative<chat::act::Permit>(act))
                return plain(fmt::format("At most {}.", duration_text(denied.number)));
            return {
                "bad_timeout_duration",
                fmt::format("You cannot time a user out for more than {} seconds.", denied.number)};
        case Denial::already_so:
            if (const auto* change = std::get_if<chat::act::ChangeModes>(&act))
                return already_so(change->patch, denied.modes);
            if (const auto* shield = std::get_if<chat::act::Shield>(&act))
                return plain(shield->on ? "Shield mode is on already."
                                        : "Shield mode is off already.");
            return plain(fmt::format("Nothing changes for {}.", target.login));
        case Denial::not_warned:
            return plain("You have no warning to acknowledge.");
        case Denial::already_raiding:
            return {"raid_error_already_raiding", "You already have a raid in progress."};
        case Denial::no_raid:
            return {"unraid_error_no_active_raid", "You do not have an active raid."};
        case Denial::cooldown:
            return plain(fmt::format("You can give {} a shoutout in {}.", target.login,
                                     duration_text(denied.number)));
        case Denial::too_many_role_changes:
            return plain(fmt::format("You are changing roles too fast. Try again in {}.",
                                     duration_text(denied.number)));
        case Denial::too_many_vips:
            return {
                "bad_vip_max_vips_reached",
                fmt::format("Unable to add VIP. This channel has no VIP slots left: it may have "
                            "{} VIPs.",
                            denied.number)};
        case Denial::already_pinned:
            return plain("This message is pinned already.");
        case Denial::not_pinned:
            return plain("No such message is pinned.");
        case Denial::unknown_term:
            return plain("This channel has no such term.");
        case Denial::unknown_request:
            return plain("This channel has no such unban request.");
        case Denial::already_decided:
            if (std::holds_alternative<chat::act::DecideHeld>(act))
                return plain("The message was decided before.");
            return plain("The unban request was decided before.");
        case Denial::already_requested:
            return plain("Your unban request waits for a decision.");
        case Denial::nothing_to_undo:
            return plain("There is nothing to undo under this name.");
        case Denial::no_trip:
            return plain("The raid breaker has not tripped.");
        case Denial::bad_term:
            return plain(fmt::format("This cannot be used: {}", denied.text));
        case Denial::too_many_terms:
            return plain(fmt::format("A channel has at most {} terms.", denied.number));
        case Denial::expired:
            return plain("The message has expired.");
        case Denial::bad_text:
            return plain(fmt::format("The text must have 1 to {} characters.", denied.number));
        case Denial::busy:
            break;
    }
    return {"clamor_busy", fmt::format("The server is busy: nothing was done in {}. Please try "
                                       "again.",
                                       channel)};
}

}  // namespace clamor::twitch
