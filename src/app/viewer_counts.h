// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "hub/shared_presence.h"

namespace clamor::app {

/// How many sessions are in each channel, for pages and REST: each shard hands in the counts of the
/// rooms that it owns, but only while somebody has asked lately. Of channels without a room here
/// the other nodes are asked, every limits::kPresenceEvery at most. Any thread.
class ViewerCounts {
  public:
    using Counts = std::unordered_map<ChannelId, std::uint64_t>;

    explicit ViewerCounts(std::size_t shards) : by_shard_(shards) {}

    /// Before the first question; outlives the last one.
    void join_nodes(hub::SharedPresence& presence) { presence_ = &presence; }

    /// In the order of the channels. Blocks while other nodes are asked, limits::kRedisPatience or
    /// a little longer: for workers. 0 of what they do not answer.
    std::vector<std::uint64_t> of(const std::vector<ChannelId>& channels, MonoTime now);
    void put(ShardId shard, Counts counts);
    /// Whether somebody asked since this shard put its counts.
    bool wanted(ShardId shard);

  private:
    struct OfShard {
        Counts counts;
        bool wanted = true;
    };
    struct Elsewhere {
        std::uint64_t sessions = 0;
        MonoTime until{};
    };
    /// What is known already; the places of the others in `channels`.
    std::vector<std::size_t> look(const std::vector<ChannelId>& channels, MonoTime now,
                                  std::vector<std::uint64_t>& counts);

    std::mutex mutex_;
    std::vector<OfShard> by_shard_;
    std::unordered_map<ChannelId, Elsewhere> elsewhere_;
    hub::SharedPresence* presence_ = nullptr;  ///< null: this node is alone
};

}  // namespace clamor::app
