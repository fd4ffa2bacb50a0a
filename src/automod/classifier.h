// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "text/normaliser.h"

namespace clamor::automod {

/// Probabilities, and the span of the original that weighs most.
struct Scores {
    float toxicity = 0;   ///< that raters would call the message toxic
    float hostility = 0;  ///< the same with undirected profanity left out
    float profanity = 0;  ///< what undirected profanity makes of it; 0 where there is none
    text::CodePoints span;
};

class Classifier {
  public:
    virtual ~Classifier();
    virtual std::string_view version() const = 0;
    /// Allocates nothing; may be called by any thread.
    virtual Scores score(const text::Normalised& message) const = 0;
};

}  // namespace clamor::automod
