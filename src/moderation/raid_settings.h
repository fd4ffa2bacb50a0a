// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "automod/raid_breaker.h"

namespace clamor::moderation {

/// In front of the batch under which the raid breaker acts.
inline constexpr std::string_view kRaidBatch = "raid-breaker:";

/// Whether a channel has the raid breaker, and what trips it.
struct RaidSettings {
    bool on = false;
    bool shadow = false;  ///< recorded, nothing is done
    automod::RaidOptions options{};
};

}  // namespace clamor::moderation
