// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

namespace clamor {

/// Clocks as types only: they cannot be read. The reactor reads the system's clocks once a turn and
/// passes the values down, so that everything above it runs in simulated time as well.
struct MonoClock {
    using rep = std::int64_t;
    using period = std::nano;
    using duration = std::chrono::nanoseconds;
    using time_point = std::chrono::time_point<MonoClock>;
    static constexpr bool is_steady = true;
};
struct WallClock {
    using rep = std::int64_t;
    using period = std::milli;
    using duration = std::chrono::milliseconds;
    using time_point = std::chrono::time_point<WallClock>;
    static constexpr bool is_steady = false;
};

/// For intervals, limits and timers.
using MonoTime = MonoClock::time_point;
/// Unix time in milliseconds, for what is stored or shown.
using WallTime = WallClock::time_point;

struct Now {
    MonoTime mono;
    WallTime wall;
};

constexpr std::int64_t unix_ms(WallTime t) {
    return t.time_since_epoch().count();
}
constexpr WallTime wall_from_unix_ms(std::int64_t ms) {
    return WallTime(std::chrono::milliseconds(ms));
}

}  // namespace clamor
