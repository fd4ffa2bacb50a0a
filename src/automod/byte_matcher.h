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
        Place place = 0;
        for (std::size_t i = 0; i < text.size(); ++i) {
            const Class byte = classes_[static_cast<unsigned char>(text[i])];
            place = place < deep_from_ ? table_[place + byte] : next_of_deep(place, byte);
            if (place < hits_from_) continue;
            for (std::uint32_t hit = states_[state_at(place)].first_hit; hit != 0;
                 hit = states_[hit].next_hit) {
                const State& at = states_[hit];
                for (std::uint32_t key = at.keys_begin; key < at.keys_end; ++key) {
                    if (!found(keys_[key], i + 1)) return;
                }
            }
        }
    }

  private:
    /// Bytes that no key has are all of class 0, each of the others has one of its own.
    using Class = std::uint16_t;
    /// Where a state is: where its row begins in table_, or behind all rows. Rows of states where a
    /// key ends are behind the others, so that a scan, whose every step waits for the one before,
    /// has one number to load and to compare.
    using Place = std::uint32_t;
    struct State {
        Place fallback = 0;  ///< of states without a row
        std::uint32_t edges_begin = 0;
        std::uint32_t edges_end = 0;
        std::uint32_t keys_begin = 0;
        std::uint32_t keys_end = 0;
        std::uint32_t first_hit = 0;  ///< the longest suffix that is a key, itself included
        std::uint32_t next_hit = 0;   ///< the longest one that is shorter than itself
    };
    struct Edge {
        Class byte;
        Place target;
    };
    /// Of all rows; they should stay in the processor's near memory.
    static constexpr std::size_t kRowsBytes = 128 * 1024;

    std::uint32_t state_at(Place place) const {
        return place < deep_from_ ? row_states_[place >> row_bits_]
                                  : place - deep_from_ + static_cast<Place>(row_states_.size());
    }
    Place next_of_deep(Place place, Class byte) const {
        while (place >= deep_from_) {
            const State& at = states_[state_at(place)];
            for (std::uint32_t edge = at.edges_begin; edge < at.edges_end; ++edge) {
                if (edges_[edge].byte == byte) return edges_[edge].target;
            }
            place = at.fallback;
        }
        return table_[place + byte];
    }

    std::array<Class, 256> classes_{};
    std::vector<State> states_;
    std::vector<Edge> edges_;
    std::vector<std::uint32_t> keys_;        ///< indexes, by state
    std::vector<Place> table_;               ///< rows
    std::vector<std::uint32_t> row_states_;  ///< whose they are
    unsigned row_bits_ = 0;                  ///< a row has two to the power of this many cells
    Place hits_from_ = 0;                    ///< in front: states where no key ends
    Place deep_from_ = 0;                    ///< from here on: states without a row
};

}  // namespace clamor::automod
