// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "api/router.h"

namespace clamor::api {

/// What this server needs: another one, or its own disk.
struct Dependency {
    std::string name;
    std::string reason;     ///< why it cannot be used now, a sentence; empty: it can
    bool degraded = false;  ///< it can be used still, but not as it should

    /// `up`, `degraded` or `down`.
    std::string_view status() const {
        if (reason.empty()) return "up";
        return degraded ? "degraded" : "down";
    }
};

/// How the server is, each reason a sentence.
struct Health {
    std::vector<Dependency> dependencies;
    std::vector<std::string> degraded;   ///< it serves, with something missing
    std::vector<std::string> not_ready;  ///< it should get no new clients
};

/// GET /healthz (200 as long as the process answers; says whether something is degraded) and GET
/// /readyz (503 with the reasons when a load balancer should look elsewhere; else what is
/// degraded), both with each dependency's state. `health` is called on a shard's thread.
void add_health_routes(Router& router, std::function<Health()> health);

}  // namespace clamor::api
