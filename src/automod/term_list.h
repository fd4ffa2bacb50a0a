// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "automod/settings.h"

namespace clamor::automod {

/// A list of terms that was read; what could not be is told of by line.
struct TermList {
    struct Refused {
        std::size_t line;  ///< from 1
        std::string why;
    };
    std::vector<Term> terms;  ///< without ids; a term that stands twice is there once
    std::vector<Refused> refused;
};

/// The largest list that is read.
inline constexpr std::size_t kTermListBytes = 1024 * 1024;

// One term a line: `term`, then behind a tab what is special about it, in any order and apart by
// blanks: `permitted private shadow hold until=2026-12-31T00:00:00Z`. Empty lines and those that
// begin with `# ` are skipped. docs/automod.md is the manual.
std::string write_text(const std::vector<Term>& terms);
TermList read_text(std::string_view text);

}  // namespace clamor::automod
