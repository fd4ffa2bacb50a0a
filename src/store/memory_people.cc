// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "store/memory_catalog.h"

namespace clamor::store {

Result<Profile> MemoryCatalog::profile(UserId user) {
    const std::lock_guard lock(mutex_);
    const auto found = profiles_.find(user);
    if (found == profiles_.end()) return no_such_user(user);
    return found->second;
}

Result<void> MemoryCatalog::update_profile(UserId user, const Profile& profile) {
    if (auto fine = check_profile(profile); !fine) return fine;
    const std::lock_guard lock(mutex_);
    const auto found = profiles_.find(user);
    if (found == profiles_.end()) return no_such_user(user);
    found->second = profile;
    return {};
}

Result<bool> MemoryCatalog::set_follow(ChannelId channel, UserId user,
                                       std::optional<WallTime> since) {
    const std::lock_guard lock(mutex_);
    if (auto known = check_known_locked(channel, user); !known)
        return tl::unexpected(known.error());
    if (since) return follows_.insert_or_assign({channel, user}, *since).second;
    follows_.erase({channel, user});
    return false;
}

Result<std::vector<Follow>> MemoryCatalog::list_followers(ChannelId channel, UserId after,
                                                          std::size_t limit) {
    const std::lock_guard lock(mutex_);
    std::vector<Follow> followers;
    for (auto it = follows_.upper_bound({channel, after});
         it != follows_.end() && it->first.first == channel && followers.size() < limit; ++it) {
        followers.push_back({users_.at(it->first.second), it->second});
    }
    return followers;
}

Result<std::vector<Follow>> MemoryCatalog::list_followed(UserId user, UserId after,
                                                         std::size_t limit) {
    const std::lock_guard lock(mutex_);
    std::vector<Follow> followed;
    for (const auto& [key, since] : follows_) {
        if (followed.size() == limit) break;
        const UserId broadcaster(key.first.value);
        if (key.second == user && broadcaster > after)
            followed.push_back({users_.at(broadcaster), since});
    }
    return followed;
}

Result<std::uint64_t> MemoryCatalog::count_followers(ChannelId channel) {
    const std::lock_guard lock(mutex_);
    return static_cast<std::uint64_t>(std::ranges::count_if(
        follows_, [channel](const auto& follow) { return follow.first.first == channel; }));
}

Result<std::uint64_t> MemoryCatalog::count_followed(UserId user) {
    const std::lock_guard lock(mutex_);
    return static_cast<std::uint64_t>(std::ranges::count_if(
        follows_, [user](const auto& follow) { return follow.first.second == user; }));
}

Result<void> MemoryCatalog::set_block(UserId user, UserId blocked, bool on) {
    const std::lock_guard lock(mutex_);
    for (const UserId id : {user, blocked}) {
        if (!users_.contains(id)) return no_such_user(id);
    }
    if (on) {
        blocks_.emplace(user, blocked);
    } else {
        blocks_.erase({user, blocked});
    }
    return {};
}

Result<bool> MemoryCatalog::has_block(UserId user, UserId blocked) {
    const std::lock_guard lock(mutex_);
    return blocks_.contains({user, blocked});
}

Result<std::uint64_t> MemoryCatalog::count_whisper(UserId from, UserId to) {
    const std::lock_guard lock(mutex_);
    for (const UserId user : {from, to}) {
        if (!users_.contains(user)) return no_such_user(user);
    }
    return ++whispers_[std::minmax(from, to)];
}

Result<std::vector<chat::User>> MemoryCatalog::list_blocks(UserId user, UserId after,
                                                           std::size_t limit) {
    const std::lock_guard lock(mutex_);
    std::vector<chat::User> blocked;
    for (auto it = blocks_.upper_bound({user, after});
         it != blocks_.end() && it->first == user && blocked.size() < limit; ++it) {
        blocked.push_back(users_.at(it->second));
    }
    return blocked;
}

Result<void> MemoryCatalog::set_extras(ChannelId channel, UserId user,
                                       const chat::Standing& standing) {
    if (auto fine = check_extras(standing); !fine) return fine;
    const std::lock_guard lock(mutex_);
    if (auto known = check_known_locked(channel, user); !known) return known;
    chat::Standing extras;
    extras.artist = standing.artist;
    extras.bits = standing.bits;
    extras.sub_gifts = standing.sub_gifts;
    extras.custom_badges = standing.custom_badges;
    extras_[{channel, user}] = extras;
    return {};
}

}  // namespace clamor::store
