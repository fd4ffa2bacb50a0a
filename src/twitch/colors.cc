// SPDX-License-Identifier: Apache-2.0
#include "twitch/colors.h"

#include <array>

#include "text/message.h"

namespace clamor::twitch {

namespace {

constexpr std::array kColors{NamedColor{"Blue", "blue", "#0000FF"},
                             NamedColor{"BlueViolet", "blue_violet", "#8A2BE2"},
                             NamedColor{"CadetBlue", "cadet_blue", "#5F9EA0"},
                             NamedColor{"Chocolate", "chocolate", "#D2691E"},
                             NamedColor{"Coral", "coral", "#FF7F50"},
                             NamedColor{"DodgerBlue", "dodger_blue", "#1E90FF"},
                             NamedColor{"Firebrick", "firebrick", "#B22222"},
                             NamedColor{"GoldenRod", "golden_rod", "#DAA520"},
                             NamedColor{"Green", "green", "#008000"},
                             NamedColor{"HotPink", "hot_pink", "#FF69B4"},
                             NamedColor{"OrangeRed", "orange_red", "#FF4500"},
                             NamedColor{"Red", "red", "#FF0000"},
                             NamedColor{"SeaGreen", "sea_green", "#2E8B57"},
                             NamedColor{"SpringGreen", "spring_green", "#00FF7F"},
                             NamedColor{"YellowGreen", "yellow_green", "#9ACD32"}};

}  // namespace

std::optional<std::string> parse_color(std::string_view text, ColorSpelling spelling) {
    for (const NamedColor& color : kColors) {
        if (text::equals_ignoring_ascii_case(color.*spelling, text)) return std::string(color.code);
    }
    if (text.size() != 7 || text.front() != '#') return std::nullopt;
    std::string code = "#";
    for (char c : text.substr(1)) {
        if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
        if ((c < '0' || c > '9') && (c < 'A' || c > 'F')) return std::nullopt;
        code += c;
    }
    return code;
}

std::string color_names(ColorSpelling spelling) {
    std::string names;
    for (const NamedColor& color : kColors) {
        if (!names.empty()) names += ", ";
        names += color.*spelling;
    }
    return names;
}

}  // namespace clamor::twitch
