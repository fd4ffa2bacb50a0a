// SPDX-License-Identifier: Apache-2.0
#include "automod/default_lists.h"

#include <utility>

#include "automod/embedded_lists.h"
#include "automod/names.h"
#include "base/check.h"

namespace clamor::automod {
namespace {

/// Calls `see(list, category or none, term)` for each line of terms.tsv.
template <class See>
void for_each_term(const See& see) {
    for_each_line(embedded_terms(), [&](std::string_view line) {
        const std::size_t first = line.find('\t');
        const std::size_t second = line.find('\t', first + 1);
        CLAMOR_CHECK(second != std::string_view::npos,
                     "a line of lists/terms.tsv has three fields");
        const auto list = parse_list(line.substr(0, first));
        CLAMOR_CHECK(list.has_value(), "a list of lists/terms.tsv is one of ours");
        see(*list, parse_category(line.substr(first + 1, second - first - 1)),
            line.substr(second + 1));
    });
}

std::shared_ptr<const DefaultLists> compile(const text::Normaliser& normaliser) {
    std::vector<Term> terms;
    std::vector<DefaultLists::Sort> sorts;
    for_each_term([&](List list, std::optional<Category> category, std::string_view text) {
        terms.push_back({.id = {}, .text = std::string(text)});
        sorts.push_back({list, category});
    });
    std::vector<TermSet::Refused> refused;
    auto lists = std::make_shared<const DefaultLists>(terms, std::move(sorts), normaliser, refused);
    CLAMOR_CHECK(refused.empty(), "every term of lists/terms.tsv compiles");
    return lists;
}

}  // namespace

std::shared_ptr<const DefaultLists> default_lists(const text::Normaliser& normaliser) {
    static const std::shared_ptr<const DefaultLists> lists = compile(normaliser);
    return lists;
}

std::vector<DefaultTerm> terms_of(List list) {
    std::vector<DefaultTerm> terms;
    for_each_term([&](List of, std::optional<Category> category, std::string_view text) {
        if (of == list) terms.push_back({std::string(text), category});
    });
    return terms;
}

}  // namespace clamor::automod
