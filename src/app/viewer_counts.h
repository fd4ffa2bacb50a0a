// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "base/ids.h"

namespace clamor::app {

/// How many sessions are in each channel, for pages and REST: each shard hands in the counts of the
/// rooms that it owns, but only while somebody has asked lately. Any thread.
class ViewerCounts {
  public:
    using Counts = std::unordered_map<ChannelId, std::uint64_t>;

    explicit ViewerCounts(std::size_t shards) : by_shard_(shards) {}

    std::uint64_t of(ChannelId channel);
    void put(ShardId shard, Counts counts);
    /// Whether somebody asked since this shard put its counts.
    bool wanted(ShardId shard);

  private:
    struct OfShard {
        Counts counts;
        bool wanted = true;
    };
    std::mutex mutex_;
    std::vector<OfShard> by_shard_;
};

}  // namespace clamor::app
