// SPDX-License-Identifier: Apache-2.0
#include "hub/whisper_contacts.h"

#include <gtest/gtest.h>

namespace clamor::hub {
namespace {

using namespace std::chrono_literals;

constexpr MonoTime kStart{1000h};
constexpr UserId kSpammer{1};
constexpr UserId kVictim{999};

class WhisperContactsTest : public ::testing::Test {
  protected:
    void write_to_all_that_are_allowed(MonoTime now) {
        for (std::uint64_t i = 0; i < limits::kWhisperRecipientsPerDay.count; ++i)
            ASSERT_TRUE(contacts_.allow(kSpammer, UserId(100 + i), now)) << i;
    }
    WhisperContacts contacts_{limits::kWhisperRecipientsPerDay};
};

TEST_F(WhisperContactsTest, NewRecipientsAreBoundedForADay) {
    write_to_all_that_are_allowed(kStart);
    EXPECT_FALSE(contacts_.allow(kSpammer, kVictim, kStart));
    EXPECT_TRUE(contacts_.allow(kSpammer, UserId(100), kStart)) << "known already";
    EXPECT_TRUE(contacts_.allow(UserId(2), kVictim, kStart)) << "another account";
    EXPECT_FALSE(contacts_.allow(kSpammer, kVictim, kStart + 24h - 1ms));
    EXPECT_TRUE(contacts_.allow(kSpammer, kVictim, kStart + 24h));
}

TEST(WhisperContacts, AreAsManyAsIsSet) {
    WhisperContacts contacts({.count = 1, .length = 1h});
    EXPECT_TRUE(contacts.allow(kSpammer, kVictim, kStart));
    EXPECT_FALSE(contacts.allow(kSpammer, UserId(100), kStart));
    EXPECT_TRUE(contacts.allow(kSpammer, UserId(100), kStart + 1h));
}

TEST_F(WhisperContactsTest, WhoWroteFirstIsAnsweredAlways) {
    write_to_all_that_are_allowed(kStart);
    ASSERT_TRUE(contacts_.allow(kVictim, kSpammer, kStart));
    EXPECT_TRUE(contacts_.allow(kSpammer, kVictim, kStart));
}

TEST_F(WhisperContactsTest, ForgetsAccountsThatAreSilent) {
    for (std::uint64_t i = 0; i < 1024; ++i) contacts_.allow(UserId(i + 1), UserId(5000), kStart);
    EXPECT_EQ(contacts_.remembered(), 1024u);
    contacts_.allow(UserId(4000), UserId(5000), kStart + 25h);
    EXPECT_EQ(contacts_.remembered(), 1u);
}

}  // namespace
}  // namespace clamor::hub
