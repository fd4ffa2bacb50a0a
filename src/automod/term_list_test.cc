// SPDX-License-Identifier: Apache-2.0
#include "automod/term_list.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace clamor::automod {
namespace {

std::vector<Term> some_terms() {
    return {
        {.id = {}, .text = "spoon*"},
        {.id = {}, .text = "tea spoon", .permitted = true},
        {.id = {}, .text = "/fr[e3]+ \"viewers\"/", .is_private = true, .shadow = true},
        {.id = {},
         .text = "дурак",
         .action = Action::hold,
         .expires_at = wall_from_unix_ms(1798761599000)},
        {.id = {}, .text = "# not a remark"},
        {.id = {}, .text = "#"},
        {.id = {}, .text = "#tag"},
    };
}

TEST(TermList, ComesBackFromTextAsItWas) {
    const auto list = read_text(write_text(some_terms()));
    EXPECT_TRUE(list.refused.empty());
    EXPECT_EQ(list.terms, some_terms());
}

TEST(TermList, ComesBackFromJsonAsItWas) {
    const auto list = read_json(write_json(some_terms()));
    EXPECT_TRUE(list.refused.empty());
    EXPECT_EQ(list.terms, some_terms());
}

TEST(TermList, IsWrittenForPeople) {
    EXPECT_EQ(write_text({{.id = {},
                           .text = "a b",
                           .permitted = true,
                           .is_private = true,
                           .expires_at = wall_from_unix_ms(0)},
                          {.id = {}, .text = "plain"}}),
              "a b\tpermitted private until=1970-01-01T00:00:00Z\nplain\n");
}

TEST(TermList, SkipsRemarksEmptyLinesAndTermsThatStandTwice) {
    const auto list = read_text("\xEF\xBB\xBF# my terms\n\nspoon\r\n  spoon  \nspoon\tpermitted\n");
    EXPECT_TRUE(list.refused.empty());
    ASSERT_EQ(list.terms.size(), 2u);
    EXPECT_EQ(list.terms[0].text, "spoon");
    EXPECT_TRUE(list.terms[1].permitted);
}

TEST(TermList, NamesTheLinesThatItCannotRead) {
    const auto list = read_text("good\nbad\tpurple\nbad\tuntil=tomorrow\n\thold\n\xff\n");
    ASSERT_EQ(list.terms.size(), 1u);
    ASSERT_EQ(list.refused.size(), 4u);
    EXPECT_EQ(list.refused[0].line, 2u);
    EXPECT_NE(list.refused[0].why.find("'purple' is none of"), std::string::npos);
    EXPECT_EQ(list.refused[1].line, 3u);
    EXPECT_EQ(list.refused[2].why, "the term is empty");
    EXPECT_EQ(list.refused[3].why, "the term is not valid UTF-8");
}

TEST(TermList, TakesABareJsonListOfStrings) {
    const auto list =
        read_json(R"(["a b", {"text": "c", "expires_at": "2026-12-31T23:59:59.123Z"}])");
    EXPECT_TRUE(list.refused.empty());
    ASSERT_EQ(list.terms.size(), 2u);
    EXPECT_EQ(list.terms[1].expires_at, wall_from_unix_ms(1798761599000));
}

TEST(TermList, RefusesJsonOfOtherShapes) {
    for (const char* json :
         {"", "{", "7", "null", R"({"terms": 1})", R"([[1]])", R"([1])", R"([{"text": 5}])",
          R"([{"text": "a", "private": "yes"}])", R"([{"text": "a", "action": "allow"}])",
          R"([{"permitted": true}])", R"([{"text": "a", "expires_at": "2026-02-30T00:00:00Z"}])"}) {
        const auto list = read_json(json);
        EXPECT_TRUE(list.terms.empty()) << json;
        EXPECT_FALSE(list.refused.empty()) << json;
    }
    EXPECT_FALSE(read_json(std::string(100'000, '[')).refused.empty()) << "deep";
}

TEST(TermList, IsBounded) {
    std::string many;
    for (std::size_t i = 0; i < limits::kTermsMax + 3; ++i)
        many += "term" + std::to_string(i) + "\n";
    const auto list = read_text(many);
    EXPECT_EQ(list.terms.size(), limits::kTermsMax);
    EXPECT_EQ(list.refused.size(), 3u);
    EXPECT_EQ(read_text(std::string(kTermListBytes + 1, 'x')).refused.size(), 1u);
    EXPECT_EQ(read_text(std::string(kTermListBytes / 2, '\t')).refused.size(), 1u);
}

}  // namespace
}  // namespace clamor::automod
