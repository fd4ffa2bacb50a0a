// SPDX-License-Identifier: Apache-2.0
#include "chat/rate_limiter.h"

#include <algorithm>

namespace clamor::chat {

LimitAnswer SlidingWindow::check(const limits::Window& window, MonoTime now) {
    if (used_ > 0) now = std::max(now, at(used_ - 1));
    while (used_ > 0 && now - at(0) >= window.length) {
        first_ = static_cast<std::uint32_t>((first_ + 1) % ring_.size());
        --used_;
    }
    if (used_ < window.count) {
        push(now, window.count);
        return {.allowed = true, .remaining = window.count - used_, .retry_after = {}};
    }
    if (window.count == 0) return {.allowed = false, .remaining = 0, .retry_after = window.length};
    const MonoTime free_at = at(used_ - window.count) + window.length;
    return {.allowed = false,
            .remaining = 0,
            .retry_after = std::chrono::ceil<std::chrono::milliseconds>(free_at - now)};
}

bool SlidingWindow::idle(const limits::Window& window, MonoTime now) const {
    return used_ == 0 || now - ring_[(first_ + used_ - 1) % ring_.size()] >= window.length;
}

void SlidingWindow::push(MonoTime time, std::uint32_t count) {
    if (used_ == ring_.size()) {
        std::rotate(ring_.begin(), ring_.begin() + first_, ring_.end());
        first_ = 0;
        // Most accounts say little: the ring grows by doubling and ends at exactly what the window
        // can hold.
        ring_.resize(std::min<std::size_t>(std::max<std::size_t>(4, ring_.size() * 2), count));
    }
    at(used_++) = time;
}

}  // namespace clamor::chat
