// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "text/normaliser.h"

namespace clamor::automod {

/// Finds links in a text: `https://...`, `www....`, and bare names that end in a top-level domain.
/// Immutable; used by any thread.
class LinkFinder {
  public:
    /// `allowed`: names as clean_domain() gives them.
    explicit LinkFinder(std::vector<std::string> allowed = {});

    /// Appends the spans of links that are not allowed. `plain`: of fold_plain().
    void find(const text::Normalised& plain, std::vector<text::CodePoints>& out) const;

    /// The name of the host in something like a link, in lower case; none: it is not one.
    std::optional<std::string_view> host_of(std::string_view word) const;

  private:
    bool allowed(std::string_view host) const;
    bool is_top_level(std::string_view label) const { return top_level_.contains(label); }

    std::vector<std::string> allowed_;
    const std::unordered_set<std::string_view>& top_level_;
};

/// `https://www.Example.org/x` and `*.example.org` as `example.org`; none: it is no such name.
std::optional<std::string> clean_domain(std::string_view text);

}  // namespace clamor::automod
