// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace clamor::auth {

/// A JSON object from outside. Nothing when it is not one, is no valid UTF-8, says a name twice in
/// one object (readers would disagree on which counts), or nests deeper than tokens have a use for.
std::optional<nlohmann::json> parse_object(std::string_view text);

}  // namespace clamor::auth
