// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace clamor::wire::http {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// A complete request: header and body within their limits (base/limits.h), path percent-decoded
/// and valid UTF-8.
struct Request {
    std::string method;  ///< upper case
    std::string path;    ///< decoded, without the query; always starts with '/'
    std::vector<std::pair<std::string, std::string>> query;  ///< decoded, in order
    Headers headers;                                         ///< names in lower case
    std::string body;
    std::string peer;  ///< whom limits by address count: the client, or its network
    bool keep_alive = true;

    /// The first value of the name, or empty.
    std::string_view header(std::string_view lower_case_name) const;
    std::string_view query_value(std::string_view name) const;
    bool has_query(std::string_view name) const;
};

struct Response {
    int status = 200;
    Headers headers;  ///< Content-Length, Date and Connection are added when it is written
    std::string body;
};

/// Called once, from any thread.
using Respond = std::function<void(Response)>;

/// What answers requests. Called on a shard's thread: must not wait; slow work goes to an Executor.
class Service {
  public:
    virtual ~Service() = default;
    virtual void handle(Request request, Respond respond) = 0;
};

}  // namespace clamor::wire::http
