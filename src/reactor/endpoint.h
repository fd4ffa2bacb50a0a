// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace clamor::reactor {

/// An IPv4 or IPv6 address and a port. IPv4 is held as a mapped IPv6 address, so that equality and
/// hashing are simple.
struct Endpoint {
    std::array<std::uint8_t, 16> address{};
    std::uint16_t port = 0;

    friend bool operator==(const Endpoint&, const Endpoint&) = default;

    bool is_ipv4() const;
    bool is_loopback() const;
    /// `127.0.0.1:8080` or `[::1]:8080`.
    std::string to_string() const;
    std::string address_string() const;

    /// `HOST:PORT`, `[HOST]:PORT` or `:PORT` (any address); HOST is a numeric address, `localhost`
    /// or a name that the system resolves (blocks: for start-up only).
    static Result<Endpoint> parse(std::string_view text);
    /// A numeric address alone; the port is 0.
    static std::optional<Endpoint> parse_address(std::string_view text);
};

}  // namespace clamor::reactor
