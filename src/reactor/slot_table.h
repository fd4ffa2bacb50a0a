// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

namespace clamor::reactor {

/// Names one operation towards the kernel: what it is, and the slot and its generation. An event
/// that arrives after its slot was given to somebody else finds nobody.
struct Token {
    enum class Kind : std::uint8_t { none, wake, accept, receive, writable, send };

    Kind kind = Kind::none;
    std::uint32_t generation = 0;  // 24 bits
    std::uint32_t slot = 0;

    std::uint64_t packed() const {
        return std::uint64_t{static_cast<std::uint8_t>(kind)} << 56 |
               std::uint64_t{generation} << 32 | slot;
    }
    static Token unpack(std::uint64_t value) {
        return {static_cast<Kind>(value >> 56),
                static_cast<std::uint32_t>(value >> 32) & kGenerationMask,
                static_cast<std::uint32_t>(value)};
    }
    static constexpr std::uint32_t kGenerationMask = 0xffffff;
};

/// Entries at stable addresses, found by slot and generation. T has the members `slot`,
/// `generation` and `used`.
template <class T>
class SlotTable {
  public:
    T& add() {
        if (free_.empty()) {
            entries_.emplace_back();
            entries_.back().slot = static_cast<std::uint32_t>(entries_.size() - 1);
            entries_.back().used = true;
            return entries_.back();
        }
        T& entry = entries_[free_.back()];
        free_.pop_back();
        entry.used = true;
        return entry;
    }
    void remove(T& entry) {
        const std::uint32_t slot = entry.slot;
        const std::uint32_t generation = (entry.generation + 1) & Token::kGenerationMask;
        entry = T();
        entry.slot = slot;
        entry.generation = generation;
        free_.push_back(slot);
    }
    T* find(std::uint32_t slot, std::uint32_t generation) {
        if (slot >= entries_.size()) return nullptr;
        T& entry = entries_[slot];
        return entry.used && entry.generation == generation ? &entry : nullptr;
    }
    T* find(Token token) { return find(token.slot, token.generation); }
    T& at(std::uint32_t slot) { return entries_[slot]; }

    template <class F>
    void for_each(F&& visit) {
        for (T& entry : entries_) {
            if (entry.used) visit(entry);
        }
    }

  private:
    std::deque<T> entries_;
    std::vector<std::uint32_t> free_;
};

}  // namespace clamor::reactor
