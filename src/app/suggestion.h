// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace clamor::app {

/// `; did you mean 'x'?` for the known word that is nearest to `word`, or nothing when none is
/// near.
std::string suggestion(std::string_view word, const std::vector<std::string>& known);

}  // namespace clamor::app
