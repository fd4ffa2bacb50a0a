// SPDX-License-Identifier: Apache-2.0
#include "bus/regions_bus.h"

#include <algorithm>

#include "base/check.h"
#include "base/limits.h"

namespace clamor::bus {

/// One region's bus, and what it hands out.
class RegionsBus::Region final : public Receiver {
  public:
    Region(RegionsBus& all, unsigned number, const MakeBus& make)
        : bus_(make(*this)), all_(all), number_(number) {}

    Bus& bus() { return *bus_; }

    void on_received(const Received& message) override { all_.receiver_.on_received(message); }
    void on_subscribed(ChannelId channel) override { all_.subscribed(channel, number_); }
    void on_gap(ChannelId channel, Position after, Position before) override {
        all_.receiver_.on_gap(channel, after, before);
    }

  private:
    const std::unique_ptr<Bus> bus_;
    RegionsBus& all_;
    const unsigned number_;
};

RegionsBus::RegionsBus(Receiver& receiver, unsigned own, const std::vector<MakeBus>& regions)
    : receiver_(receiver), own_(own) {
    CLAMOR_CHECK(own < regions.size() && regions.size() <= limits::kRegions,
                 "the own region is one of those that there are");
    for (const MakeBus& make : regions) {
        const auto number = static_cast<unsigned>(regions_.size());
        regions_.push_back(std::make_unique<Region>(*this, number, make));
    }
}

RegionsBus::~RegionsBus() = default;

void RegionsBus::subscribe(ChannelId channel, Position last, std::span<const Position> others) {
    awaited_[channel] = (std::uint32_t{1} << regions_.size()) - 1;
    for (unsigned number = 0; number < regions_.size(); ++number) {
        Position from = kNewest;
        if (number == own_) {
            from = last;
        } else if (last != kNewest) {
            const auto known = std::ranges::find_if(
                others, [number](Position one) { return one.region() == number; });
            if (known != others.end()) from = *known;
        }
        regions_[number]->bus().subscribe(channel, from);
    }
}

void RegionsBus::unsubscribe(ChannelId channel) {
    awaited_.erase(channel);
    for (const auto& region : regions_) region->bus().unsubscribe(channel);
}

void RegionsBus::publish(ChannelId channel, std::string_view bytes) {
    regions_[own_]->bus().publish(channel, bytes);
}

bool RegionsBus::accepting() const {
    return regions_[own_]->bus().accepting();
}

/// The subscription holds once it does in the last region; one that is away says so after a while.
void RegionsBus::subscribed(ChannelId channel, unsigned region) {
    const auto found = awaited_.find(channel);
    if (found == awaited_.end() || found->second == 0) return;
    found->second &= ~(std::uint32_t{1} << region);
    if (found->second == 0) receiver_.on_subscribed(channel);
}

}  // namespace clamor::bus
