// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

#include "base/time.h"

namespace clamor::automod {

/// Stops asking whoever fails again and again. Closed, it lets everything through; after so many
/// failures in a row it is open and lets nothing through; after a pause it is half open and lets
/// one probe through, whose success closes it, while a failure doubles the pause. Pure, one thread.
class CircuitBreaker {
  public:
    enum class State : std::uint8_t { closed, open, half_open };
    struct Options {
        int failures;
        std::chrono::milliseconds pause;
        std::chrono::milliseconds pause_max;
    };
    explicit CircuitBreaker(const Options& options) : options_(options), pause_(options.pause) {}

    /// Whether one may ask now. Half open, the first who may is the probe; whatever becomes of it
    /// is to be told.
    bool allow(MonoTime now);
    void succeeded();
    /// True when this opened it.
    bool failed(MonoTime now);
    /// The probe came to nothing that says anything of the server: the next one may probe.
    void probe_gone() { probing_ = false; }

    State state() const { return state_; }

  private:
    const Options options_;
    State state_ = State::closed;
    int failures_ = 0;  // in a row
    bool probing_ = false;
    std::chrono::milliseconds pause_;
    MonoTime until_{};
};

}  // namespace clamor::automod
