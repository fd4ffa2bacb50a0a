// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "automod/verdict.h"
#include "base/result.h"

namespace clamor::automod {

/// What the labels of a model mean. A rule is `LABEL = MEANING`, where the meaning is `toxicity`
/// (toxic, whatever kind), a category (`swearing`, `race`, ...), or `nothing`; the label `*` stands
/// for those that no other rule names. Immutable.
class ModelLabels {
  public:
    struct Meaning {
        std::string label;
        bool toxicity = false;
        std::optional<Category> category{};
    };

    /// No rules: those of unitary/toxic-bert and other models trained on Jigsaw's labels.
    static Result<ModelLabels> parse(std::span<const std::string> rules);

    /// Index into meanings(); nothing when no rule names it.
    std::optional<std::size_t> find(std::string_view label) const;
    /// Without `*`.
    std::span<const Meaning> meanings() const { return meanings_; }
    bool others_mean_nothing() const { return others_mean_nothing_; }
    /// Whether some label means toxicity as such; otherwise it is the greatest of the categories.
    bool tell_toxicity() const { return tell_toxicity_; }

  private:
    std::vector<Meaning> meanings_;
    bool others_mean_nothing_ = false;
    bool tell_toxicity_ = false;
};

}  // namespace clamor::automod
