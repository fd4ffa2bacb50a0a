// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "automod/byte_matcher.h"
#include "automod/pattern_set.h"
#include "automod/settings.h"
#include "automod/term_syntax.h"
#include "text/normaliser.h"

namespace clamor::automod {

/// A term in a text: the term's index in the list that was compiled.
struct TermHit {
    std::uint32_t term = 0;
    text::CodePoints span;
    auto operator<=>(const TermHit&) const = default;
};

/// Terms, compiled. Immutable; used by any thread.
class TermSet {
  public:
    /// Memory for find(), reused from message to message.
    struct Scratch {
        std::vector<bool> tried;
        std::vector<std::uint32_t> numbers;
        std::vector<PatternSet::Place> places;
    };
    struct Refused {
        std::size_t term;
        std::string why;
    };

    /// Terms that do not compile, and those over limits::kTermsMax and kTermBytesMax, are left out
    /// and told of.
    TermSet(const std::vector<Term>& terms, const text::Normaliser& normaliser,
            std::vector<Refused>& refused);

    bool empty() const { return phrases_.empty() && patterns_.empty(); }
    std::size_t bytes() const { return matcher_.bytes(); }

    /// Appends what is in the text, blocked and permitted; each place once, at most
    /// limits::kTermHitsMax in all. `plain` is null where it says the same as `normalised`.
    void find(const text::Normalised& normalised, const text::Normalised* plain, WallTime now,
              Scratch& scratch, std::vector<TermHit>& hits) const;

  private:
    struct Entry {
        Phrase phrase;
        std::uint32_t term;
        std::uint32_t key;  ///< index of the piece that the matcher looks for
        unsigned forms;     ///< of texts that it is looked for in
    };
    static constexpr unsigned kPlain = 1;
    static constexpr unsigned kNormalised = 2;

    void add(const ParsedTerm& parsed, std::uint32_t term);
    void find_phrases(const text::Normalised& text, unsigned forms, WallTime now,
                      std::vector<TermHit>& hits) const;
    void find_patterns(const text::Normalised& text, WallTime now, Scratch& scratch,
                       std::vector<TermHit>& hits) const;
    bool in_force(std::uint32_t term, WallTime now) const { return expires_[term] > now; }

    std::vector<Entry> phrases_;
    ByteMatcher matcher_;
    PatternSet patterns_;
    std::vector<WallTime> expires_;  ///< by term; WallTime::max(): never
};

}  // namespace clamor::automod
