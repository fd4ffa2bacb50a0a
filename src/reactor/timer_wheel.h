// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/scheduler.h"

namespace clamor::reactor {

/// Timers in a hierarchical hashed wheel: 7 levels of 64 slots; insert and cancel take constant
/// time, and a timer moves at most 6 times towards level 0. A pure data structure in ticks (the
/// loop's tick is a millisecond). Timers of one tick run in the order of their insertion. Memory
/// grows with the timers that wait at one time, which callers bound.
class TimerWheel {
  public:
    explicit TimerWheel(std::int64_t now_tick) : elapsed_(now_tick) {}

    /// A tick that has passed counts as the one after it.
    TimerId insert(std::int64_t tick, Task task);
    /// False when the timer already ran or was cancelled.
    bool cancel(TimerId timer);
    /// Takes the next timer due at `now_tick` or before, nullopt when there is none (time has then
    /// advanced to `now_tick`).
    std::optional<Task> pop_due(std::int64_t now_tick);
    /// No timer is due before this tick; nullopt without timers.
    std::optional<std::int64_t> next_tick() const;
    std::size_t size() const { return size_; }

  private:
    static constexpr int kLevels = 7;
    static constexpr int kSlotBits = 6;
    static constexpr std::size_t kSlots = 1u << kSlotBits;
    static constexpr std::int64_t kHorizon = (std::int64_t{1} << (kLevels * kSlotBits)) - 1;
    static constexpr std::uint32_t kNone = 0xffffffff;

    struct Node {
        Task task;
        std::int64_t tick = 0;
        std::uint32_t generation = 1;
        std::uint32_t previous = kNone;
        std::uint32_t next = kNone;
        std::uint16_t list = 0;  // level * kSlots + slot
        bool waiting = false;
    };
    struct List {
        std::uint32_t first = kNone;
        std::uint32_t last = kNone;
    };
    struct Due {
        int level;
        std::size_t slot;
        std::int64_t tick;
    };

    std::optional<Due> next_slot() const;
    void link(std::uint32_t index);
    void unlink(std::uint32_t index);
    void release(std::uint32_t index);
    void move_down(std::size_t list);

    std::int64_t elapsed_;
    std::size_t size_ = 0;
    std::vector<Node> nodes_;
    std::vector<std::uint32_t> free_;
    std::array<List, kLevels * kSlots> lists_;
    std::array<std::uint64_t, kLevels> occupied_{};
};

}  // namespace clamor::reactor
