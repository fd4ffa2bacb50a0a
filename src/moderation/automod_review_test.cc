// SPDX-License-Identifier: Apache-2.0
#include "moderation/automod_review.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "moderation/automod_findings.h"
#include "moderation/service.h"
#include "store/memory_catalog.h"
#include "store/memory_message_log.h"

namespace clamor::moderation {
namespace {

namespace act = chat::act;

class Hostile final : public automod::Classifier {
  public:
    std::string_view version() const override { return "hostile"; }
    automod::Scores score(const text::Normalised&) const override { return {0.9f, 0.9f, 0, {}}; }
};

class ReviewTest : public ::testing::Test {
  protected:
    ReviewTest() {
        channel_ = *catalog_.ensure_channel("dallas");
        for (const char* login : {"dallas", "alice", "bob"})
            EXPECT_TRUE(catalog_.ensure_user(login));
    }

    UserId id(const std::string& login) { return (*catalog_.find_user(login))->id; }
    chat::ActAnswer perform(chat::Act what, const std::string& batch = {}) {
        const auto actor = **catalog_.find_user("dallas");
        return service_
            .perform(channel_, {actor, "test", batch}, std::span(&what, 1), {}, now_.wall, ++seed_)
            ->front();
    }
    bool done(chat::Act what, const std::string& batch = {}) {
        return std::holds_alternative<chat::Done>(perform(std::move(what), batch));
    }
    /// Said so many hours ago.
    void said(const std::string& login, const std::string& text, int hours) {
        chat::Message message;
        message.id = MessageId::from_random(++seed_, 3);
        message.sent_at = now_.wall - std::chrono::hours(hours);
        message.author_id = id(login);
        message.author_login = login;
        message.text = text;
        if (login == "dallas") message.author_role = chat::Role::broadcaster;
        ++sequence_;
        const store::StoredMessage stored{
            .channel = channel_.id,
            .position = {1, sequence_},
            .id = message.id,
            .sent_at = message.sent_at,
            .author = message.author_id,
            .event = chat::encode_event({channel_.id, "dallas", {}, message})};
        ASSERT_TRUE(log_.append(std::span(&stored, 1)));
    }
    Preview look_back(const Proposal& proposal, int hours = 24) {
        return *preview(service_.automod(), catalog_, log_, channel_.id, proposal,
                        std::chrono::hours(hours), now_);
    }
    void set_present(const std::string& rules) {
        ASSERT_TRUE(done(act::ChangeAutoMod{.rules = rules}));
    }
    store::Term term(const std::string& text) {
        return {.id = MessageId::from_random(++seed_, 9).to_string(),
                .channel = channel_.id,
                .text = text,
                .holds = true};
    }
    /// A message that was held because of `score`, and what became of it.
    void decided(float score, chat::HoldStatus status, automod::Source source) {
        automod::Finding finding{};
        finding.source = source;
        finding.action = automod::Action::hold;
        finding.rule = "capitals";
        finding.score = score;
        const MessageId message = MessageId::at(now_.wall, ++seed_, 1);
        store::VerdictRecord record{.channel = channel_.id,
                                    .message = message,
                                    .author = id("bob"),
                                    .at = now_.wall,
                                    .action = 1,
                                    .text = "x",
                                    .findings = findings_document(std::span(&finding, 1))};
        ASSERT_TRUE(catalog_.record_verdicts(std::span(&record, 1)));
        ASSERT_TRUE(*catalog_.hold(
            {.channel = channel_.id, .id = message, .author = id("bob"), .held_at = now_.wall},
            1000));
        const store::Change change =
            store::change::DecideHeld{channel_.id, message, status, {}, now_.wall};
        ASSERT_TRUE(catalog_.apply(std::span(&change, 1), {}));
    }

