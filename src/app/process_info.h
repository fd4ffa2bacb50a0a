// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "reactor/socket.h"

/// What a node takes from its machine and says of its process.
namespace clamor::app {

/// Bits that nobody can guess: the kernel's. Any thread.
std::uint64_t random_bits();

std::string host_name();

/// Whether nobody listens there: with SO_REUSEPORT a second server would start and take a share of
/// the first one's clients. The error says what to do.
Result<void> check_free(const reactor::Endpoint& at);

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
