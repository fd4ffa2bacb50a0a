// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "bus/bus.h"

namespace clamor::bus {

/// The bus of a node whose channels have sources of order in several regions: publishes in its own,
/// receives from all. Each region's messages are handed out as they come, in their region's order;
/// between regions there is no order here (docs/adr/0017). One a shard, used on its thread only.
class RegionsBus final : public Bus {
  public:
    using MakeBus = std::function<std::unique_ptr<Bus>(Receiver&)>;

    /// `regions`: how to make the bus of each, by its number; `own` is one of them. `receiver`
    /// outlives this.
    RegionsBus(Receiver& receiver, unsigned own, const std::vector<MakeBus>& regions);
    ~RegionsBus() override;

    using Bus::subscribe;
    void subscribe(ChannelId channel, Position last, std::span<const Position> others) override;
    void unsubscribe(ChannelId channel) override;
    void publish(ChannelId channel, std::string_view bytes) override;
    bool accepting() const override;

  private:
    class Region;

    void subscribed(ChannelId channel, unsigned region);

    Receiver& receiver_;
    const unsigned own_;
    std::vector<std::unique_ptr<Region>> regions_;
    /// Which regions have not said yet that a subscription holds, a bit for each.
    std::unordered_map<ChannelId, std::uint32_t> awaited_;
};

}  // namespace clamor::bus
