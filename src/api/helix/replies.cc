// SPDX-License-Identifier: Apache-2.0
#include "api/helix/replies.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "base/log.h"
#include "store/catalog.h"
#include "wire/http/response.h"

namespace clamor::api::helix {

namespace {

wire::http::Response reply(int status, std::string_view content_type, const Json& body) {
    return {status,
            {{"Content-Type", std::string(content_type)},
             {"Cache-Control", "no-store"},
             {"X-Content-Type-Options", "nosniff"}},
            body.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

}  // namespace

wire::http::Response error_reply(int status, std::string_view message) {
    return reply(
        status, "application/json",
        {{"error", wire::http::reason_phrase(status)}, {"status", status}, {"message", message}});
}

void refuse_store_failure(const Error& error) {
    if (error.code == std::errc::invalid_argument) throw Refusal{400, error.detail};
    if (error.code == std::errc::no_such_file_or_directory) throw Refusal{404, error.detail};
    if (error.code == std::errc::file_exists) throw Refusal{409, error.detail};
    if (store::is_busy(error.code)) {
        log::warn("a request could not be done", {{"error", error.to_string()}});
        throw Refusal{503, "the server cannot reach its store at the moment; please try again"};
    }
    log::error("a request failed in the store", {{"error", error.to_string()}});
    throw Refusal{500, "the server could not read its store; its log says why"};
}

wire::http::Response json_reply(const Json& body, int status) {
    return reply(status, "application/json; charset=utf-8", body);
}

wire::http::Response data_reply(Json list) {
    return json_reply({{"data", std::move(list)}});
}

wire::http::Response one_reply(Json object) {
    Json list = Json::array();
    list.push_back(std::move(object));
    return data_reply(std::move(list));
}

wire::http::Response page_reply(Json list, std::string_view next) {
    Json pagination = Json::object();
    if (!next.empty()) pagination["cursor"] = encode_cursor(next);
    return json_reply({{"data", std::move(list)}, {"pagination", std::move(pagination)}});
}

wire::http::Response no_content() {
    return {204, {}, {}};
}

}  // namespace clamor::api::helix
