// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"

namespace clamor::auth {

/// Whether a JWK set may be fetched from there: https, or http on this machine's loopback.
bool is_jwks_url(std::string_view url);

/// Fetches a JWK set by libcurl, checking certificates. Follows no redirects and takes at most
/// limits::kJwksBytes. Any thread, several at once; blocks.
class JwksFetcher {
  public:
    /// `url` is one that is_jwks_url() takes. Made before other threads use libcurl.
    explicit JwksFetcher(std::string url,
                         std::chrono::milliseconds timeout = std::chrono::seconds(5));
    ~JwksFetcher();
    JwksFetcher(const JwksFetcher&) = delete;

    Result<std::string> fetch() const;

  private:
    const std::string url_;
    const std::chrono::milliseconds timeout_;
};

}  // namespace clamor::auth
