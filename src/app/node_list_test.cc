// SPDX-License-Identifier: Apache-2.0
#include "app/node_list.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace clamor::app {
namespace {

using Said = std::vector<std::string>;

std::string alive(const std::string& id) {
    return R"({"id":")" + id + R"(","rooms":3})";
}

class LostNodesTest : public testing::Test {
  protected:
    LostNodesTest() { EXPECT_FALSE(lost_.look(Said{alive("a"), alive("b")})); }

    LostNodes lost_;
};

TEST_F(LostNodesTest, AreThoseThatSeveralLooksInARowMissOnce) {
    for (int i = 1; i < limits::kNodeMissed; ++i) EXPECT_FALSE(lost_.look(Said{alive("b")}));
    EXPECT_TRUE(lost_.look(Said{alive("b")}));
    EXPECT_FALSE(lost_.look(Said{alive("b")}));
    EXPECT_EQ(lost_.count().value(), 1u);
}

TEST_F(LostNodesTest, AreNotThoseThatLeave) {
    EXPECT_FALSE(lost_.look(Said{leaving("a"), alive("b")}));
    for (int i = 0; i < 5; ++i) EXPECT_FALSE(lost_.look(Said{alive("b")}));
}

TEST_F(LostNodesTest, AreNotThoseThatRedisForgotForALook) {
    EXPECT_FALSE(lost_.look(Said{}));
    EXPECT_FALSE(lost_.look(Said{alive("a"), alive("b")}));
    EXPECT_FALSE(lost_.look(Said{}));
}

TEST_F(LostNodesTest, AreNotFoundWhereRedisDoesNotAnswer) {
    for (int i = 0; i < 5; ++i) EXPECT_FALSE(lost_.look(std::nullopt));
}

TEST_F(LostNodesTest, NonsenseIsNoNode) {
    const Said nonsense{"", "rubbish", "7", "[]", "{}", R"({"id":7})", alive("a"), alive("b")};
    for (int i = 0; i < 5; ++i) EXPECT_FALSE(lost_.look(nonsense));
}

}  // namespace
}  // namespace clamor::app
