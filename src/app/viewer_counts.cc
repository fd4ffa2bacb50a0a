// SPDX-License-Identifier: Apache-2.0
#include "app/viewer_counts.h"

#include <future>
#include <utility>

#include "base/limits.h"
#include "hub/hub.h"

namespace clamor::app {

std::vector<std::uint64_t> ViewerCounts::of(const std::vector<ChannelId>& channels, MonoTime now) {
    std::vector<std::uint64_t> counts(channels.size());
    const auto unknown = look(channels, now, counts);
    if (presence_ == nullptr || unknown.empty()) return counts;
    /// Answers may come when nobody waits any more.
    struct Asked {
        std::mutex mutex;
        std::vector<std::uint64_t> sessions;
        std::size_t left;
        std::promise<void> all;
    };
    const auto asked = std::make_shared<Asked>();
    asked->sessions.resize(unknown.size());
    asked->left = unknown.size();
    auto all = asked->all.get_future();
    for (std::size_t i = 0; i < unknown.size(); ++i) {
        presence_->ask(channels[unknown[i]], [asked, i](std::optional<hub::Present> others) {
            const std::lock_guard lock(asked->mutex);
            if (others) asked->sessions[i] = others->sessions;
            if (--asked->left == 0) asked->all.set_value();
        });
    }
    all.wait_for(2 * limits::kRedisPatience);
    const std::scoped_lock lock(asked->mutex, mutex_);
    for (std::size_t i = 0; i < unknown.size(); ++i) {
        counts[unknown[i]] = asked->sessions[i];
        elsewhere_[channels[unknown[i]]] = {.sessions = asked->sessions[i],
                                            .until = now + limits::kPresenceEvery};
    }
    return counts;
}

std::vector<std::size_t> ViewerCounts::look(const std::vector<ChannelId>& channels, MonoTime now,
                                            std::vector<std::uint64_t>& counts) {
    std::vector<std::size_t> unknown;
    const std::lock_guard lock(mutex_);
    std::erase_if(elsewhere_, [now](const auto& entry) { return entry.second.until <= now; });
    for (std::size_t i = 0; i < channels.size(); ++i) {
        const ShardId owner =
            hub::owner_shard(channels[i], static_cast<std::uint16_t>(by_shard_.size()));
        OfShard& shard = by_shard_[owner.value];
        shard.wanted = true;
        const auto here = shard.counts.find(channels[i]);
        const auto there = elsewhere_.find(channels[i]);
        if (here != shard.counts.end()) {
            counts[i] = here->second;
        } else if (there != elsewhere_.end()) {
            counts[i] = there->second.sessions;
        } else {
            unknown.push_back(i);
        }
    }
    return unknown;
}

void ViewerCounts::put(ShardId shard, Counts counts) {
    const std::lock_guard lock(mutex_);
    by_shard_[shard.value] = {.counts = std::move(counts), .wanted = false};
}

bool ViewerCounts::wanted(ShardId shard) {
    const std::lock_guard lock(mutex_);
    return by_shard_[shard.value].wanted;
}

}  // namespace clamor::app
