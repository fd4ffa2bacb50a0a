// SPDX-License-Identifier: Apache-2.0
#include "store/copy_log.h"

#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"
#include "store/memory_message_log.h"
#include "store/message_log_contract.h"

namespace clamor::store {
namespace {

constexpr ChannelId kLobby{1000};
constexpr ChannelId kMusic{1001};
constexpr std::array kChannels{kLobby, kMusic};
constexpr auto kMany = limits::kHistoryPage * 5 / 2;

class CopyLog : public testing::Test {
  protected:
    CopyLog() {
        EXPECT_TRUE(from_.append(sample_messages(kLobby, 1, kMany)));
        EXPECT_TRUE(from_.append(sample_messages(kMusic, 3, 7)));
        const Deletion deletion{.channel = kLobby, .ids = {sample_message(kLobby, 5).id}};
        EXPECT_TRUE(from_.mark_deleted({&deletion, 1}));
    }
    Result<std::uint64_t> copy() {
        return copy_log(from_, to_, kChannels,
                        [this](std::uint64_t done, std::uint64_t total, bool verifying) {
                            EXPECT_GE(done, last_);
                            last_ = done;
                            total_ = total;
                            verified_ = verified_ || verifying;
                        });
    }

    MemoryMessageLog from_, to_;
    std::uint64_t last_ = 0, total_ = 0;
    bool verified_ = false;
};

TEST_F(CopyLog, BringsOverWhatIsThereAndWhatIsOutOfSight) {
    const auto copied = copy();
    ASSERT_TRUE(copied) << copied.error().to_string();
    EXPECT_EQ(*copied, kMany + 5);
    EXPECT_EQ(last_, 2 * (kMany + 7)) << "by sequences, of which music has no first two";
    EXPECT_EQ(total_, last_);
    EXPECT_TRUE(verified_);
    last_ = 0;
    EXPECT_TRUE(to_.find(kLobby, sample_message(kLobby, 5).id).value()->deleted);
    EXPECT_FALSE(to_.find(kLobby, sample_message(kLobby, 6).id).value()->deleted);
    EXPECT_EQ(to_.last(kMusic).value().position.sequence, 7u);
    EXPECT_EQ(copy().value(), kMany + 5);
}

TEST_F(CopyLog, GoesOnWhereItWasInterrupted) {
    ASSERT_TRUE(to_.append(sample_messages(kLobby, 1, 4)));
    EXPECT_EQ(copy().value(), kMany + 5);
}

TEST_F(CopyLog, RefusesATargetThatHoldsSomethingElse) {
    auto other = sample_message(kLobby, 1);
    other.id = MessageId::from_random(9, 9);
    ASSERT_TRUE(to_.append({&other, 1}));
    const auto refused = copy();
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().detail, testing::HasSubstr("the history of channel 1000"));
}

TEST_F(CopyLog, SaysWhenTheTargetFails) {
    to_.fail_appends(std::make_error_code(std::errc::no_space_on_device));
    EXPECT_EQ(copy().error().code, std::errc::no_space_on_device);
}

}  // namespace
}  // namespace clamor::store
