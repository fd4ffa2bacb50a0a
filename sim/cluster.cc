// SPDX-License-Identifier: Apache-2.0
#include "sim/cluster.h"

#include <algorithm>

namespace clamor::sim {

using namespace std::chrono_literals;

namespace {

std::chrono::nanoseconds travel_time(Random& random) {
    return chance(random, 100) ? up_to(random, 5ms) : up_to(random, 50us);
}

/// Mostly at once; now and then a shard is busy, and once in a while the machine stands still.
std::chrono::nanoseconds turn_delay(Random& random) {
    if (chance(random, 5000)) return up_to(random, 300ms);
    if (chance(random, 200)) return up_to(random, 30ms);
    return up_to(random, 200us);
}

std::chrono::nanoseconds work_time(Random& random) {
    if (chance(random, 100)) return up_to(random, 2s);
    if (chance(random, 10)) return up_to(random, 100ms);
    return 100us + up_to(random, 5ms);
}

}  // namespace

Cluster::Cluster(Timeline& timeline, const Options& options, std::uint64_t seed)
    : timeline_(timeline), options_(options), random_(seed) {
    for (std::uint16_t i = 0; i <= options.shards; ++i)
        shards_.push_back(std::make_unique<Shard>(*this, ShardId(i)));
    last_arrivals_.resize((shards_.size() + 3u) * shards_.size());
    sender_ = outside();
}

Cluster::~Cluster() {
    timeline_.forget(this);
}

Now Cluster::now() const {
    Now now = timeline_.now();
    now.wall += options_.skew;
    return now;
}

bool Cluster::at_rest() const {
    return working_ == 0 && std::all_of(shards_.begin(), shards_.end(), [](const auto& shard) {
               return shard->mailbox_size() == 0;
           });
}

void Cluster::happen_at(MonoTime when, Task task) {
    timeline_.happen_at(this, when, [this, task = std::move(task)]() mutable {
        task();
        sender_ = outside();
    });
}

void Cluster::send(Shard& to, Task task) {
    MonoTime& last = last_arrival(to.shard());
    last = std::max(last, now().mono + travel_time(random_));
    to.depart();
    happen_at(last, [&to, task = std::move(task)]() mutable { to.arrive(std::move(task)); });
}

void Cluster::input(ShardId shard, Task task) {
    sender_ = outside();
    send(*shards_[shard.value], std::move(task));
}

void Cluster::call_as_log_writer(std::chrono::nanoseconds after, Task task) {
    happen_at(now().mono + after, [this, task = std::move(task)]() mutable {
        sender_ = log_writer();
        task();
    });
}

bool Cluster::post(Task task) {
    if (working_ >= options_.work_max) return false;
    ++working_;
    const MonoTime done = std::max(now().mono, workers_stalled_until_) + work_time(random_);
    happen_at(done, [this, task = std::move(task)]() mutable {
        --working_;
        // Two pieces of work may run on two threads: nothing orders what they post.
        sender_ = worker();
        for (const auto& shard : shards_) last_arrival(shard->shard()) = {};
        task();
    });
    return true;
}

bool Cluster::Shard::post_to(ShardId target, Priority priority, Task task) {
    Shard& to = *cluster_.shards_[target.value];
    if (priority == Priority::delivery && to.mailbox_size() >= cluster_.options_.mailbox_max)
        return false;
    cluster_.send(to, std::move(task));
    return true;
}

TimerId Cluster::Shard::call_at(MonoTime when, Task task) {
    const TimerId id(++cluster_.timers_made_);
    timers_.emplace(std::pair(when, id.value), std::move(task));
    timer_times_.emplace(id.value, when);
    plan_turn(std::max(when, cluster_.now().mono) + up_to(cluster_.random_, 1ms));
    return id;
}

void Cluster::Shard::cancel(TimerId timer) {
    const auto found = timer_times_.find(timer.value);
    if (found == timer_times_.end()) return;
    timers_.erase({found->second, timer.value});
    timer_times_.erase(found);
}

void Cluster::Shard::arrive(Task task) {
    --travelling_;
    mailbox_.push_back(std::move(task));
    plan_turn(cluster_.now().mono + turn_delay(cluster_.random_));
}

void Cluster::Shard::plan_turn(MonoTime when) {
    if (when >= next_turn_) return;
    next_turn_ = when;
    cluster_.happen_at(when, [this, when] {
        if (when == next_turn_) turn();
    });
}

void Cluster::Shard::turn() {
    now_ = cluster_.now();
    next_turn_ = MonoTime::max();
    cluster_.sender_ = id_.value;
    for (std::size_t left = mailbox_.empty() ? 0 : 1 + pick(cluster_.random_, mailbox_.size());
         left > 0; --left) {
        Task task = std::move(mailbox_.front());
        mailbox_.pop_front();
        task();
    }
    while (!timers_.empty() && timers_.begin()->first.first <= now_.mono) {
        Task task = std::move(timers_.begin()->second);
        timer_times_.erase(timers_.begin()->first.second);
        timers_.erase(timers_.begin());
        task();
    }
    while (!end_of_turn_.empty()) {
        Task task = std::move(end_of_turn_.front());
        end_of_turn_.pop_front();
        task();
    }
    if (!mailbox_.empty()) plan_turn(now_.mono + turn_delay(cluster_.random_));
    if (!timers_.empty())
        plan_turn(std::max(timers_.begin()->first.first, now_.mono) + up_to(cluster_.random_, 1ms));
}

}  // namespace clamor::sim
