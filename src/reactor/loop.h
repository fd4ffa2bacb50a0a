// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "base/counters.h"
#include "base/limits.h"
#include "base/scheduler.h"
#include "reactor/engine.h"

namespace clamor::reactor {

struct LoopCounters {
    Counter turns;
    Counter tasks;            // tasks run from the mailbox
    Counter mailbox_refused;  // tasks of Priority::delivery refused at the bound
    Counter mailbox_depth_max;
};

/// One shard: a thread's engine, clock, timer wheel and mailbox. Implements base's Scheduler over
/// the real machine. A turn: clock, network completions, mailbox, timers, end-of-turn tasks; the
/// sends they started leave with the next turn's first kernel call. Lives on the thread that calls
/// run(); post_to() and stop() may be called from any thread.
class Loop final : public Scheduler {
  public:
    /// `peers` are the loops of all shards by ShardId, this one included; they are filled in before
    /// run() and outlive it.
    /// `mailbox_max` bounds the waiting tasks, from which on those of Priority::delivery are
    /// refused.
    Loop(ShardId shard, std::unique_ptr<Engine> engine, const std::vector<Loop*>* peers,
         std::size_t mailbox_max = limits::kMailboxTasks);
    ~Loop() override;

    Engine& engine();
    const LoopCounters& counters() const;

    /// Turns until stop(). Then drains the mailbox once more and returns.
    void run();
    /// One turn of at most `timeout`; for tests and small programs.
    void run_once(std::optional<MonoClock::duration> timeout);
    void stop();

    ShardId shard() const override;
    std::uint16_t shard_count() const override;
    Now now() const override;
    bool post_to(ShardId target, Priority priority, Task task) override;
    TimerId call_at(MonoTime when, Task task) override;
    void cancel(TimerId timer) override;
    void call_at_end_of_turn(Task task) override;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// The blocking pool: a few threads for catalog calls and other work that may wait.
class WorkerPool final : public Executor {
  public:
    WorkerPool(std::size_t threads, std::size_t queue_max);
    ~WorkerPool() override;  ///< finishes what was queued, then joins

    bool post(Task task) override;
    std::size_t queued() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace clamor::reactor
