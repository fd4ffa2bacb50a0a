// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "dataset.h"

namespace clamor::automod_tools {

/// What people do to a text to get it past a filter.
enum class Evasion { leet, spacing, stretch, homoglyph, zero_width };
inline constexpr std::array kEvasions{Evasion::leet, Evasion::spacing, Evasion::stretch,
                                      Evasion::homoglyph, Evasion::zero_width};

std::string_view name_of(Evasion evasion);
/// The text with all of its words disguised.
std::string evade(std::string_view text, Evasion evasion, Random& random);

}  // namespace clamor::automod_tools
