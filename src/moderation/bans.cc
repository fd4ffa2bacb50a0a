// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/limits.h"
#include "chat/permissions.h"
#include "moderation/run.h"
#include "text/utf8.h"

/// Bans, timeouts, deletions, and taking them back.
namespace clamor::moderation {

using chat::Denial;
using chat::Denied;
using chat::Done;
using chat::ModAction;
using nlohmann::json;

namespace {

json json_of(const std::optional<store::Ban>& ban) {
    if (!ban) return nullptr;
    json out{{"reason", ban->reason},
             {"moderator", ban->moderator.value},
             {"created_at", unix_ms(ban->created_at)}};
    out["expires_at"] = ban->expires_at ? json(unix_ms(*ban->expires_at)) : json(nullptr);
    return out;
}

std::optional<MessageId> act_of(const store::AuditEntry& entry) {
    const json after = json::parse(entry.after, nullptr, false);
    if (!after.is_object() || !after.contains("act") || !after["act"].is_string())
        return std::nullopt;
    return MessageId::parse(after["act"].get<std::string>());
}

std::optional<store::Ban> ban_of_json(const std::string& text, ChannelId channel, UserId user) {
    const json in = json::parse(text, nullptr, false);
    if (!in.is_object() || !in.contains("expires_at")) return std::nullopt;
    store::Ban ban{.channel = channel,
                   .user = user,
                   .moderator = UserId(in.value("moderator", std::uint64_t{0})),
                   .reason = in.value("reason", std::string()),
                   .created_at = wall_from_unix_ms(in.value("created_at", std::int64_t{0})),
                   .expires_at = {}};
    if (in["expires_at"].is_number_integer())
        ban.expires_at = wall_from_unix_ms(in["expires_at"].get<std::int64_t>());
    return ban;
}

}  // namespace

Result<std::optional<store::Ban>> Service::Run::ban_of(const chat::Chatter& target) {
    if (const auto known = bans_.find(target.user.id); known != bans_.end()) return known->second;
    if (!target.standing.banned_until) return std::nullopt;
    return service_.catalog_.find_ban(channel_.id, target.user.id, now_);
}

chat::Role Service::Run::put_ban(chat::Chatter& target, const chat::Moderation& act) {
    store::Ban ban{.channel = channel_.id,
                   .user = target.user.id,
                   .moderator = act.moderator.id,
                   .reason = act.reason,
                   .created_at = now_,
                   .expires_at = act.ends_at};
    target.standing.banned_until = act.ends_at.value_or(chat::kForever);
    change(store::change::PutBan{ban});
    bans_[target.user.id] = std::move(ban);
    // Who is banned has no role any more; a timeout takes a moderator's, who would lift it.
    const chat::Role role = target.standing.role;
    if (role != chat::Role::moderator && (act.ends_at || role != chat::Role::vip))
        return chat::Role::viewer;
    change(store::change::PutRole{channel_.id, target.user.id, chat::Role::viewer});
    target.standing.role = chat::Role::viewer;
    return role;
}

Service::Run::Answer Service::Run::operator()(const chat::act::Ban& act) {
    if (act.seconds && (*act.seconds == 0 || *act.seconds > limits::kTimeoutSecondsMax))
        return Denied{.why = Denial::duration_out_of_range, .number = limits::kTimeoutSecondsMax};
    auto found = find(act.target);
    if (!found) return tl::unexpected(found.error());
    if (*found == nullptr) return unknown(act.target);
    chat::Chatter& target = **found;
    if (const auto why = chat::protection(self_, target)) return denied(*why, target.user);
    const auto before = ban_of(target);
    if (!before) return tl::unexpected(before.error());
    if (*before && !(*before)->expires_at) return denied(Denial::already_banned, target.user);

    chat::Moderation event = made(act.seconds ? ModAction::timeout : ModAction::ban, &target.user);
    event.reason = text::cut_code_points(act.reason, limits::kReasonCodePoints);
    if (act.seconds) {
        event.number = *act.seconds;
        event.ends_at = now_ + std::chrono::seconds(*act.seconds);
    }
    const chat::Role role = put_ban(target, event);
    json was = json_of(*before);
    if (role != chat::Role::viewer) {
        if (was.is_null()) was = json::object();
        was["role"] = role == chat::Role::moderator ? "moderator" : "vip";
    }
    audit(event, was, json_of(bans_[target.user.id]));
    return Done{{std::move(event)}};
}

chat::Moderation Service::Run::lift(chat::Chatter& target, const std::optional<store::Ban>& ban) {
    chat::Moderation event =
        made(ban->expires_at ? ModAction::untimeout : ModAction::unban, &target.user);
    change(store::change::RemoveBan{channel_.id, target.user.id});
    target.standing.banned_until.reset();
    bans_[target.user.id].reset();
    return event;
}

Service::Run::Answer Service::Run::operator()(const chat::act::Unban& act) {
    auto found = find(act.target);
    if (!found) return tl::unexpected(found.error());
    if (*found == nullptr) return unknown(act.target);
    chat::Chatter& target = **found;
    const auto before = ban_of(target);
    if (!before) return tl::unexpected(before.error());
    if (!*before) {
        return denied(act.timeout_only ? Denial::not_timed_out : Denial::not_banned, target.user);
    }
    if (act.timeout_only && !(*before)->expires_at)
        return denied(Denial::banned_for_good, target.user);
    chat::Moderation event = lift(target, *before);
    audit(event, json_of(*before), nullptr);
    return Done{{std::move(event)}};
}

Service::Run::Answer Service::Run::operator()(const chat::act::DeleteMessage& act) {
    const auto message = find_message(act.message);
    if (!message) return tl::unexpected(message.error());
    if (!*message) return Denied{.why = Denial::no_such_message};
    auto found = find({.id = (*message)->author_id});
    if (!found) return tl::unexpected(found.error());
    chat::Chatter* author = *found;
    if (author == nullptr) return Denied{.why = Denial::unknown_user};
    const bool own = author->user.id == self_.user.id;
    const auto why = own ? std::nullopt : chat::protection(self_, *author);
    if (why == Denial::broadcaster) return denied(Denial::message_of_broadcaster, author->user);
    if (why) return denied(Denial::message_of_moderator, author->user);
    if (now_ - (*message)->sent_at > limits::kDeleteWithin)
        return denied(Denial::message_too_old, author->user);

    chat::Moderation event = made(ModAction::delete_message, &author->user);
    event.message_id = act.message;
    event.text = (*message)->text;
    event.text_is_action = (*message)->action;
    audit(event, nullptr, {{"message_id", act.message.to_string()}, {"text", event.text}});
    return Done{{std::move(event)}};
}

Service::Run::Answer Service::Run::operator()(const chat::act::ClearChat&) {
    chat::Moderation event = made(ModAction::clear);
    audit(event, nullptr, nullptr);
    return Done{{std::move(event)}};
}

Result<std::vector<MessageId>> Service::undone(ChannelId channel, WallTime since) {
    const auto entries = catalog_.list_undone(channel, since, limits::kUndoneActs);
    if (!entries) return tl::unexpected(entries.error());
    std::vector<MessageId> acts;
    for (const store::AuditEntry& entry : *entries) {
        if (const auto act = act_of(entry)) acts.push_back(*act);
    }
    std::ranges::reverse(acts);
    return acts;
}

Service::Run::Answer Service::Run::operator()(const chat::act::Undo& act) {
    if (act.batch.empty()) return Denied{.why = Denial::nothing_to_undo};
    const std::string undone = "undo:" + act.batch;
    const auto before = service_.catalog_.list_audit(channel_.id, 0, undone, 1);
    if (!before) return tl::unexpected(before.error());
    if (!before->empty()) return Denied{.why = Denial::nothing_to_undo};
    Done done;
    std::size_t count = 0;
    // The newest first, so that of two acts on one user the state before the first one stays.
    for (std::uint64_t before_id = 0;;) {
        const auto page = service_.catalog_.list_audit(channel_.id, before_id, act.batch, 1000);
        if (!page) return tl::unexpected(page.error());
        std::vector<chat::Target> targets;
        for (const store::AuditEntry& entry : *page) {
            if (entry.target) targets.push_back({.id = entry.target});
        }
        if (auto read = prefetch(targets); !read) return tl::unexpected(read.error());
        for (const store::AuditEntry& entry : *page) {
            auto taken = undo_entry(entry, done);
            if (!taken) return tl::unexpected(taken.error());
            before_id = entry.id;
            if (!*taken) continue;
            ++count;
            if (const auto id = act_of(entry)) done.undone.push_back(*id);
        }
        if (page->size() < 1000) break;
    }
    const auto ended = end_trip(act.batch, done);
    if (!ended) return tl::unexpected(ended.error());
    count += *ended ? 1 : 0;
    if (count == 0) return Denied{.why = Denial::nothing_to_undo};
    audit_.push_back({.channel = channel_.id,
                      .at = now_,
                      .actor = actor_.user.id,
                      .action = "undo",
                      .after = json{{"batch", act.batch}, {"acts", count}}.dump(),
                      .origin = actor_.origin,
                      .batch = undone});
    return done;
}

Result<bool> Service::Run::undo_entry(const store::AuditEntry& entry, Done& done) {
    if (entry.action == "delete_message" || entry.action == "clear") return true;
    if (entry.action == "shield" || entry.action == "shield_off") return undo_shield(entry, done);
    if (entry.action == "change_automod" || entry.action.ends_with("ed_term"))
        return undo_automod(entry, done);
    if (entry.action == "emote_only" || entry.action == "slow" || entry.action == "followers" ||
        entry.action == "subscribers" || entry.action == "unique_chat" ||
        entry.action == "chat_delay" || entry.action.ends_with("_off")) {
        return undo_modes(entry, done);
    }
    if (!entry.target) return false;
    auto found = find({.id = entry.target});
    if (!found) return tl::unexpected(found.error());
    if (*found == nullptr) return false;
    chat::Chatter& target = **found;
    const bool restricts = entry.action == "ban" || entry.action == "timeout";
    if (restricts || entry.action == "unban" || entry.action == "untimeout") {
        const auto now_banned = ban_of(target);
        if (!now_banned) return tl::unexpected(now_banned.error());
        const auto was = ban_of_json(entry.before, channel_.id, entry.target);
        const bool still = was && (!was->expires_at || *was->expires_at > now_);
        if (still) {
            chat::Moderation event =
                made(was->expires_at ? ModAction::timeout : ModAction::ban, &target.user);
            event.reason = was->reason;
            event.ends_at = was->expires_at;
            if (was->expires_at) {
                event.number = static_cast<std::uint64_t>(
                    std::chrono::ceil<std::chrono::seconds>(*was->expires_at - now_).count());
            }
            put_ban(target, event);
            done.events.emplace_back(std::move(event));
        } else if (*now_banned) {
            done.events.emplace_back(lift(target, *now_banned));
        }
        const json before = json::parse(entry.before, nullptr, false);
        if (before.is_object() && before.contains("role")) {
            const chat::Role role =
                before["role"] == "moderator" ? chat::Role::moderator : chat::Role::vip;
            change(store::change::PutRole{channel_.id, target.user.id, role});
            target.standing.role = role;
            done.events.emplace_back(made(
                role == chat::Role::moderator ? ModAction::mod : ModAction::vip, &target.user));
        }
        return true;
    }
    return undo_role(entry, target, done);
}

}  // namespace clamor::moderation
