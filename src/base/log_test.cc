// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clamor::log {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

class LogTest : public testing::Test {
  protected:
    ~LogTest() override { setup(Level::info, false); }

    static std::string written(std::string_view event, std::initializer_list<Field> fields) {
        testing::internal::CaptureStderr();
        info(event, fields);
        return testing::internal::GetCapturedStderr();
    }
};

TEST_F(LogTest, WritesFieldsBehindTheEvent) {
    EXPECT_THAT(written("hello", {{"a", 7}, {"b", "two words"}}),
                EndsWith("info hello  a=7  b=\"two words\"\n"));
    EXPECT_THAT(written("hello", {}), Not(HasSubstr("node")));
}

TEST_F(LogTest, HasTheNodesNumberInEveryLine) {
    setup(Level::info, false, 12);
    EXPECT_THAT(written("hello", {{"a", 7}}), EndsWith("info hello  a=7  node=12\n"));
    EXPECT_THAT(written("hello", {}), EndsWith("info hello  node=12\n"));
    setup(Level::info, true, 12);
    EXPECT_EQ(written("hello", {{"a", "\"7\"\n"}}),
              "{\"level\":\"info\",\"event\":\"hello\",\"a\":\"\\\"7\\\"\\n\",\"node\":\"12\"}\n");
}

}  // namespace
}  // namespace clamor::log
