// SPDX-License-Identifier: Apache-2.0
#include "load/target.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace clamor::load {

Result<Target> Target::parse(std::string_view url) {
    struct Scheme {
        std::string_view begins;
        Transport transport;
        bool tls;
    };
    constexpr std::array<Scheme, 4> kSchemes{{{"ws://", Transport::websocket, false},
                                              {"wss://", Transport::websocket, true},
                                              {"tcp://", Transport::tcp, false},
                                              {"tls://", Transport::tcp, true}}};
    const auto refuse = [&](std::string_view why) {
        return fail(std::errc::invalid_argument,
                    fmt::format("server address \"{}\": {}", url, why));
    };

    Target target;
    const auto scheme = std::ranges::find_if(
        kSchemes, [&](const Scheme& one) { return url.starts_with(one.begins); });
    if (scheme == kSchemes.end()) return refuse("must begin with ws://, wss://, tcp:// or tls://");
    target.transport = scheme->transport;
    const std::string_view rest = url.substr(scheme->begins.size());

    const std::size_t slash = rest.find('/');
    target.host = rest.substr(0, slash);
    if (slash != std::string_view::npos) target.path = rest.substr(slash);
    if (target.transport == Transport::tcp && slash != std::string_view::npos)
        return refuse("a TCP address has no path");
    auto endpoint = reactor::Endpoint::parse(target.host);
    if (!endpoint) return refuse(endpoint.error().to_string());
    target.endpoint = *endpoint;
    if (!scheme->tls) return target;
    auto tls = reactor::TlsContext::for_client({}, "load");
    if (!tls) return refuse(tls.error().to_string());
    target.tls = *std::move(tls);
    return target;
}

}  // namespace clamor::load
