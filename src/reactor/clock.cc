// SPDX-License-Identifier: Apache-2.0
#include "reactor/clock.h"

#include <ctime>

namespace clamor::reactor {

MonoTime read_mono_clock() {
    timespec t{};
    ::clock_gettime(CLOCK_MONOTONIC, &t);
    return MonoTime(std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec));
}

Now read_clocks() {
    timespec t{};
    ::clock_gettime(CLOCK_REALTIME, &t);
    const std::int64_t ms = static_cast<std::int64_t>(t.tv_sec) * 1000 + t.tv_nsec / 1'000'000;
    return {.mono = read_mono_clock(), .wall = wall_from_unix_ms(ms)};
}

}  // namespace clamor::reactor
