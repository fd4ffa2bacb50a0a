// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace clamor::moderation {

/// In front of the batch under which the raid breaker acts.
inline constexpr std::string_view kRaidBatch = "raid-breaker:";

/// When a rush of new people counts as a raid by bots, and what is done then.
struct RaidSettings {
    bool on = false;
    bool shadow = false;              ///< recorded, nothing is done
    std::uint32_t joins = 20;         ///< newcomers within `window`, at least
    std::chrono::seconds window{30};
    std::chrono::seconds new_account{7 * 86400};  ///< accounts younger than this look suspicious
    float share = 0.6f;               ///< so many of the newcomers look suspicious, at least
    std::chrono::seconds countdown{600};  ///< then shield mode ends by itself
    std::uint32_t followers_minutes = 10;  ///< followers-only mode meanwhile; 0: stays as it is
    friend bool operator==(const RaidSettings&, const RaidSettings&) = default;
};

}  // namespace clamor::moderation
