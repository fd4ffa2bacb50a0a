// SPDX-License-Identifier: Apache-2.0
#include "sim/act_checker.h"

#include <algorithm>
#include <string_view>

#include <nlohmann/json.hpp>

namespace clamor::sim {

namespace {

constexpr std::string_view kUndo = "undo:";

bool needs_broadcaster(std::string_view action) {
    return action == "mod" || action == "unmod" || action == "vip" || action == "unvip";
}

bool needs_broadcaster(const chat::Act& act) {
    return std::holds_alternative<chat::act::GiveRole>(act) ||
           std::holds_alternative<chat::act::TakeRole>(act);
}

bool may(chat::Role role, bool broadcaster_only) {
    return role >= (broadcaster_only ? chat::Role::broadcaster : chat::Role::moderator);
}

MessageId act_of(const store::AuditEntry& entry) {
    const auto after = nlohmann::json::parse(entry.after, nullptr, false);
    if (!after.is_object() || !after.contains("act")) return {};
    return MessageId::parse(after["act"].get<std::string>()).value_or(MessageId{});
}

}  // namespace

void ActChecker::committed(const store::AuditEntry& entry, chat::Role role) {
    if (!may(role, needs_broadcaster(entry.action))) {
        violations_.add("user {} did {} in channel {} without the right to", entry.actor.value,
                        entry.action, entry.channel.value);
    }
    Channel& channel = channels_[entry.channel];
    if (entry.action == "undo") {
        channel.undid.insert(entry.actor);
        for (const MessageId act : acts_of(entry.channel, entry.batch)) withdraw(channel, act);
        return;
    }
    const MessageId act = act_of(entry);
    channel.unpublished.push_back({.id = act, .target = entry.target});
    if (!entry.batch.empty()) channel.batches[entry.batch].push_back(act);
}

std::vector<MessageId> ActChecker::acts_of(ChannelId channel, const std::string& batch) const {
    const auto found = channels_.find(channel);
    if (found == channels_.end()) return {};
    const auto acts =
        found->second.batches.find(batch.starts_with(kUndo) ? batch.substr(kUndo.size()) : batch);
    return acts == found->second.batches.end() ? std::vector<MessageId>() : acts->second;
}

void ActChecker::published(ChannelId channel, const chat::Moderation& act) {
    came(channel, act);
    const ChannelUser whom(channel, act.target.id);
    if (act.action == chat::ModAction::ban) {
        banned_.insert(whom);
        ever_banned_.insert(whom);
    }
}

void ActChecker::lost(ChannelId channel, const chat::Moderation& act) {
    came(channel, act);
}

void ActChecker::withdraw(Channel& channel, MessageId act) {
    const auto found = std::ranges::find(channel.unpublished, act, &Act::id);
    if (found == channel.unpublished.end()) return;
    channel.unpublished.erase(found);
    channel.withdrawn.insert(act);
}

void ActChecker::came(ChannelId channel, const chat::Moderation& act) {
    Channel& known = channels_[channel];
    auto& waiting = known.unpublished;
    const auto found = std::ranges::find(waiting, act.id, &Act::id);
    if (found == waiting.end()) {
        if (known.withdrawn.erase(act.id) == 0 && !known.undid.contains(act.moderator.id)) {
            violations_.add("channel {} tells of {} by {}, which is not in the catalog",
                            channel.value, chat::name_of(act.action), act.moderator.login);
        }
    } else {
        if (std::ranges::find(waiting.begin(), found, found->target, &Act::target) != found) {
            violations_.add("channel {} tells of {} by {} before what was done before it",
                            channel.value, chat::name_of(act.action), act.moderator.login);
        }
        waiting.erase(found);
    }
    const ChannelUser whom(channel, act.target.id);
    if (const auto told = standings_.find(whom); told != standings_.end())
        chat::apply(act, told->second);
    if (act.action == chat::ModAction::unban || act.action == chat::ModAction::untimeout ||
        act.action == chat::ModAction::timeout)
        banned_.erase(whom);
}

void ActChecker::answered(const std::string& actor, std::optional<chat::Role> role,
                          const chat::Act& act, const chat::ActAnswer& answer) {
    const auto* denied = std::get_if<chat::Denied>(&answer);
    if (!role) return;
    const bool allowed = may(*role, needs_broadcaster(act));
    const bool other_reason =
        denied != nullptr &&
        (denied->why == chat::Denial::busy || denied->why == chat::Denial::too_many_role_changes);
    if (other_reason) return;
    const bool told_no = denied != nullptr && denied->why == chat::Denial::no_permission;
    if (allowed == told_no) {
        violations_.add("{} {} act (number {}), but was {}", actor, allowed ? "may" : "may not",
                        act.index(), told_no ? "refused" : "heard");
    }
}

void ActChecker::evicted(ChannelId channel, UserId user) {
    if (ever_banned_.contains({channel, user})) return;
    violations_.add("user {} was put out of channel {}, not banned", user.value, channel.value);
}

void ActChecker::present_at_rest(ChannelId channel, const chat::User& user) {
    if (!banned_.contains({channel, user.id})) return;
    violations_.add("{} is in channel {}, banned for good", user.login, channel.value);
}

void ActChecker::check_published() {
    for (auto& [id, channel] : channels_) {
        if (channel.unpublished.empty()) continue;
        violations_.add("channel {} never told of {} acts that were done", id.value,
                        channel.unpublished.size());
        channel.unpublished.clear();
    }
}

void ActChecker::check_standing(ChannelId channel, UserId user, const chat::Standing& told,
                                const chat::Standing& in_catalog, WallTime now) {
    const auto ban = [now](const chat::Standing& standing) {
        return standing.banned(now) ? standing.banned_until : std::nullopt;
    };
    if (told.role == in_catalog.role && told.suspicion == in_catalog.suspicion &&
        ban(told) == ban(in_catalog))
        return;
    violations_.add(
        "user {} of channel {}: told were role {}, suspicion {}{}, in the catalog are role {}, "
        "suspicion {}{}",
        user.value, channel.value, static_cast<int>(told.role), static_cast<int>(told.suspicion),
        ban(told) ? ", banned" : "", static_cast<int>(in_catalog.role),
        static_cast<int>(in_catalog.suspicion), ban(in_catalog) ? ", banned" : "");
}

}  // namespace clamor::sim
