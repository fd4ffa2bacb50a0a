// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/time.h"
#include "wire/http/service.h"

namespace clamor::wire::http {

struct ResponseOptions {
    bool keep_alive = true;
    bool head_request = false;  ///< Content-Length of the body, but no body
    std::string_view
        date;  ///< as `format_date` gives it, made once a second; empty: no Date header
};

/// Appends the response as HTTP/1.1. Line breaks in header values become blanks, so that no value
/// can add a header.
void append_response(std::string& out, const Response& response,
                     const ResponseOptions& options = {});

/// `HTTP/1.1 100 Continue` and an empty line.
inline constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

/// A small response whose body is the reason phrase as text.
Response plain_error(int status);

std::string_view reason_phrase(int status);

/// `Sun, 06 Nov 1994 08:49:37 GMT`
std::string format_date(WallTime time);

}  // namespace clamor::wire::http
