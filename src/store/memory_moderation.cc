// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>
#include <string>

#include "store/memory_catalog.h"

namespace clamor::store {
namespace {

bool in_force(const std::optional<WallTime>& end, WallTime now) {
    return !end || *end > now;
}

}  // namespace

struct MemoryCatalog::Applier {
    MemoryCatalog& catalog;

    void operator()(const change::PutBan& put) {
        catalog.bans_[{put.ban.channel, put.ban.user}] = put.ban;
    }
    void operator()(const change::RemoveBan& removal) {
        catalog.bans_.erase({removal.channel, removal.user});
    }
    void operator()(const change::PutRole& put) {
        catalog.put_role_locked(put.channel, put.user, put.role);
    }
    void operator()(const change::PutModes& put) {
        catalog.channels_.at(put.channel).modes = put.modes;
    }
    void operator()(const change::PutWarning& put) {
        catalog.warnings_.insert_or_assign(ChannelUser(put.channel, put.user), put);
    }
    void operator()(const change::RemoveWarning& removal) {
        catalog.warnings_.erase({removal.channel, removal.user});
    }
    void operator()(const change::PutSuspicion& put) {
        const ChannelUser key(put.channel, put.user.user);
        if (put.user.suspicion == chat::Suspicion::none) {
            catalog.suspicious_users_.erase(key);
        } else {
            catalog.suspicious_users_[key] = put.user;
        }
    }
    void operator()(const change::PutShield& put) { catalog.shields_[put.channel] = put.shield; }
    void operator()(const change::PutPin& put) { catalog.pins_[put.channel] = put.pin; }
    void operator()(const change::RemovePin& removal) { catalog.pins_.erase(removal.channel); }
    void operator()(const change::PutTerm& put) {
        Term term = put.term;
        term.id = *uuid_key(term.id);
        catalog.terms_[{term.channel, term.id}] = term;
    }
    void operator()(const change::RemoveTerm& removal) {
        catalog.terms_.erase({removal.channel, *uuid_key(removal.id)});
    }
    void operator()(const change::PutUnbanRequest& put) {
        UnbanRequest request = put.request;
        request.id = *uuid_key(request.id);
        catalog.unban_requests_[{request.channel, request.id}] = request;
    }
    void operator()(const change::PutAutoMod& put) {
        catalog.automod_settings_[put.channel] = put.settings;
    }
    void operator()(const change::PutRaidTrip& put) {
        catalog.raid_trips_[put.trip.channel] = put.trip;
    }
    void operator()(const change::PutSharedChat& put) {
        const std::string id = *uuid_key(put.session.id);
        catalog.shared_chats_.erase(id);
        if (put.session.participants.empty()) return;
        catalog.shared_chats_.emplace(id, put.session).first->second.id = id;
    }
    void operator()(const change::DecideHeld& decision) {
        Held& held = catalog.held_.at({decision.channel, decision.message});
        held.status = decision.status;
        held.moderator = decision.moderator;
        held.decided_at = decision.at;
    }
};

Result<void> MemoryCatalog::check_known_locked(const Named& named) const {
    if (!channels_.contains(named.channel)) return no_such_channel(named.channel);
    if (named.user && !users_.contains(*named.user)) return no_such_user(*named.user);
    if (named.moderator && !users_.contains(named.moderator)) return no_such_user(named.moderator);
    return {};
}

Result<void> MemoryCatalog::apply(std::span<const Change> changes,
                                  std::span<const AuditEntry> audit) {
    for (const Change& change : changes) {
        if (auto fine = check_change(change); !fine) return fine;
    }
    for (const AuditEntry& entry : audit) {
        if (auto fine = check_audit(entry); !fine) return fine;
    }
    const std::lock_guard lock(mutex_);
    // No change makes or removes a user or a channel, so all can be looked at before the first.
    for (const Change& change : changes) {
        if (auto known = check_known_locked(named_by(change)); !known) return known;
    }
    std::set<std::pair<ChannelId, MessageId>> decided;
    for (const Change& change : changes) {
        if (const auto* put = std::get_if<change::PutUnbanRequest>(&change)) {
            const std::string id = *uuid_key(put->request.id);
            const auto stored = unban_requests_.find({put->request.channel, id});
            if (put->resolves && (stored == unban_requests_.end() ||
                                  stored->second.status != UnbanRequestStatus::pending)) {
                return request_not_pending(id);
            }
        }
        if (const auto* put = std::get_if<change::PutSharedChat>(&change)) {
            if (auto fine = check_shared_locked(put->session); !fine) return fine;
        }
        const auto* decision = std::get_if<change::DecideHeld>(&change);
        if (decision == nullptr) continue;
        const auto held = held_.find({decision->channel, decision->message});
        if (held == held_.end() || held->second.status != chat::HoldStatus::pending ||
            !decided.emplace(held->first).second) {
            return not_pending(decision->message);
        }
    }
    Applier applier{*this};
    for (const Change& change : changes) std::visit(applier, change);
    for (const AuditEntry& entry : audit)
        audit_[entry.channel].emplace_back(entry).id = ++audit_entries_;
    return {};
}

Result<void> MemoryCatalog::check_shared_locked(const chat::SharedChat& session) const {
    for (const chat::Person& one : session.participants) {
        const ChannelId channel(one.id.value);
        if (!channels_.contains(channel)) return no_such_channel(channel);
        for (const auto& [id, other] : shared_chats_) {
            if (id != *uuid_key(session.id) && other.has(channel)) return shares_already(one.id);
        }
    }
    return {};
}

Result<std::optional<chat::SharedChat>> MemoryCatalog::shared_chat(ChannelId channel) {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find_if(
        shared_chats_, [&](const auto& one) { return one.second.has(channel); });
    if (found == shared_chats_.end()) return std::nullopt;
    chat::SharedChat session = found->second;
    session.host = chat::person_of(users_.at(session.host.id));
    for (chat::Person& one : session.participants) one = chat::person_of(users_.at(one.id));
    return session;
}

Result<std::optional<Ban>> MemoryCatalog::find_ban(ChannelId channel, UserId user, WallTime now) {
    const std::lock_guard lock(mutex_);
    const auto found = bans_.find({channel, user});
    if (found == bans_.end() || !in_force(found->second.expires_at, now)) return std::nullopt;
    return found->second;
}

Result<std::vector<Ban>> MemoryCatalog::list_bans(ChannelId channel, WallTime now, UserId after,
                                                  std::size_t limit) {
    const std::lock_guard lock(mutex_);
    std::vector<Ban> bans;
    for (auto it = bans_.upper_bound({channel, after});
         it != bans_.end() && it->first.first == channel && bans.size() < limit; ++it) {
        if (in_force(it->second.expires_at, now)) bans.push_back(it->second);
    }
    return bans;
}

Result<std::vector<chat::User>> MemoryCatalog::list_role(ChannelId channel, chat::Role role,
                                                         UserId after, std::size_t limit) {
    if (auto fine = check_listed_role(role); !fine) return tl::unexpected(fine.error());
    const std::lock_guard lock(mutex_);
    std::vector<chat::User> users;
    for (auto it = roles_.upper_bound({channel, after});
         it != roles_.end() && it->first.first == channel && users.size() < limit; ++it) {
        if (it->second == role) users.push_back(users_.at(it->first.second));
    }
    return users;
}

Result<std::vector<chat::User>> MemoryCatalog::list_moderated(UserId moderator, UserId after,
                                                              std::size_t limit) {
    const std::lock_guard lock(mutex_);
    std::vector<chat::User> broadcasters;
    for (const auto& [key, role] : roles_) {
        if (broadcasters.size() == limit) break;
        const UserId broadcaster(key.first.value);
        if (key.second == moderator && role == chat::Role::moderator && broadcaster > after)
            broadcasters.push_back(users_.at(broadcaster));
    }
    return broadcasters;
}

Result<std::vector<Term>> MemoryCatalog::list_terms(ChannelId channel, bool permitted,
                                                    std::string_view after_id, WallTime now,
                                                    std::size_t limit) {
    auto after = uuid_cursor(after_id);
    if (!after) return tl::unexpected(after.error());
    const std::lock_guard lock(mutex_);
    std::vector<Term> terms;
    for (auto it = terms_.upper_bound({channel, *after});
         it != terms_.end() && it->first.first == channel && terms.size() < limit; ++it) {
        const Term& term = it->second;
        if (term.permitted == permitted && in_force(term.expires_at, now)) terms.push_back(term);
    }
    return terms;
}

Result<std::optional<Term>> MemoryCatalog::find_term(ChannelId channel, std::string_view id) {
    const auto key = uuid_key(id);
    if (!key) return std::nullopt;
    const std::lock_guard lock(mutex_);
    const auto found = terms_.find({channel, *key});
    if (found == terms_.end()) return std::nullopt;
    return found->second;
}

Result<std::optional<UnbanRequest>> MemoryCatalog::find_unban_request(ChannelId channel,
                                                                      std::string_view id) {
    const auto key = uuid_key(id);
    if (!key) return std::nullopt;
    const std::lock_guard lock(mutex_);
    const auto found = unban_requests_.find({channel, *key});
    if (found == unban_requests_.end()) return std::nullopt;
    return found->second;
}

Result<std::vector<UnbanRequest>> MemoryCatalog::list_unban_requests(ChannelId channel,
                                                                     UnbanRequestStatus status,
                                                                     UserId user,
                                                                     std::string_view after_id,
                                                                     std::size_t limit) {
    auto after = uuid_cursor(after_id);
    if (!after) return tl::unexpected(after.error());
    const std::lock_guard lock(mutex_);
    std::vector<UnbanRequest> requests;
    for (auto it = unban_requests_.upper_bound({channel, *after});
         it != unban_requests_.end() && it->first.first == channel && requests.size() < limit;
         ++it) {
        const UnbanRequest& request = it->second;
        if (request.status == status && (!user || request.user == user))
            requests.push_back(request);
    }
    return requests;
}

Result<ShieldMode> MemoryCatalog::shield_mode(ChannelId channel) {
    const std::lock_guard lock(mutex_);
    const auto found = shields_.find(channel);
    return found == shields_.end() ? ShieldMode() : found->second;
}

Result<std::optional<PinnedMessage>> MemoryCatalog::find_pin(ChannelId channel, WallTime now) {
    const std::lock_guard lock(mutex_);
    const auto found = pins_.find(channel);
    if (found == pins_.end() || !in_force(found->second.ends_at, now)) return std::nullopt;
    return found->second;
}

Result<AutoModSettings> MemoryCatalog::automod_settings(ChannelId channel) {
    const std::lock_guard lock(mutex_);
    const auto found = automod_settings_.find(channel);
    return found == automod_settings_.end() ? AutoModSettings() : found->second;
}

Result<std::optional<SuspiciousUser>> MemoryCatalog::find_suspicious(ChannelId channel,
                                                                     UserId user) {
    const std::lock_guard lock(mutex_);
    const auto found = suspicious_users_.find({channel, user});
    if (found == suspicious_users_.end()) return std::nullopt;
    return found->second;
}

Result<std::vector<AuditEntry>> MemoryCatalog::list_audit(ChannelId channel,
                                                          std::uint64_t before_id,
                                                          std::string_view batch,
                                                          std::size_t limit) {
    if (auto fine = check_text("batch", batch); !fine) return tl::unexpected(fine.error());
    const std::lock_guard lock(mutex_);
    std::vector<AuditEntry> entries;
    const auto found = audit_.find(channel);
    if (found == audit_.end()) return entries;
    for (auto it = found->second.rbegin(); it != found->second.rend() && entries.size() < limit;
         ++it) {
        if ((before_id == 0 || it->id < before_id) && (batch.empty() || it->batch == batch))
            entries.push_back(*it);
    }
    return entries;
}

Result<std::vector<AuditEntry>> MemoryCatalog::list_undone(ChannelId channel, WallTime since,
                                                           std::size_t limit) {
    const std::lock_guard lock(mutex_);
    std::vector<AuditEntry> entries;
    const auto found = audit_.find(channel);
    if (found == audit_.end()) return entries;
    std::set<std::string> batches;
    for (auto it = found->second.rbegin(); it != found->second.rend() && entries.size() < limit;
         ++it) {
        if (it->action == "undo" && it->at >= since) batches.insert(it->batch);
        if (!it->batch.empty() && batches.contains("undo:" + it->batch)) entries.push_back(*it);
    }
    return entries;
}

}  // namespace clamor::store
