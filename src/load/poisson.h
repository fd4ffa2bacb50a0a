// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <random>

#include "base/time.h"

namespace clamor::load {

/// Arrival times of a Poisson process: what many independent chatters together look like. The same
/// seed gives the same times.
class PoissonArrivals {
  public:
    PoissonArrivals(double per_second, std::uint64_t seed, MonoTime start)
        : gap_s_(per_second), random_(seed), next_(start) {
        advance();
    }

    MonoTime next() const { return next_; }
    void advance() {
        next_ += std::chrono::duration_cast<MonoClock::duration>(
            std::chrono::duration<double>(gap_s_(random_)));
    }

  private:
    std::exponential_distribution<double> gap_s_;
    std::mt19937_64 random_;
    MonoTime next_;
};

}  // namespace clamor::load
