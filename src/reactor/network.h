// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "reactor/endpoint.h"

namespace clamor::reactor {

/// The addresses that begin with the same bits.
struct Network {
    std::array<std::uint8_t, 16> address{};  ///< as Endpoint has it
    int bits = 128;                          ///< of the mapped address

    friend bool operator==(const Network&, const Network&) = default;

    bool contains(const Endpoint& endpoint) const;

    /// `10.0.0.0/8`, `2001:db8::/32`, or one address.
    static Result<Network> parse(std::string_view text);
};

bool contains(std::span<const Network> networks, const Endpoint& endpoint);

/// Whom limits by address count: `192.0.2.1`, or in IPv6 `2001:db8::/64`, since whoever has one
/// address has all that begin with the same 64 bits (RFC 6177).
std::string counted_address(const Endpoint& client);

}  // namespace clamor::reactor
