// SPDX-License-Identifier: Apache-2.0
#include "bus/local_bus.h"

#include <gtest/gtest.h>

#include "bus/bus_contract.h"

namespace clamor::bus {
namespace {

constexpr std::uint64_t kEpoch = 3;

struct LocalFixture {
    static constexpr std::uint64_t kSkip = 0;
    std::unique_ptr<Bus> make(Receiver& receiver) {
        return std::make_unique<LocalBus>(receiver, kEpoch);
    }
    void settle(Bus&) {}
};

INSTANTIATE_TYPED_TEST_SUITE_P(Local, BusContract, LocalFixture);

class Leaver final : public Receiver {
  public:
    void on_received(const Received& message) override {
        last = message.position;
        bus->unsubscribe(message.channel);
    }
    void on_subscribed(ChannelId) override {}
    void on_gap(ChannelId, Position, Position) override {}
    Bus* bus = nullptr;
    Position last;
};

TEST(LocalBus, MarksPositionsWithItsOwnEpochAndNotTheStoredOne) {
    Leaver receiver;
    LocalBus bus(receiver, kEpoch);
    receiver.bus = &bus;
    bus.subscribe(ChannelId{1000}, {.epoch = 2, .sequence = 5});
    bus.publish(ChannelId{1000}, "x");
    EXPECT_EQ(receiver.last, (Position{.epoch = kEpoch, .sequence = 6}));
}

TEST(LocalBus, LetsTheReceiverLeaveWhileItReceives) {
    Leaver receiver;
    LocalBus bus(receiver, kEpoch);
    receiver.bus = &bus;
    for (std::uint64_t stored = 0; stored < 3; ++stored) {
        bus.subscribe(ChannelId{1000}, {.epoch = kEpoch, .sequence = stored});
        bus.publish(ChannelId{1000}, "x");
        EXPECT_EQ(receiver.last.sequence, stored + 1);
    }
}

TEST(LocalBusDeathTest, StopsOnPublishingToAChannelThatIsNotSubscribed) {
    Leaver receiver;
    LocalBus bus(receiver, kEpoch);
    bus.subscribe(ChannelId{1000}, {});
    bus.unsubscribe(ChannelId{1000});
    EXPECT_DEATH(bus.publish(ChannelId{1000}, "x"), "not subscribed");
}

}  // namespace
}  // namespace clamor::bus
