// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace clamor::text {

/// In seconds; no command takes as much.
inline constexpr std::uint64_t kLongestDuration = std::uint64_t{1} << 53;

/// Takes a length of time off the front of `text` and gives it in seconds: numbers with a unit
/// (`s m h d w mo`, or words: `minutes`, `1 week`), sums of such (`1d2h`, `5 days 12 hours`), or a
/// bare number, which counts in `unit` seconds. Nothing, and `text` as it was, when none stands
/// there (spec twitch-chat 10.1). What is beyond kLongestDuration is that long.
std::optional<std::uint64_t> take_duration(std::string_view& text, std::uint64_t unit);

}  // namespace clamor::text
