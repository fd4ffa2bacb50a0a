// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include <sys/types.h>

#include "base/result.h"

namespace clamor::load {

/// What a process has used so far, all its threads together.
struct ProcessUsage {
    std::uint64_t user_us = 0;
    std::uint64_t system_us = 0;
    std::uint64_t resident_bytes = 0;

    std::uint64_t cpu_us() const { return user_us + system_us; }
};

/// Takes the texts of /proc/PID/stat (in which the program's name may hold blanks and brackets) and
/// /proc/PID/status.
Result<ProcessUsage> parse_process_usage(std::string_view stat, std::string_view status,
                                         long ticks_per_second);

/// Reads both from /proc.
Result<ProcessUsage> read_process_usage(pid_t pid);

/// How long the threads that a process has now were ready to run and had no core, since each began.
/// Where the core is theirs alone they only wait for one another; where it is not, other
/// measurements are worth little. Zero where the kernel does not say (/proc/PID/task/*/schedstat).
std::uint64_t read_waited_us(pid_t pid);

}  // namespace clamor::load
