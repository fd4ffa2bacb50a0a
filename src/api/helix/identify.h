// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "api/helix/call.h"
#include "api/services.h"

namespace clamor::api::helix {

/// What stands for a client in dev mode where none is named.
inline constexpr std::string_view kDevClient = "clamor-dev";

/// The token of an Authorization header with the scheme `Bearer` or, where `or_oauth`, `OAuth`;
/// empty when there is none.
std::string_view bearer_token(const wire::http::Request& request, bool or_oauth = false);

/// Whom the token stands for: see auth::Checker::check. Blocks; throws Refusal when the catalog
/// fails.
std::optional<Caller> identify(const Services& services, std::string_view token, WallTime now);

}  // namespace clamor::api::helix
