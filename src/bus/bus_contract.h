// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bus/bus.h"

namespace clamor::bus {

/// What every bus has to do. `Fixture` is default-constructible and has `std::unique_ptr<Bus>
/// make(Receiver&)`, `void settle(Bus&)`, which returns when everything published so far was
/// received, and `kSkip`, of which a sequence leaves out a multiple in a new epoch; 0: it leaves
/// out nothing.
template <class Fixture>
class BusContract : public testing::Test {
  protected:
    struct Kept {
        ChannelId channel;
        Position position;
        std::string bytes;
        bool published_here;
    };
    class Recorder final : public Receiver {
      public:
        void on_received(const Received& message) override {
            received.push_back({message.channel, message.position, std::string(message.bytes),
                                message.published_here});
        }
        void on_subscribed(ChannelId channel) override { subscribed.push_back(channel); }
        void on_gap(ChannelId, Position, Position) override { ++gaps; }
        std::vector<Kept> received;
        std::vector<ChannelId> subscribed;
        int gaps = 0;
    };

    const std::vector<Kept>& received() {
        fixture_.settle(*bus_);
        return recorder_.received;
    }

    /// Whether `sequence` is the one that would be `next` if nothing was left out.
    static bool goes_on(std::uint64_t sequence, std::uint64_t next) {
        if constexpr (Fixture::kSkip == 0) return sequence == next;
        return sequence > next && (sequence - next) % Fixture::kSkip == 0;
    }

    Fixture fixture_;
    Recorder recorder_;
    std::unique_ptr<Bus> bus_ = fixture_.make(recorder_);
    const ChannelId lobby_{1000};
    const ChannelId music_{1001};
};

TYPED_TEST_SUITE_P(BusContract);

TYPED_TEST_P(BusContract, GivesWhatIsPublishedBackOnceAndMarkedAsOurs) {
    this->bus_->subscribe(this->lobby_, {});
    const std::string bytes("a\0b\r\n\xff", 6);
    this->bus_->publish(this->lobby_, bytes);
    const auto& received = this->received();
    ASSERT_EQ(received.size(), 1u);
    EXPECT_EQ(received[0].channel, this->lobby_);
    EXPECT_EQ(received[0].bytes, bytes);
    EXPECT_TRUE(received[0].published_here);
}

TYPED_TEST_P(BusContract, CountsWithoutGapsFromTheLastStoredPosition) {
    this->bus_->subscribe(this->lobby_, {.epoch = 1, .sequence = 41});
    for (int i = 0; i < 3; ++i) this->bus_->publish(this->lobby_, std::to_string(i));
    const auto& received = this->received();
    ASSERT_EQ(received.size(), 3u);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_PRED2(TestFixture::goes_on, received[i].position.sequence, 42 + i);
        EXPECT_EQ(received[i].position.epoch, received[0].position.epoch);
        EXPECT_EQ(received[i].bytes, std::to_string(i));
    }
}

TYPED_TEST_P(BusContract, CountsEachChannelByItself) {
    this->bus_->subscribe(this->lobby_, {});
    this->bus_->subscribe(this->music_, {.epoch = 1, .sequence = 7});
    this->bus_->publish(this->lobby_, "a");
    this->bus_->publish(this->music_, "b");
    this->bus_->publish(this->lobby_, "c");
    std::vector<std::uint64_t> lobby;
    std::vector<std::uint64_t> music;
    for (const auto& message : this->received()) {
        (message.channel == this->lobby_ ? lobby : music).push_back(message.position.sequence);
    }
    ASSERT_EQ(lobby.size(), 2u);
    EXPECT_PRED2(TestFixture::goes_on, lobby[0], 1u);
    EXPECT_EQ(lobby[1], lobby[0] + 1);
    ASSERT_EQ(music.size(), 1u);
    EXPECT_PRED2(TestFixture::goes_on, music[0], 8u);
}

TYPED_TEST_P(BusContract, SaysThatASubscriptionHoldsEachTimeItIsAskedFor) {
    this->bus_->subscribe(this->lobby_, {});
    this->bus_->subscribe(this->music_, kNewest);
    this->received();
    this->bus_->subscribe(this->lobby_, {});
    this->received();
    EXPECT_THAT(this->recorder_.subscribed,
                testing::UnorderedElementsAre(this->lobby_, this->music_, this->lobby_));
    EXPECT_EQ(this->recorder_.gaps, 0);
}

TYPED_TEST_P(BusContract, ReceivesNothingOfAChannelThatItLeft) {
    this->bus_->subscribe(this->lobby_, {});
    this->bus_->subscribe(this->music_, {});
    this->bus_->unsubscribe(this->lobby_);
    this->bus_->publish(this->music_, "still here");
    const auto& received = this->received();
    ASSERT_EQ(received.size(), 1u);
    EXPECT_EQ(received[0].channel, this->music_);
}

TYPED_TEST_P(BusContract, NeverGivesAPositionTwiceWhenSubscribedAgain) {
    this->bus_->subscribe(this->lobby_, {});
    this->bus_->publish(this->lobby_, "a");
    this->bus_->subscribe(this->lobby_, {});
    this->bus_->publish(this->lobby_, "b");
    const auto& received = this->received();
    ASSERT_EQ(received.size(), 2u);
    EXPECT_LT(received[0].position, received[1].position);
}

REGISTER_TYPED_TEST_SUITE_P(BusContract, GivesWhatIsPublishedBackOnceAndMarkedAsOurs,
                            CountsWithoutGapsFromTheLastStoredPosition, CountsEachChannelByItself,
                            SaysThatASubscriptionHoldsEachTimeItIsAskedFor,
                            ReceivesNothingOfAChannelThatItLeft,
                            NeverGivesAPositionTwiceWhenSubscribedAgain);

}  // namespace clamor::bus
