// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <variant>

#include "api/helix/values.h"
#include "base/result.h"
#include "wire/http/service.h"

/// What endpoints answer.
namespace clamor::api::helix {

/// Is given the means to answer, and does so once, at any time from any thread.
using Later = std::function<void(wire::http::Respond)>;
using Reply = std::variant<wire::http::Response, Later>;

/// `{"error":"Bad Request","status":400,"message":...}` with exactly `application/json`, which
/// client libraries compare.
wire::http::Response error_reply(int status, std::string_view message);

inline constexpr std::string_view kBusy = "The server is busy; ask again in a second.";

/// Why a request is not done. Thrown where it is found, caught by the frame: an endpoint reads its
/// parameters without looking at each, and no exception leaves this folder.
struct Refusal {
    int status;
    std::string message;
};

/// The value. What the store refuses ends the request with 400, 404 or 409 and its words; a failing
/// store with 500 and a line in the log.
[[noreturn]] void refuse_store_failure(const Error& error);
template <class T>
T take(Result<T> result) {
    if (!result) refuse_store_failure(result.error());
    if constexpr (!std::is_void_v<T>) return *std::move(result);
}

wire::http::Response json_reply(const Json& body, int status = 200);
/// `{"data":[...]}`
wire::http::Response data_reply(Json list);
/// `{"data":[object]}`
wire::http::Response one_reply(Json object);
/// With `"pagination"`; `next` is the place of the last item, or empty when that was the end.
wire::http::Response page_reply(Json list, std::string_view next);
wire::http::Response no_content();

}  // namespace clamor::api::helix
