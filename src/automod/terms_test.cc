// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <gtest/gtest.h>

#include "automod/plain_text.h"
#include "automod/policy.h"
#include "automod/term_set.h"
#include "automod/term_syntax.h"
#include "base/limits.h"
#include "text/utf8.h"

namespace clamor::automod {
namespace {

const text::Normaliser& normaliser() {
    static const text::Normaliser one;
    return one;
}

struct AllHits final : TermHits {
    Next on_hit(const TermHit& hit) override {
        hits.push_back(hit);
        return hits.size() == most ? Next::stop : next;
    }
    std::vector<TermHit> hits;
    Next next = Next::more;
    std::size_t most = 0;
};

/// The code points of the text in which the terms are found, in order: `first-last first-last`.
std::string found(const std::vector<std::string>& terms, std::string_view text,
                  std::span<const text::CodePoints> emotes = {}) {
    std::vector<Term> list;
    for (const auto& term : terms) list.push_back({.id = term, .text = term});
    std::vector<TermSet::Refused> refused;
    const TermSet set(list, normaliser(), refused);
    for (const auto& problem : refused) ADD_FAILURE() << terms[problem.term] << ": " << problem.why;
    text::Normalised normalised, plain;
    normaliser().normalise(text, emotes, normalised);
    fold_plain(text, emotes, plain);
    TermSet::Scratch scratch;
    AllHits all;
    set.find(TermSet::Kind::blocked, normalised, normalised.text == plain.text ? nullptr : &plain,
             WallTime{}, scratch, all);
    auto& hits = all.hits;
    std::ranges::sort(hits, {}, &TermHit::span);
    std::string out;
    for (const auto& hit : hits) {
        const std::string one =
            std::to_string(hit.span.first) + "-" + std::to_string(hit.span.last);
        if (out.ends_with(one)) continue;
        if (!out.empty()) out += ' ';
        out += one;
    }
    return out;
}

std::string refusal(std::string_view term) {
    return check_term(std::string(term), normaliser());
}

TEST(Terms, FindWholeWordsInAnyCase) {
    EXPECT_EQ(found({"spoon"}, "a Spoon and SPOONS, teaspoon; spoon!"), "2-6 30-34");
    EXPECT_EQ(found({"SPOON"}, "spoon"), "0-4");
    EXPECT_EQ(found({"spoon"}, "nothing"), "");
    EXPECT_EQ(found({"spoon"}, ""), "");
}

TEST(Terms, HaveWildcardsAtTheEndsOfWords) {
    EXPECT_EQ(found({"spoon*"}, "spoonful teaspoon spoon"), "0-7 18-22");
    EXPECT_EQ(found({"*spoon"}, "spoonful teaspoon spoon"), "9-16 18-22");
    EXPECT_EQ(found({"*poon*"}, "spoonful teaspoon fork"), "0-7 9-16");
}

TEST(Terms, FindPhrasesWordByWord) {
    EXPECT_EQ(found({"buy followers"}, "please BUY   followers now"), "7-21");
    EXPECT_EQ(found({"buy followers"}, "buy, followers!"), "0-13");
    EXPECT_EQ(found({"buy followers"}, "buy more followers"), "");
    EXPECT_EQ(found({"buy followers"}, "rebuy followers"), "");
    EXPECT_EQ(found({"buy* *lowers"}, "buying followers"), "0-15");
    EXPECT_EQ(found({"buy buy buy"}, "buy buy"), "");
}

TEST(Terms, AreFoundInDisguise) {
    EXPECT_EQ(found({"shit"}, "oh sh1t"), "3-6");
    EXPECT_EQ(found({"shit"}, "oh s h i t"), "3-9");
    EXPECT_EQ(found({"shit"}, "oh ѕһіт"), "3-6");
    EXPECT_EQ(found({"shit"}, "oh s\u200Bhit"), "3-7");
}

TEST(Terms, AreFoundAsTheyWereTyped) {
    EXPECT_EQ(found({":-("}, "sad :-( day"), "4-6");
    EXPECT_EQ(found({"c++"}, "I like C++ and c"), "7-9");
    EXPECT_EQ(found({"f**k"}, "what the f**k"), "9-12");
    EXPECT_EQ(found({"#ad"}, "this is an ad, an #ad"), "18-20");
}

TEST(Terms, ThatNormalisingWouldShortenDoNotFindWhatIsLeftOfThem) {
    EXPECT_EQ(found({"kkk"}, "k is a letter"), "");
    EXPECT_EQ(found({"kkk"}, "the KKK"), "4-6");
    EXPECT_EQ(found({"c++"}, "vitamin c"), "");
}

TEST(Terms, WorkInOtherScripts) {
    EXPECT_EQ(found({"дурак"}, "ты ДУРАК"), "3-7");
    EXPECT_EQ(found({"дурак"}, "дуракаваляние"), "");
    EXPECT_EQ(found({"傻瓜"}, "你是傻瓜吗"), "2-3") << "no blanks between words";
    EXPECT_EQ(found({"ばか"}, "このばかやろう"), "2-3");
    EXPECT_EQ(found({"🖕"}, "to you 🖕🖕"), "7-7 7-8 8-8") << "and both as one, normalised";
    EXPECT_EQ(found({"straße*"}, "die STRASSE"), "4-10");
    EXPECT_EQ(found({"ärger"}, "so ein ÄRGER"), "7-11");
}

TEST(Terms, DoNotReadEmotes) {
    const std::vector<text::CodePoints> emotes{{4, 8}};
    EXPECT_EQ(found({"spoon"}, "the spoon"), "4-8");
    EXPECT_EQ(found({"spoon"}, "the spoon", emotes), "");
    EXPECT_EQ(found({"/spoon/"}, "the spoon", emotes), "");
    const std::vector<text::CodePoints> between{{4, 8}};
    EXPECT_EQ(found({"buy followers"}, "buy Kappa followers", between), "0-18")
        << "an emote leaves nothing between two words";
}

TEST(Terms, TakeRegularExpressions) {
    EXPECT_EQ(found({"/fr[e3]+ (viewers|followers)/"}, "get FREEE followers"), "4-18");
    EXPECT_EQ(found({"/\\d{4,}/"}, "call 12345 or 67890"), "5-9 14-18");
    EXPECT_EQ(found({"/[а-я]+ёж/"}, "вот колёж"), "4-8");
    EXPECT_EQ(found({"/b.d/"}, "bad bed bud"), "0-2 4-6 8-10");
    EXPECT_EQ(found({"/nope/"}, "bad bed bud"), "");
}

TEST(Terms, FindExpressionsThatNeedNoLiteralBesideThoseThatDo) {
    std::vector<std::string> terms;
    for (int i = 0; i < 200; ++i) terms.push_back("/word" + std::to_string(i) + "[a-f]x/");
    terms.push_back("/[0-9][a-f][0-9][a-f]/");
    EXPECT_EQ(found(terms, "word77bx"), "0-7");
    EXPECT_EQ(found(terms, "7a8b"), "0-3");
    EXPECT_EQ(found(terms, "word77 bx"), "");
}

TEST(Terms, StopWhenTheyExpire) {
    const WallTime end(std::chrono::hours(1));
    std::vector<TermSet::Refused> refused;
    const TermSet set({{.id = "a", .text = "spoon", .expires_at = end},
                       {.id = "b", .text = "/spoo+n/", .expires_at = end}},
                      normaliser(), refused);
    text::Normalised normalised;
    normaliser().normalise("spoon", {}, normalised);
    TermSet::Scratch scratch;
    AllHits before, after;
    set.find(TermSet::Kind::blocked, normalised, nullptr, end - std::chrono::milliseconds(1),
             scratch, before);
    EXPECT_EQ(before.hits.size(), 2u);
    set.find(TermSet::Kind::blocked, normalised, nullptr, end, scratch, after);
    EXPECT_TRUE(after.hits.empty());
}

TEST(Terms, SayWhatIsWrongWithThem) {
    EXPECT_EQ(refusal(""), "the term is empty");
    EXPECT_EQ(refusal("  \t "), "the term is empty");
    EXPECT_EQ(refusal("*"), "the term has nothing but wildcards");
    EXPECT_EQ(refusal("** *"), "a word of the term has nothing but wildcards");
    EXPECT_EQ(refusal("a*"), "a single letter with a wildcard would find nearly every message");
    EXPECT_EQ(refusal(std::string(501, 'a')), "the term is longer than 500 characters");
    EXPECT_EQ(refusal("a\nb"), "the term has a line break or a NUL in it");
    EXPECT_EQ(refusal("\xff\xfe"), "the term is not valid UTF-8");
    std::string words;
    for (int i = 0; i < 33; ++i) words += "ab ";
    EXPECT_EQ(refusal(words), "the term has more than 32 words");
    EXPECT_EQ(refusal("傻*"), "");
    EXPECT_EQ(refusal(std::string(500, 'a')), "");
}

TEST(Terms, SayWhatIsWrongWithARegularExpression) {
    EXPECT_EQ(refusal("//"), "the regular expression is empty");
    EXPECT_EQ(refusal("/a*/"),
              "the regular expression matches an empty text, and so every message");
    EXPECT_EQ(refusal("/|/"), "the regular expression matches an empty text, and so every message");
    EXPECT_EQ(refusal("/(a/"), "the regular expression cannot be read: missing ): (a");
    EXPECT_EQ(refusal("/[z-a]/"),
              "the regular expression cannot be read: invalid character class range: z-a");
    EXPECT_NE(refusal("/(?=a)b/").find("without look-around"), std::string::npos);
    EXPECT_NE(refusal("/(a)\\1/").find("without look-around"), std::string::npos);
    EXPECT_NE(refusal("/((a{100}){100}){100}/"), "");
    EXPECT_NE(refusal("/(\\pL{1,500}x){2}/"), "");
    EXPECT_NE(refusal("/a{5000}/"), "");
}

TEST(Terms, ThatAreCatastrophicElsewhereTakeLinearTime) {
    const std::string text(500, 'a');
    EXPECT_EQ(found({"/(a+)+$b/", "/(a|aa)+c/", "/(.*)*x(.*)*y/", "/(a|a?)+d/"}, text), "");
}

TEST(Terms, OfManyWildcardsFindTheirWordOnceEach) {
    std::vector<std::string> terms;
    for (int i = 2; i < 60; ++i)
        terms.push_back("*" + std::string(static_cast<std::size_t>(i), 'a') + "*");
    const std::string text = "xx-" + std::string(400, 'a') + "b.aa";
    EXPECT_EQ(found({"*aa*"}, text), "3-403 405-406");
    EXPECT_EQ(found({"*aa"}, text), "405-406");
    EXPECT_EQ(found({"*ab"}, "xab ab-cab"), "0-2 4-5 7-9");
    EXPECT_FALSE(found(terms, text).empty());
}

TEST(Terms, BeyondTheBoundsAreLeftOutAndToldOf) {
    std::vector<Term> terms(limits::kTermsMax + 5);
    for (std::size_t i = 0; i < terms.size(); ++i) terms[i].text = "term" + std::to_string(i);
    std::vector<TermSet::Refused> refused;
    const TermSet set(terms, normaliser(), refused);
    ASSERT_EQ(refused.size(), 5u);
    EXPECT_EQ(refused[0].term, limits::kTermsMax);

    std::vector<Term> patterns(limits::kPatternsMax + 1);
    for (std::size_t i = 0; i < patterns.size(); ++i)
        patterns[i].text = "/word" + std::to_string(i) + "/";
    refused.clear();
    const TermSet expressions(patterns, normaliser(), refused);
    ASSERT_EQ(refused.size(), 1u);
    EXPECT_EQ(refused[0].why, "there are more than 1000 regular expressions");

    std::vector<Term> large(600);
    for (std::size_t i = 0; i < large.size(); ++i)
        large[i].text = std::to_string(i) + std::string(490, 'x');
    refused.clear();
    const TermSet too_large(large, normaliser(), refused);
    EXPECT_GT(refused.size(), 50u);
    EXPECT_LT(too_large.bytes(), 16u << 20);
}

TEST(Terms, TellOfEveryPlaceUntilNobodyWantsMore) {
    std::string text;
    for (int i = 0; i < 60; ++i) text += "ab 77 ";
    std::vector<TermSet::Refused> refused;
    const TermSet set({{.id = "a", .text = "ab"}, {.id = "b", .text = "/[0-9]{2}/"}}, normaliser(),
                      refused);
    text::Normalised plain;
    fold_plain(text, {}, plain);
    TermSet::Scratch scratch;
    AllHits all, one_each, seven;
    set.find(TermSet::Kind::blocked, plain, nullptr, WallTime{}, scratch, all);
    EXPECT_EQ(all.hits.size(), 120u);
    one_each.next = TermHits::Next::next_term;
    set.find(TermSet::Kind::blocked, plain, nullptr, WallTime{}, scratch, one_each);
    EXPECT_EQ(std::ranges::count(one_each.hits, 1u, &TermHit::term), 1);
    seven.most = 7;
    set.find(TermSet::Kind::blocked, plain, nullptr, WallTime{}, scratch, seven);
    EXPECT_EQ(seven.hits.size(), 7u);
}

TEST(Terms, ArePermittedOrBlocked) {
    std::vector<TermSet::Refused> refused;
    const TermSet set({{.id = "a", .text = "ab"},
                       {.id = "b", .text = "cd", .permitted = true},
                       {.id = "c", .text = "/[0-9]+/", .permitted = true}},
                      normaliser(), refused);
    text::Normalised plain;
    fold_plain("ab cd 12", {}, plain);
    TermSet::Scratch scratch;
    AllHits blocked, permitted;
    set.find(TermSet::Kind::blocked, plain, nullptr, WallTime{}, scratch, blocked);
    set.find(TermSet::Kind::permitted, plain, nullptr, WallTime{}, scratch, permitted);
    ASSERT_EQ(blocked.hits.size(), 1u);
    EXPECT_EQ(blocked.hits[0].term, 0u);
    EXPECT_EQ(permitted.hits.size(), 2u);
}

TEST(PlainText, KeepsWhatWasTypedAndKnowsWhereItWas) {
    text::Normalised plain;
    fold_plain("  Hello,\tWÖRLD!  😂 ", {}, plain);
    EXPECT_EQ(plain.text, "hello, wörld! 😂");
    ASSERT_EQ(plain.words.size(), 3u);
    EXPECT_EQ(plain.words[0].origin, (text::CodePoints{2, 7}));
    EXPECT_EQ(plain.words[1].origin, (text::CodePoints{9, 14}));
    EXPECT_EQ(plain.words[2].origin, (text::CodePoints{17, 17}));
    EXPECT_EQ(plain.code_points, 19u);
    EXPECT_EQ(plain.origin.size(), plain.text.size());
}

TEST(PlainText, StaysWithinBoundsOnBrokenBytes) {
    text::Normalised plain;
    fold_plain("\xf0\x9f \xff\x80 a\xc3", {}, plain);
    EXPECT_TRUE(text::is_valid_utf8(plain.text));
    EXPECT_EQ(plain.origin.size(), plain.text.size());
}

}  // namespace
}  // namespace clamor::automod
