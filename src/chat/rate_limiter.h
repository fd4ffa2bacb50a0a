// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <chrono>
#include <deque>
#include <unordered_map>

#include "base/ids.h"
#include "base/limits.h"
#include "base/time.h"

namespace clamor::chat {

struct LimitAnswer {
    bool allowed = true;
    std::uint32_t remaining = 0;                  ///< how many more would be allowed now
    std::chrono::milliseconds retry_after{0};     ///< 0 when allowed
};

/// A sliding window over exact times: at most `count` allowed events in any span of `length`. A refused event does not
/// count. Time is an argument. Holds at most `count` times.
class SlidingWindow {
  public:
    LimitAnswer check(const limits::Window& window, MonoTime now);
    /// Nothing in it matters any more at `now`.
    bool idle(const limits::Window& window, MonoTime now) const;

  private:
    std::deque<MonoTime> times_;
};

}  // namespace clamor::chat
