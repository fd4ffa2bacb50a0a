// SPDX-License-Identifier: Apache-2.0
#include "store/memory_catalog.h"

#include <algorithm>

namespace clamor::store {
namespace {

/// The ids handed out start here: see base/ids.h.
constexpr std::uint64_t kFirstId = 1000;

}  // namespace

Result<std::optional<chat::User>> MemoryCatalog::find_user(std::string_view login) {
    if (auto fine = check_login(login); !fine) return tl::unexpected(fine.error());
    const std::lock_guard lock(mutex_);
    const auto found = ids_by_login_.find(login);
    if (found == ids_by_login_.end()) return std::nullopt;
    return users_.at(found->second);
}

Result<std::optional<chat::User>> MemoryCatalog::find_user(UserId id) {
    const std::lock_guard lock(mutex_);
    const auto found = users_.find(id);
    if (found == users_.end()) return std::nullopt;
    return found->second;
}

Result<std::vector<chat::User>> MemoryCatalog::find_users(std::span<const UserId> ids,
                                                          std::span<const std::string> logins) {
    if (auto fine = check_asked_users(ids, logins); !fine) return tl::unexpected(fine.error());
    const std::lock_guard lock(mutex_);
    std::set<UserId> asked(ids.begin(), ids.end());
    for (const std::string& login : logins) {
        const auto found = ids_by_login_.find(login);
        if (found != ids_by_login_.end()) asked.insert(found->second);
    }
    std::vector<chat::User> users;
    for (const UserId id : asked) {
        const auto found = users_.find(id);
        if (found != users_.end()) users.push_back(found->second);
    }
    return users;
}

Result<chat::User> MemoryCatalog::ensure_user(std::string_view login) {
    if (auto fine = check_new_login(login); !fine) return tl::unexpected(fine.error());
    const std::lock_guard lock(mutex_);
    return ensure_user_locked(login);
}

const chat::User& MemoryCatalog::ensure_user_locked(std::string_view login) {
    const auto found = ids_by_login_.find(login);
    if (found != ids_by_login_.end()) return users_.at(found->second);
    const UserId id(kFirstId + users_.size());
    ids_by_login_.emplace(login, id);
    chat::User& user = users_[id];
    user.id = id;
    user.login = user.display_name = std::string(login);
    profiles_[id].created_at = time_;
    return user;
}

Result<void> MemoryCatalog::update_user(const chat::User& user) {
    if (auto fine = check_user(user); !fine) return fine;
    const std::lock_guard lock(mutex_);
    const auto found = users_.find(user.id);
    if (found == users_.end()) return no_such_user(user.id);
    const auto holder = ids_by_login_.find(user.login);
    if (holder != ids_by_login_.end() && holder->second != user.id) return login_taken(user.login);
    ids_by_login_.erase(found->second.login);
    ids_by_login_.emplace(user.login, user.id);
    found->second = user;
    return {};
}

Result<std::vector<chat::User>> MemoryCatalog::list_users(UserId after, std::size_t limit) {
    const std::lock_guard lock(mutex_);
    std::vector<chat::User> users;
    for (auto it = users_.upper_bound(after); it != users_.end() && users.size() < limit; ++it) {
        users.push_back(it->second);
    }
    return users;
}

Channel MemoryCatalog::channel_locked(ChannelId id, const ChannelRow& row) const {
    const chat::User& broadcaster = users_.at(UserId(id.value));
    return {.id = id,
            .login = broadcaster.login,
            .display_name = broadcaster.display_name,
            .title = row.title,
            .modes = row.modes};
}

std::optional<Channel> MemoryCatalog::find_channel_locked(ChannelId id) const {
    const auto found = channels_.find(id);
    if (found == channels_.end()) return std::nullopt;
    return channel_locked(id, found->second);
}

Result<std::optional<Channel>> MemoryCatalog::find_channel(std::string_view login) {
    if (auto fine = check_login(login); !fine) return tl::unexpected(fine.error());
    const std::lock_guard lock(mutex_);
    const auto user = ids_by_login_.find(login);
    if (user == ids_by_login_.end()) return std::nullopt;
    return find_channel_locked(ChannelId(user->second.value));
}

Result<std::optional<Channel>> MemoryCatalog::find_channel(ChannelId id) {
    const std::lock_guard lock(mutex_);
    return find_channel_locked(id);
}

Result<Channel> MemoryCatalog::ensure_channel(std::string_view login) {
    if (auto fine = check_new_login(login); !fine) return tl::unexpected(fine.error());
    const std::lock_guard lock(mutex_);
    const ChannelId id(ensure_user_locked(login).id.value);
    return channel_locked(id, channels_[id]);
}

Result<void> MemoryCatalog::update_channel(const Channel& channel) {
    if (auto fine = check_channel(channel); !fine) return fine;
    const std::lock_guard lock(mutex_);
    const auto found = channels_.find(channel.id);
    if (found == channels_.end()) return no_such_channel(channel.id);
    found->second = {.title = channel.title, .modes = channel.modes};
    return {};
}

Result<std::vector<Channel>> MemoryCatalog::list_channels(ChannelId after, std::size_t limit) {
    const std::lock_guard lock(mutex_);
    std::vector<Channel> channels;
    for (auto it = channels_.upper_bound(after); it != channels_.end() && channels.size() < limit;
         ++it) {
        channels.push_back(channel_locked(it->first, it->second));
    }
    return channels;
}

Result<chat::Standing> MemoryCatalog::standing(ChannelId channel, UserId user) {
    const std::lock_guard lock(mutex_);
    const ChannelUser key(channel, user);
    chat::Standing standing;
    if (const auto extras = extras_.find(key); extras != extras_.end()) standing = extras->second;
    if (const auto role = roles_.find(key); role != roles_.end()) standing.role = role->second;
    if (channels_.contains(channel) && user.value == channel.value)
        standing.role = chat::Role::broadcaster;
    const auto subscription = subscriptions_.find(key);
    if (subscription != subscriptions_.end()) {
        standing.subscriber_tier = subscription->second.tier;
        standing.subscriber_months = subscription->second.months;
        standing.founder = subscription->second.founder;
    }
    if (const auto ban = bans_.find(key); ban != bans_.end())
        standing.banned_until = ban->second.expires_at.value_or(chat::kForever);
    if (const auto follow = follows_.find(key); follow != follows_.end())
        standing.following_since = follow->second;
    standing.warned = warnings_.contains(key);
    const auto suspicious = suspicious_users_.find(key);
    if (suspicious != suspicious_users_.end()) standing.suspicion = suspicious->second.suspicion;
    return standing;
}

Result<std::vector<chat::Standing>> MemoryCatalog::standings(ChannelId channel,
                                                             std::span<const UserId> users) {
    if (auto fine = check_asked_users(users, {}); !fine) return tl::unexpected(fine.error());
    std::vector<chat::Standing> standings;
    for (const UserId user : users) standings.push_back(standing(channel, user).value());
    return standings;
}

Result<void> MemoryCatalog::check_known_locked(ChannelId channel, UserId user) const {
    if (!channels_.contains(channel)) return no_such_channel(channel);
    if (!users_.contains(user)) return no_such_user(user);
    return {};
}

Result<void> MemoryCatalog::set_role(ChannelId channel, UserId user, chat::Role role) {
    if (auto fine = check_role(channel, user, role); !fine) return fine;
    const std::lock_guard lock(mutex_);
    if (auto known = check_known_locked(channel, user); !known) return known;
    put_role_locked(channel, user, role);
    return {};
}

void MemoryCatalog::put_role_locked(ChannelId channel, UserId user, chat::Role role) {
    if (role == chat::Role::viewer) {
        roles_.erase({channel, user});
    } else {
        roles_[{channel, user}] = role;
    }
}

Result<void> MemoryCatalog::set_subscription(ChannelId channel, UserId user, std::uint16_t tier,
                                             std::uint32_t months) {
    if (auto fine = check_subscription(tier, months); !fine) return fine;
    const std::lock_guard lock(mutex_);
    if (auto known = check_known_locked(channel, user); !known) return known;
    if (tier == 0) {
        subscriptions_.erase({channel, user});
        return {};
    }
    const auto [entry, is_new] = subscriptions_.try_emplace({channel, user});
    entry->second.tier = tier;
    entry->second.months = months;
    if (is_new) {
        const auto founders = std::ranges::count_if(subscriptions_, [channel](const auto& one) {
            return one.first.first == channel && one.second.founder;
        });
        entry->second.founder = static_cast<std::size_t>(founders) < kFoundersPerChannel;
    }
    return {};
}

Result<void> MemoryCatalog::set_founder(ChannelId channel, UserId user, bool founder) {
    const std::lock_guard lock(mutex_);
    const auto found = subscriptions_.find({channel, user});
    if (found == subscriptions_.end()) return no_such_subscription(channel, user);
    found->second.founder = founder;
    return {};
}

Result<void> MemoryCatalog::add_token(std::string_view token, const TokenRecord& record) {
    const auto hash = hash_token(token);
    if (!hash) return tl::unexpected(hash.error());
    if (auto fine = check_token_record(record); !fine) return fine;
    const std::lock_guard lock(mutex_);
    if (record.user && !users_.contains(record.user)) return no_such_user(record.user);
    if (!tokens_.emplace(*hash, record).second)
        return fail(std::errc::file_exists, "the token exists");
    return {};
}

Result<std::optional<TokenRecord>> MemoryCatalog::find_token(std::string_view token, WallTime now) {
    const auto hash = hash_token(token);
    if (!hash) return tl::unexpected(hash.error());
    const std::lock_guard lock(mutex_);
    const auto found = tokens_.find(*hash);
    if (found == tokens_.end()) return std::nullopt;
    if (found->second.expires_at && *found->second.expires_at <= now) return std::nullopt;
    return found->second;
}

Result<bool> MemoryCatalog::has_token(std::string_view hash, WallTime now) {
    const std::lock_guard lock(mutex_);
    return std::ranges::any_of(tokens_, [&](const auto& one) {
        const auto& expires_at = one.second.expires_at;
        return hex_of(one.first) == hash && (!expires_at || *expires_at > now);
    });
}

Result<bool> MemoryCatalog::revoke_token(std::string_view token) {
    const auto hash = hash_token(token);
    if (!hash) return tl::unexpected(hash.error());
    const std::lock_guard lock(mutex_);
    return tokens_.erase(*hash) != 0;
}

Result<std::vector<TokenRecord>> MemoryCatalog::list_tokens(UserId user) {
    const std::lock_guard lock(mutex_);
    std::vector<TokenRecord> records;
    for (const auto& [hash, record] : tokens_) {
        if (record.user == user) records.push_back(record);
    }
    std::ranges::stable_sort(records, {}, &TokenRecord::created_at);
    return records;
}

Result<void> MemoryCatalog::put_grant(std::string_view hash, const TokenRecord& grant,
                                      WallTime now) {
    if (auto fine = check_token_digest(hash); !fine) return fine;
    if (auto fine = check_token_record(grant); !fine) return fine;
    const std::lock_guard lock(mutex_);
    if (!users_.contains(grant.user)) return no_such_user(grant.user);
    std::erase_if(token_grants_, [now](const auto& one) {
        return one.second.expires_at && *one.second.expires_at <= now;
    });
    token_grants_.try_emplace(std::string(hash), grant);
    return {};
}

Result<std::vector<TokenRecord>> MemoryCatalog::list_grants(UserId user) {
    const std::lock_guard lock(mutex_);
    std::vector<TokenRecord> grants;
    for (const auto& [hash, grant] : token_grants_) {
        if (grant.user == user) grants.push_back(grant);
    }
    std::ranges::stable_sort(grants, {}, &TokenRecord::created_at);
    return grants;
}

Result<void> MemoryCatalog::add_revocation(const Revocation& revocation, WallTime now) {
    if (auto fine = check_token_digest(revocation.hash); !fine) return fine;
    const std::lock_guard lock(mutex_);
    token_grants_.erase(revocation.hash);
    std::erase_if(revocations_, [now](const auto& kept) { return kept.second.until <= now; });
    for (const auto& [number, kept] : revocations_) {
        if (kept.hash == revocation.hash) return {};
    }
    Revocation added = revocation;
    added.number = ++revocations_made_;
    revocations_.emplace(added.number, std::move(added));
    return {};
}

Result<bool> MemoryCatalog::is_revoked(std::string_view hash) {
    if (auto fine = check_token_digest(hash); !fine) return tl::unexpected(fine.error());
    const std::lock_guard lock(mutex_);
    return std::ranges::any_of(revocations_,
                               [hash](const auto& kept) { return kept.second.hash == hash; });
}

Result<std::vector<Revocation>> MemoryCatalog::list_revocations(std::uint64_t after,
                                                                std::size_t limit) {
    const std::lock_guard lock(mutex_);
    std::vector<Revocation> list;
    for (auto kept = revocations_.upper_bound(after);
         kept != revocations_.end() && list.size() < limit; ++kept) {
        list.push_back(kept->second);
    }
    return list;
}

Result<std::vector<Emote>> MemoryCatalog::emotes_for(ChannelId channel) {
    const std::lock_guard lock(mutex_);
    std::vector<Emote> emotes;
    for (const auto& [id, emote] : emotes_) {
        if (!emote.channel || emote.channel == channel) emotes.push_back(emote);
    }
    std::ranges::sort(emotes, {}, &Emote::code);
    return emotes;
}

Result<void> MemoryCatalog::add_emote(const Emote& emote) {
    if (auto fine = check_emote(emote); !fine) return fine;
    const std::lock_guard lock(mutex_);
    if (emote.channel && !channels_.contains(emote.channel)) return no_such_channel(emote.channel);
    const std::string id = *uuid_key(emote.id);
    const bool taken = std::ranges::any_of(
        emotes_, [&](const auto& one) { return one.second.code == emote.code; });
    if (taken || emotes_.contains(id)) return code_taken(emote.code);
    Emote& kept = emotes_[id] = emote;
    kept.id = id;
    return {};
}

Result<std::optional<Emote>> MemoryCatalog::find_emote(std::string_view id) {
    if (auto fine = check_emote_id(id); !fine) return tl::unexpected(fine.error());
    const std::lock_guard lock(mutex_);
    const auto found = emotes_.find(*uuid_key(id));
    if (found == emotes_.end()) return std::optional<Emote>();
    return std::optional(found->second);
}

Result<bool> MemoryCatalog::remove_emote(std::string_view id) {
    if (auto fine = check_emote_id(id); !fine) return tl::unexpected(fine.error());
    const std::string key = *uuid_key(id);
    const std::lock_guard lock(mutex_);
    std::erase_if(grants_, [&](const auto& grant) { return grant.second == key; });
    return emotes_.erase(key) != 0;
}

Result<void> MemoryCatalog::grant_emote(UserId user, std::string_view emote_id, WallTime) {
    if (auto fine = check_emote_id(emote_id); !fine) return fine;
    const std::string key = *uuid_key(emote_id);
    const std::lock_guard lock(mutex_);
    if (!users_.contains(user)) return no_such_user(user);
    if (!emotes_.contains(key)) return no_such_emote(key);
    grants_.emplace(user, key);
    return {};
}

Result<std::vector<std::string>> MemoryCatalog::granted_emotes(UserId user) {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> ids;
    for (const auto& [holder, id] : grants_) {
        if (holder == user) ids.push_back(id);
    }
    return ids;
}

Result<std::vector<BadgeImage>> MemoryCatalog::badges_for(ChannelId channel) {
    const std::lock_guard lock(mutex_);
    std::vector<BadgeImage> badges;
    for (const auto& [key, badge] : badges_) {
        if (!badge.channel || badge.channel == channel) badges.push_back(badge);
    }
    return badges;
}

Result<void> MemoryCatalog::put_badge(const BadgeImage& badge) {
    if (auto fine = check_badge(badge); !fine) return fine;
    const std::lock_guard lock(mutex_);
    if (badge.channel && !channels_.contains(badge.channel)) return no_such_channel(badge.channel);
    badges_[{badge.channel, badge.badge.name, badge.badge.version}] = badge;
    return {};
}

void MemoryCatalog::set_time(WallTime now) {
    const std::lock_guard lock(mutex_);
    time_ = now;
}

Result<std::uint64_t> MemoryCatalog::next_epoch() {
    const std::lock_guard lock(mutex_);
    return ++epoch_;
}

}  // namespace clamor::store
