// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "wire/http/service.h"

namespace clamor::wire::http {

/// Reads the requests of one connection, however the bytes arrive. One per connection, on its
/// shard. Holds memory only from the first byte of a request to `take`, within
/// limits::kHttpHeaderBytes and limits::kHttpBodyBytes.
class RequestParser {
  public:
    struct Progress {
        /// Bytes of the input that belonged to this request; the rest is for the next one.
        std::size_t consumed = 0;
        /// `take` has a request.
        bool complete = false;
        /// 400, 413 or 431: answer with it and close; the parser is spent.
        int error_status = 0;
        /// Once: the client waits for `100 Continue` before it sends the body.
        bool send_continue = false;
    };

    RequestParser();
    ~RequestParser();
    RequestParser(RequestParser&&) noexcept;
    RequestParser& operator=(RequestParser&&) noexcept;

    /// Takes bytes up to the end of one request. Unless complete or failed, all of them are
    /// consumed.
    Progress feed(std::string_view bytes);
    /// The complete request (`peer` is left empty); the parser is then ready for the next one and
    /// holds no memory.
    Request take();
    /// Whether a request has begun and is not complete.
    bool busy() const { return impl_ != nullptr; }

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Splits and decodes a request target (`/path?a=b`, or the absolute form) into path and query.
/// False when it is malformed: a bad escape, NUL or invalid UTF-8.
[[nodiscard]] bool decode_target(std::string_view target, Request& out);

}  // namespace clamor::wire::http
