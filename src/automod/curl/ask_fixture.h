// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "automod/model_route.h"

namespace clamor::automod {

/// Asks a route and collects what comes back, whichever thread tells it. Outlives the route.
class Answers {
  public:
    void ask(ModelRoute& route, const std::string& text) {
        std::size_t index = 0;
        {
            const std::lock_guard lock(mutex_);
            index = answers_.size();
            answers_.emplace_back(tl::unexpected(Unavailable::stopped));
            told_.push_back(0);
        }
        const auto refused = route.ask(
            text, [this, index](const ModelRoute::Answer& answer) { tell(index, answer); });
        if (refused) tell(index, tl::unexpected(*refused));
    }
    /// All answers, once the last of them is there, in the order of the questions.
    std::vector<ModelRoute::Answer> all() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return decided_ == answers_.size(); });
        for (const int times : told_) EXPECT_EQ(times, 1);
        return answers_;
    }

  private:
    void tell(std::size_t index, const ModelRoute::Answer& answer) {
        const std::lock_guard lock(mutex_);
        answers_[index] = answer;
        if (++told_[index] == 1) ++decided_;
        changed_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<ModelRoute::Answer> answers_;
    std::vector<int> told_;
    std::size_t decided_ = 0;
};

inline std::uint64_t count_of(const ModelRoute& route, Unavailable reason) {
    return route.counters().unavailable[static_cast<std::size_t>(reason)].value();
}

/// Nothing is lost: what was asked is answered or unavailable for one reason.
inline void expect_all_counted(const ModelRoute& route) {
    const auto& counters = route.counters();
    std::uint64_t sum = counters.answered.value();
    for (const auto& counter : counters.unavailable) sum += counter.value();
    EXPECT_EQ(counters.asked.value(), sum);
    EXPECT_EQ(counters.waiting.value(), 0u);
}

}  // namespace clamor::automod
