// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace clamor::edge {

/// Why a connection ends. docs/protocol/close-codes.md says the same to authors of clients.
enum class CloseReason : std::uint8_t {
    client_left,   ///< QUIT or /disconnect
    login_failed,  ///< told before by a NOTICE
    nick_again,    ///< a second NICK after login
    registration_timeout,
    ping_timeout,
    input_flood,  ///< too many overlong lines, or more input than is held while an answer is
                  ///< awaited
    slow_reader,  ///< the outbox was over its hard threshold
    token_revoked,
    server_shutdown,
    internal_error,
};
inline constexpr int kCloseReasons = 10;

struct CloseInfo {
    std::uint16_t code;     ///< of the WebSocket close frame
    std::string_view text;  ///< its reason
    bool reconnect;         ///< the client may come back by itself
    bool
        abrupt;  ///< closed without a close frame: some libraries stay away after a clean handshake
    std::string_view counter;  ///< label of the metric
};

const CloseInfo& close_info(CloseReason reason);

}  // namespace clamor::edge
