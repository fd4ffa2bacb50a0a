// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace clamor::api::helix {

/// Finds a channel's terms in a text, without regard to case: a term is a word or several in a row,
/// and `*` at the start or end of a term stands for the rest of the word. It stands in for AutoMod.
class TermMatcher {
  public:
    explicit TermMatcher(std::vector<std::string> terms);
    bool matches(std::string_view text) const;

  private:
    std::vector<std::string> terms_;  ///< in lower case
};

}  // namespace clamor::api::helix
