// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "api/health.h"
#include "app/open_log.h"
#include "bus/redis/link.h"
#include "store/postgres/catalog.h"
#include "store/spooled_log.h"

namespace clamor::app {

/// What a node rests on; null: it does not have it.
struct HealthSources {
    const store::SpooledLog& log;
    const OpenLog& message_log;
    const bus::redis::Link* redis = nullptr;
    std::vector<std::pair<std::string, const bus::redis::Link*>> other_regions{};  ///< by name
    const store::PoolCounters* postgres = nullptr;
    bool stopping = false;
};
/// Any thread.
api::Health health_of(const HealthSources& node);

}  // namespace clamor::app
