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

}  // namespace clamor::reactor
