// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include "base/time.h"

/// What a node takes from its machine and says of its process.
namespace clamor::app {

/// Bits that nobody can guess: the kernel's. Any thread.
std::uint64_t random_bits();

std::string host_name();

/// How many cores' time this process takes, over the last few seconds. Any thread.
class CpuLoad {
  public:
    explicit CpuLoad(MonoTime now) : since_(now) {}
    double share(MonoTime now);

  private:
    std::mutex mutex_;
    MonoTime since_;
    double used_ = 0;
    double share_ = 0;
};

}  // namespace clamor::app
