// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/ids.h"
#include "base/scheduler.h"
#include "store/catalog.h"
#include "store/message_log.h"

namespace clamor::api {

/// What the handlers rest on. What it refers to outlives the router.
struct Services {
    store::Catalog& catalog;
    store::MessageLog& log;
    Executor& workers;
    std::function<std::uint64_t(ChannelId)> viewers;  ///< who watches a channel now; any thread
    bool dev = false;
    std::string version;
};

}  // namespace clamor::api
