// SPDX-License-Identifier: Apache-2.0
#include "reactor/network.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace clamor::reactor {

bool Network::contains(const Endpoint& endpoint) const {
    const auto whole = static_cast<std::size_t>(bits / 8);
    if (!std::equal(address.begin(), address.begin() + static_cast<std::ptrdiff_t>(whole),
                    endpoint.address.begin()))
        return false;
    const int rest = bits % 8;
    return rest == 0 || (address[whole] ^ endpoint.address[whole]) >> (8 - rest) == 0;
}

Result<Network> Network::parse(std::string_view text) {
    const auto wrong = [text] {
        return fail(
            std::errc::invalid_argument,
            fmt::format("'{}' is no network: 10.0.0.0/8, 2001:db8::/32 or a numeric address",
                        text));
    };
    const std::size_t slash = text.find('/');
    const auto address = Endpoint::parse_address(text.substr(0, slash));
    if (!address) return wrong();
    const int most = text.find(':') == std::string_view::npos ? 32 : 128;
    int bits = most;
    if (slash != std::string_view::npos) {
        const std::string_view digits = text.substr(slash + 1);
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), bits);
        if (error != std::errc() || end != digits.data() + digits.size()) return wrong();
        if (bits < 0 || bits > most) return wrong();
    }
    return Network{.address = address->address, .bits = bits + 128 - most};
}

bool contains(std::span<const Network> networks, const Endpoint& endpoint) {
    return std::ranges::any_of(networks,
                               [&](const Network& network) { return network.contains(endpoint); });
}

std::string counted_address(const Endpoint& client) {
    if (client.is_ipv4()) return client.address_string();
    Endpoint network = client;
    std::fill(network.address.begin() + 8, network.address.end(), std::uint8_t{0});
    return network.address_string() + "/64";
}

}  // namespace clamor::reactor
