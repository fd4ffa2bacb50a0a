// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace clamor::auth {

/// Every scope that some endpoint, the chat or EventSub asks for (spec helix-eventsub 3.3), but not
/// kPlatformScope: what a full-scope user token of dev mode has.
std::span<const std::string_view> all_scopes();

/// The operator's platform, which may set what it likes: app tokens only.
inline constexpr std::string_view kPlatformScope = "clamor:platform";

}  // namespace clamor::auth
