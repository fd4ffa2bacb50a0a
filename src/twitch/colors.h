// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace clamor::twitch {

/// A colour that has a name: chat writes `BlueViolet` (spec twitch-chat 10), Helix `blue_violet`
/// (spec helix-eventsub, Update User Chat Color).
struct NamedColor {
    std::string_view in_chat;
    std::string_view in_helix;
    std::string_view code;  ///< `#RRGGBB`
};
using ColorSpelling = std::string_view NamedColor::*;

/// `#RRGGBB` for a colour's name or code, in any case; nothing for anything else.
std::optional<std::string> parse_color(std::string_view text, ColorSpelling spelling);
/// The names that parse_color knows, as a list.
std::string color_names(ColorSpelling spelling);

}  // namespace clamor::twitch
