// SPDX-License-Identifier: Apache-2.0
#include "api/reply.h"

#include <exception>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/log.h"
#include "store/catalog.h"
#include "wire/http/response.h"

namespace clamor::api {

namespace {

wire::http::Response busy(std::string_view message) {
    auto reply = error_response(503, message);
    reply.headers.emplace_back("Retry-After", "1");
    return reply;
}

}  // namespace

wire::http::Response json_response(int status, std::string body) {
    return {status,
            {{"Content-Type", "application/json; charset=utf-8"},
             {"Cache-Control", "no-store"},
             {"X-Content-Type-Options", "nosniff"}},
            std::move(body)};
}

wire::http::Response error_response(int status, std::string_view message) {
    const nlohmann::ordered_json body{
        {"error", wire::http::reason_phrase(status)}, {"status", status}, {"message", message}};
    return json_response(status,
                         body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

wire::http::Response store_failure(const Error& error) {
    if (store::is_busy(error.code)) {
        log::warn("a request could not be done", {{"error", error.to_string()}});
        return busy("the server cannot reach its store at the moment; ask again in a second");
    }
    log::error("a request failed in the store", {{"error", error.to_string()}});
    return error_response(500, "the server could not read its store; its log says why");
}

void answer_from_worker(Executor& workers, wire::http::Respond respond,
                        std::function<wire::http::Response()> work) {
    const bool taken = workers.post([respond, work = std::move(work)] {
        try {
            respond(work());
        } catch (const std::exception& failure) {
            log::error("a request handler threw", {{"error", failure.what()}});
            respond(error_response(500, "the server made a mistake; its log says which"));
        }
    });
    if (taken) return;
    respond(busy("the server is busy; ask again in a second"));
}

}  // namespace clamor::api
