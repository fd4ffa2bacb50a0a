// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"

namespace clamor::bus {

/// One message as the bus hands it out, on every node with a subscription, the publisher's too.
struct Received {
    ChannelId channel;
    Position position;
    std::string_view bytes;       ///< valid during the call
    bool published_here = false;  ///< this node published it: the one that appends it to the log
};

/// Where received messages go. Called on the shard whose Bus it is, in position order per channel.
class Receiver {
  public:
    virtual ~Receiver() = default;
    virtual void on_received(const Received& message) = 0;
};

/// Fan-out between nodes and the source of order in a channel. A shard has one, for the channels
/// that it owns, and calls it on its own thread. What is published comes back through the Receiver:
/// there is no other way to deliver.
class Bus {
  public:
    virtual ~Bus() = default;
    /// Starts receiving the channel. `last` is the position of the newest stored message: the local
    /// bus counts on from it.
    virtual void subscribe(ChannelId channel, Position last) = 0;
    virtual void unsubscribe(ChannelId channel) = 0;
    /// Gives the bytes the channel's next position and sends them to all subscribers. Only for
    /// subscribed channels.
    virtual void publish(ChannelId channel, std::string_view bytes) = 0;
};

}  // namespace clamor::bus
