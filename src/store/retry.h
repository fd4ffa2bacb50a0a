// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>

#include "base/log.h"
#include "base/result.h"

namespace clamor::store {

/// What a thread does whose disk fails: it tries again with growing pauses, is degraded meanwhile,
/// says so once in the log, and once more when it has recovered. A stop cuts the pause short; from
/// then on the tries go on until the time is up. `mutex` and `wake` are the owner's, who wakes the
/// thread after stop().
class Retry {
  public:
    using Clock = std::chrono::steady_clock;
    struct Options {
        std::chrono::milliseconds pause_min;
        std::chrono::milliseconds pause_max;
        const char* broken;  ///< what is said when it begins to fail
        const char* mended;
    };

    Retry(std::mutex& mutex, std::condition_variable& wake, const std::atomic<std::size_t>& waiting,
          const Options& options)
        : mutex_(mutex), wake_(wake), waiting_(waiting), options_(options) {}

    /// The last try failed and none has succeeded since. Any thread.
    bool degraded() const { return degraded_.load(std::memory_order_relaxed); }
    // Under the lock.
    bool stopping() const { return stopping_; }
    bool time_is_up() const { return stopping_ && Clock::now() >= give_up_at_; }
    void stop(std::chrono::milliseconds timeout) {
        stopping_ = true;
        give_up_at_ = Clock::now() + timeout;
    }

    /// Calls `write`, which answers with a Result, until it succeeds, and `failed` after each call
    /// that does not. False when it gave up because of the stop. Not under the lock.
    template <class Write, class Failed>
    bool until_written(const Write& write, const Failed& failed) {
        for (auto pause = options_.pause_min;; pause = std::min(pause * 2, options_.pause_max)) {
            const Result<void> written = write();
            if (written) {
                if (degraded_.exchange(false, std::memory_order_relaxed))
                    log::info(options_.mended, {{"waited", waiting_.load()}});
                return true;
            }
            if (!degraded_.exchange(true, std::memory_order_relaxed)) {
                log::error(options_.broken,
                           {{"error", written.error().to_string()}, {"waiting", waiting_.load()}});
            }
            failed();
            std::unique_lock lock(mutex_);
            if (!stopping_) {
                wake_.wait_for(lock, pause, [this] { return stopping_; });
            } else if (const auto now = Clock::now(); now < give_up_at_) {
                wake_.wait_until(lock, std::min(now + options_.pause_min, give_up_at_),
                                 [] { return false; });
            } else {
                return false;
            }
        }
    }

  private:
    std::mutex& mutex_;
    std::condition_variable& wake_;
    const std::atomic<std::size_t>& waiting_;
    const Options options_;
    std::atomic<bool> degraded_{false};
    bool stopping_ = false;
    Clock::time_point give_up_at_{};
};

}  // namespace clamor::store
