// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "text/normaliser.h"

namespace clamor::automod {

/// The eight of Helix, in the order of store::AutoModSettings.
enum class Category : std::uint8_t {
    aggression,
    bullying,
    disability,
    misogyny,
    race,
    sex_terms,
    sexuality,
    swearing,
};
inline constexpr int kCategories = 8;

enum class Source : std::uint8_t { blocked_term, pattern, spam, classifier, model };
enum class Action : std::uint8_t { allow, hold, block };

/// One reason: what was found, by what, and where.
struct Finding {
    Source source;
    Action action;
    bool shadow = false;                     ///< recorded, not acted on
    Category category = Category::swearing;  ///< of classifier and model
    std::uint8_t level = 0;  ///< 1-4, of classifier and model: the lowest level that catches it
    std::string rule;        ///< id of a term, name of a spam rule, name of the model
    std::string version;     ///< of rule set or model
    float score = 0;
    float threshold = 0;
    std::vector<text::CodePoints> spans;
    bool private_rule = false;
};

struct Verdict {
    Action action = Action::allow;
    std::vector<Finding> findings;
};

}  // namespace clamor::automod