    store::MemoryCatalog catalog_;
    store::MemoryMessageLog log_;
    Service service_{catalog_, log_, {}};
    store::Channel channel_;
    Now now_{.mono = MonoTime(std::chrono::hours(1)), .wall = wall_from_unix_ms(1700000000000)};
    std::uint64_t seed_ = 0;
    std::uint64_t sequence_ = 0;
};

TEST_F(ReviewTest, SeesWhatARuleWouldHaveHit) {
    said("alice", "a pineapple long ago", 30);
    for (int i = 0; i < 22; ++i) said("alice", "hello " + std::to_string(i), 20);
    said("bob", "Pineapple!", 10);
    said("alice", "pineapple again", 5);
    said("dallas", "I say pineapple as I like", 4);
    said("bob", "apple", 3);
    const auto seen = look_back({.terms = {term("pineapple")}});
    EXPECT_EQ(seen.messages.size(), 26u);
    EXPECT_TRUE(seen.all);
    EXPECT_EQ(seen.would.held, 2u);
    EXPECT_EQ(seen.would.people, 2u);
    EXPECT_EQ(seen.would.regulars, 1u);
    ASSERT_EQ(seen.would.hits.size(), 2u);
    EXPECT_EQ(seen.messages[seen.would.hits[1].message].text, "pineapple again");
    EXPECT_EQ(look_back({.terms = {term("pineapple")}}, 48).would.held, 3u);
    EXPECT_EQ(look_back({.terms = {}}).would.held, 0u);
}

TEST_F(ReviewTest, LeavesWhatIsSetAloneUnlessItIsAskedFor) {
    ASSERT_TRUE(done(act::AddTerm{.text = "apple"}));
    said("bob", "an apple", 1);
    EXPECT_EQ(look_back({.terms = {term("pear")}}).would.blocked, 0u);
    EXPECT_EQ(look_back({.terms = {term("pear")}, .with_present = true}).would.blocked, 1u);
}

TEST_F(ReviewTest, SeesWhatWouldPassNow) {
    said("bob", "a pear", 1);
    const auto stored = log_.read({.channel = channel_.id}).value();
    const store::VerdictRecord record{.channel = channel_.id,
                                      .message = MessageId::at(now_.wall, 1, 1),
                                      .author = id("bob"),
                                      .at = now_.wall,
                                      .action = 1,
                                      .text = "a pear",
                                      .findings = "[]"};
    ASSERT_TRUE(catalog_.record_verdicts(std::span(&record, 1)));
    EXPECT_EQ(look_back({.terms = {term("apple")}}).would.no_longer, 0u);
    // The same message, held and approved before.
    store::StoredMessage approved = stored.at(0);
    auto event = chat::decode_event(approved.event).value();
    std::get<chat::Message>(event.body).id = approved.id = record.message;
    approved.event = chat::encode_event(event);
    approved.position.sequence = ++sequence_;
    ASSERT_TRUE(log_.append(std::span(&approved, 1)));
    EXPECT_EQ(look_back({.terms = {term("apple")}}).would.no_longer, 1u);
}

TEST_F(ReviewTest, RefusesProposalsThatCannotBe) {
    const auto refused = [&](const Proposal& proposal) {
        const auto answer = preview(service_.automod(), catalog_, log_, channel_.id, proposal,
                                    std::chrono::hours(1), now_);
        return !answer && answer.error().code == std::errc::invalid_argument;
    };
    EXPECT_TRUE(refused({.terms = {term("/(/")}}));
    EXPECT_TRUE(refused({.rules = R"({"spam":3})"}));
}

TEST_F(ReviewTest, ReportsByRule) {
    using enum chat::HoldStatus;
    for (int i = 0; i < 3; ++i) decided(0, approved, automod::Source::spam);
    decided(0, denied, automod::Source::spam);
    decided(0.9f, expired, automod::Source::classifier);
    const auto seen = *report(catalog_, channel_.id, now_.wall - std::chrono::hours(1),
                              now_.wall + std::chrono::hours(1));
    ASSERT_EQ(seen.size(), 2u);
    EXPECT_EQ(seen[0].source, automod::Source::spam);
    EXPECT_EQ(seen[0].hits, 4u);
    EXPECT_EQ(seen[0].held, 4u);
    EXPECT_EQ(seen[0].approved, 3u);
    EXPECT_EQ(seen[0].denied, 1u);
    EXPECT_EQ(seen[1].expired, 1u);
}

TEST_F(ReviewTest, CalibratesByDecisionsOnScoresAlone) {
    for (int i = 0; i < 30; ++i)
        decided(0.72f, chat::HoldStatus::approved, automod::Source::classifier);
    for (int i = 0; i < 50; ++i) decided(0.99f, chat::HoldStatus::denied, automod::Source::spam);
    const auto fitted = *fit(catalog_, channel_.id, now_.wall);
    EXPECT_EQ(fitted.decisions, 30u);
    EXPECT_EQ(fitted.denied, 0u);
    ASSERT_TRUE(fitted.enough);
    // What moderators let pass is held less easily.
    EXPECT_GT(automod::threshold_under(fitted.after, 0.7f), 0.7f);
    EXPECT_LE(fitted.after.slope, automod::kSlopeMax);
    EXPECT_GE(fitted.after.offset, -automod::kOffsetMax);
}

TEST_F(ReviewTest, PutsTheWholeProposalOnTopOfWhatIsSet) {
    set_present(R"({"lists":{"profanity":{"on":true}},"exempt":["vip"],"allowed_links":["ok.org"],
                    "spam":{"links":{"on":true},"capitals":{"on":true}}})");
    said("bob", "shit", 4);
    said("bob", "see ok.org", 3);
    said("bob", "see bad.org", 2);
    said("bob", "LOUD AND PROUD AS EVER", 1);
    const auto held = [&](const std::string& rules) {
        return look_back({.rules = rules, .with_present = true}).would.held;
    };
    EXPECT_EQ(held(""), 3u);
    EXPECT_EQ(held(R"({"model":false})"), 3u) << "what is not named stays";
    EXPECT_EQ(held(R"({"lists":{"profanity":{"on":false}}})"), 2u);
    EXPECT_EQ(held(R"({"spam":{"links":{"on":false}}})"), 2u);
    EXPECT_EQ(held(R"({"spam":{"links":null}})"), 2u) << "null is the default";
    EXPECT_EQ(held(R"({"allowed_links":["ok.org","bad.org"]})"), 2u);
    EXPECT_EQ(held(R"({"spam":{"capitals":{"action":"block"}}})"), 2u);
    EXPECT_EQ(look_back({.rules = R"({"spam":{"capitals":{"on":true}}})"}).would.held, 1u)
        << "by itself";
}

TEST_F(ReviewTest, ProposesOffAsALevel) {
    perform(act::ChangeAutoMod{.levels = chat::AutoModLevels{.overall = 4}});
    service_.automod().use(std::make_shared<Hostile>());
    said("bob", "you vile thing", 1);
    EXPECT_EQ(look_back({.with_present = true}).would.hits.size(), 1u);
    EXPECT_EQ(look_back({.levels = chat::AutoModLevels{.overall = 0}, .with_present = true})
                  .would.hits.size(),
              0u);
    EXPECT_EQ(
        look_back({.rules = R"({"classifier_shadow":true})", .with_present = true}).would.shadowed,
        1u);
}

TEST_F(ReviewTest, LeavesBotsAndRegularsAloneWhereTheProposalDoes) {
    auto bot = *catalog_.ensure_user("helper");
    bot.verified_bot = true;
    ASSERT_TRUE(catalog_.update_user(bot));
    ASSERT_TRUE(
        catalog_.set_follow(channel_.id, id("alice"), now_.wall - std::chrono::hours(24 * 60)));
    for (const char* login : {"helper", "alice", "bob"}) said(login, "LOUD AND PROUD AS EVER", 1);
    const auto held = [&](const std::string& exempt) {
        return look_back(
                   {.rules = R"({"spam":{"capitals":{"on":true}},"exempt":[)" + exempt + "]}"})
            .would.held;
    };
    EXPECT_EQ(held(""), 3u);
    EXPECT_EQ(held(R"("verified_bot")"), 2u);
    EXPECT_EQ(held(R"("regular")"), 2u);
    EXPECT_EQ(held(R"("verified_bot","regular")"), 1u);
}

TEST_F(ReviewTest, TakesBackOnlyWhatTheBatchChanged) {
    set_present(R"({"spam":{"links":{"on":true,"action":"hold"}}})");
    const chat::AutoModLevels levels{.overall = 3, .categories = {3, 2, 3, 3, 3, 3, 3, 0}};
    ASSERT_TRUE(
        done(act::ChangeAutoMod{.levels = levels,
                                .rules = R"({"model":false,"spam":{"links":{"action":"block"}}})"},
             "b"));
    ASSERT_TRUE(done(act::ChangeAutoMod{
        .rules = R"({"exempt":["vip"],"spam":{"links":{"shadow":true},"zalgo":{"on":true}}})"}));
    ASSERT_TRUE(done(act::Undo{"b"}));
    const auto settings = *catalog_.automod_settings(channel_.id);
    EXPECT_EQ(settings.overall_level, 0);
    EXPECT_EQ(nlohmann::json::parse(settings.rules),
              nlohmann::json::parse(
                  R"({"exempt":["vip"],"spam":{"links":{"on":true,"action":"hold","shadow":true},
                      "zalgo":{"on":true}}})"));
}

