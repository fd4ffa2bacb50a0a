// SPDX-License-Identifier: Apache-2.0
#include "automod/circuit_breaker.h"

#include <algorithm>

namespace clamor::automod {

bool CircuitBreaker::allow(MonoTime now) {
    if (state_ == State::closed) return true;
    if (state_ == State::open) {
        if (now < until_) return false;
        state_ = State::half_open;
        probing_ = false;
    }
    if (probing_) return false;
    probing_ = true;
    return true;
}

void CircuitBreaker::succeeded() {
    // A batch that was sent before it opened proves as much as a probe.
    state_ = State::closed;
    failures_ = 0;
    probing_ = false;
    pause_ = options_.pause;
}

bool CircuitBreaker::failed(MonoTime now) {
    if (state_ == State::open) return false;
    if (state_ == State::closed && ++failures_ < options_.failures) return false;
    if (state_ == State::half_open) pause_ = std::min(pause_ * 2, options_.pause_max);
    state_ = State::open;
    failures_ = 0;
    probing_ = false;
    until_ = now + pause_;
    return true;
}

}  // namespace clamor::automod
