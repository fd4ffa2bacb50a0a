// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/ids.h"

namespace clamor {
namespace {

TEST(MessageId, IsAUuidOfVersion7ThatSortsByTime) {
    const MessageId early = MessageId::at(wall_from_unix_ms(0x0192'3456'789a), ~0ull, ~0ull);
    const MessageId late = MessageId::at(wall_from_unix_ms(0x0192'3456'789b), 0, 0);
    EXPECT_EQ(early.to_string(), "01923456-789a-7fff-bfff-ffffffffffff");
    EXPECT_EQ(late.to_string(), "01923456-789b-7000-8000-000000000000");
    EXPECT_LT(early, late);
}

TEST(MessageId, ReadsItsOwnTextInAnyCaseAndNothingElse) {
    const MessageId id = MessageId::from_random(0x0123456789abcdef, 0xfedcba9876543210);
    EXPECT_EQ(id.to_string(), "01234567-89ab-4def-bedc-ba9876543210");
    EXPECT_EQ(MessageId::parse("01234567-89AB-4DEF-BEDC-BA9876543210"), id);
    for (const char* text :
         {"", "01234567-89ab-4def-bedc-ba987654321", "01234567-89ab-4def-bedc-ba98765432100",
          "0123456789-ab-4def-bedc-ba9876543210", "01234567-89ab-4def-bedc-ba987654321g"}) {
        EXPECT_EQ(MessageId::parse(text), std::nullopt) << text;
    }
}

}  // namespace
}  // namespace clamor
