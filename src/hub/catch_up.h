// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/scheduler.h"
#include "base/time.h"
#include "hub/member.h"

namespace clamor::store {
class MessageLog;
}

namespace clamor::hub {

/// How many events lie between two positions, as far as they tell. Where the source of order was
/// lost, the sequence leaves out a multiple of limits::kEpochSkip, counted from an event that was
/// stored: `after` may be behind that.
std::uint64_t events_between(Position after, Position before);

/// An event of another node as it came over the bus. The log gets it from that node, later; where
/// the node was killed, when it starts again.
struct Heard {
    chat::EventRef event;
    MessageId hidden_by{};  ///< the act that has taken it out of sight since; none: nobody did
};

/// What the log has of a channel between two positions, `after` excluded, and what of `heard` (in
/// order, up to `upto`; with the event at `after`, the log need not be asked for that) it lacks: at
/// most the newest limits::kMissedEvents. Error: the log cannot be read, or has an entry that
/// nobody understands.
Result<CaughtUp> read_between(store::MessageLog& log, ChannelId channel, Position after,
                              Position upto, const std::vector<Heard>& heard = {});

/// Reads for sessions that come back. What was delivered a moment ago may not be in the log yet, so
/// it reads again until it is there, for limits::kMissedPatience. Lives on its shard.
class CatchUp {
  public:
    /// Positions of one region: `after` excluded. `heard`: see read_between().
    struct Range {
        Position after;
        Position upto;
        std::vector<Heard> heard{};
    };

    CatchUp(Scheduler& scheduler, Executor& workers, store::MessageLog& log)
        : scheduler_(scheduler), workers_(workers), log_(log) {}

    /// A range for each region. `done` is called once, from a later task of this shard, with what
    /// they hold in the same order; the first has the events of all, by time, region and sequence.
    void read(ChannelId channel, std::vector<Range> ranges,
              std::function<void(std::vector<CaughtUp>)> done);

  private:
    struct Asked;
    void try_once(const Asked& asked);
    void take(const Asked& asked, std::vector<std::optional<CaughtUp>> read);

    Scheduler& scheduler_;
    Executor& workers_;
    store::MessageLog& log_;
};

}  // namespace clamor::hub
