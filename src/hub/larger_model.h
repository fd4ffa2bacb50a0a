// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "automod/classifier.h"

namespace clamor::hub {

/// A larger model than the built-in classifier, which rooms ask about what that one is unsure of.
class LargerModel {
  public:
    struct Answer {
        std::string model;  ///< its name
        std::string version;
        automod::Scores scores;  ///< a span of 0-0: the classifier's stays
    };
    using Done = std::function<void(std::optional<Answer>)>;

    virtual ~LargerModel() = default;
    /// Any thread. False when the message is not asked about; else `done` is called exactly once,
    /// within the model's own deadline, on any thread: with nothing when there is no answer.
    virtual bool ask(std::string text, Done done) = 0;
};

}  // namespace clamor::hub
