// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

/// Which addresses are those of the public Internet, as IANA's registries of special purposes have
/// it: callbacks come from anybody who has a token, and must not reach the server's own networks.
namespace clamor::eventsub {

bool is_public_v4(std::uint32_t address);  ///< in the machine's byte order
bool is_public_v6(std::span<const std::uint8_t, 16> address);
/// Of an address as text; false when it is none.
bool is_public_address(std::string_view text);

/// Whether the host of a URL may be public: a name that only a resolver knows more of, or a public
/// address. Whoever connects has to look at what the name stands for.
bool may_be_public(std::string_view url);

}  // namespace clamor::eventsub
