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

/// Whom the token stands for; nobody when it is unknown, revoked or expired. In dev mode, besides
/// the catalog's tokens: `app` is an app token of the operator's platform, `login` a user token
/// with all scopes and `login:scope,scope` one with these, and the user comes into being; `invalid`
/// is refused. Blocks; throws Refusal when the catalog fails.
std::optional<Caller> identify(const Services& services, std::string_view token, WallTime now);

/// The name under which the live chat knows a token: its hash in hexadecimal digits.
std::string token_hash(std::string_view token);

}  // namespace clamor::api::helix
