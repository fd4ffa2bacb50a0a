// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "automod/levels.h"
#include "automod/settings.h"
#include "automod/term_set.h"

namespace clamor::automod {

/// The lists that come with clamor, compiled. Immutable; one for all channels.
struct DefaultLists {
    struct Sort {
        List list;
        std::optional<Category> category;  ///< none: Helix has none for it
    };
    DefaultLists(const std::vector<Term>& all, std::vector<Sort> sorts_of_all,
                 const text::Normaliser& normaliser, std::vector<TermSet::Refused>& refused)
        : terms(all, normaliser, refused), sorts(std::move(sorts_of_all)) {}

    TermSet terms;
    std::vector<Sort> sorts;  ///< by term
};

/// Compiled at the first call, which takes some milliseconds.
std::shared_ptr<const DefaultLists> default_lists(const text::Normaliser& normaliser);

struct DefaultTerm {
    std::string text;
    std::optional<Category> category;  ///< none: Helix has none for it
};
/// The terms of one list as a channel could import them, to begin its own with.
std::vector<DefaultTerm> terms_of(List list);

}  // namespace clamor::automod
