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

/// Is told of the places where terms are found.
class TermHits {
  public:
    enum class Next : std::uint8_t {
        more,       ///< tell of every further place
        next_term,  ///< this term has been told of often enough
        stop,
    };
    virtual Next on_hit(const TermHit& hit) = 0;

  protected:
    ~TermHits() = default;
};

/// Terms, compiled. Immutable; used by any thread.
class TermSet {
  public:
    enum class Kind : std::uint8_t { blocked, permitted };
    /// Memory for find(), reused from message to message.
    using Scratch = PatternSet::Finds;
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

    /// Tells of the terms of one kind that are in the text; of one place perhaps more than once.
    /// `plain` is null where it says the same as `normalised`.
    void find(Kind kind, const text::Normalised& normalised, const text::Normalised* plain,
              WallTime now, Scratch& scratch, TermHits& hits) const;

  private:
    struct Entry {
        Phrase phrase;
        std::uint32_t term;
        std::uint32_t key;  ///< index of the piece that the matcher looks for
        unsigned forms;     ///< of texts that it is looked for in
    };
    static constexpr unsigned kPlain = 1;
    static constexpr unsigned kNormalised = 2;

    /// One find(); after Next::stop nothing more is looked for.
    struct Search {
        Kind kind;
        WallTime now;
        Scratch& patterns;
        TermHits& hits;
        bool stopped = false;
    };

    void add(const ParsedTerm& parsed, std::uint32_t term);
    void find_in(const text::Normalised& text, unsigned forms, Search& search) const;
    bool wanted(std::uint32_t term, const Search& search) const {
        return kinds_[term] == search.kind && expires_[term] > search.now;
    }

    std::vector<Entry> phrases_;
    ByteMatcher matcher_;  ///< of the phrases' keys, and behind them the patterns' atoms
    PatternSet patterns_;
    std::vector<WallTime> expires_;  ///< by term; WallTime::max(): never
    std::vector<Kind> kinds_;        ///< by term
    bool any_permitted_ = false;
};

}  // namespace clamor::automod
