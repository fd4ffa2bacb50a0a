// SPDX-License-Identifier: Apache-2.0
#include "api/health.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "api/reply.h"

namespace clamor::api {

namespace {

wire::http::Response status_reply(int status, std::string_view word,
                                  const std::vector<std::string>& reasons,
                                  const std::vector<Dependency>& dependencies) {
    nlohmann::ordered_json body{{"status", word}};
    if (!reasons.empty()) body["reasons"] = reasons;
    for (const Dependency& one : dependencies) {
        nlohmann::ordered_json& entry = body["dependencies"][one.name];
        entry["status"] = one.status();
        if (!one.reason.empty()) entry["reason"] = one.reason;
    }
    return json_response(status,
                         body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

std::vector<std::string> all_reasons(const Health& health) {
    std::vector<std::string> reasons = health.degraded;
    for (const Dependency& one : health.dependencies) {
        if (!one.reason.empty()) reasons.push_back(one.reason);
    }
    return reasons;
}

}  // namespace

void add_health_routes(Router& router, std::function<Health()> health) {
    router.on("GET", "/healthz", [health](auto, auto, auto respond) {
        const auto now = health();
        const std::vector<std::string> reasons = all_reasons(now);
        respond(status_reply(200, reasons.empty() ? "ok" : "degraded", reasons, now.dependencies));
    });
    router.on("GET", "/readyz", [health = std::move(health)](auto, auto, auto respond) {
        const auto now = health();
        const bool ready = now.not_ready.empty();
        respond(status_reply(ready ? 200 : 503, ready ? "ready" : "not ready",
                             ready ? all_reasons(now) : now.not_ready, now.dependencies));
    });
}

}  // namespace clamor::api
