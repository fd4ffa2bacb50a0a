// SPDX-License-Identifier: Apache-2.0
#include "load/target.h"

#include <fmt/format.h>

namespace clamor::load {

Result<Target> Target::parse(std::string_view url) {
    constexpr std::string_view kWebSocket = "ws://";
    constexpr std::string_view kTcp = "tcp://";
    const auto refuse = [&](std::string_view why) {
        return fail(std::errc::invalid_argument,
                    fmt::format("server address \"{}\": {}", url, why));
    };

    Target target;
    std::string_view rest = url;
    if (rest.starts_with("wss://")) return refuse("TLS is not spoken here, use the plain port");
    if (rest.starts_with(kWebSocket)) {
        rest.remove_prefix(kWebSocket.size());
    } else if (rest.starts_with(kTcp)) {
        rest.remove_prefix(kTcp.size());
        target.transport = Transport::tcp;
    } else {
        return refuse("must begin with ws:// or tcp://");
    }

    const std::size_t slash = rest.find('/');
    target.host = rest.substr(0, slash);
    if (slash != std::string_view::npos) target.path = rest.substr(slash);
    if (target.transport == Transport::tcp && slash != std::string_view::npos)
        return refuse("a TCP address has no path");
    auto endpoint = reactor::Endpoint::parse(target.host);
    if (!endpoint) return refuse(endpoint.error().to_string());
    target.endpoint = *endpoint;
    return target;
}

}  // namespace clamor::load
