// SPDX-License-Identifier: Apache-2.0
#include "reactor/endpoint.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <memory>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>

namespace clamor::reactor {

namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

std::array<std::uint8_t, 16> mapped(const in_addr& v4) {
    std::array<std::uint8_t, 16> address{};
    std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), address.begin());
    std::memcpy(address.data() + kMappedPrefix.size(), &v4, sizeof(v4));
    return address;
}

Result<std::array<std::uint8_t, 16>> resolve(const std::string& host) {
    if (host.empty()) return std::array<std::uint8_t, 16>{};
    if (const auto numeric = Endpoint::parse_address(host)) return numeric->address;

    std::array<std::uint8_t, 16> address{};
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
    if (error != 0) {
        return fail(std::errc::address_not_available,
                    fmt::format("cannot resolve '{}' ({})", host, ::gai_strerror(error)));
    }
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> guard(found, ::freeaddrinfo);
    // IPv4 first: `localhost` then means the same on machines with and without IPv6.
    for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
        if (at->ai_family == AF_INET)
            return mapped(reinterpret_cast<const sockaddr_in*>(at->ai_addr)->sin_addr);
    }
    for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
        if (at->ai_family != AF_INET6) continue;
        std::memcpy(address.data(), &reinterpret_cast<const sockaddr_in6*>(at->ai_addr)->sin6_addr,
                    address.size());
        return address;
    }
    return fail(std::errc::address_not_available, fmt::format("'{}' has no IP address", host));
}

}  // namespace

bool Endpoint::is_ipv4() const {
    return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), address.begin());
}

bool Endpoint::is_loopback() const {
    if (is_ipv4()) return address[12] == 127;
    return address[15] == 1 &&
           std::all_of(address.begin(), address.end() - 1, [](std::uint8_t b) { return b == 0; });
}

std::string Endpoint::address_string() const {
    char text[INET6_ADDRSTRLEN] = {};
    if (is_ipv4()) {
        ::inet_ntop(AF_INET, address.data() + kMappedPrefix.size(), text, sizeof(text));
    } else {
        ::inet_ntop(AF_INET6, address.data(), text, sizeof(text));
    }
    return text;
}

std::string Endpoint::to_string() const {
    return is_ipv4() ? fmt::format("{}:{}", address_string(), port)
                     : fmt::format("[{}]:{}", address_string(), port);
}

std::optional<Endpoint> Endpoint::parse_address(std::string_view text) {
    const std::string host(text);
    in_addr v4{};
    if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) return Endpoint{.address = mapped(v4)};
    Endpoint v6;
    if (::inet_pton(AF_INET6, host.c_str(), v6.address.data()) == 1) return v6;
    return std::nullopt;
}

Result<Endpoint> Endpoint::parse(std::string_view text) {
    const auto malformed = [&](std::string_view why) {
        return fail(std::errc::invalid_argument,
                    fmt::format("'{}' is not HOST:PORT: {}", text, why));
    };
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return malformed("there is no colon");

    const std::string_view digits = text.substr(colon + 1);
    Endpoint endpoint;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), endpoint.port);
    if (error != std::errc() || end != digits.data() + digits.size())
        return malformed("the port is not a number up to 65535");

    std::string_view host = text.substr(0, colon);
    if (host.starts_with('[')) {
        if (!host.ends_with(']')) return malformed("']' is missing");
        host = host.substr(1, host.size() - 2);
    } else if (host.find(':') != std::string_view::npos) {
        return malformed("an IPv6 address stands in brackets, as in [::1]:80");
    }
    auto address = resolve(std::string(host));
    if (!address) return tl::unexpected<Error>(address.error());
    endpoint.address = *address;
    return endpoint;
}

}  // namespace clamor::reactor
