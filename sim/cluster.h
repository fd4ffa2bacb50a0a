// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "base/scheduler.h"
#include "sim/timeline.h"

namespace clamor::sim {

/// The threads of a node, all on one, in simulated time: shards that take turns, a pool of workers,
/// the log's writer. A seed decides in which order things happen that threads leave open: how long
/// a task travels to a mailbox (tasks of one sender to one receiver stay in order), how late a
/// shard takes its turn and how much it does in it, and how long work takes. Everything else is
/// exact, so that one seed gives one run. Its wall clock may differ from the timeline's.
class Cluster final : public Executor {
  public:
    struct Options {
        std::uint16_t shards = 2;
        std::size_t mailbox_max = 65536;
        std::size_t work_max = 65536;
        std::chrono::milliseconds skew{0};  ///< how far its wall clock is ahead
    };

    Cluster(Timeline& timeline, const Options& options, std::uint64_t seed);
    /// Nothing that was under way happens any more.
    ~Cluster() override;

    Scheduler& shard(ShardId id) { return *shards_[id.value]; }
    /// One more thread, which shards do not know of: the one that speaks with Redis.
    ShardId aside() const { return ShardId(options_.shards); }
    Now now() const;
    Timeline& timeline() { return timeline_; }

    /// Input from outside for a shard: runs in a turn of it, behind input that came before.
    void input(ShardId shard, Task task);
    /// Runs as the log's writer thread.
    void call_as_log_writer(std::chrono::nanoseconds after, Task task);
    /// All work that is posted until then takes at least as long.
    void stall_workers_for(std::chrono::nanoseconds duration) {
        workers_stalled_until_ = now().mono + duration;
    }
    /// Nothing is on its way between threads.
    bool at_rest() const;

    // Executor
    bool post(Task task) override;

  private:
    class Shard final : public Scheduler {
      public:
        Shard(Cluster& cluster, ShardId id) : cluster_(cluster), id_(id) {}

        ShardId shard() const override { return id_; }
        std::uint16_t shard_count() const override { return cluster_.options_.shards; }
        Now now() const override { return now_; }
        bool post_to(ShardId target, Priority priority, Task task) override;
        TimerId call_at(MonoTime when, Task task) override;
        void cancel(TimerId timer) override;
        void call_at_end_of_turn(Task task) override { end_of_turn_.push_back(std::move(task)); }

        void depart() { ++travelling_; }
        void arrive(Task task);
        /// With what is on its way: a mailbox is full for the sender.
        std::size_t mailbox_size() const { return mailbox_.size() + travelling_; }

      private:
        void plan_turn(MonoTime when);
        void turn();

        Cluster& cluster_;
        const ShardId id_;
        Now now_{};
        std::size_t travelling_ = 0;
        std::deque<Task> mailbox_;
        std::deque<Task> end_of_turn_;
        std::map<std::pair<MonoTime, std::uint64_t>, Task> timers_;
        std::map<std::uint64_t, MonoTime> timer_times_;
        MonoTime next_turn_ = MonoTime::max();
    };
    void happen_at(MonoTime when, Task task);
    void send(Shard& to, Task task);
    MonoTime& last_arrival(ShardId to) {
        return last_arrivals_[sender_ * shards_.size() + to.value];
    }
    std::size_t log_writer() const { return shards_.size(); }
    std::size_t worker() const { return shards_.size() + 1; }
    std::size_t outside() const { return shards_.size() + 2; }

    Timeline& timeline_;
    const Options options_;
    Random random_;
    std::vector<std::unique_ptr<Shard>> shards_;
    std::uint64_t timers_made_ = 0;
    std::size_t sender_ = 0;  ///< which thread runs now
    std::vector<MonoTime> last_arrivals_;
    std::size_t working_ = 0;
    MonoTime workers_stalled_until_{};
};

}  // namespace clamor::sim
