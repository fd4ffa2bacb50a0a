// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "app/metrics.h"
#include "app/node.h"
#include "eventsub/registry.h"
#include "store/log_writer.h"

namespace clamor::app {

/// Registers everything that a node counts; docs/operations.md explains each. What is given
/// outlives the metrics.
void register_metrics(Metrics& metrics, const std::vector<Node::ShardCounters>& shards,
                      const store::LogWriter& log_writer, const reactor::WorkerPool& workers,
                      const Counter& whispers_refused, const eventsub::Registry& events);

}  // namespace clamor::app
