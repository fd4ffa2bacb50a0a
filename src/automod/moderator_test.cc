// SPDX-License-Identifier: Apache-2.0
#include "automod/moderator.h"

#include <gtest/gtest.h>

#include "automod/allocations_fixture.h"
#include "automod/default_lists.h"
#include "automod/spam.h"
#include "automod/time_travel.h"
#include "base/limits.h"

namespace clamor::automod {
namespace {

using namespace std::chrono_literals;

/// Scores by what words a text has, so that a test can say what the classifier thinks.
class WordClassifier : public Classifier {
  public:
    std::string_view version() const override { return "words-1"; }
    Scores score(const text::Normalised& message) const override {
        Scores scores;
        for (const auto& word : message.words) {
            const std::string_view text = message.of(word);
            const float hostile = text == "vile" || text == "moron" || text == "nigga" ? 0.85f
                                  : text == "nasty"                                    ? 0.3f
                                                                                       : 0.0f;
            const float profane = text == "damn" || text == "dildo" ? 0.9f : 0.0f;
            if (std::max(hostile, profane) > scores.toxicity) scores.span = word.origin;
            scores.hostility = std::max(scores.hostility, hostile);
            scores.profanity = std::max(scores.profanity, profane);
            scores.toxicity = std::max({scores.toxicity, hostile, profane});
        }
        return scores;
    }
};

class AutoModTest : public testing::Test {
  protected:
    Judgement judge(std::string_view text, Roles roles = 0, UserId author = UserId(7)) {
        return automod_.judge({text, emotes_, author, roles}, policy(), memory_, now_);
    }
    const Policy& policy() {
        if (!policy_) {
            auto compiled = compile_policy(settings_, normaliser_, now_.wall);
            for (const auto& problem : compiled.problems)
                ADD_FAILURE() << problem.subject << ": " << problem.what;
            policy_ = compiled.policy;
        }
        return *policy_;
    }
    void block(std::string text) {
        settings_.terms.push_back(
            {.id = "t" + std::to_string(settings_.terms.size()), .text = std::move(text)});
    }
    void permit(std::string text) {
        block(std::move(text));
        settings_.terms.back().permitted = true;
    }
    void level(std::uint8_t overall) { settings_.levels.overall = overall; }
    SpamSetting& rule(SpamRule rule) { return settings_.spam[static_cast<std::size_t>(rule)]; }

