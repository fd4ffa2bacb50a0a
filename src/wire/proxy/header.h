// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <tl/expected.hpp>

namespace clamor::wire::proxy {

/// What a proxy says in front of a connection's bytes, as the PROXY protocol has it, version 1 (a
/// line) or 2 (binary): https://www.haproxy.org/download/2.6/doc/proxy-protocol.txt
struct Header {
    std::size_t size = 0;  ///< the connection's own bytes begin behind it
    /// The client, an IPv4 address as a mapped IPv6 one; none: the proxy speaks for itself (LOCAL),
    /// or does not know (UNKNOWN, and families that are none of IP).
    std::optional<std::array<std::uint8_t, 16>> client{};
};

enum class NoHeader {
    incomplete,  ///< more bytes decide
    absent,      ///< the bytes are the connection's own
    malformed,   ///< also: longer than limits::kProxyHeaderBytes
};

tl::expected<Header, NoHeader> read_header(std::string_view bytes);

}  // namespace clamor::wire::proxy
