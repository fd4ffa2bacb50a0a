// SPDX-License-Identifier: Apache-2.0
#include "app/model_adapter.h"

#include <algorithm>
#include <utility>

namespace clamor::app {

automod::Scores scores_of(const automod::ModelScores& answer) {
    automod::Scores scores;
    scores.toxicity = answer.toxicity;
    bool told_apart = false;
    for (int i = 0; i < automod::kCategories; ++i) {
        const float score = answer.categories[static_cast<std::size_t>(i)];
        told_apart = told_apart || score > 0;
        if (static_cast<automod::Category>(i) == automod::Category::swearing) {
            scores.profanity = score;
        } else {
            scores.hostility = std::max(scores.hostility, score);
        }
    }
    if (!told_apart) scores.hostility = answer.toxicity;
    return scores;
}

bool ModelAdapter::ask(std::string text, Done done) {
    const auto refused = route_.ask(
        std::move(text), [this, done = std::move(done)](const automod::ModelRoute::Answer& answer) {
            if (!answer) return done(std::nullopt);
            auto [name, version] = route_.identity();
            done(Answer{.model = std::move(name),
                        .version = std::move(version),
                        .scores = scores_of(*answer)});
        });
    return !refused;
}

}  // namespace clamor::app
