// SPDX-License-Identifier: Apache-2.0
#include "edge/net/tls_protocol.h"

#include <utility>

#include "edge/net/server.h"

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
    server.refuse(connection_,
                  {.status = 400,
                   .headers = {{"Content-Type", "text/plain; charset=utf-8"}},
                   .body = "This port speaks TLS: the address begins with https:// or wss://.\n"},
                  "ERROR :This port speaks TLS: connect with TLS, or to the port without\r\n");
    return nullptr;
}

}  // namespace clamor::edge::net
