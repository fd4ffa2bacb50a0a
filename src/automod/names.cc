// SPDX-License-Identifier: Apache-2.0
#include "automod/names.h"

#include <algorithm>
#include <array>

#include "automod/spam.h"

namespace clamor::automod {
namespace {

constexpr std::array<std::string_view, kCategories> kHelix{"aggression",
                                                           "bullying",
                                                           "disability",
                                                           "misogyny",
                                                           "race_ethnicity_or_religion",
                                                           "sex_based_terms",
                                                           "sexuality_sex_or_gender",
                                                           "swearing"};
constexpr std::array<std::string_view, kCategories> kShort{"aggression", "bullying", "disability",
                                                           "misogyny",   "race",     "sex_terms",
                                                           "sexuality",  "swearing"};
constexpr std::array<std::string_view, 5> kSources{"blocked_term", "pattern", "spam", "classifier",
                                                   "model"};
constexpr std::array<std::string_view, 3> kActions{"allow", "hold", "block"};
constexpr std::array<std::string_view, kLists> kListNames{"identity",   "sexual",   "profanity",
                                                          "aggression", "bullying", "fraud"};

template <class Value, std::size_t N>
std::optional<Value> parse(const std::array<std::string_view, N>& names, std::string_view name) {
    const auto found = std::ranges::find(names, name);
    if (found == names.end()) return std::nullopt;
    return static_cast<Value>(found - names.begin());
}

}  // namespace

std::string_view name_of(Category category) {
    return kHelix[static_cast<std::size_t>(category)];
}
std::string_view name_of(Source source) {
    return kSources[static_cast<std::size_t>(source)];
}
std::string_view name_of(Action action) {
    return kActions[static_cast<std::size_t>(action)];
}
std::string_view name_of(List list) {
    return kListNames[static_cast<std::size_t>(list)];
}
std::string_view name_of(SpamRule rule) {
    return spam_bounds(rule).name;
}

std::optional<Category> parse_category(std::string_view short_name) {
    return parse<Category>(kShort, short_name);
}
std::optional<Action> parse_action(std::string_view name) {
    return parse<Action>(kActions, name);
}
std::optional<List> parse_list(std::string_view name) {
    return parse<List>(kListNames, name);
}
std::optional<SpamRule> parse_spam_rule(std::string_view name) {
    const auto& table = spam_table();
    const auto found = std::ranges::find(table, name, &SpamBounds::name);
    if (found == table.end()) return std::nullopt;
    return static_cast<SpamRule>(found - table.begin());
}

}  // namespace clamor::automod
