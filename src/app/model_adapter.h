// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "automod/model_route.h"
#include "hub/larger_model.h"

namespace clamor::app {

/// What rooms ask, over the route to an inference server.
class ModelAdapter final : public hub::LargerModel {
  public:
    /// The route outlives the adapter.
    explicit ModelAdapter(automod::ModelRoute& route) : route_(route) {}

    bool ask(std::string text, Done done) override;

  private:
    automod::ModelRoute& route_;
};

/// The model's categories on the classifier's scale: hostility is whatever is no swearing.
automod::Scores scores_of(const automod::ModelScores& answer);

}  // namespace clamor::app
