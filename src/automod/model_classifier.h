// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "automod/classifier.h"
#include "automod/model.h"
#include "base/result.h"

namespace clamor::automod {

/// The built-in classifier: a linear model of words, pairs of words and pieces of unknown words,
/// beside a small network over the words' vectors. Immutable: another model is another classifier,
/// and whoever holds the old one goes on with it.
class ModelClassifier final : public Classifier {
  public:
    explicit ModelClassifier(Model model);

    std::string_view version() const override { return model_.version; }
    Scores score(const text::Normalised& message) const override;

  private:
    Model model_;
};

/// The one in the binary.
std::shared_ptr<const Classifier> builtin_classifier();
/// From a model file; the error says what is wrong with it.
Result<std::shared_ptr<const Classifier>> load_classifier(const std::string& path);

}  // namespace clamor::automod
