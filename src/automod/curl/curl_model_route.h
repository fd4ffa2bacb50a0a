// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "automod/model_route.h"

namespace clamor::automod {

/// Asks a model over HTTP by libcurl, on TCP or a Unix socket, all of it on one thread of its own.
/// Follows no redirects, uses no proxy, and takes at most limits::kModelAnswerBytes.
class CurlModelRoute final : public ModelRoute {
  public:
    /// Options without a fault (fault_in()). Made before other threads use libcurl.
    explicit CurlModelRoute(const Options& options);
    /// What is not decided is answered with `stopped`; waits for the thread.
    ~CurlModelRoute() override;

    std::optional<Unavailable> ask(std::string text, Answered answered) override;
    const ModelCounters& counters() const override;
    ModelIdentity identity() const override;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace clamor::automod
