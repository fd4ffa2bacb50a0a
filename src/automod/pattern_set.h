// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "automod/byte_matcher.h"

namespace re2 {
class RE2;
}

namespace clamor::automod {

/// Regular expressions of RE2's syntax, which are matched in time linear in the text whatever they
/// are. Most need some literal text to be there: those are tried only where it is. The others are
/// run as one. Immutable once compile() was called, and then used by any thread; what RE2 learns
/// about texts as it goes stays within limits::kPatternMemory and kPatternSetMemory. (RE2 guards
/// that with a lock for readers; the one shard that judges a channel has nobody to wait for.)
class PatternSet {
  public:
    PatternSet();
    ~PatternSet();
    PatternSet(const PatternSet&) = delete;
    PatternSet& operator=(const PatternSet&) = delete;

    /// An error is a sentence for whoever wrote the expression. `number` is what find() gives.
    tl::expected<void, std::string> add(std::string_view pattern, std::uint32_t number);
    /// Call once, after the last add(). False: all of them together are too large.
    bool compile();

    bool empty() const { return patterns_.empty(); }
    /// How many have to be run over every message.
    std::size_t ungated() const { return ungated_.size(); }

    /// The numbers of those found in the text, which is in lower case. `tried` and `numbers` are
    /// scratch; `numbers` is empty where nothing was found.
    void find(std::string_view text, std::vector<bool>& tried,
              std::vector<std::uint32_t>& numbers) const;

    /// Calls `each(first byte, byte behind the last)` for the places of the pattern in the text,
    /// until it says false.
    template <class Each>
    void places(std::uint32_t number, std::string_view text, const Each& each) const {
        std::size_t from = 0;
        while (const auto place = next_place(number, text, from)) {
            if (!each(place->begin, place->end)) return;
            from = place->end;
        }
    }

  private:
    struct Pattern {
        std::uint32_t number;
        std::unique_ptr<re2::RE2> expression;
    };
    struct Together;
    struct Place {
        std::size_t begin, end;
    };

    /// The first one that is not empty, from the byte `from` on.
    std::optional<Place> next_place(std::uint32_t number, std::string_view text,
                                    std::size_t from) const;

    std::vector<Pattern> patterns_;
    std::vector<std::string> atoms_;            ///< any of a pattern's is in whatever it matches
    std::vector<std::uint32_t> atom_patterns_;  ///< index in patterns_, for each atom
    std::vector<std::uint32_t> ungated_;        ///< indexes in patterns_
    ByteMatcher atom_matcher_;
    std::unique_ptr<Together> together_;  ///< the ungated ones as one; null: none
};

}  // namespace clamor::automod
