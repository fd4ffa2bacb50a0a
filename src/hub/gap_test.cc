// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/limits.h"
#include "hub/hub_fixture.h"

/// What a bus has left out.
namespace clamor::hub {
namespace {

using namespace std::chrono_literals;
using fakes::FakeMember;

constexpr auto kMessage = static_cast<std::size_t>(chat::ShedClass::message);

class GapTest : public HubTest {
  protected:
    GapTest() {
        services_.make_bus = [this](bus::Receiver& receiver, Scheduler&) {
            receivers_.push_back(&receiver);
            return std::make_unique<bus::LocalBus>(receiver, 5);
        };
    }
    void leave_out(Position after, Position before) {
        const ShardId owner = owner_shard(lobby(), static_cast<std::uint16_t>(GetParam()));
        receivers_[owner.value]->on_gap(lobby(), after, before);
        cluster_.run();
    }
    ChannelId lobby() { return catalog_.ensure_channel("lobby")->id; }

    std::vector<bus::Receiver*> receivers_;
};

TEST_P(GapTest, IsToldToEveryMemberAtOnceWithItsRange) {
    FakeMember one, other;
    add_and_join(one);
    add_and_join(other);
    leave_out({5, 2}, {5, 6});
    for (const FakeMember* member : {&one, &other}) {
        EXPECT_EQ(member->skipped[kMessage], 3u);
        EXPECT_EQ(member->skipped_first, (Position{5, 3}));
        EXPECT_EQ(member->skipped_last, (Position{5, 5}));
    }
}

TEST_P(GapTest, OverAnEpochIsToldWithOneAtLeast) {
    FakeMember member;
    add_and_join(member);
    leave_out({5, 2}, {6, 2 + limits::kEpochSkip + 1});
    EXPECT_EQ(member.skipped[kMessage], 1u);
    EXPECT_TRUE(member.skipped_perhaps);
    EXPECT_EQ(member.skipped_first, (Position{5, 3}));
}

TEST_P(GapTest, OverAnEpochIsNoPerhapsWhereThePositionsTellThatSomethingIsMissing) {
    FakeMember member;
    add_and_join(member);
    leave_out({5, 2}, {6, 4 + limits::kEpochSkip});
    EXPECT_EQ(member.skipped[kMessage], 1u);
    EXPECT_FALSE(member.skipped_perhaps);
}

TEST_P(GapTest, IsFilledFromTheLogALittleLater) {
    FakeMember member;
    add_and_join(member);
    chat::Message said;
    said.id = MessageId::from_random(1, 1);
    said.author_login = "elsewhere";
    said.text = "hello";
    const store::StoredMessage entry{
        .channel = lobby(),
        .position = {5, 3},
        .id = said.id,
        .event = chat::encode_event(chat::Event{
            .channel = lobby(), .channel_login = "lobby", .position = {}, .body = said})};
    ASSERT_TRUE(log_.append({&entry, 1}));
    leave_out({5, 2}, {6, 4 + limits::kEpochSkip});
    EXPECT_EQ(member.text(), "");
    cluster_.advance(limits::kGapPatience + 10ms);
    EXPECT_EQ(member.text(), "elsewhere: hello\n");
}

INSTANTIATE_TEST_SUITE_P(Shards, GapTest, ::testing::Values(1, 2));

}  // namespace
}  // namespace clamor::hub
