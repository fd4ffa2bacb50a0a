// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "reactor/endpoint.h"

namespace clamor::load {

enum class Transport : std::uint8_t { websocket, tcp };

/// The server that a load goes to.
struct Target {
    reactor::Endpoint endpoint;
    Transport transport = Transport::websocket;
    std::string host;        ///< as it was written, with the port: the Host header
    std::string path = "/";  ///< of the WebSocket

    /// `ws://HOST:PORT[/PATH]` or `tcp://HOST:PORT`. HOST may be a name, which is resolved (blocks:
    /// for start-up only).
    static Result<Target> parse(std::string_view url);
};

}  // namespace clamor::load
