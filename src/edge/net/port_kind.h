// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace clamor::edge::net {

/// What is spoken at a listening socket; behind the last two, over TLS.
enum class PortKind : std::uint8_t { http, irc, https, ircs };
inline constexpr std::array kPortKinds{PortKind::http, PortKind::irc, PortKind::https,
                                       PortKind::ircs};
constexpr bool speaks_tls(PortKind kind) {
    return kind == PortKind::https || kind == PortKind::ircs;
}
constexpr bool speaks_http(PortKind kind) {
    return kind == PortKind::http || kind == PortKind::https;
}
/// As the settings of [server] call it.
constexpr std::string_view name_of(PortKind kind) {
    constexpr std::array<std::string_view, kPortKinds.size()> kNames{"http", "irc", "https",
                                                                     "ircs"};
    return kNames[static_cast<std::size_t>(kind)];
}

}  // namespace clamor::edge::net
