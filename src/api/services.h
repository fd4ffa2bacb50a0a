// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "api/helix/rate_limiter.h"
#include "auth/checker.h"
#include "base/ids.h"
#include "base/scheduler.h"
#include "base/time.h"
#include "eventsub/registry.h"
#include "hub/gateway.h"
#include "moderation/automod_desk.h"
#include "store/catalog.h"
#include "store/message_log.h"

namespace clamor::api {

/// An application that may get app tokens by its secret.
struct ApiClient {
    std::string client_id;
    std::string secret;
};

/// What the handlers rest on. What it refers to outlives the router.
struct Services {
    store::Catalog& catalog;
    store::MessageLog& log;
    auth::Checker& tokens;
    helix::RequestLimits& limits;
    Executor& workers;
    hub::Gateway& live;
    eventsub::Registry& events;
    moderation::AutoModDesk& automod;
    /// How many watch each channel now, in the order of the channels. Blocks: for workers.
    std::function<std::vector<std::uint64_t>(const std::vector<ChannelId>&)> viewers;
    /// The nodes of the cluster, a JSON array. Blocks: for workers.
    std::function<std::string()> nodes;
    std::function<Now()> now;               ///< any thread
    std::function<std::uint64_t()> random;  ///< fit for secrets, as tokens are; any thread
    std::vector<ApiClient> clients{};
    std::string public_url{};  ///< `https://chat.example`, in front of pictures; empty: relative
    bool dev = false;
    std::string version{};
};

}  // namespace clamor::api
