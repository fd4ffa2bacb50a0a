// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>

#include "base/limits.h"
#include "eventsub/webhook.h"

namespace clamor::eventsub {

/// POST requests by libcurl, all of them on one thread of its own. Follows no redirects, and unless
/// told otherwise connects to public addresses only: callbacks come from anybody who has a token.
/// Holds at most limits::kWebhookPosts.
class CurlPoster final : public Poster {
  public:
    struct Options {
        std::chrono::milliseconds timeout{10'000};
        bool private_addresses = false;  ///< of this machine and its networks
    };
    explicit CurlPoster(const Options& options);
    /// Answers what is under way with no status, and waits for the thread.
    ~CurlPoster() override;

    bool post(Post post, std::function<void(PostAnswer)> done) override;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace clamor::eventsub
