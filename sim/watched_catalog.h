// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "sim/checkers.h"
#include "sim/timeline.h"
#include "store/memory_catalog.h"

namespace clamor::sim {

/// The catalog under the checkers' eyes: the order in which acts come in here is the one that
/// everything else has to agree with.
class WatchedCatalog final : public store::MemoryCatalog {
  public:
    explicit WatchedCatalog(const Timeline& timeline) : timeline_(timeline) {}

    /// From now on `checkers` see what is done. They outlive whoever moderates.
    void watch(Checkers& checkers) { checkers_ = &checkers; }

    Result<void> apply(std::span<const store::Change> changes,
                       std::span<const store::AuditEntry> audit) override;

  private:
    const Timeline& timeline_;
    Checkers* checkers_ = nullptr;
};

}  // namespace clamor::sim
