// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace clamor::automod {

/// Finds all of many keys in a text in one pass (Aho-Corasick). Immutable once built. The root and
/// the states of one byte have a full table, since most bytes of a text end there; deeper states
/// have the bytes that lead on and the state to fall back to, so that memory grows with the keys'
/// bytes and not with the alphabet.
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
            state = next(state, static_cast<unsigned char>(text[i]));
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
    struct Edge {
        unsigned char byte;
        std::uint32_t target;
    };

    std::uint32_t next(std::uint32_t state, unsigned char byte) const {
        while (state >= tables_) {
            const State& at = states_[state];
            for (std::uint32_t edge = at.edges_begin; edge < at.edges_end; ++edge) {
                if (edges_[edge].byte == byte) return edges_[edge].target;
            }
            state = at.fallback;
        }
        return table_[state * std::size_t{256} + byte];
    }

    std::vector<State> states_;
    std::vector<Edge> edges_;
    std::vector<std::uint32_t> keys_;   ///< indexes, by state
    std::vector<std::uint32_t> table_;  ///< of the states below tables_
    std::uint32_t tables_ = 0;
};

}  // namespace clamor::automod
