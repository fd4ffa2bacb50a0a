// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "bus/redis/link.h"

namespace clamor::app {

/// What the other nodes of the region said of themselves last; they are told `here`, where it is
/// something. Blocks for at most two limits::kRedisPatience, and gives none of who does not answer.
std::vector<nlohmann::json> ask_nodes(bus::redis::Link& link, std::optional<std::string> here);

}  // namespace clamor::app
