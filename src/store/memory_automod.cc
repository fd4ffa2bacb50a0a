// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "store/memory_catalog.h"

namespace clamor::store {

Result<bool> MemoryCatalog::hold(const Held& held, std::size_t most) {
    if (auto fine = check_held(held); !fine) return tl::unexpected(fine.error());
    const std::lock_guard lock(mutex_);
    if (auto known = check_known_locked(held.channel, held.author); !known)
        return tl::unexpected(known.error());
    std::size_t pending = 0;
    for (auto it = held_.lower_bound({held.channel, {}});
         it != held_.end() && it->first.first == held.channel; ++it) {
        pending += it->second.status == chat::HoldStatus::pending ? 1 : 0;
    }
    if (pending >= most) return false;
    const auto same = [&](const auto& one) { return one.second.id == held.id; };
    if (std::ranges::any_of(held_, same) ||
        !held_.emplace(ChannelMessage(held.channel, held.id), held).second)
        return fail(std::errc::file_exists, "the message is held already");
    return true;
}

Result<std::optional<Held>> MemoryCatalog::find_held(ChannelId channel, MessageId id) {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find_if(held_, [&](const auto& one) {
        return one.second.id == id && (!channel || one.second.channel == channel);
    });
    if (found == held_.end()) return std::nullopt;
    return found->second;
}

Result<std::vector<Held>> MemoryCatalog::list_held(ChannelId channel, chat::HoldStatus status,
                                                   MessageId after, std::size_t limit) {
    const std::lock_guard lock(mutex_);
    std::vector<Held> list;
    for (auto it = held_.upper_bound({channel, after});
         it != held_.end() && it->first.first == channel && list.size() < limit; ++it) {
        if (it->second.status == status) list.push_back(it->second);
    }
    return list;
}

Result<std::optional<RaidTrip>> MemoryCatalog::raid_trip(ChannelId channel) {
    const std::lock_guard lock(mutex_);
    const auto found = raid_trips_.find(channel);
    return found == raid_trips_.end() ? std::nullopt : std::optional(found->second);
}

Result<std::vector<ChannelId>> MemoryCatalog::channels_to_wake() {
    const std::lock_guard lock(mutex_);
    std::set<ChannelId> channels;
    for (const auto& [key, held] : held_) {
        if (held.status == chat::HoldStatus::pending) channels.insert(key.first);
    }
    for (const auto& [channel, trip] : raid_trips_) {
        if (!trip.over) channels.insert(channel);
    }
    return std::vector<ChannelId>(channels.begin(), channels.end());
}

Result<void> MemoryCatalog::record_verdicts(std::span<const VerdictRecord> verdicts) {
    for (const VerdictRecord& verdict : verdicts) {
        if (auto fine = check_verdict(verdict); !fine) return fine;
    }
    const std::lock_guard lock(mutex_);
    for (const VerdictRecord& verdict : verdicts) {
        VerdictRecord kept = verdict;
        kept.status.reset();
        verdicts_.emplace(ChannelMessage(kept.channel, kept.message), std::move(kept));
    }
    return {};
}

Result<std::optional<VerdictRecord>> MemoryCatalog::find_verdict(ChannelId channel,
                                                                 MessageId message) {
    const std::lock_guard lock(mutex_);
    const auto found = verdicts_.find({channel, message});
    if (found == verdicts_.end()) return std::nullopt;
    VerdictRecord verdict = found->second;
    if (const auto held = held_.find(found->first); held != held_.end())
        verdict.status = held->second.status;
    return verdict;
}

Result<std::vector<VerdictRecord>> MemoryCatalog::list_verdicts(ChannelId channel, MessageId after,
                                                                std::size_t limit) {
    const std::lock_guard lock(mutex_);
    std::vector<VerdictRecord> list;
    for (auto it = verdicts_.upper_bound({channel, after});
         it != verdicts_.end() && it->first.first == channel && list.size() < limit; ++it) {
        list.push_back(it->second);
        if (const auto held = held_.find(it->first); held != held_.end())
            list.back().status = held->second.status;
    }
    return list;
}

Result<void> MemoryCatalog::forget_automod(WallTime before) {
    const std::lock_guard lock(mutex_);
    std::erase_if(verdicts_, [&](const auto& one) { return one.second.at < before; });
    std::erase_if(held_, [&](const auto& one) {
        return one.second.status != chat::HoldStatus::pending && one.second.held_at < before;
    });
    return {};
}

}  // namespace clamor::store
