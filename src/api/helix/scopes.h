// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auth/scopes.h"

namespace clamor::api::helix {

using auth::kPlatformScope;

/// Whether one of the alternatives, written `a|b`, is granted; none are asked for: true. Where an
/// endpoint takes reading, managing does as well.
bool has_scope(const std::vector<std::string>& granted, std::string_view alternatives);

/// `Missing scope: a or b`
std::string missing_scope(std::string_view alternatives);

}  // namespace clamor::api::helix
