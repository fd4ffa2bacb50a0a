// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "reactor/endpoint.h"
#include "reactor/tls.h"

namespace clamor::load {

enum class Transport : std::uint8_t { websocket, tcp };

/// The server that a load goes to.
struct Target {
    reactor::Endpoint endpoint;
    Transport transport = Transport::websocket;
    std::string host;        ///< as it was written, with the port: the Host header
    std::string path = "/";  ///< of the WebSocket
    std::shared_ptr<const reactor::TlsContext> tls;  ///< null: in plain text

    /// `ws://HOST:PORT[/PATH]` or `tcp://HOST:PORT`, over TLS `wss://` and `tls://`, where the CAs
    /// of this machine, or of the file that the environment's SSL_CERT_FILE names, must have signed
    /// the certificate. HOST may be a name, which is resolved (blocks: for start-up only).
    static Result<Target> parse(std::string_view url);
};

}  // namespace clamor::load
