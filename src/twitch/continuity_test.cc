// SPDX-License-Identifier: Apache-2.0
#include "twitch/continuity.h"

#include <gtest/gtest.h>

namespace clamor::twitch {
namespace {

TEST(Continuity, PositionsAreReadAsTheyAreWritten) {
    const Position position{.epoch = 7, .sequence = 18446744073709551615u};
    EXPECT_EQ(position_text(position), "7-18446744073709551615");
    EXPECT_EQ(parse_positions(position_text(position)), std::vector{position});
    for (const char* wrong : {"", "-", "7", "7-", "-7", "7-8-9", "a-1", "1-b", " 1-2", "1-2 ",
                              "1--2", "18446744073709551616-1", "1-2+", "+1-2", "1-2++3-4"}) {
        EXPECT_EQ(parse_positions(wrong), std::nullopt) << wrong;
    }
}

TEST(Continuity, HasOnePositionOfEachRegion) {
    const Position here{.epoch = 7, .sequence = 5};
    Position there = Position::before_first(3);
    there.epoch = 9;
    there.sequence += 2;
    std::string out = ":a PART #c\r\n";
    stamp_lines(out, 0, there, std::vector{here});
    EXPECT_EQ(out, "@clamor.dev/seq=9-844424930131970+7-5 :a PART #c\r\n");
    EXPECT_EQ(parse_positions("9-844424930131970+7-5"), (std::vector{there, here}));
    EXPECT_EQ(parse_positions("7-5+8-6"), std::nullopt) << "two of one region";
}

TEST(Continuity, EveryLineGetsThePosition) {
    std::string out = "before\r\n";
    const std::size_t from = out.size();
    out += "@id=1 :a PRIVMSG #c :@x\r\n:a PART #c\r\n";
    stamp_lines(out, from, {.epoch = 2, .sequence = 3}, {});
    EXPECT_EQ(out,
              "before\r\n@clamor.dev/seq=2-3;id=1 :a PRIVMSG #c :@x\r\n"
              "@clamor.dev/seq=2-3 :a PART #c\r\n");
}

TEST(Continuity, WhatHasNoPositionStaysAsItIs) {
    std::string out = ":a JOIN #c\r\n";
    stamp_lines(out, 0, {}, {});
    EXPECT_EQ(out, ":a JOIN #c\r\n");
    stamp_lines(out, out.size(), {.epoch = 1, .sequence = 1}, {});
    EXPECT_EQ(out, ":a JOIN #c\r\n");
}

}  // namespace
}  // namespace clamor::twitch
