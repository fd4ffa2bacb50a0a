// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace clamor::bus::redis {

inline constexpr std::uint16_t kSlots = 16384;

/// The slot of a key in a Redis Cluster: CRC16 (XMODEM) of the part in braces, or of all of it.
std::uint16_t slot_of(std::string_view key);

}  // namespace clamor::bus::redis
