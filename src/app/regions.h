// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "bus/redis/url.h"

namespace clamor::app {

/// A region with a Redis of its own; its number is its place in redis.regions.
struct Region {
    std::string name;
    bus::redis::Url url;
};

/// Reads redis.regions. An error says which line is wrong, and what would be right.
Result<std::vector<Region>> read_regions(const std::vector<std::string>& lines);

}  // namespace clamor::app
