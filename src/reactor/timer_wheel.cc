// SPDX-License-Identifier: Apache-2.0
#include "reactor/timer_wheel.h"

#include <algorithm>
#include <bit>

namespace clamor::reactor {

TimerId TimerWheel::insert(std::int64_t tick, Task task) {
    std::uint32_t index = 0;
    if (free_.empty()) {
        index = static_cast<std::uint32_t>(nodes_.size());
        nodes_.emplace_back();
    } else {
        index = free_.back();
        free_.pop_back();
    }
    Node& node = nodes_[index];
    node.task = std::move(task);
    node.tick = std::clamp(tick, elapsed_ + 1, elapsed_ + kHorizon / 2);
    node.waiting = true;
    link(index);
    ++size_;
    return TimerId(std::uint64_t{node.generation} << 32 | index);
}

bool TimerWheel::cancel(TimerId timer) {
    const auto index = static_cast<std::uint32_t>(timer.value);
    if (!timer || index >= nodes_.size()) return false;
    const Node& node = nodes_[index];
    if (!node.waiting || node.generation != timer.value >> 32) return false;
    unlink(index);
    release(index);
    return true;
}

std::optional<Task> TimerWheel::pop_due(std::int64_t now_tick) {
    while (const auto due = next_slot()) {
        if (due->tick > now_tick) break;
        elapsed_ = std::max(elapsed_, due->tick);
        const std::size_t list = static_cast<std::size_t>(due->level) * kSlots + due->slot;
        if (due->level > 0) {
            move_down(list);
            continue;
        }
        const std::uint32_t index = lists_[list].first;
        Task task = std::move(nodes_[index].task);
        unlink(index);
        release(index);
        return task;
    }
    elapsed_ = std::max(elapsed_, now_tick);
    return std::nullopt;
}

std::optional<std::int64_t> TimerWheel::next_tick() const {
    const auto due = next_slot();
    if (!due) return std::nullopt;
    return due->tick;
}

// A timer's level is the highest group of bits in which its tick differs from elapsed_. All timers
// of a level therefore share the higher bits with elapsed_, and every timer of a lower level is due
// before those of a higher one.
std::optional<TimerWheel::Due> TimerWheel::next_slot() const {
    for (int level = 0; level < kLevels; ++level) {
        if (occupied_[static_cast<std::size_t>(level)] == 0) continue;
        const int shift = level * kSlotBits;
        const auto slot =
            static_cast<std::size_t>(std::countr_zero(occupied_[static_cast<std::size_t>(level)]));
        const std::int64_t block = elapsed_ >> (shift + kSlotBits) << (shift + kSlotBits);
        return Due{level, slot, block | static_cast<std::int64_t>(slot) << shift};
    }
    return std::nullopt;
}

void TimerWheel::link(std::uint32_t index) {
    Node& node = nodes_[index];
    const auto differing = static_cast<std::uint64_t>(node.tick ^ elapsed_) | 1;
    const int level =
        std::min((static_cast<int>(std::bit_width(differing)) - 1) / kSlotBits, kLevels - 1);
    const auto slot = static_cast<std::size_t>(node.tick >> (level * kSlotBits)) & (kSlots - 1);
    node.list = static_cast<std::uint16_t>(static_cast<std::size_t>(level) * kSlots + slot);
    List& list = lists_[node.list];
    node.previous = list.last;
    node.next = kNone;
    (list.last == kNone ? list.first : nodes_[list.last].next) = index;
    list.last = index;
    occupied_[static_cast<std::size_t>(level)] |= std::uint64_t{1} << slot;
}

void TimerWheel::unlink(std::uint32_t index) {
    const Node& node = nodes_[index];
    List& list = lists_[node.list];
    (node.previous == kNone ? list.first : nodes_[node.previous].next) = node.next;
    (node.next == kNone ? list.last : nodes_[node.next].previous) = node.previous;
    if (list.first == kNone)
        occupied_[node.list / kSlots] &= ~(std::uint64_t{1} << (node.list % kSlots));
}

void TimerWheel::release(std::uint32_t index) {
    Node& node = nodes_[index];
    node.task = Task();
    node.waiting = false;
    ++node.generation;
    free_.push_back(index);
    --size_;
}

void TimerWheel::move_down(std::size_t list) {
    std::uint32_t index = lists_[list].first;
    lists_[list] = List{};
    occupied_[list / kSlots] &= ~(std::uint64_t{1} << (list % kSlots));
    while (index != kNone) {
        const std::uint32_t next = nodes_[index].next;
        link(index);
        index = next;
    }
}

}  // namespace clamor::reactor
