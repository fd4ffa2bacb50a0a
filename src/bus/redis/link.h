// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/counters.h"
#include "base/limits.h"
#include "base/result.h"
#include "base/scheduler.h"
#include "bus/bus.h"
#include "bus/redis/url.h"
#include "reactor/tls.h"

namespace clamor::reactor {
class Engine;
}

namespace clamor::bus::redis {

/// Written by the link's thread, read by any.
struct Counters {
    Counter published;        // messages that got their place
    Counter received;         // messages handed to shards
    Counter early;            // of them handed out while Redis was away
    Counter duplicates;       // messages that came again
    Counter foreign;          // what was no message of ours
    Counter gaps;             // where only the log can have what is missing
    Counter catch_ups;        // reads of streams
    Counter connects;         // logins
    Counter failures;         // connections that were lost or could not be made
    Counter stalls;           // times that a server did not answer in time
    Counter servers_away;     // servers that are needed and not there now
    Counter channels;         // subscribed to
    Counter kept;             // published and not in order yet
    Counter lost;             // kept at the stop of the node and never stored
    Counter windows_asked;    // checks of limits
    Counter windows_unasked;  // of them, those that Redis did not answer
    Counter clock_skew_us;    // between this machine's clock and Redis's, as it was last
    LatencyHistogram round;   // from publishing to having it back, microseconds
};

/// Answer of a sliding window, as chat::SlidingWindow gives it.
struct WindowAnswer {
    bool allowed = true;
    std::uint32_t remaining = 0;
    std::chrono::milliseconds retry_after{0};
};

struct LinkOptions {
    Url url;
    reactor::TlsFiles tls{};  ///< where the URL asks for TLS
    std::uint64_t node = 0;   ///< names this process among all; random
    std::uint64_t seed = 1;   ///< of the pauses' jitter
    std::chrono::milliseconds patience = limits::kRedisPatience;
    std::size_t stream_entries = limits::kStreamEntries;
    unsigned region = 0;  ///< whose Redis it is; positions say so
    /// Another region's: nothing is written there, only read.
    bool follows = false;
};

/// What a node has of Redis: one thread with one loop, two connections to each server that it needs
/// (commands, and subscriptions), all channels that it is subscribed to. While Redis is away it
/// hands out early what is published here, keeps it, and gives it to Redis when that is back.
/// docs/adr/0013, docs/protocol/bus.md.
class Link {
  public:
    /// Starts the thread and waits for the first login, at most kRedisConnectTimeout: a server that
    /// is not there is an outage, not an error. An error: Redis does not want us (password,
    /// rights), has no certificate that we trust, is too old, or the address names nothing.
    /// `resolver` looks up names and outlives the link.
    static Result<std::unique_ptr<Link>> start(LinkOptions options, Executor& resolver);
    /// The same on a thread of the caller's, which only turns `home` and `engine`, both of which
    /// outlive the link: for the simulation. It is not waited for, and not to be stopped: once
    /// nothing of it runs any more it is destroyed.
    static std::unique_ptr<Link> start_on(LinkOptions options, Executor& resolver, Scheduler& home,
                                          reactor::Engine& engine);
    ~Link();  ///< stop()

    /// Waits for what was published to get its place, at most `patience`, then ends the thread:
    /// nothing is handed out any more. What still had no place is counted as lost.
    void stop(std::chrono::milliseconds patience);

    /// A shard's bus. Shard and receiver outlive the link's thread. Any thread, also at a time when
    /// the shard runs.
    std::unique_ptr<Bus> make_bus(Receiver& receiver, Scheduler& shard);

    /// Counts one act against the window of that name, over all nodes. Any thread; `done` comes on
    /// the link's thread, and nothing when Redis could not be asked in time. `at`: the time in
    /// microseconds; none: the server's.
    void check_window(std::string name, limits::Window window, std::optional<std::uint64_t> at,
                      std::function<void(std::optional<WindowAnswer>)> done);

    /// Says of a channel what the node has to say of itself (a text without a meaning here; empty:
    /// nothing any more; none: leaves it as it is), which holds for limits::kPresenceKept, and asks
    /// what the others say. Of channel 0, nobody's, each node says how it is itself. In another
    /// region nothing is said, only asked. Any thread; `done` comes on the link's thread, and
    /// nothing when Redis could not be asked in time.
    void report(ChannelId channel, std::optional<std::string> here,
                std::function<void(std::optional<std::vector<std::string>>)> done);

    /// Everything that the node needs of Redis is there. Any thread.
    bool connected() const;
    /// False: as Bus::accepting(). Any thread.
    bool accepting() const;
    const Counters& counters() const;
    std::uint64_t node() const;

  private:
    friend class LinkedBus;
    class Impl;
    explicit Link(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace clamor::bus::redis
