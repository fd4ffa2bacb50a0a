// SPDX-License-Identifier: Apache-2.0
#include "text/rfc3339.h"

#include <gtest/gtest.h>

namespace clamor::text {
namespace {

TEST(Rfc3339, IsReadToTheSecond) {
    EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00Z"), wall_from_unix_ms(0));
    EXPECT_EQ(parse_rfc3339("2024-02-29T12:00:01Z"), wall_from_unix_ms(1'709'208'001'000));
    EXPECT_EQ(parse_rfc3339("2024-02-29T12:00:01.987Z"), wall_from_unix_ms(1'709'208'001'000));
}

TEST(Rfc3339, IsNothingElse) {
    for (const auto* wrong :
         {"", "2024-02-29", "2023-02-29T00:00:00Z", "2023-02-28T24:00:00Z", "1969-12-31T23:59:59Z",
          "2023-02-28T00:00:00+02:00", "2023-02-28T00:00:00.Z", "20 3-02-28T00:00:00Z",
          "2023-02-28T00:00:00.1", "2023-02-28 00:00:00Z"})
        EXPECT_FALSE(parse_rfc3339(wrong)) << wrong;
}

}  // namespace
}  // namespace clamor::text
