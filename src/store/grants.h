// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/catalog.h"

namespace clamor::store {

/// What the user has granted a client (none: any) at `now`: the scopes of all their tokens for it,
/// opaque or signed, each once.
Result<std::vector<std::string>> granted_scopes(TokenStore& store, UserId user,
                                                std::optional<std::string_view> client_id,
                                                WallTime now);

}  // namespace clamor::store
