// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/limits.h"
#include "base/time.h"

namespace clamor::api::helix {

/// What the `Ratelimit-` headers say.
struct LimitState {
    bool allowed = true;
    std::uint32_t limit = 0;
    std::uint32_t remaining = 0;
    std::int64_t full_at_s = 0;      ///< Unix seconds when the bucket is full again
    std::int64_t retry_after_s = 0;  ///< whole seconds until there is a point
};

/// Token buckets by key (client and user), refilled evenly. A bucket is one time: when it is full
/// again; full ones are not kept. Any thread may ask.
class RateLimiter {
  public:
    struct Options {
        std::uint32_t points = limits::kHelixRequests.count;
        std::chrono::milliseconds per = limits::kHelixRequests.length;
        /// Of buckets. When so many are in use the half that is nearest to full is forgotten.
        std::size_t buckets_max = limits::kRequestBuckets;
    };

    explicit RateLimiter(const Options& options) : options_(options) {}

    /// Takes a point, if there is one.
    LimitState take(const std::string& key, Now now);
    std::size_t buckets() const;
    /// Requests that found no point, and buckets that were forgotten while they were in use.
    std::uint64_t refused() const;
    std::uint64_t forgotten() const;

  private:
    void make_room_locked(MonoTime now);

    const Options options_;
    mutable std::mutex mutex_;
    std::unordered_map<std::string, MonoTime> full_at_;
    std::uint64_t refused_ = 0;
    std::uint64_t forgotten_ = 0;
};

/// The limiters of a node; `helix` is of what is below /api, too.
struct RequestLimits {
    RateLimiter helix{{}};
    RateLimiter oauth{{.points = limits::kOauthRequests.count,
                       .per = limits::kOauthRequests.length,
                       .buckets_max = limits::kRequestBuckets}};
};

}  // namespace clamor::api::helix
