// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/scheduler.h"
#include "wire/http/service.h"

namespace clamor::api {

/// `body` is a JSON document. Not to be cached.
wire::http::Response json_response(int status, std::string body);

/// `{"error":"Bad Request","status":400,"message":...}`: the message says what was wrong and what
/// would be right.
wire::http::Response error_response(int status, std::string_view message);

/// What a failing store is to a client: a 503 when it is away, else a 500; without the operator's
/// details, which go to the log.
wire::http::Response store_failure(const Error& error);

/// Runs `work` where it may block and answers with what it gives; 503 when the workers' queue is at
/// its bound.
void answer_from_worker(Executor& workers, wire::http::Respond respond,
                        std::function<wire::http::Response()> work);

}  // namespace clamor::api
