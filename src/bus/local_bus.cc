// SPDX-License-Identifier: Apache-2.0
#include "bus/local_bus.h"

#include <algorithm>

#include "base/check.h"

namespace clamor::bus {

void LocalBus::subscribe(ChannelId channel, Position last, std::span<const Position>) {
    // A second subscribe must not turn the counter back: the log may lag behind what was published.
    std::uint64_t& sequence = last_sequence_[channel];
    if (last != kNewest) sequence = std::max(sequence, last.sequence);
    receiver_.on_subscribed(channel);
}

void LocalBus::unsubscribe(ChannelId channel) {
    last_sequence_.erase(channel);
}

void LocalBus::publish(ChannelId channel, std::string_view bytes) {
    const auto found = last_sequence_.find(channel);
    CLAMOR_CHECK(found != last_sequence_.end(), "published to a channel that is not subscribed to");
    const Position position{.epoch = epoch_, .sequence = ++found->second};
    // The receiver may subscribe and unsubscribe, so `found` is not touched any more.
    receiver_.on_received(
        {.channel = channel, .position = position, .bytes = bytes, .published_here = true});
}

}  // namespace clamor::bus
