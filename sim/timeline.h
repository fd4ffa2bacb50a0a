// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <random>
#include <vector>

#include "base/task.h"
#include "base/time.h"

namespace clamor::sim {

using Random = std::mt19937_64;

/// A number from 0 to `below - 1`.
inline std::uint64_t pick(Random& random, std::uint64_t below) {
    return random() % below;
}
inline bool chance(Random& random, std::uint64_t one_in) {
    return random() % one_in == 0;
}
/// A duration of up to `max`, exclusive.
inline std::chrono::nanoseconds up_to(Random& random, std::chrono::nanoseconds max) {
    return std::chrono::nanoseconds(random() % static_cast<std::uint64_t>(max.count()));
}

/// The simulated time of a run, and what happens when. All machines of the run share it; what
/// happens at the same moment happens in the order in which it was planned.
class Timeline {
  public:
    Now now() const { return now_; }

    /// `owner` is the machine on which it happens.
    void happen_at(const void* owner, MonoTime when, Task task);
    void run_for(std::chrono::nanoseconds duration);
    /// Nothing that was planned for the machine happens any more.
    void forget(const void* owner);

  private:
    struct Happening {
        MonoTime when;
        std::uint64_t order;
        const void* owner;
        Task task;
        static bool later(const Happening& a, const Happening& b) {
            return std::pair(a.when, a.order) > std::pair(b.when, b.order);
        }
    };

    void set_time(MonoTime mono);

    Now now_{.mono = MonoTime(std::chrono::hours(1)), .wall = wall_from_unix_ms(1'790'000'000'000)};
    const Now start_ = now_;
    std::vector<Happening> heap_;
    std::uint64_t order_ = 0;
};

}  // namespace clamor::sim
