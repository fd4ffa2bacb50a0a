// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

#include "base/frame.h"
#include "base/time.h"
#include "edge/close_reason.h"

namespace clamor::edge {

/// What waits in a connection to be taken by the kernel.
struct Outbox {
    std::size_t bytes = 0;
    MonoTime
        oldest{};  ///< when the oldest waiting byte was queued; without meaning when `bytes` is 0
};

/// The connection below a session: framing, queueing, TLS. edge/net implements it. All calls are
/// for the shard's thread. Obligations of an implementation:
/// 1. It never calls the session from within one of these functions, and never destroys it there.
/// 2. Order: what is written or delivered later leaves later.
/// 3. After close() it passes no more input to the session; it still sends what was queued before,
/// for a bounded time.
class Transport {
  public:
    /// Queues one or more lines, each ended by CR LF, as one text frame or as bare bytes.
    virtual void write(std::string_view lines) = 0;
    /// Queues a sealed frame (hub::Encoder::seal).
    virtual void deliver(const Frame& frame) = 0;
    virtual Outbox outbox() const = 0;
    /// Off: no further input is read from the socket. Lines of what was read before may still be
    /// passed on; the session holds them.
    virtual void set_receiving(bool on) = 0;
    /// Sends what is queued, then the close frame (unless abrupt), then closes. Later calls have no
    /// effect.
    virtual void close(CloseReason reason) = 0;

    virtual bool is_websocket() const = 0;
    /// permessage-deflate was agreed.
    virtual bool deflate() const = 0;

  protected:
    ~Transport() = default;
};

}  // namespace clamor::edge
