// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace clamor::text {

/// Takes a length of time off the front of `text` and gives it in seconds: numbers with a unit
/// (`s m h d w mo`, or words: `minutes`, `1 week`), sums of such (`1d2h`, `5 days 12 hours`), or a
/// bare number, which counts in `unit` seconds. Nothing, and `text` as it was, when none stands
/// there or it is beyond what 53 bits hold (spec twitch-chat 10.1).
std::optional<std::uint64_t> take_duration(std::string_view& text, std::uint64_t unit);

}  // namespace clamor::text
