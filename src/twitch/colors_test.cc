// SPDX-License-Identifier: Apache-2.0
#include "twitch/colors.h"

#include <gtest/gtest.h>

namespace clamor::twitch {
namespace {

TEST(Colors, HaveNamesInTwoSpellingsAndCodes) {
    EXPECT_EQ(parse_color("BlueViolet", &NamedColor::in_chat), "#8A2BE2");
    EXPECT_EQ(parse_color("blueviolet", &NamedColor::in_chat), "#8A2BE2");
    EXPECT_EQ(parse_color("blue_violet", &NamedColor::in_helix), "#8A2BE2");
    EXPECT_EQ(parse_color("#9acd3F", &NamedColor::in_chat), "#9ACD3F");
    EXPECT_EQ(parse_color("#9acd3F", &NamedColor::in_helix), "#9ACD3F");
}

TEST(Colors, AnythingElseIsNone) {
    for (const auto* text : {"", "#", "#12345", "#1234567", "#12345g", "123456", "mauve", "#12 456",
                             "blue_violet", "Blue Violet"}) {
        EXPECT_EQ(parse_color(text, &NamedColor::in_chat), std::nullopt) << text;
    }
    EXPECT_EQ(parse_color("BlueViolet", &NamedColor::in_helix), std::nullopt);
}

TEST(Colors, AreListedAsTheyAreWritten) {
    EXPECT_TRUE(color_names(&NamedColor::in_chat).starts_with("Blue, BlueViolet, "));
    EXPECT_TRUE(color_names(&NamedColor::in_helix).ends_with(", spring_green, yellow_green"));
}

}  // namespace
}  // namespace clamor::twitch
