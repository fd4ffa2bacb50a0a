// SPDX-License-Identifier: Apache-2.0
#include "api/helix/rate_limiter.h"

#include <algorithm>
#include <vector>

namespace clamor::api::helix {

LimitState RateLimiter::take(const std::string& key, Now now) {
    using std::chrono::nanoseconds;
    const nanoseconds window = options_.per;
    const nanoseconds each = window / options_.points;
    const std::lock_guard held(mutex_);
    auto bucket = full_at_.find(key);
    if (bucket == full_at_.end()) {
        if (full_at_.size() >= options_.buckets_max) make_room_locked(now.mono);
        bucket = full_at_.emplace(key, now.mono).first;
    }
    MonoTime& full_at = bucket->second;
    full_at = std::max(full_at, now.mono);
    LimitState state{.limit = options_.points};
    state.allowed = full_at + each - now.mono <= window;
    if (state.allowed) {
        full_at += each;
    } else {
        ++refused_;
        const nanoseconds until_point = full_at + each - now.mono - window;
        state.retry_after_s = std::chrono::ceil<std::chrono::seconds>(until_point).count();
    }
    const nanoseconds until_full = full_at - now.mono;
    state.remaining = static_cast<std::uint32_t>((window - until_full) / each);
    const auto wall = now.wall.time_since_epoch() + until_full;
    state.full_at_s = std::chrono::ceil<std::chrono::seconds>(wall).count();
    return state;
}

std::size_t RateLimiter::buckets() const {
    const std::lock_guard held(mutex_);
    return full_at_.size();
}

std::uint64_t RateLimiter::refused() const {
    const std::lock_guard held(mutex_);
    return refused_;
}

std::uint64_t RateLimiter::forgotten() const {
    const std::lock_guard held(mutex_);
    return forgotten_;
}

void RateLimiter::make_room_locked(MonoTime now) {
    std::erase_if(full_at_, [now](const auto& bucket) { return bucket.second <= now; });
    if (full_at_.size() < options_.buckets_max) return;
    std::vector<MonoTime> times;
    times.reserve(full_at_.size());
    for (const auto& [key, full_at] : full_at_) times.push_back(full_at);
    const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
    std::nth_element(times.begin(), middle, times.end());
    forgotten_ += std::erase_if(
        full_at_, [bound = *middle](const auto& bucket) { return bucket.second <= bound; });
}

}  // namespace clamor::api::helix