    text::Normaliser normaliser_;
    AutoMod automod_{normaliser_, std::make_shared<WordClassifier>()};
    Settings settings_;
    std::shared_ptr<const Policy> policy_;
    ChannelMemory memory_;
    std::vector<text::CodePoints> emotes_;
    Now now_{.mono = MonoTime(1h), .wall = wall_from_unix_ms(1'800'000'000'000)};
};

TEST_F(AutoModTest, AllowsEverythingWhereNothingIsSet) {
    const auto judgement = judge("you vile damn SPOON example.com");
    EXPECT_EQ(judgement.action, Action::allow);
    EXPECT_TRUE(judgement.findings.empty());
    EXPECT_FALSE(judgement.ask_model);
}

TEST_F(AutoModTest, BlocksATermAndSaysWhichAndWhere) {
    block("spoon");
    const auto judgement = judge("a Spoon, a sp00n");
    EXPECT_EQ(judgement.action, Action::block);
    ASSERT_EQ(judgement.findings.size(), 1u);
    const auto& finding = judgement.findings[0];
    EXPECT_EQ(finding.source, Source::blocked_term);
    EXPECT_EQ(finding.rule, "t0");
    EXPECT_EQ(finding.version, policy().version);
    EXPECT_EQ(finding.spans, (std::vector<text::CodePoints>{{2, 6}, {11, 15}}));
}

TEST_F(AutoModTest, HoldsAPatternThatIsSetToHold) {
    block("/sp[o0]+n \\d+/");
    settings_.terms[0].action = Action::hold;
    settings_.terms[0].is_private = true;
    const auto judgement = judge("spoon 5");
    EXPECT_EQ(judgement.action, Action::hold);
    ASSERT_EQ(judgement.findings.size(), 1u);
    EXPECT_EQ(judgement.findings[0].source, Source::pattern);
    EXPECT_TRUE(judgement.findings[0].private_rule);
}

TEST_F(AutoModTest, OnlyRecordsWhatIsInShadow) {
    block("spoon");
    settings_.terms[0].shadow = true;
    const auto judgement = judge("spoon");
    EXPECT_EQ(judgement.action, Action::allow);
    ASSERT_EQ(judgement.findings.size(), 1u);
    EXPECT_TRUE(judgement.findings[0].shadow);
}

/// A word of a message, often enough to fill whatever is bounded.
std::string many(std::string_view word, int times = 66) {
    std::string text;
    for (int i = 0; i < times; ++i) text.append(word).append(1, ' ');
    return text;
}

TEST_F(AutoModTest, FindsABlockedTermBehindManyPermittedOnes) {
    block("spoon");
    permit("tea");
    permit("/[0-9]+/");
    EXPECT_EQ(judge(many("tea") + "spoon").action, Action::block);
    EXPECT_EQ(judge(many("99") + "spoon").action, Action::block);
    EXPECT_EQ(judge(many("tea")).action, Action::allow);
}

TEST_F(AutoModTest, FindsABlockedTermBehindManyOfItsPermittedPlaces) {
    block("spoon");
    block("/sp[o0]{2}n/");
    permit("silver spoon");
    EXPECT_EQ(judge(many("silver spoon", 36)).action, Action::allow);
    EXPECT_EQ(judge(many("silver spoon", 36) + "a spoon").action, Action::block);
    settings_.terms.erase(settings_.terms.begin());
    policy_ = nullptr;
    EXPECT_EQ(judge(many("silver spoon", 36)).action, Action::allow);
    EXPECT_EQ(judge(many("silver spoon", 36) + "a spoon").action, Action::block) << "an expression";
}

TEST_F(AutoModTest, FindsABlockedTermBehindManyInShadow) {
    block("tea");
    settings_.terms[0].shadow = true;
    block("milk");
    settings_.terms[1].action = Action::hold;
    block("spoon");
    EXPECT_EQ(judge(many("tea") + "milk").action, Action::hold);
    const auto judgement = judge(many("tea") + many("milk", 20) + "spoon");
    EXPECT_EQ(judgement.action, Action::block);
    std::size_t places = 0;
    for (const auto& finding : judgement.findings) places += finding.spans.size();
    EXPECT_LE(places, limits::kTermHitsMax);
}

TEST_F(AutoModTest, FindsAListsTermBehindManyOfAListThatIsOff) {
    settings_.lists[static_cast<std::size_t>(List::profanity)] = {.on = true};
    ASSERT_EQ(judge("shit").action, Action::hold);
    const std::string off = terms_of(List::identity).front().text;
    ASSERT_EQ(judge(off).action, Action::allow);
    EXPECT_EQ(judge(many(off) + "shit").action, Action::hold);
}

TEST_F(AutoModTest, AllowsNothingOnceOfWhichMoreWasFoundThanIsTold) {
    block("spoon");
    std::string phrase = many("spoon");
    phrase.pop_back();
    memory_.allow_once({}, phrase, now_.mono + 60s);
    EXPECT_EQ(judge(phrase + " spoon").action, Action::block);
}

TEST_F(AutoModTest, TellsOfAPlaceThatCoversWhatItHasNoRoomFor) {
    block("spoon");
    const auto judgement = judge(many("spoon").substr(0, 6 * 40));
    ASSERT_EQ(judgement.findings.size(), 1u);
    const auto& spans = judgement.findings[0].spans;
    EXPECT_EQ(spans.size(), limits::kFindingSpansMax);
    EXPECT_EQ(spans.back().last, 6u * 40 - 2);
}

TEST_F(AutoModTest, LetsModeratorsTheBroadcasterAndExemptRolesPass) {
    block("spoon");
    level(4);
    settings_.exempt = role::kVip;
    EXPECT_EQ(judge("spoon").action, Action::block);
    for (const Roles roles : {role::kModerator, role::kBroadcaster, role::kStaff, role::kVip})
        EXPECT_TRUE(judge("you vile spoon", roles).findings.empty()) << int(roles);
    EXPECT_EQ(judge("spoon", role::kSubscriber).action, Action::block);
}

TEST_F(AutoModTest, LetsPassWhatIsInsideAPermittedPhrase) {
    block("spoon");
    permit("silver spoon");
    EXPECT_EQ(judge("a silver spoon").action, Action::allow);
    EXPECT_EQ(judge("a silver spoon and a spoon").action, Action::block);
    EXPECT_EQ(judge("a silver spoon and a spoon").findings[0].spans,
              (std::vector<text::CodePoints>{{21, 25}}));
}

TEST_F(AutoModTest, AsksTheClassifierAboutTheRestOfWhatIsPermitted) {
    level(2);
    permit("vile villain");
    EXPECT_EQ(judge("he plays a vile villain").action, Action::allow);
    EXPECT_FALSE(judge("he plays a vile villain").ask_model);
    EXPECT_EQ(judge("vile villain, you are vile").action, Action::hold);
    EXPECT_EQ(judge("vile villain, you are vile").findings[0].spans[0], (text::CodePoints{22, 25}));
}

TEST_F(AutoModTest, HoldsByLevelAndSaysHowSureItWas) {
    level(2);
    const auto judgement = judge("you are vile");
    EXPECT_EQ(judgement.action, Action::hold);
    ASSERT_EQ(judgement.findings.size(), 1u);
    const auto& finding = judgement.findings[0];
    EXPECT_EQ(finding.source, Source::classifier);
    EXPECT_EQ(finding.rule, "classifier");
    EXPECT_EQ(finding.version, "words-1");
    EXPECT_FLOAT_EQ(finding.score, 0.85f);
    EXPECT_EQ(finding.level, 1);
    EXPECT_EQ(finding.spans, (std::vector<text::CodePoints>{{8, 11}}));
}

TEST_F(AutoModTest, BlocksFromLevelThreeOn) {
    level(3);
    EXPECT_EQ(judge("you are vile").action, Action::block);
    EXPECT_EQ(judge("damn").action, Action::allow) << "swearing is off";
}

TEST_F(AutoModTest, NamesTheCategoryByTheWordsInTheText) {
    level(4);
    EXPECT_EQ(judge("a moron").findings.at(0).category, Category::bullying);
    EXPECT_EQ(judge("vile kike").findings.at(0).category, Category::race);
    EXPECT_EQ(judge("a dildo").findings.at(0).category, Category::sex_terms);
    EXPECT_EQ(judge("damn").findings.at(0).category, Category::swearing);
    EXPECT_EQ(judge("damn, a penis").findings.at(0).category, Category::swearing)
        << "that is not what weighs most";
}

TEST_F(AutoModTest, RecordsOnlyWhenTheClassifierIsInShadow) {
    level(4);
    settings_.classifier_shadow = true;
    const auto judgement = judge("you are vile");
    EXPECT_EQ(judgement.action, Action::allow);
    EXPECT_EQ(judgement.findings.size(), 1u);
}

TEST_F(AutoModTest, AsksForAModelWhereTheClassifierIsNotSure) {
    level(2);
    EXPECT_TRUE(judge("how nasty").ask_model);
    EXPECT_TRUE(judge("you vile one").ask_model);
    EXPECT_FALSE(judge("how nice").ask_model);
    block("spoon");
    policy_.reset();
    EXPECT_FALSE(judge("nasty spoon").ask_model) << "blocked in any case";
}

TEST_F(AutoModTest, CombinesWithWhatTheModelSays) {
    level(2);
    const auto unsure = judge("how nasty");
    EXPECT_EQ(unsure.action, Action::allow);
    const auto held = combine(unsure, {"toxic-bert", "1", {0.99f, 0.98f, 0, {4, 8}}}, policy());
    EXPECT_EQ(held.action, Action::hold);
    ASSERT_EQ(held.findings.size(), 1u);
    EXPECT_EQ(held.findings[0].source, Source::model);
    EXPECT_EQ(held.findings[0].rule, "toxic-bert");
    EXPECT_NEAR(held.findings[0].score, 0.82f, 0.01f);
    EXPECT_EQ(held.findings[0].spans[0], (text::CodePoints{4, 8}));

    const auto sure = judge("you vile one");
    EXPECT_EQ(sure.action, Action::hold);
    EXPECT_EQ(combine(sure, {"toxic-bert", "1", {0.1f, 0.1f, 0, {}}}, policy()).action,
              Action::allow);
}

TEST_F(AutoModTest, TakesTheMeanOfTheLogitsAlsoOfScoresThatAreCertain) {
    level(4);
    Judgement fast;
    const auto both = [&](float one, float other) {
        fast.scores.hostility = one;
        const auto verdict = combine(fast, {"m", "1", {other, other, 0, {}}}, policy());
        return verdict.findings.empty() ? 0 : verdict.findings[0].score;
    };
    EXPECT_FLOAT_EQ(both(0.3f, 0.7f), 0.5f);
    EXPECT_NEAR(both(0.8f, 0.8f), 0.8f, 1e-6);
    EXPECT_NEAR(both(0.2f, 0.9f), 0.6f, 1e-6);  // logits -1.386 and 2.197
    EXPECT_FLOAT_EQ(both(0, 1), 0.5f);
    EXPECT_NEAR(both(1, 1), 1, 1e-5);
    EXPECT_LE(both(1, 1), 1);
    EXPECT_EQ(both(0, 0.9f), 0);
}

TEST_F(AutoModTest, KeepsTheTermsFindingWhateverTheModelSays) {
    level(2);
    block("spoon");
    settings_.terms[0].action = Action::hold;
    const auto fast = judge("nasty spoon");
    EXPECT_TRUE(fast.ask_model);
    const auto verdict = combine(fast, {"m", "1", {0.01f, 0.01f, 0, {}}}, policy());
    EXPECT_EQ(verdict.action, Action::hold);
    EXPECT_EQ(verdict.findings.size(), 1u);
}

TEST_F(AutoModTest, GivesEachSpamRuleItsOwnAction) {
    rule(SpamRule::capitals).on = true;
    rule(SpamRule::links).on = true;
    rule(SpamRule::links).action = Action::block;
    rule(SpamRule::capitals).shadow = true;
    const auto judgement = judge("PLEASE LOOK AT THIS RIGHT NOW EVERYBODY: a.com b.com");
    EXPECT_EQ(judgement.action, Action::block);
    ASSERT_EQ(judgement.findings.size(), 2u);
    EXPECT_EQ(judgement.findings[0].rule, "capitals");
    EXPECT_TRUE(judgement.findings[0].shadow);
    EXPECT_EQ(judgement.findings[1].rule, "links");
    EXPECT_EQ(judgement.findings[1].spans.size(), 2u);
}

TEST_F(AutoModTest, AllowsOnceWhatAModeratorAllowedOnce) {
    block("spoon");
    judge("");
    memory_.allow_once(UserId(7), "wooden spoon", now_.mono + 5min);
    EXPECT_EQ(judge("spoon").action, Action::block);
    EXPECT_EQ(judge("a wooden spoon", 0, UserId(8)).action, Action::block) << "somebody else";
    EXPECT_EQ(judge("a wooden spoon").action, Action::allow);
    EXPECT_EQ(judge("a wooden spoon").action, Action::block) << "once";
    memory_.allow_once(UserId{}, "spoon", now_.mono + 5min);
    now_.mono += 5min;
    EXPECT_EQ(judge("spoon").action, Action::block) << "too late";
}

TEST_F(AutoModTest, LetsAListActWhereItIsSwitchedOn) {
    EXPECT_EQ(judge("act now").action, Action::allow);
    settings_.lists[static_cast<std::size_t>(List::fraud)] = {.on = true};
    policy_.reset();
    const auto judgement = judge("friends, ACT NOW!");
    EXPECT_EQ(judgement.action, Action::hold);
    ASSERT_EQ(judgement.findings.size(), 1u);
    EXPECT_EQ(judgement.findings[0].rule, "list:fraud");
    EXPECT_EQ(judge("moron").action, Action::allow) << "another list";
}

TEST_F(AutoModTest, ReadsTheWorstTextsWithinItsBounds) {
    level(4);
    block("/(a+)+b/");
    block("spoon*");
    for (int i = 0; i < kSpamRules; ++i) settings_.spam[static_cast<std::size_t>(i)].on = true;
    std::vector<std::string> texts(8);
    for (int i = 0; i < 500; ++i) {
        texts[0] += "\u0301";
        texts[1] += "\U0001F600";
        texts[2] += "a";
        texts[3] += i % 2 == 0 ? "." : "w";
        texts[4] += "\u202E";
        texts[5] += i % 2 == 0 ? "s" : " ";
        texts[6] += "\xED\xA0\x80";
        texts[7] += "\U000E0001";
    }
    for (const auto& text : texts) {
        for (const auto& finding : judge(text).findings) {
            for (const auto& span : finding.spans) {
                EXPECT_LE(span.first, span.last);
                EXPECT_LT(span.last, 1500u);
            }
        }
    }
}

TEST_F(AutoModTest, AllocatesNothingForWhatItAllows) {
    if (!counts_allocations()) GTEST_SKIP() << "this build keeps operator new for itself";
    level(2);
    for (int i = 0; i < 300; ++i) {
        block("word" + std::to_string(i));
        block("pre" + std::to_string(i) + "*");
        permit("phrase number " + std::to_string(i));
    }
    block("/fr[e3]{2} (viewers|followers)/");
    block("/[0-9]{9,}/");
    for (auto& rule : settings_.spam) rule.on = true;
    for (auto& list : settings_.lists) list.on = true;
    const std::vector<std::string> texts{
        "that was the best play of the whole evening, well done",
        "WHAT a Catch!! (the second one was nicer, though) 😂 free candy",
        "café naïve, ты где сегодня? 12345678 ok.then",
        "phrase number 7 is permitted and nasty is not so nice"};
    const auto say_all = [&](std::uint64_t user) {
        for (const auto& text : texts) {
            now_.mono += 10s;
            EXPECT_EQ(judge(text, 0, UserId(user)).action, Action::allow) << text;
        }
    };
    // RE2 learns about texts as it sees them, and the scratch memory grows to their size.
    for (std::uint64_t user = 1; user < 20; ++user) say_all(user);
    const std::size_t allocations = count_allocations([&] {
        for (std::uint64_t user = 20; user < 40; ++user) say_all(user);
    });
    EXPECT_EQ(allocations, 0u);
}

TEST_F(AutoModTest, TellsWhatItPutRightInTheSettings) {
    settings_.levels.overall = 9;
    settings_.terms = {{.id = "a", .text = "*"},
                       {.id = "b", .text = "fine"},
                       {.id = "c", .text = "old", .expires_at = now_.wall}};
    rule(SpamRule::capitals).on = true;
    rule(SpamRule::capitals).limit = 7;
    settings_.allowed_links = {"https://example.org/x", "nonsense"};
    settings_.calibration = {.slope = 100, .offset = 0};
    const auto compiled = compile_policy(settings_, normaliser_, now_.wall);
    ASSERT_EQ(compiled.problems.size(), 5u);
    EXPECT_EQ(compiled.problems.back().term, 0u);
    EXPECT_EQ(compiled.problems.back().what, "the term has nothing but wildcards");
    EXPECT_EQ(compiled.policy->settings.levels.overall, 4);
    EXPECT_EQ(compiled.policy->settings.spam[0].limit, 1);
    EXPECT_EQ(compiled.policy->settings.allowed_links, std::vector<std::string>{"example.org"});
    EXPECT_EQ(compiled.policy->settings.calibration.slope, 2);
}

TEST_F(AutoModTest, HasAVersionThatChangesWithTheSettings) {
    const std::string before = policy().version;
    policy_.reset();
    EXPECT_EQ(policy().version, before);
    block("spoon");
    policy_.reset();
    EXPECT_NE(policy().version, before);
}

TEST_F(AutoModTest, ShowsWhatAPolicyWouldHaveDoneToThePast) {
    block("spoon");
    rule(SpamRule::repeats).on = true;
    std::vector<PastMessage> past;
    const auto say = [&](std::uint64_t user, std::string text, Action then = Action::allow,
                         Roles roles = 0) {
        now_.wall += 1s;
        past.push_back({std::to_string(past.size()),
                        now_.wall,
                        UserId(user),
                        "user" + std::to_string(user),
                        roles,
                        std::move(text),
                        {},
                        then});
    };
    for (int i = 0; i < 25; ++i) say(1, "message " + std::to_string(i));
    say(1, "a spoon");
    say(2, "a spoon", Action::block);
    say(3, "a fork", Action::hold);
    for (int i = 0; i < 3; ++i) say(4, "again and again");
    say(5, "spoon", Action::allow, role::kModerator);
    say(6, "spoon", Action::allow, role::kSubscriber);
    const auto report = run_over_past(past, policy(), automod_);
    EXPECT_EQ(report.messages, past.size());
    EXPECT_EQ(report.blocked, 3u);
    EXPECT_EQ(report.held, 1u);
    EXPECT_EQ(report.no_longer, 1u);
    EXPECT_EQ(report.people, 4u);
    EXPECT_EQ(report.regulars, 2u);
    ASSERT_EQ(report.hits.size(), 4u);
    EXPECT_TRUE(report.hits[0].regular);
    EXPECT_FALSE(report.hits[1].new_hit);
    EXPECT_EQ(report.hits[2].verdict.findings[0].rule, "repeats");
}

}  // namespace
}  // namespace clamor::automod
