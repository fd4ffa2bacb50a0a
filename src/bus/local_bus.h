// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unordered_map>

#include "bus/bus.h"

namespace clamor::bus {

/// The bus of a node that is alone: order is a counter per channel, and what is published is
/// received before publish() returns. One a shard, used on its thread only; its memory is bounded
/// by the channels subscribed to.
class LocalBus final : public Bus {
  public:
    /// `receiver` outlives the bus. `epoch` marks every position; one that no earlier start of the
    /// data folder used.
    LocalBus(Receiver& receiver, std::uint64_t epoch) : receiver_(receiver), epoch_(epoch) {}

    using Bus::subscribe;
    void subscribe(ChannelId channel, Position last, std::span<const Position> others) override;
    void unsubscribe(ChannelId channel) override;
    void publish(ChannelId channel, std::string_view bytes) override;

  private:
    Receiver& receiver_;
    const std::uint64_t epoch_;
    std::unordered_map<ChannelId, std::uint64_t> last_sequence_;
};

}  // namespace clamor::bus
