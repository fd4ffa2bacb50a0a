// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "base/time.h"

namespace clamor::text {

/// `2024-01-01T00:00:00Z`, with parts of a second that are not looked at; UTC alone, from 1970 on.
/// Nothing when it is no such time.
std::optional<WallTime> parse_rfc3339(std::string_view text);

}  // namespace clamor::text
