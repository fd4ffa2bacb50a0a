// SPDX-License-Identifier: Apache-2.0
#include "sim/watched_catalog.h"

#include <map>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

namespace clamor::sim {

namespace {

/// Whose standing a change is about; none: nobody's.
struct Touched {
    template <class Other>
    UserId operator()(const Other&) const {
        return {};
    }
    UserId operator()(const store::change::PutBan& put) const { return put.ban.user; }
    UserId operator()(const store::change::RemoveBan& removal) const { return removal.user; }
    UserId operator()(const store::change::PutRole& put) const { return put.user; }
    UserId operator()(const store::change::PutSuspicion& put) const { return put.user.user; }
};

/// The modes after one step of an act that changed some: in the audit log they are told one by one.
std::optional<chat::RoomState> modes_in(const nlohmann::json& after) {
    if (!after.is_object() || !after.contains("slow_seconds")) return std::nullopt;
    return chat::RoomState{.emote_only = after["emote_only"].get<bool>(),
                           .followers_only_minutes = after["followers_only_minutes"].get<int>(),
                           .unique_chat = after["unique_chat"].get<bool>(),
                           .slow_seconds = after["slow_seconds"].get<std::uint32_t>(),
                           .subscribers_only = after["subscribers_only"].get<bool>()};
}

}  // namespace

Result<void> WatchedCatalog::apply(std::span<const store::Change> changes,
                                   std::span<const store::AuditEntry> audit) {
    if (checkers_ == nullptr || audit.empty()) return MemoryCatalog::apply(changes, audit);
    const ChannelId channel = audit.front().channel;
    const chat::Role role = standing(channel, audit.front().actor)->role;
    std::map<UserId, chat::Standing> before;
    for (const store::Change& change : changes) {
        const UserId user = std::visit(Touched(), change);
        if (user) before.emplace(user, *standing(channel, user));
    }
    auto applied = MemoryCatalog::apply(changes, audit);
    if (!applied) return applied;

    const MonoTime now = timeline_.now().mono;
    std::map<UserId, MessageId> last_acts;
    for (const store::AuditEntry& entry : audit) {
        checkers_->acts.committed(entry, role);
        const auto after = nlohmann::json::parse(entry.after, nullptr, false);
        if (const auto modes = modes_in(after)) checkers_->rules.modes_committed(channel, *modes);
        if (entry.action == "undo")
            checkers_->history.undone(channel, checkers_->acts.acts_of(channel, entry.batch));
        if (entry.target && after.contains("act"))
            last_acts[entry.target] = *MessageId::parse(after["act"].get<std::string>());
    }
    for (const auto& [user, was] : before) {
        checkers_->acts.knew(channel, user, was);
        checkers_->rules.standing_committed(channel, user, was, *standing(channel, user),
                                            last_acts[user], now);
    }
    return applied;
}

}  // namespace clamor::sim
