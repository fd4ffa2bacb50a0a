// SPDX-License-Identifier: Apache-2.0
#include "bus/regions_bus.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bus/bus_contract.h"
#include "bus/local_bus.h"

namespace clamor::bus {
namespace {

using testing::ElementsAre;
using testing::Pair;

constexpr ChannelId kLobby{1000};

/// A region's bus, which says only when it is told to that a subscription holds.
class Held final : public Bus, private Receiver {
  public:
    explicit Held(Receiver& to) : to_(to) {}

    using Bus::subscribe;
    void subscribe(ChannelId channel, Position last, std::span<const Position>) override {
        from = last;
        if (last == kNewest) last = {};
        bus_.subscribe(channel, last);
    }
    void unsubscribe(ChannelId channel) override { bus_.unsubscribe(channel); }
    void publish(ChannelId channel, std::string_view bytes) override {
        bus_.publish(channel, bytes);
    }
    bool accepting() const override { return takes_more; }
    void holds(ChannelId channel) { to_.on_subscribed(channel); }
    void lose(ChannelId channel, Position after, Position before) {
        to_.on_gap(channel, after, before);
    }

    Position from;  ///< of the last subscribe()
    bool takes_more = true;

  private:
    void on_received(const Received& message) override { to_.on_received(message); }
    void on_subscribed(ChannelId) override {}
    void on_gap(ChannelId, Position, Position) override {}

    Receiver& to_;
    LocalBus bus_{*this, 1};
};

struct Recorder final : Receiver {
    void on_received(const Received& message) override {
        received.emplace_back(message.bytes, message.position.region());
    }
    void on_subscribed(ChannelId) override { ++subscribed; }
    void on_gap(ChannelId, Position after, Position before) override {
        gaps.emplace_back(after, before);
    }
    std::vector<std::pair<std::string, unsigned>> received;
    std::vector<std::pair<Position, Position>> gaps;
    int subscribed = 0;
};

class RegionsBusTest : public testing::Test {
  protected:
    RegionsBus::MakeBus region(std::size_t number) {
        return [this, number](Receiver& to) {
            auto bus = std::make_unique<Held>(to);
            regions_[number] = bus.get();
            return bus;
        };
    }

    std::array<Held*, 3> regions_{};
    Recorder recorder_;
    RegionsBus bus_{recorder_, 1, {region(0), region(1), region(2)}};
};

TEST_F(RegionsBusTest, PublishesInItsOwnRegionAndReceivesFromAll) {
    bus_.subscribe(kLobby, Position::before_first(1),
                   std::vector{Position::before_first(0), Position::before_first(2)});
    bus_.publish(kLobby, "here");
    regions_[2]->publish(kLobby, "there");
    regions_[0]->publish(kLobby, "and there");
    bus_.publish(kLobby, "here again");
    EXPECT_THAT(recorder_.received, ElementsAre(Pair("here", 1u), Pair("there", 2u),
                                                Pair("and there", 0u), Pair("here again", 1u)));
}

TEST_F(RegionsBusTest, StartsEachRegionWhereItsHistoryEnds) {
    const Position own{.epoch = 5, .sequence = Position::before_first(1).sequence + 9};
    const Position other{.epoch = 4, .sequence = Position::before_first(2).sequence + 7};
    bus_.subscribe(kLobby, own, std::vector{other});
    EXPECT_EQ(regions_[0]->from, kNewest) << "nobody knows where it ends";
    EXPECT_EQ(regions_[1]->from, own);
    EXPECT_EQ(regions_[2]->from, other);
    bus_.subscribe(kLobby, kNewest);
    for (const Held* region : regions_) EXPECT_EQ(region->from, kNewest);
}

TEST_F(RegionsBusTest, HoldsOnceAllRegionsDo) {
    bus_.subscribe(kLobby, {});
    regions_[1]->holds(kLobby);
    regions_[0]->holds(kLobby);
    EXPECT_EQ(recorder_.subscribed, 0);
    regions_[2]->holds(kLobby);
    EXPECT_EQ(recorder_.subscribed, 1);
    regions_[2]->holds(kLobby);
    EXPECT_EQ(recorder_.subscribed, 1) << "nobody has asked again";
    bus_.subscribe(kLobby, {});
    for (Held* region : regions_) region->holds(kLobby);
    EXPECT_EQ(recorder_.subscribed, 2);
}

TEST_F(RegionsBusTest, TellsOfARegionsGaps) {
    bus_.subscribe(kLobby, {});
    const Position after{.epoch = 4, .sequence = Position::before_first(2).sequence + 7};
    const Position before{.epoch = 4, .sequence = after.sequence + 5};
    regions_[2]->lose(kLobby, after, before);
    EXPECT_THAT(recorder_.gaps, ElementsAre(Pair(after, before)));
}

TEST_F(RegionsBusTest, AcceptsWhatItsOwnRegionDoes) {
    regions_[0]->takes_more = regions_[2]->takes_more = false;
    EXPECT_TRUE(bus_.accepting());
    regions_[1]->takes_more = false;
    EXPECT_FALSE(bus_.accepting());
}

struct TwoRegions {
    static constexpr std::uint64_t kSkip = 0;
    std::unique_ptr<Bus> make(Receiver& receiver) {
        const RegionsBus::MakeBus local = [](Receiver& to) {
            return std::make_unique<LocalBus>(to, 1);
        };
        return std::make_unique<RegionsBus>(receiver, 0, std::vector{local, local});
    }
    void settle(Bus&) {}
};
INSTANTIATE_TYPED_TEST_SUITE_P(Regions, BusContract, TwoRegions);

}  // namespace
}  // namespace clamor::bus
