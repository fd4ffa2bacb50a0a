// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "base/limits.h"
#include "base/time.h"

namespace clamor::chat {

struct LimitAnswer {
    bool allowed = true;
    std::uint32_t remaining = 0;               ///< how many more would be allowed now
    std::chrono::milliseconds retry_after{0};  ///< rounded up; 0 when allowed
    friend bool operator==(const LimitAnswer&, const LimitAnswer&) = default;
};

/// A sliding window over exact times: at most `count` allowed events in any span of `length`. A
/// refused event does not count. Time is an argument; one that lies before the newest allowed event
/// is taken as that event's time. Holds at most `count` times, and none before the first event. An
/// owner asks one SlidingWindow with one `window`; when `count` was changed in between, what is
/// over the new one counts until it has passed.
class SlidingWindow {
  public:
    LimitAnswer check(const limits::Window& window, MonoTime now);
    /// Nothing in it matters any more at `now`.
    bool idle(const limits::Window& window, MonoTime now) const;

  private:
    MonoTime& at(std::uint32_t index) { return ring_[(first_ + index) % ring_.size()]; }
    void push(MonoTime time, std::uint32_t count);

    std::vector<MonoTime> ring_;
    std::uint32_t first_ = 0;  ///< the oldest time's place in ring_
    std::uint32_t used_ = 0;
};

static_assert(sizeof(SlidingWindow) == 32, "there is one for each account that speaks");

}  // namespace clamor::chat
