// SPDX-License-Identifier: Apache-2.0
#include "load/stamp.h"

#include <gtest/gtest.h>

namespace clamor::load {
namespace {

const Stamp kStamp{.run = Stamp::kRunMax,
                   .channel = 99'999,
                   .number = 123'456'789,
                   .sent_at = MonoTime(MonoClock::duration(1'234'567'890'123'456'789))};

TEST(Stamp, IsFoundAtTheEndOfALine) {
    const std::string line =
        "@badges=;color= :ann!ann@ann.tmi.twitch.tv PRIVMSG #c :" + stamped_text(kStamp, 7);
    const auto stamp = Stamp::at_end_of(line);
    ASSERT_TRUE(stamp);
    EXPECT_EQ(stamp->run, kStamp.run);
    EXPECT_EQ(stamp->channel, kStamp.channel);
    EXPECT_EQ(stamp->number, kStamp.number);
    EXPECT_EQ(stamp->sent_at, kStamp.sent_at);
}

TEST(Stamp, IsNotFoundInOtherLines) {
    const std::string text = stamped_text(kStamp, 7);
    EXPECT_FALSE(Stamp::at_end_of(""));
    EXPECT_FALSE(Stamp::at_end_of("PING :tmi.twitch.tv"));
    EXPECT_FALSE(Stamp::at_end_of(text + "!"));
    EXPECT_FALSE(Stamp::at_end_of(text.substr(0, text.size() - 1) + "z"));
    EXPECT_FALSE(Stamp::at_end_of(text.substr(text.size() - Stamp::kLength + 1)));
}

TEST(Stamp, TextsAreAboutSixtyCharactersAndDiffer) {
    const std::string one = stamped_text(kStamp, 1);
    const std::string other = stamped_text(kStamp, 2);
    EXPECT_GE(one.size(), 60u);
    EXPECT_LE(one.size(), 66u);
    EXPECT_NE(one, other);
    EXPECT_EQ(one.find('~'), one.size() - Stamp::kLength);
}

}  // namespace
}  // namespace clamor::load
