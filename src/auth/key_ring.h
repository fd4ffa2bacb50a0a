// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "auth/key.h"
#include "base/limits.h"
#include "base/time.h"

namespace clamor::auth {

/// The keys that JWTs are checked with: those of files, which stay, and those of a JWK set that is
/// fetched from the platform. Any thread may call; who asks for a key that is not there may wait
/// for a fetch, so calls are for workers. One fetch at a time: behind the first one all wait,
/// later the others go on with the keys that there are. When a fetch fails the keys of the last
/// good one stay.
class KeyRing {
  public:
    /// The text of the platform's JWK set. Blocks, within a time of its own.
    using Fetch = std::function<Result<std::string>()>;

    struct Counters {
        std::uint64_t fetches = 0;
        std::uint64_t failures = 0;
        std::size_t keys = 0;
    };

    /// `fetch` empty: no JWK set.
    explicit KeyRing(std::vector<Key> files, Fetch fetch = {});

    /// Those with this name or, where it is empty, all. When the name is unknown the set is fetched
    /// again, at most once in limits::kJwksRetry.
    std::vector<Key> find(const std::string& id, WallTime now);
    /// Fetches the set when it was never fetched or is older than limits::kJwksFresh, at most once
    /// in limits::kJwksRetry.
    void refresh_when_due(WallTime now);
    bool empty() const { return files_.empty() && !fetch_; }
    Counters counters() const;

  private:
    std::vector<Key> held(const std::string& id) const;
    /// Whether enough time has gone by since the last try.
    bool may_fetch(WallTime now) const;
    bool has_fetched() const;
    void fetch(WallTime now);

    const std::vector<Key> files_;
    const Fetch fetch_;
    std::mutex fetching_;
    mutable std::mutex mutex_;
    std::vector<Key> fetched_;
    std::optional<WallTime> tried_at_;
    std::optional<WallTime> fetched_at_;
    Counters counters_;
};

}  // namespace clamor::auth
