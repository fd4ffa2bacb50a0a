// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "automod/settings.h"
#include "automod/verdict.h"

namespace clamor::automod {

// As JSON and the documents have them.
std::string_view name_of(Category category);  ///< as Helix: `race_ethnicity_or_religion`
std::string_view name_of(Source source);
std::string_view name_of(Action action);
std::string_view name_of(List list);
std::string_view name_of(SpamRule rule);

/// As terms.tsv and the labels of models have them: `race`.
std::optional<Category> parse_category(std::string_view short_name);
std::optional<Action> parse_action(std::string_view name);
std::optional<List> parse_list(std::string_view name);
std::optional<SpamRule> parse_spam_rule(std::string_view name);

}  // namespace clamor::automod
