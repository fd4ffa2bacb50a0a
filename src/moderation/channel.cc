// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/limits.h"
#include "chat/permissions.h"
#include "moderation/run.h"
#include "store/fact_changes.h"
#include "text/message.h"
#include "text/utf8.h"

/// Modes, roles, and what concerns the channel as a whole.
namespace clamor::moderation {

using chat::Denial;
using chat::Denied;
using chat::Done;
using chat::ModAction;
using nlohmann::json;

namespace {

json json_of(const chat::RoomState& modes) {
    return {{"emote_only", modes.emote_only},
            {"followers_only_minutes", modes.followers_only_minutes},
            {"unique_chat", modes.unique_chat},
            {"slow_seconds", modes.slow_seconds},
            {"subscribers_only", modes.subscribers_only},
            {"delay_seconds", modes.delay_seconds}};
}

}  // namespace

Service::Run::Answer Service::Run::operator()(const chat::act::ChangeModes& act) {
    const chat::ModesPatch& patch = act.patch;
    if (patch.slow_seconds && *patch.slow_seconds > limits::kSlowSecondsMax)
        return Denied{.why = Denial::duration_out_of_range, .number = limits::kSlowSecondsMax};
    if (patch.followers_only_minutes &&
        (*patch.followers_only_minutes < -1 ||
         *patch.followers_only_minutes > limits::kFollowersMinutesMax)) {
        return Denied{.why = Denial::duration_out_of_range, .number = limits::kFollowersMinutesMax};
    }
    constexpr std::array kDelays{0u, 2u, 4u, 6u};
    if (patch.delay_seconds && !std::ranges::count(kDelays, *patch.delay_seconds))
        return Denied{.why = Denial::duration_out_of_range,
                      .number = limits::kChatDelayMax.count()};
    chat::RoomState wanted = channel_.modes;
    if (patch.emote_only) wanted.emote_only = *patch.emote_only;
    if (patch.followers_only_minutes) wanted.followers_only_minutes = *patch.followers_only_minutes;
    if (patch.unique_chat) wanted.unique_chat = *patch.unique_chat;
    if (patch.slow_seconds) wanted.slow_seconds = *patch.slow_seconds;
    if (patch.subscribers_only) wanted.subscribers_only = *patch.subscribers_only;
    if (patch.delay_seconds) wanted.delay_seconds = *patch.delay_seconds;
    Done done;
    set_modes(wanted, done);
    if (done.events.empty()) return Denied{.why = Denial::already_so, .modes = channel_.modes};
    return done;
}

void Service::Run::set_modes(const chat::RoomState& wanted, Done& done) {
    const chat::RoomState before = channel_.modes;
    if (wanted == before) return;
    const auto changed = [&](ModAction action, std::uint64_t number = 0) {
        chat::Moderation event = made(action);
        event.number = number;
        audit(event, json_of(before), json_of(channel_.modes));
        done.events.emplace_back(std::move(event));
    };
    // Each step's event shows the modes as they are after it: one changed mode, one line.
    chat::RoomState& modes = channel_.modes;
    if (wanted.emote_only != before.emote_only) {
        modes.emote_only = wanted.emote_only;
        changed(wanted.emote_only ? ModAction::emote_only : ModAction::emote_only_off);
    }
    if (wanted.followers_only_minutes != before.followers_only_minutes) {
        modes.followers_only_minutes = wanted.followers_only_minutes;
        const bool on = wanted.followers_only_minutes >= 0;
        changed(on ? ModAction::followers : ModAction::followers_off,
                on ? static_cast<std::uint64_t>(wanted.followers_only_minutes) : 0);
    }
    if (wanted.unique_chat != before.unique_chat) {
        modes.unique_chat = wanted.unique_chat;
        changed(wanted.unique_chat ? ModAction::unique_chat : ModAction::unique_chat_off);
    }
    if (wanted.slow_seconds != before.slow_seconds) {
        modes.slow_seconds = wanted.slow_seconds;
        changed(wanted.slow_seconds != 0 ? ModAction::slow : ModAction::slow_off,
                wanted.slow_seconds);
    }
    if (wanted.subscribers_only != before.subscribers_only) {
        modes.subscribers_only = wanted.subscribers_only;
        changed(wanted.subscribers_only ? ModAction::subscribers : ModAction::subscribers_off);
    }
    if (wanted.delay_seconds != before.delay_seconds) {
        modes.delay_seconds = wanted.delay_seconds;
        changed(wanted.delay_seconds != 0 ? ModAction::chat_delay : ModAction::chat_delay_off,
                wanted.delay_seconds);
    }
    change(store::change::PutModes{channel_.id, channel_.modes});
}

bool Service::Run::undo_modes(const store::AuditEntry& entry, Done& done) {
    const json before = json::parse(entry.before, nullptr, false);
    if (!before.is_object()) return false;
    const std::string_view mode =
        std::string_view(entry.action)
            .substr(0, entry.action.size() - (entry.action.ends_with("_off") ? 4 : 0));
    chat::RoomState wanted = channel_.modes;
    if (mode == "emote_only") wanted.emote_only = before.value("emote_only", false);
    if (mode == "followers")
        wanted.followers_only_minutes = before.value("followers_only_minutes", -1);
    if (mode == "unique_chat") wanted.unique_chat = before.value("unique_chat", false);
    if (mode == "slow") wanted.slow_seconds = before.value("slow_seconds", 0u);
    if (mode == "chat_delay") wanted.delay_seconds = before.value("delay_seconds", 0u);
    if (mode == "subscribers") wanted.subscribers_only = before.value("subscribers_only", false);
    set_modes(wanted, done);
    return true;
}

Service::Run::Answer Service::Run::operator()(const chat::act::GiveRole& act) {
    return set_role(act.target, act.role, true);
}

Service::Run::Answer Service::Run::operator()(const chat::act::TakeRole& act) {
    return set_role(act.target, act.role, false);
}

Service::Run::Answer Service::Run::set_role(const chat::Target& whom, chat::Role role, bool give) {
    auto found = find(whom);
    if (!found) return tl::unexpected(found.error());
    if (*found == nullptr) return unknown(whom);
    chat::Chatter& target = **found;
    const bool moderator = role == chat::Role::moderator;
    const chat::Role has = target.standing.role;
    if (give) {
        if (has == chat::Role::broadcaster) return denied(Denial::broadcaster, target.user);
        if (has == role) {
            return denied(moderator ? Denial::already_moderator : Denial::already_vip, target.user);
        }
        if (target.standing.banned(now_)) return denied(Denial::target_banned, target.user);
        if (!moderator && has == chat::Role::moderator)
            return denied(Denial::is_moderator, target.user);
        if (!moderator) {
            const std::size_t most = service_.options_.vips_per_channel;
            const auto vips = service_.catalog_.list_role(channel_.id, role, {}, most);
            if (!vips) return tl::unexpected(vips.error());
            if (vips->size() >= most) return Denied{.why = Denial::too_many_vips, .number = most};
        }
    } else if (has != role) {
        return denied(moderator ? Denial::not_moderator : Denial::not_vip, target.user);
    }
    target.standing.role = give ? role : chat::Role::viewer;
    change(store::change::PutRole{channel_.id, target.user.id, target.standing.role});
    chat::Moderation event = made(moderator ? (give ? ModAction::mod : ModAction::unmod)
                                            : (give ? ModAction::vip : ModAction::unvip),
                                  &target.user);
    audit(event, {{"role", store::name_of(has)}}, {{"role", store::name_of(target.standing.role)}});
    return Done{{std::move(event)}};
}

bool Service::Run::undo_role(const store::AuditEntry& entry, chat::Chatter& target, Done& done) {
    const bool about_roles = entry.action == "mod" || entry.action == "unmod" ||
                             entry.action == "vip" || entry.action == "unvip";
    const json before = json::parse(entry.before, nullptr, false);
    if (!about_roles || !before.is_object()) return false;
    const std::string was = before.value("role", "viewer");
    const chat::Role role = was == "moderator" ? chat::Role::moderator
                            : was == "vip"     ? chat::Role::vip
                                               : chat::Role::viewer;
    const chat::Role has = target.standing.role;
    if (has == chat::Role::broadcaster || has == role) return true;
    change(store::change::PutRole{channel_.id, target.user.id, role});
    target.standing.role = role;
    const bool had_moderator = has == chat::Role::moderator;
    const ModAction action = role == chat::Role::moderator ? ModAction::mod
                             : role == chat::Role::vip     ? ModAction::vip
                             : had_moderator               ? ModAction::unmod
                                                           : ModAction::unvip;
    done.events.emplace_back(made(action, &target.user));
    return true;
}

Service::Run::Answer Service::Run::operator()(const chat::act::Announce& act) {
    const std::string text = text::clean_message(act.text);
    if (text.empty()) return Denied{.why = Denial::bad_text, .number = limits::kMessageCodePoints};
    chat::UserNotice announcement = notice("announcement", text);
    announcement.parameters = {{"color", act.color}};
    audit("announce", announcement.message.id, {}, "", nullptr,
          {{"text", text}, {"color", act.color}});
    return Done{{std::move(announcement)}};
}

Service::Run::Answer Service::Run::operator()(const chat::act::Shield& act) {
    const auto before = service_.catalog_.shield_mode(channel_.id);
    if (!before) return tl::unexpected(before.error());
    if (before->active == act.on) return Denied{.why = Denial::already_so};
    change(store::change::PutShield{
        channel_.id, store::ShieldMode{.active = act.on,
                                       .moderator = actor_.user.id,
                                       .activated_at = act.on ? now_ : before->activated_at}});
    chat::Moderation event = made(act.on ? ModAction::shield : ModAction::shield_off);
    audit(event, {{"active", before->active}}, {{"active", act.on}});
    return Done{{std::move(event)}};
}

Result<bool> Service::Run::undo_shield(const store::AuditEntry& entry, Done& done) {
    const bool was = entry.action == "shield_off";
    const auto now = service_.catalog_.shield_mode(channel_.id);
    if (!now) return tl::unexpected(now.error());
    if (now->active == was) return false;
    change(store::change::PutShield{
        channel_.id, store::ShieldMode{.active = was,
                                       .moderator = actor_.user.id,
                                       .activated_at = was ? now_ : now->activated_at}});
    done.events.emplace_back(made(was ? ModAction::shield : ModAction::shield_off));
    return true;
}

Service::Run::Answer Service::Run::operator()(const chat::act::Raid& act) {
    auto found = find(act.channel);
    if (!found) return tl::unexpected(found.error());
    if (*found == nullptr) return unknown(act.channel);
    const chat::User& target = (*found)->user;
    if (target.id.value == channel_.id.value) return denied(Denial::self, target);
    const auto channel = service_.catalog_.find_channel(ChannelId(target.id.value));
    if (!channel) return tl::unexpected(channel.error());
    if (!*channel) return denied(Denial::unknown_user, target);
    if (facts_.raiding.id) return Denied{.why = Denial::already_raiding, .target = facts_.raiding};
    chat::Moderation event = made(ModAction::raid, &target);
    event.number = facts_.viewers;
    event.ends_at = now_ + service_.options_.raid_countdown;
    audit(event, nullptr, {{"viewers", facts_.viewers}});
    return Done{{std::move(event)}};
}

Service::Run::Answer Service::Run::operator()(const chat::act::CancelRaid&) {
    if (!facts_.raiding.id) return Denied{.why = Denial::no_raid};
    chat::Moderation event = made(ModAction::unraid);
    event.target = facts_.raiding;
    audit(event, nullptr, nullptr);
    chat::UserNotice cancelled = notice("unraid", {});
    cancelled.system_text = "The raid has been cancelled.";
    return Done{{std::move(event), std::move(cancelled)}};
}

Service::Run::Answer Service::Run::operator()(const chat::act::Shoutout& act) {
    auto found = find(act.channel);
    if (!found) return tl::unexpected(found.error());
    if (*found == nullptr) return unknown(act.channel);
    const chat::User& target = (*found)->user;
    if (target.id.value == channel_.id.value) return denied(Denial::self, target);
    WallTime free_at = shouted_ ? *shouted_ + limits::kShoutoutEvery : WallTime{};
    for (const auto& [user, at] : facts_.shoutouts) {
        free_at = std::max(free_at, at + limits::kShoutoutEvery);
        if (user == target.id)
            free_at = std::max<WallTime>(free_at, at + limits::kShoutoutOfOneEvery);
    }
    if (free_at > now_) {
        Denied cooling = denied(Denial::cooldown, target);
        cooling.number = static_cast<std::uint64_t>(
            std::chrono::ceil<std::chrono::seconds>(free_at - now_).count());
        return cooling;
    }
    shouted_ = now_;
    chat::Moderation event = made(ModAction::shoutout, &target);
    event.number = facts_.viewers;
    event.ends_at = now_ + limits::kShoutoutEvery;
    audit(event, nullptr, nullptr);
    return Done{{std::move(event)}};
}

Service::Run::Answer Service::Run::operator()(const chat::act::Pin& act) {
    const auto message = find_message(act.message);
    if (!message) return tl::unexpected(message.error());
    if (!*message) return Denied{.why = Denial::no_such_message};
    const auto before = service_.catalog_.find_pin(channel_.id, now_);
    if (!before) return tl::unexpected(before.error());
    const bool same = *before && (*before)->message == act.message;
    if (act.replace_only && !same) return Denied{.why = Denial::not_pinned};
    if (!act.replace_only && same) return Denied{.why = Denial::already_pinned};
    chat::Moderation event = made(ModAction::pin);
    event.target = {(*message)->author_id, (*message)->author_login,
                    (*message)->author_display_name};
    event.message_id = act.message;
    event.text = (*message)->text;
    event.text_is_action = (*message)->action;
    if (act.seconds) event.ends_at = now_ + std::chrono::seconds(*act.seconds);
    change(store::change::PutPin{
        channel_.id, store::PinnedMessage{.message = act.message,
                                          .moderator = actor_.user.id,
                                          .starts_at = same ? (*before)->starts_at : now_,
                                          .ends_at = event.ends_at,
                                          .updated_at = now_}});
    audit(event, *before ? json{{"message_id", (*before)->message.to_string()}} : json(nullptr),
          {{"message_id", act.message.to_string()}});
    return Done{{std::move(event)}};
}

Service::Run::Answer Service::Run::operator()(const chat::act::Unpin& act) {
    const auto before = service_.catalog_.find_pin(channel_.id, now_);
    if (!before) return tl::unexpected(before.error());
    if (!*before || (act.message && (*before)->message != act.message))
        return Denied{.why = Denial::not_pinned};
    change(store::change::RemovePin{channel_.id});
    chat::Moderation event = made(ModAction::unpin);
    event.message_id = (*before)->message;
    audit(event, {{"message_id", (*before)->message.to_string()}}, nullptr);
    return Done{{std::move(event)}};
}

}  // namespace clamor::moderation