TEST_F(ReviewTest, LeavesLevelsAloneThatTheBatchDidNotChange) {
    ASSERT_TRUE(done(act::ChangeAutoMod{.rules = R"({"model":false})"}, "b"));
    ASSERT_TRUE(done(act::ChangeAutoMod{.levels = chat::AutoModLevels{.overall = 2}}));
    ASSERT_TRUE(done(act::Undo{"b"}));
    const auto settings = *catalog_.automod_settings(channel_.id);
    EXPECT_EQ(settings.overall_level, 2);
    EXPECT_EQ(settings.rules, "");
}

TEST_F(ReviewTest, TakesTermsAndSettingsBack) {
    const chat::AutoModLevels levels{.overall = 3, .categories = {3, 2, 3, 3, 3, 3, 3, 0}};
    ASSERT_TRUE(done(act::AddTerm{.text = "stays", .private_term = true, .holds = true}));
    ASSERT_TRUE(done(act::RemoveTerm{.id = {}, .text = "stays"}, "b"));
    ASSERT_TRUE(done(act::AddTerm{.text = "goes"}, "b"));
    ASSERT_TRUE(done(act::ChangeAutoMod{.levels = levels, .rules = R"({"model":false})"}, "b"));
    ASSERT_TRUE(done(act::Shield{.on = true}, "b"));
    ASSERT_TRUE(done(act::Undo{"b"}));
    const auto terms = *catalog_.list_terms(channel_.id, false, {}, now_.wall, 10);
    ASSERT_EQ(terms.size(), 1u);
    EXPECT_EQ(terms[0].text, "stays");
    EXPECT_TRUE(terms[0].private_term);
    EXPECT_TRUE(terms[0].holds);
    const auto settings = *catalog_.automod_settings(channel_.id);
    EXPECT_EQ(settings.overall_level, 0);
    EXPECT_EQ(settings.rules, "");
    EXPECT_EQ(settings.version, 2u);
    EXPECT_FALSE(catalog_.shield_mode(channel_.id)->active);
}

}  // namespace
}  // namespace clamor::moderation
