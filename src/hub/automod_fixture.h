// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include "hub/hub_fixture.h"
#include "hub/larger_model.h"
#include "tests/fakes/quiet_observer.h"

namespace clamor::hub {

/// Answers when the test says so.
class ModelFake final : public LargerModel {
  public:
    bool ask(std::string text, Done done) override {
        if (!takes) return false;
        asked.push_back(std::move(text));
        waiting.push_back(std::move(done));
        return true;
    }
    void answer(std::optional<float> toxicity) {
        const auto done = std::move(waiting.front());
        waiting.erase(waiting.begin());
        if (!toxicity) return done(std::nullopt);
        done(Answer{.model = "bert", .version = "1", .scores = {*toxicity, *toxicity, 0, {}}});
    }

    bool takes = true;
    std::vector<std::string> asked;
    std::vector<Done> waiting;
};

/// Sure of "vile", unsure of "hm".
class ClassifierFake final : public automod::Classifier {
  public:
    std::string_view version() const override { return "fake"; }
    automod::Scores score(const text::Normalised& message) const override {
        automod::Scores scores;
        for (const auto& word : message.words) {
            const std::string_view text = message.of(word);
            if (text == "vile") scores = {0.99f, 0.99f, 0, word.origin};
            if (text == "hm") scores = {0.4f, 0.4f, 0, word.origin};
        }
        return scores;
    }
};

class Watcher final : public fakes::QuietObserver {
  public:
    void on_event(const chat::EventRef& event) override {
        if (const auto* held = std::get_if<chat::HeldMessage>(&event->body)) told.push_back(*held);
        if (const auto* message = std::get_if<chat::Message>(&event->body))
            messages.push_back(*message);
    }

    std::vector<chat::HeldMessage> told;
    std::vector<chat::Message> messages;
};

/// The broadcaster of #lobby, moderator mo, and viewers eve and sam; the term "bad" is held, "evil"
/// blocked.
class AutoModTest : public HubTest {
  protected:
    void SetUp() override {
        // With a classifier and a model: what the fixture makes has neither.
        services_.model = &model_;
        moderation_.automod().use(std::make_shared<ClassifierFake>());
        HubTest::SetUp();
        lobby_ = catalog_.ensure_channel("lobby")->id;
        ASSERT_TRUE(
            catalog_.set_role(lobby_, catalog_.ensure_user("mo")->id, chat::Role::moderator));
        for (auto* member : {&eve_, &sam_, &mo_}) refs_.push_back(add_and_join(*member));
        hubs_[0]->set_observer(&watcher_);
        hubs_[0]->watch(lobby_);
        cluster_.run();
        set(chat::act::AddTerm{.text = "bad", .holds = true});
        set(chat::act::AddTerm{.text = "evil"});
    }
    void TearDown() override {
        hubs_[0]->unwatch(lobby_);
        cluster_.run();
        for (std::size_t i = 0; i < refs_.size(); ++i) hub(refs_[i]).remove(refs_[i]);
        cluster_.run();
    }

    MemberRef eve() { return refs_[0]; }
    MemberRef sam() { return refs_[1]; }
    MemberRef mo() { return refs_[2]; }

    chat::ActAnswer set(chat::Act what) {
        std::optional<ActAnswers> answers;
        gateway_.act({.channel = lobby_,
                      .actor = *catalog_.ensure_user("mo"),
                      .origin = "irc",
                      .acts = {std::move(what)}},
                     [&](ActAnswers given) { answers = std::move(given); });
        cluster_.run();
        EXPECT_TRUE(answers);
        return answers ? answers->front() : chat::ActAnswer();
    }
    std::optional<chat::Denial> refused(chat::Act what) {
        const auto answer = set(std::move(what));
        const auto* denied = std::get_if<chat::Denied>(&answer);
        return denied == nullptr ? std::nullopt : std::optional(denied->why);
    }
    std::optional<chat::Refusal> refusal(const fakes::FakeMember& member, RequestId request) {
        const auto found = member.sends.find(request);
        if (found == member.sends.end()) return std::nullopt;
        const auto* refused = std::get_if<chat::Refused>(&found->second);
        return refused == nullptr ? std::nullopt : std::optional(refused->why);
    }
    /// Has eve say what is held, and gives the message's id.
    MessageId hold(const std::string& text = "this is bad", RequestId request = 50) {
        say(eve(), request, text);
        EXPECT_EQ(refusal(eve_, request), chat::Refusal::held);
        return watcher_.told.empty() ? MessageId() : watcher_.told.back().message.id;
    }
    std::string heard(fakes::FakeMember& member) {
        cluster_.advance(std::chrono::milliseconds(60));
        const std::string text = member.text();
        member.frames.clear();
        return text;
    }
    chat::HoldStatus status(MessageId id) { return (*catalog_.find_held(lobby_, id))->status; }

    ModelFake model_;
    Watcher watcher_;
    ChannelId lobby_;
    fakes::FakeMember eve_{user("eve")}, sam_{user("sam")}, mo_{user("mo")};
    std::vector<MemberRef> refs_;
};

}  // namespace clamor::hub
