// SPDX-License-Identifier: Apache-2.0
#include "sim/timeline.h"

#include <algorithm>
#include <utility>

namespace clamor::sim {

void Timeline::happen_at(const void* owner, MonoTime when, Task task) {
    heap_.push_back({when, ++order_, owner, std::move(task)});
    std::push_heap(heap_.begin(), heap_.end(), Happening::later);
}

void Timeline::set_time(MonoTime mono) {
    now_.mono = mono;
    now_.wall = start_.wall + std::chrono::floor<std::chrono::milliseconds>(mono - start_.mono);
}

void Timeline::run_for(std::chrono::nanoseconds duration) {
    const MonoTime end = now_.mono + duration;
    while (!heap_.empty() && heap_.front().when <= end) {
        std::pop_heap(heap_.begin(), heap_.end(), Happening::later);
        Happening next = std::move(heap_.back());
        heap_.pop_back();
        set_time(next.when);
        next.task();
    }
    set_time(end);
}

void Timeline::forget(const void* owner) {
    std::erase_if(heap_, [owner](const Happening& one) { return one.owner == owner; });
    std::make_heap(heap_.begin(), heap_.end(), Happening::later);
}

}  // namespace clamor::sim
