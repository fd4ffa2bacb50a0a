// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
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

/// This node, as `here` says it, and what the other nodes of the region said of themselves last; an
/// array. `tell`: they are told `here`. Blocks for at most two limits::kRedisPatience, and has none
/// of who does not answer. `link` null: there are no others.
nlohmann::json list_nodes(bus::redis::Link* link, const std::string& here, bool tell);

}  // namespace clamor::app
