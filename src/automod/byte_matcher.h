// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace clamor::automod {

/// Finds all of many keys in a text in one pass (Aho-Corasick). Immutable once built. The states
/// nearest to the root have a row with their next state for every byte, since most bytes of a text
/// end there and a row needs no guess of the processor's; deeper states have the bytes that lead on
/// and the state to fall back to, so that memory grows with the keys' bytes.
class ByteMatcher {
  public:
    ByteMatcher() = default;
    /// Empty keys are never found.
    explicit ByteMatcher(std::span<const std::string> keys);

    bool empty() const { return states_.empty(); }
    std::size_t bytes() const;  ///< of memory

    /// Calls `found(index of the key, offset of the byte behind it)` for every occurrence, in order
    /// of their ends, until it says false.
    template <class Found>
    void scan(std::string_view text, const Found& found) const {
        if (states_.empty()) return;
        std::uint32_t state = 0;
        for (std::size_t i = 0; i < text.size(); ++i) {
            const std::uint32_t step = next(state, class_of(text[i]));
            state = step & ~kHit;
            if (step == state) continue;
            for (std::uint32_t hit = states_[state].first_hit; hit != 0;
                 hit = states_[states_[hit].fallback].first_hit) {
                const State& at = states_[hit];
                for (std::uint32_t key = at.keys_begin; key < at.keys_end; ++key) {
                    if (!found(keys_[key], i + 1)) return;
                }
            }
        }
    }

  private:
    struct State {
        std::uint32_t fallback = 0;
        std::uint32_t edges_begin = 0;
        std::uint32_t edges_end = 0;
        std::uint32_t keys_begin = 0;
        std::uint32_t keys_end = 0;
        std::uint32_t first_hit = 0;  ///< the longest suffix that is a key, itself included
    };
    /// Bytes that no key has are all of class 0, each of the others has one of its own.
    using Class = std::uint16_t;
    struct Edge {
        Class byte;
        std::uint32_t target;
    };
    /// Beside a state in table_ and edges_: some key ends there.
    static constexpr std::uint32_t kHit = 1u << 31;
    /// Of all rows; they should stay in the processor's near memory.
    static constexpr std::size_t kRowsBytes = 128 * 1024;

    Class class_of(char byte) const { return classes_[static_cast<unsigned char>(byte)]; }
    std::size_t cell(std::uint32_t state, Class byte) const {
        return std::size_t{state} << row_bits_ | byte;
    }
    std::uint32_t next(std::uint32_t state, Class byte) const {
        while (state >= rows_) {
            const State& at = states_[state];
            for (std::uint32_t edge = at.edges_begin; edge < at.edges_end; ++edge) {
                if (edges_[edge].byte == byte) return edges_[edge].target;
            }
            state = at.fallback;
        }
        return table_[cell(state, byte)];
    }

    std::array<Class, 256> classes_{};
    std::vector<State> states_;
    std::vector<Edge> edges_;
    std::vector<std::uint32_t> keys_;   ///< indexes, by state
    std::vector<std::uint32_t> table_;  ///< of the states below rows_
    std::uint32_t rows_ = 0;
    unsigned row_bits_ = 0;  ///< a row has two to the power of this many cells
};

}  // namespace clamor::automod
