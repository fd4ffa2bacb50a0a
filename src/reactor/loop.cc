// SPDX-License-Identifier: Apache-2.0
#include "reactor/loop.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>

#include "base/check.h"
#include "base/limits.h"
#include "reactor/clock.h"
#include "reactor/timer_wheel.h"

namespace clamor::reactor {

namespace {

/// So many tasks of the mailbox run before the network has its turn again.
constexpr std::size_t kTasksPerTurn = 4096;

std::int64_t tick_before(MonoTime t) {
    return std::chrono::floor<std::chrono::milliseconds>(t.time_since_epoch()).count();
}
std::int64_t tick_after(MonoTime t) {
    return std::chrono::ceil<std::chrono::milliseconds>(t.time_since_epoch()).count();
}

}  // namespace

struct Loop::Impl {
    Impl(ShardId id, std::unique_ptr<Engine> e, const std::vector<Loop*>* all, std::size_t most)
        : shard(id),
          engine(std::move(e)),
          peers(all),
          mailbox_max(most),
          now(read_clocks()),
          wheel(tick_before(now.mono)) {}

    const ShardId shard;
    const std::unique_ptr<Engine> engine;
    const std::vector<Loop*>* const peers;
    const std::size_t mailbox_max;

    // Of the loop's thread.
    Now now;
    TimerWheel wheel;
    std::vector<Task> running;  // the mailbox's last fill
    std::size_t running_next = 0;
    std::vector<Task> at_end_of_turn;

    // Of every thread.
    LoopCounters counters;
    std::atomic<bool> stopping{false};
    std::atomic<bool> asleep{false};
    std::mutex mutex;
    std::vector<Task> mailbox;  // guarded by mutex
    std::size_t running_count =
        0;  // guarded by mutex: size of `running`, which counts against the bound too

    bool post(Priority priority, Task task) {
        {
            const std::lock_guard lock(mutex);
            const std::size_t depth = mailbox.size() + running_count;
            if (priority == Priority::delivery && depth >= mailbox_max) {
                counters.mailbox_refused.add();
                return false;
            }
            mailbox.push_back(std::move(task));
            if (depth + 1 > counters.mailbox_depth_max.value())
                counters.mailbox_depth_max.set(depth + 1);
        }
        if (asleep.load() && asleep.exchange(false)) engine->wake();
        return true;
    }

    /// True when the mailbox was empty: posters then wake the engine.
    bool fall_asleep() {
        const std::lock_guard lock(mutex);
        if (!mailbox.empty() || running_next < running.size() || stopping) return false;
        asleep = true;
        return true;
    }

    /// Takes the mailbox's content for running; false when it is empty.
    bool refill() {
        running.clear();
        running_next = 0;
        const std::lock_guard lock(mutex);
        running.swap(mailbox);
        running_count = running.size();
        return !running.empty();
    }

    /// Runs at most `left` tasks, and takes them from `left`.
    void run_mailbox(std::size_t& left) {
        while (left > 0 && (running_next < running.size() || refill())) {
            --left;
            Task task = std::move(running[running_next++]);
            counters.tasks.add();
            task();
        }
    }

    std::optional<MonoClock::duration> until_next_timer() const {
        const auto tick = wheel.next_tick();
        if (!tick) return std::nullopt;
        const MonoTime due{std::chrono::milliseconds(*tick)};
        return std::max(due - read_mono_clock(), MonoClock::duration::zero());
    }

    void turn(std::optional<MonoClock::duration> timeout) {
        if (const auto left = until_next_timer())
            timeout = timeout ? std::min(*timeout, *left) : *left;
        if (!fall_asleep()) timeout = MonoClock::duration::zero();
        engine->wait(timeout);
        asleep = false;
        now = read_clocks();
        counters.turns.add();

        engine->report();
        std::size_t left = kTasksPerTurn;
        run_mailbox(left);
        while (auto task = wheel.pop_due(tick_before(now.mono))) (*task)();
        run_mailbox(left);
        for (std::size_t i = 0; i < at_end_of_turn.size(); ++i) {
            Task task = std::move(at_end_of_turn[i]);
            task();
        }
        at_end_of_turn.clear();
    }
};

Loop::Loop(ShardId shard, std::unique_ptr<Engine> engine, const std::vector<Loop*>* peers,
           std::size_t mailbox_max)
    : impl_(std::make_unique<Impl>(shard, std::move(engine), peers, mailbox_max)) {}

Loop::~Loop() = default;

Engine& Loop::engine() {
    return *impl_->engine;
}
const LoopCounters& Loop::counters() const {
    return impl_->counters;
}
ShardId Loop::shard() const {
    return impl_->shard;
}
std::uint16_t Loop::shard_count() const {
    return static_cast<std::uint16_t>(impl_->peers->size());
}
Now Loop::now() const {
    return impl_->now;
}

void Loop::run() {
    while (!impl_->stopping) impl_->turn(std::nullopt);
    std::size_t everything = limits::kMailboxTasks;
    impl_->run_mailbox(everything);
    impl_->engine->flush();
}

void Loop::run_once(std::optional<MonoClock::duration> timeout) {
    impl_->turn(timeout);
}

void Loop::stop() {
    impl_->stopping = true;
    impl_->engine->wake();
}

bool Loop::post_to(ShardId target, Priority priority, Task task) {
    CLAMOR_CHECK(target.value < impl_->peers->size(), "the shard exists");
    return (*impl_->peers)[target.value]->impl_->post(priority, std::move(task));
}

TimerId Loop::call_at(MonoTime when, Task task) {
    // Not before the next tick: a timer that sets itself again for "now" must not keep the turn
    // from ending.
    return impl_->wheel.insert(std::max(tick_after(when), tick_before(impl_->now.mono) + 1),
                               std::move(task));
}

void Loop::cancel(TimerId timer) {
    impl_->wheel.cancel(timer);
}

void Loop::call_at_end_of_turn(Task task) {
    impl_->at_end_of_turn.push_back(std::move(task));
}

}  // namespace clamor::reactor
