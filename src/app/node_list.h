// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/counters.h"
#include "bus/redis/link.h"

namespace clamor::app {

/// Says of the node of that id that it leaves the others: it is in no list any more, and none of
/// them takes it for lost.
std::string leaving(const std::string& id);

/// Watches the others for one that is gone and did not say that it leaves. One thread at a time.
class LostNodes {
  public:
    /// `said`: what the others say, asked every limits::kPresenceEvery; nothing where they could
    /// not be asked. True: some are lost since the last look.
    bool look(const std::optional<std::vector<std::string>>& said);
    const Counter& count() const { return count_; }

  private:
    std::map<std::string, int> missed_;  // by id, how often in a row
    Counter count_;
};

/// A Redis that knows nodes.
struct NodesAt {
    std::string region;  ///< empty: there are no regions
    bus::redis::Link* link;
};

/// The nodes of the chat, in all regions.
class NodeList {
  public:
    /// The own region's Redis, then those of the others; none: there are no other nodes. The links
    /// outlive this.
    explicit NodeList(std::vector<NodesAt> at) : at_(std::move(at)), lost_(at_.size()) {}

    /// This node, as `here` says it, and what the other nodes said of themselves last, each with
    /// its region's name; an array. `tell`: the own region is told `here`. Blocks for at most two
    /// limits::kRedisPatience; of a Redis that does not answer it has no nodes. Any thread.
    nlohmann::json list(const std::string& here, bool tell) const;
    /// Tells the own region `here`, and looks for nodes that are lost, in each: `found` is called
    /// for them, on a link's thread. To be called every limits::kPresenceEvery.
    void look(const std::string& here, const std::function<void()>& found);
    /// So many were lost. Any thread.
    std::uint64_t lost() const;

  private:
    const std::vector<NodesAt> at_;
    std::deque<LostNodes> lost_;  // as at_
};

}  // namespace clamor::app
