// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/ids.h"
#include "base/task.h"
#include "base/time.h"

namespace clamor {

/// What happens to a posted task when the receiving shard's mailbox is at its bound: `control` is
/// always taken, `delivery` is refused, and the poster counts what it shed.
enum class Priority : std::uint8_t { control, delivery };

using TimerId = StrongId<struct TimerIdTag>;

/// The shards as seen from one of them: its clock, its timers, and the mailboxes of all. The
/// reactor implements it for real, the simulator in simulated time. Except for `post_to`, every
/// call is for the owning shard's thread only.
class Scheduler {
  public:
    virtual ~Scheduler() = default;

    virtual ShardId shard() const = 0;
    virtual std::uint16_t shard_count() const = 0;
    /// The time that was read at the start of this turn.
    virtual Now now() const = 0;

    /// Runs `task` on `target`, after everything that this thread posted there before. Never waits;
    /// any thread may call. False when the mailbox was full and the priority allows to shed; the
    /// task is then gone.
    virtual bool post_to(ShardId target, Priority priority, Task task) = 0;

    /// Runs `task` on this shard at or after `when` (resolution one millisecond).
    virtual TimerId call_at(MonoTime when, Task task) = 0;
    /// No effect when the timer already ran.
    virtual void cancel(TimerId timer) = 0;

    /// Runs `task` once at the end of this turn, after all input of the turn was handled: where
    /// open batches are flushed.
    virtual void call_at_end_of_turn(Task task) = 0;
};

/// Where work that may block runs: the worker pool, or in the simulator a simulated one.
class Executor {
  public:
    virtual ~Executor() = default;
    /// Any thread. False when the queue is at its bound: the caller answers "busy". The task
    /// answers by post_to().
    virtual bool post(Task task) = 0;
};

}  // namespace clamor
