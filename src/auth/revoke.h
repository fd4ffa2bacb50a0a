// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "store/catalog.h"

namespace clamor::auth {

/// The name under which the live chat and the catalog's revocations know a token: the SHA-256 of
/// the token in hexadecimal digits. Empty for what can be no token. Any thread.
std::string token_hash(std::string_view token);

/// Ends a token that stands for `user` (none: an app token): it is refused from now on, and every
/// server on the catalog ends its sessions. An opaque token leaves the catalog; of a JWT the hash
/// is kept until `expires_at`. Blocks.
Result<void> revoke(store::Catalog& catalog, std::string_view token, UserId user,
                    std::optional<WallTime> expires_at, WallTime now);

/// The same for the operator, who has no keys: a JWT's signature is not checked, and what it says
/// is believed. Fails with invalid_argument and a sentence when there is no such token or it has
/// expired.
Result<void> revoke_unchecked(store::Catalog& catalog, std::string_view token, WallTime now);

}  // namespace clamor::auth
