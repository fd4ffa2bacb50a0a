// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

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
    /// What whoever asks for patterns looks for in the text: any of a pattern's atoms is in
    /// whatever it matches.
    std::span<const std::string> atoms() const { return atoms_; }

    /// The patterns found in one text, reused from text to text.
    class Finds {
      public:
        /// Begins with another text, which is in lower case.
        void begin() {
            numbers_.clear();
            any_tried_ = false;
        }
        std::span<const std::uint32_t> numbers() const { return numbers_; }

      private:
        friend class PatternSet;
        std::vector<bool> tried_;  ///< by index in patterns_, once any was tried
        std::vector<std::uint32_t> numbers_;
        bool any_tried_ = false;
    };
    /// The text has this atom in it.
    void see_atom(std::uint32_t atom, std::string_view text, Finds& finds) const;
    /// All atoms of the text were seen: what needs none is tried.
    void finish(std::string_view text, Finds& finds) const;

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

    void try_pattern(std::uint32_t index, std::string_view text, Finds& finds) const;
    /// The first one that is not empty, from the byte `from` on.
    std::optional<Place> next_place(std::uint32_t number, std::string_view text,
                                    std::size_t from) const;

    std::vector<Pattern> patterns_;
    std::vector<std::string> atoms_;
    std::vector<std::uint32_t> atom_patterns_;  ///< index in patterns_, for each atom
    std::vector<std::uint32_t> ungated_;        ///< indexes in patterns_
    std::unique_ptr<Together> together_;        ///< the ungated ones as one; null: none
};

}  // namespace clamor::automod
