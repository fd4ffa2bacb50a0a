// SPDX-License-Identifier: Apache-2.0
#include "api/health.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "api/reply.h"

namespace clamor::api {

namespace {

wire::http::Response status_reply(int status, std::string_view word,
                                  const std::vector<std::string>& reasons) {
    nlohmann::ordered_json body{{"status", word}};
    if (!reasons.empty()) body["reasons"] = reasons;
    return json_response(status,
                         body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

}  // namespace

void add_health_routes(Router& router, std::function<Health()> health) {
    router.on("GET", "/healthz", [health](auto, auto, auto respond) {
        const auto now = health();
        respond(status_reply(200, now.degraded.empty() ? "ok" : "degraded", now.degraded));
    });
    router.on("GET", "/readyz", [health = std::move(health)](auto, auto, auto respond) {
        const auto now = health();
        const bool ready = now.not_ready.empty();
        respond(status_reply(ready ? 200 : 503, ready ? "ready" : "not ready",
                             ready ? now.degraded : now.not_ready));
    });
}

}  // namespace clamor::api
