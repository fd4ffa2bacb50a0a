// SPDX-License-Identifier: Apache-2.0
#include "app/model_adapter.h"

#include <gtest/gtest.h>

namespace clamor::app {
namespace {

class RouteFake final : public automod::ModelRoute {
  public:
    std::optional<automod::Unavailable> ask(std::string text, Answered answered) override {
        if (full) return automod::Unavailable::queue_full;
        asked = std::move(text);
        waiting = std::move(answered);
        return std::nullopt;
    }
    const automod::ModelCounters& counters() const override { return counters_; }
    automod::ModelIdentity identity() const override { return {.name = "bert", .version = "4e4"}; }

    bool full = false;
    std::string asked;
    Answered waiting;

  private:
    automod::ModelCounters counters_;
};

TEST(ModelAdapter, AsksTheRouteAndTellsWhatItSays) {
    RouteFake route;
    ModelAdapter model(route);
    std::optional<hub::LargerModel::Answer> told;
    ASSERT_TRUE(model.ask("hello", [&](auto answer) { told = std::move(answer); }));
    EXPECT_EQ(route.asked, "hello");
    automod::ModelScores scores{.toxicity = 0.75f};
    scores.categories[static_cast<int>(automod::Category::race)] = 0.5f;
    scores.categories[static_cast<int>(automod::Category::swearing)] = 0.25f;
    route.waiting(scores);
    ASSERT_TRUE(told);
    EXPECT_EQ(told->model, "bert");
    EXPECT_EQ(told->version, "4e4");
    EXPECT_EQ(told->scores.toxicity, 0.75f);
    EXPECT_EQ(told->scores.hostility, 0.5f);
    EXPECT_EQ(told->scores.profanity, 0.25f);
}

TEST(ModelAdapter, TellsWhenThereIsNoAnswer) {
    RouteFake route;
    ModelAdapter model(route);
    bool answered = false;
    ASSERT_TRUE(model.ask("hello", [&](const auto& answer) {
        answered = true;
        EXPECT_FALSE(answer);
    }));
    route.waiting(tl::unexpected(automod::Unavailable::late));
    EXPECT_TRUE(answered);
    route.full = true;
    EXPECT_FALSE(model.ask("hello", [](const auto&) { FAIL() << "it was not asked"; }));
}

TEST(ModelAdapter, TakesToxicityForHostilityWhereTheModelTellsNothingApart) {
    EXPECT_EQ(scores_of({.toxicity = 0.5f}).hostility, 0.5f);
}

}  // namespace
}  // namespace clamor::app
