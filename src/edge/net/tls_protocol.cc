// SPDX-License-Identifier: Apache-2.0
#include "edge/net/tls_protocol.h"

#include <string>
#include <utility>

#include "edge/net/server.h"
#include "wire/http/response.h"

namespace clamor::edge::net {

namespace {

/// With which every TLS connection begins (RFC 8446, 5.1).
constexpr char kHandshakeRecord = 22;

}  // namespace

std::unique_ptr<Protocol> TlsProtocol::on_bytes(std::string_view& bytes) {
    if (bytes.front() == kHandshakeRecord) {
        connection_.start_tls();
        return std::move(next_);
    }
    bytes = {};
    Server& server = connection_.server();
    server.counters().tls_failures.add();
    std::string answer =
        "ERROR :This port speaks TLS: connect with TLS, or to the port without\r\n";
    if (speaks_http(connection_.port())) {
        answer.clear();
        wire::http::append_response(
            answer,
            {.status = 400,
             .headers = {{"Content-Type", "text/plain; charset=utf-8"}},
             .body = "This port speaks TLS: the address begins with https:// or wss://.\n"},
            {.keep_alive = false, .date = server.date()});
    }
    connection_.queue(Frame::copy(answer));
    connection_.close();
    return nullptr;
}

}  // namespace clamor::edge::net
