// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "text/normaliser.h"

namespace clamor::automod {

/// One word of a term, in a form in which it can be found; open where the term has a `*`.
struct Piece {
    std::string text;
    bool open_left = false;
    bool open_right = false;
    friend bool operator==(const Piece&, const Piece&) = default;
};
using Phrase = std::vector<Piece>;

/// A term, ready to be compiled. The phrase as it was typed is looked for in the text as it was
/// typed, the normalised one in the normalised text; the latter is empty where normalising would
/// lose part of the term (`c++`, `kkk`) and so make it find more than it says.
struct ParsedTerm {
    std::string pattern;  ///< of a regular expression, else empty
    Phrase plain;
    Phrase normalised;
};

/// An error is a sentence for whoever wrote the term. A regular expression is not compiled here.
tl::expected<ParsedTerm, std::string> parse_term(std::string_view text,
                                                 const text::Normaliser& normaliser);

}  // namespace clamor::automod
