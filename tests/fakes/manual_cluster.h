// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/scheduler.h"

namespace clamor::fakes {

/// The shards of a node on one thread, in time that the test moves: tasks run in the order in which
/// they were posted, work for the pool runs when it is its turn, timers when the time is advanced
/// past them.
class ManualCluster final : public Executor {
  public:
    explicit ManualCluster(std::uint16_t shards) {
        for (std::uint16_t i = 0; i < shards; ++i)
            shards_.push_back(std::make_unique<Shard>(*this, ShardId(i)));
    }

    Scheduler& shard(std::size_t index) { return *shards_[index]; }

    /// Runs everything that can run at the present time.
    void run() {
        bool ran = true;
        while (ran) {
            ran = false;
            for (std::size_t i = 0; i < shards_.size(); ++i)
                ran = (stuck != i && shards_[i]->turn()) || ran;
            if (workers_stopped) continue;
            while (!work_.empty()) {
                Task task = std::move(work_.front());
                work_.pop_front();
                task();
                ran = true;
            }
        }
    }

    /// One turn of every shard.
    void turn() {
        for (const auto& shard : shards_) shard->turn();
    }

    /// Moves time in steps of a millisecond, running what becomes due.
    void advance(std::chrono::milliseconds by) {
        run();
        for (std::int64_t i = 0; i < by.count(); ++i) {
            now_.mono += std::chrono::milliseconds(1);
            now_.wall += std::chrono::milliseconds(1);
            run();
        }
    }

    Now now() const { return now_; }

    // Executor
    bool post(Task task) override {
        if (work_.size() >= work_max) return false;
        work_.push_back(std::move(task));
        return true;
    }

    std::size_t work_max = 1 << 20;
    bool workers_stopped = false;
    bool mailboxes_full = false;         ///< deliveries are refused
    std::optional<std::size_t> stuck{};  ///< this shard does nothing

  private:
    class Shard final : public Scheduler {
      public:
        Shard(ManualCluster& cluster, ShardId id) : cluster_(cluster), id_(id) {}

        ShardId shard() const override { return id_; }
        std::uint16_t shard_count() const override {
            return static_cast<std::uint16_t>(cluster_.shards_.size());
        }
        Now now() const override { return cluster_.now_; }
        bool post_to(ShardId target, Priority priority, Task task) override {
            if (priority == Priority::delivery && cluster_.mailboxes_full) return false;
            cluster_.shards_[target.value]->mailbox_.push_back(std::move(task));
            return true;
        }
        TimerId call_at(MonoTime when, Task task) override {
            const TimerId id(++cluster_.timers_made_);
            timers_.emplace(std::pair(when, id.value), std::move(task));
            return id;
        }
        void cancel(TimerId timer) override {
            std::erase_if(timers_,
                          [timer](const auto& entry) { return entry.first.second == timer.value; });
        }
        void call_at_end_of_turn(Task task) override { end_of_turn_.push_back(std::move(task)); }

        bool turn() {
            bool ran = false;
            while (!mailbox_.empty()) {
                Task task = std::move(mailbox_.front());
                mailbox_.pop_front();
                task();
                ran = true;
            }
            while (!timers_.empty() && timers_.begin()->first.first <= cluster_.now_.mono) {
                Task task = std::move(timers_.begin()->second);
                timers_.erase(timers_.begin());
                task();
                ran = true;
            }
            while (!end_of_turn_.empty()) {
                Task task = std::move(end_of_turn_.front());
                end_of_turn_.pop_front();
                task();
                ran = true;
            }
            return ran;
        }

      private:
        ManualCluster& cluster_;
        const ShardId id_;
        std::deque<Task> mailbox_;
        std::deque<Task> end_of_turn_;
        std::map<std::pair<MonoTime, std::uint64_t>, Task> timers_;
    };

    Now now_{.mono = MonoTime(std::chrono::hours(1)), .wall = wall_from_unix_ms(1'790'000'000'000)};
    std::vector<std::unique_ptr<Shard>> shards_;
    std::deque<Task> work_;
    std::uint64_t timers_made_ = 0;
};

}  // namespace clamor::fakes
