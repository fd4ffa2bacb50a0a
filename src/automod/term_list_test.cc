// SPDX-License-Identifier: Apache-2.0
#include "automod/term_list.h"

#include <random>
#include <set>

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

TEST(TermList, ComesBackFromTextWhateverItIs) {
    std::mt19937 random(7);
    const auto one_in = [&](unsigned n) { return random() % n == 0; };
    const std::vector<std::string> pieces{"spoon", "#", "# ",        "/a+/",    "*",  "\"",    "ё",
                                          "👍",     " ", "permitted", "until=x", "\\", "\uFEFF"};
    for (int round = 0; round < 300; ++round) {
        std::vector<Term> terms;
        std::set<std::pair<bool, std::string>> known;
        for (int i = 0; i < 8; ++i) {
            Term term;
            for (int part = 0; part < 3; ++part) term.text += pieces[random() % pieces.size()];
            // As whoever adds a term cleans it.
            while (term.text.starts_with(' ')) term.text.erase(0, 1);
            while (term.text.ends_with(' ')) term.text.pop_back();
            term.permitted = one_in(3);
            term.is_private = one_in(3);
            term.shadow = one_in(3);
            if (one_in(2)) term.action = Action::hold;
            if (one_in(2)) term.expires_at = wall_from_unix_ms(random() * 1000LL);
            if (!term.text.empty() && known.emplace(term.permitted, term.text).second)
                terms.push_back(term);
        }
        const auto list = read_text(write_text(terms));
        EXPECT_TRUE(list.refused.empty());
        EXPECT_EQ(list.terms, terms) << write_text(terms);
    }
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

TEST(TermList, TakesTimesWithPartsOfSeconds) {
    const auto list = read_text("c\tuntil=2026-12-31T23:59:59.123Z\n");
    ASSERT_EQ(list.terms.size(), 1u);
    EXPECT_EQ(list.terms[0].expires_at, wall_from_unix_ms(1798761599000));
    for (const char* time : {"2026-02-30T00:00:00Z", "2026-12-31T23:59:59.x23Z", "2026-12-31"})
        EXPECT_EQ(read_text(std::string("c\tuntil=") + time).refused.size(), 1u) << time;
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
