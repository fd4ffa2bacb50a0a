// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace clamor::api::helix {

/// Every scope that some endpoint, the chat or EventSub asks for (spec helix-eventsub 3.3), but not
/// kPlatformScope: what a full-scope user token of dev mode has.
std::span<const std::string_view> all_scopes();

/// The operator's platform, which may set what it likes: app tokens only.
inline constexpr std::string_view kPlatformScope = "clamor:platform";

/// Whether one of the alternatives, written `a|b`, is granted; none are asked for: true. Where an
/// endpoint takes reading, managing does as well.
bool has_scope(const std::vector<std::string>& granted, std::string_view alternatives);

/// `Missing scope: a or b`
std::string missing_scope(std::string_view alternatives);

}  // namespace clamor::api::helix
