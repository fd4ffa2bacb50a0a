// SPDX-License-Identifier: Apache-2.0
#include "app/viewer_counts.h"

#include <utility>

#include "hub/hub.h"

namespace clamor::app {

std::uint64_t ViewerCounts::of(ChannelId channel) {
    const ShardId owner = hub::owner_shard(channel, static_cast<std::uint16_t>(by_shard_.size()));
    const std::lock_guard lock(mutex_);
    OfShard& shard = by_shard_[owner.value];
    shard.wanted = true;
    const auto found = shard.counts.find(channel);
    return found == shard.counts.end() ? 0 : found->second;
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
