// SPDX-License-Identifier: Apache-2.0
// Three lines: extensions, subprotocols, key. Whatever a client offers, our own client understands
// our answer, and nothing is agreed that was not offered.
#include <algorithm>
#include <string>

#include "base/check.h"
#include "wire/ws/handshake.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace clamor::wire;
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    std::string lines[3];
    for (std::string& line : lines) {
        line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    }
    http::Request request;
    request.method = "GET";
    request.headers = {
        {"upgrade", "websocket"},
        {"connection", "upgrade"},
        {"sec-websocket-version", "13"},
        {"sec-websocket-extensions", lines[0]},
        {"sec-websocket-protocol", lines[1]},
        {"sec-websocket-key", lines[2].empty() ? "dGhlIHNhbXBsZSBub25jZQ==" : lines[2]}};
    const ws::AcceptResult result =
        ws::accept_upgrade(request, {.server_window_bits_min = ws::kWindowBitsMin});
    if (!result.accepted) {
        CLAMOR_CHECK(result.refusal.status == 400, "a bad key is refused");
        return 0;
    }
    CLAMOR_CHECK(result.deflate.server_window_bits >= ws::kWindowBitsMin &&
                     result.deflate.server_window_bits <= ws::kWindowBitsMax,
                 "zlib can write for the window");
    http::ResponseHead head;
    std::size_t head_size = 0;
    const auto state = http::parse_response_head(result.bytes, head, head_size);
    CLAMOR_CHECK(state == http::HeadState::ready && head_size == result.bytes.size(),
                 "we answer HTTP");
    ws::ClientOptions client;
    client.deflate = lines[0].find("permessage-deflate") != std::string::npos;
    client.subprotocol = result.irc_subprotocol ? "irc" : "";
    ws::DeflateAgreement agreement;
    const auto error =
        ws::check_upgrade_response(head, client, request.header("sec-websocket-key"), agreement);
    CLAMOR_CHECK(error == ws::UpgradeError::none, "our client understands it");
    CLAMOR_CHECK(agreement.enabled == result.deflate.enabled &&
                     agreement.server_window_bits == result.deflate.server_window_bits,
                 "both sides agreed to the same");
    return 0;
}
