// SPDX-License-Identifier: Apache-2.0
#include "automod/default_lists.h"

#include <set>

#include <gtest/gtest.h>

#include "automod/embedded_lists.h"
#include "automod/policy.h"

namespace clamor::automod {
namespace {

TEST(DefaultLists, CompileAndHaveTermsInEachList) {
    const text::Normaliser normaliser;
    const auto lists = default_lists(normaliser);
    EXPECT_EQ(lists, default_lists(normaliser)) << "one for all";
    std::set<List> seen;
    for (const auto& sort : lists->sorts) seen.insert(sort.list);
    EXPECT_EQ(seen.size(), static_cast<std::size_t>(kLists));
}

TEST(DefaultLists, CanBeImportedAsAChannelsOwnTerms) {
    const text::Normaliser normaliser;
    for (int i = 0; i < kLists; ++i) {
        Settings settings;
        for (auto& term : terms_of(static_cast<List>(i)))
            settings.terms.push_back({.id = {}, .text = std::move(term.text)});
        EXPECT_FALSE(settings.terms.empty());
        const auto compiled = compile_policy(settings, normaliser, WallTime{});
        EXPECT_TRUE(compiled.problems.empty());
    }
}

TEST(DefaultLists, NameTheirSources) {
    EXPECT_NE(embedded_terms().substr(0, 1000).find("naughty-words"), std::string_view::npos);
    EXPECT_NE(embedded_top_level_domains().find("\ncom\n"), std::string_view::npos);
}

}  // namespace
}  // namespace clamor::automod
