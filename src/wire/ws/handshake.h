// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wire/http/client.h"
#include "wire/http/service.h"
#include "wire/ws/deflate.h"

namespace clamor::wire::ws {

/// `Sec-WebSocket-Accept` for a `Sec-WebSocket-Key`.
std::string accept_key(std::string_view key);

/// What permessage-deflate was agreed to be. Neither side keeps its window between messages,
/// always.
struct DeflateAgreement {
    bool enabled = false;
    int server_window_bits = kWindowBitsMax;  ///< what the server's compressor may use at most
};

struct AcceptOptions {
    bool deflate = true;
    /// Offers that want the server's window smaller than this are declined: where frames are
    /// compressed once for all, it is the window of that compressor.
    int server_window_bits_min = kWindowBitsMax;
};

/// The server's answer to an upgrade request.
struct AcceptResult {
    bool accepted = false;
    std::string bytes;       ///< the 101 response, when accepted
    http::Response refusal;  ///< else
    bool irc_subprotocol = false;
    DeflateAgreement deflate;
};

/// Whether the request asks for a WebSocket at all.
bool is_upgrade(const http::Request& request);

/// Answers a request for which `is_upgrade` holds. Subprotocol `irc` is chosen when the client
/// lists it, else none.
AcceptResult accept_upgrade(const http::Request& request, const AcceptOptions& options = {});

/// Answers the value of `Sec-WebSocket-Extensions` (all headers of that name joined by commas):
/// takes the first offer of permessage-deflate that can be met. `answer` is the value to send back,
/// empty when none was.
DeflateAgreement negotiate_deflate(std::string_view offers, const AcceptOptions& options,
                                   std::string& answer);

// The client's side.

struct ClientOptions {
    std::string host;  ///< with the port where it is not the default one
    std::string target = "/";
    std::string subprotocol;  ///< empty: none asked for
    bool deflate = false;
    http::Headers headers;  ///< more of them
};

/// The key is 16 random bytes in base64 (`client_key`).
std::string build_upgrade_request(const ClientOptions& options, std::string_view key);
std::string client_key(const std::uint8_t (&random)[16]);

enum class UpgradeError : std::uint8_t {
    none,
    bad_status,
    bad_upgrade,
    bad_accept,
    bad_subprotocol,
    bad_extension
};

/// Checks the server's answer; fills in the agreement.
[[nodiscard]] UpgradeError check_upgrade_response(const http::ResponseHead& head,
                                                  const ClientOptions& options,
                                                  std::string_view key, DeflateAgreement& deflate);

}  // namespace clamor::wire::ws
