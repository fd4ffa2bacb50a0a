// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"

namespace clamor::bus {

/// What a message that is handed out has behind it (docs/adr/0013).
enum class Turn : std::uint8_t {
    in_order,  ///< the usual: it has its place, and nobody here had it before
    early,     ///< published here while the others cannot be reached; it has no place yet
    late,      ///< handed out early before; now it has its place
};

/// One message as the bus hands it out, on every node with a subscription, the publisher's too.
struct Received {
    ChannelId channel;
    Position position;            ///< zeros: none yet
    std::string_view bytes;       ///< valid during the call
    bool published_here = false;  ///< this node published it: the one that appends it to the log
    Turn turn = Turn::in_order;
};

/// For subscribe(): nothing that was published before is wanted. For on_gap(): see there.
inline constexpr Position kNewest{.epoch = std::numeric_limits<std::uint64_t>::max(),
                                  .sequence = std::numeric_limits<std::uint64_t>::max()};

/// Of the end of a gap: up to where it reaches is not known.
constexpr bool is_doubt(Position before) {
    return before.sequence == kNewest.sequence;
}

/// Where received messages go. Called on the shard whose Bus it is, in position order per channel,
/// of each region by itself.
class Receiver {
  public:
    virtual ~Receiver() = default;
    virtual void on_received(const Received& message) = 0;
    /// What a subscribe() asked for holds: all that is published from now on comes. What came
    /// before this call was published before.
    virtual void on_subscribed(ChannelId channel) = 0;
    /// Messages between these positions (exclusive) may have been published and do not come: only
    /// the log has them. Where is_doubt(before), nobody knows up to where: what is of the epoch of
    /// `before` or a later one comes yet.
    virtual void on_gap(ChannelId channel, Position after, Position before) = 0;
};

/// Fan-out between nodes and the source of order in a channel. A shard has one, for the channels
/// that it owns, and calls it on its own thread. What is published comes back through the Receiver:
/// there is no other way to deliver.
class Bus {
  public:
    virtual ~Bus() = default;
    /// Starts receiving the channel; on_subscribed() follows, perhaps from inside, after a second
    /// subscribe as well. `last` is the position of the newest stored message: newer ones come, and
    /// a bus that gives out positions itself counts on from it. `others`: the same of the other
    /// regions; of one that is left out, nothing that was published before is wanted.
    virtual void subscribe(ChannelId channel, Position last, std::span<const Position> others) = 0;
    void subscribe(ChannelId channel, Position last) { subscribe(channel, last, {}); }
    virtual void unsubscribe(ChannelId channel) = 0;
    /// Gives the bytes the channel's next position and sends them to all subscribers. Only for
    /// subscribed channels.
    virtual void publish(ChannelId channel, std::string_view bytes) = 0;
    /// False: so much waits to be sent that nothing more should be accepted from chatters. What is
    /// published all the same is taken.
    virtual bool accepting() const { return true; }
};

}  // namespace clamor::bus
