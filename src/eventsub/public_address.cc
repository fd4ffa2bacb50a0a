// SPDX-License-Identifier: Apache-2.0
#include "eventsub/public_address.h"

#include <string>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace clamor::eventsub {
namespace {

std::uint32_t v4_at(const std::uint8_t* bytes) {
    return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 |
           std::uint32_t{bytes[2]} << 8 | bytes[3];
}

std::string host_of(std::string_view url) {
    const auto scheme = url.find("://");
    if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
    url = url.substr(0, url.find_first_of("/?#\\"));
    if (const auto user = url.rfind('@'); user != std::string_view::npos)
        url.remove_prefix(user + 1);
    if (url.starts_with('[')) return std::string(url.substr(1, url.find(']') - 1));
    std::string host(url.substr(0, url.find(':')));
    for (char& c : host) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    while (host.ends_with('.')) host.pop_back();
    return host;
}

}  // namespace

bool is_public_v4(std::uint32_t address) {
    struct Range {
        std::uint32_t start;
        int bits;
    };
    // This host, private, shared, loopback, link-local, protocol assignments, tests, benchmarks,
    // multicast and what is reserved.
    static constexpr Range kSpecial[] = {
        {0x00000000, 8},  {0x0a000000, 8},  {0x64400000, 10}, {0x7f000000, 8},  {0xa9fe0000, 16},
        {0xac100000, 12}, {0xc0000000, 24}, {0xc0000200, 24}, {0xc0a80000, 16}, {0xc6120000, 15},
        {0xc6336400, 24}, {0xcb007100, 24}, {0xe0000000, 3}};
    for (const Range& range : kSpecial) {
        if ((address ^ range.start) >> (32 - range.bits) == 0) return false;
    }
    return true;
}

bool is_public_v6(std::span<const std::uint8_t, 16> address) {
    const std::uint8_t* at = address.data();
    bool mapped = at[10] == 0xff && at[11] == 0xff;
    for (int i = 0; i < 10; ++i) mapped = mapped && at[i] == 0;
    if (mapped) return is_public_v4(v4_at(at + 12));
    if (at[0] == 0x20 && at[1] == 0x02) return is_public_v4(v4_at(at + 2));  // 6to4
    // Global unicast is 2000::/3; in it, 2001::/23 is for protocols and 2001:db8::/32 for examples.
    if ((at[0] & 0xe0) != 0x20) return false;
    if (at[0] == 0x20 && at[1] == 0x01 && at[2] < 0x02) return false;
    return !(at[0] == 0x20 && at[1] == 0x01 && at[2] == 0x0d && at[3] == 0xb8);
}

bool is_public_address(std::string_view text) {
    const std::string address(text);
    in_addr v4;
    if (inet_pton(AF_INET, address.c_str(), &v4) == 1) return is_public_v4(ntohl(v4.s_addr));
    in6_addr v6;
    return inet_pton(AF_INET6, address.c_str(), &v6) == 1 && is_public_v6(v6.s6_addr);
}

bool may_be_public(std::string_view url) {
    const std::string host = host_of(url);
    if (host.empty() || host == "localhost" || host.ends_with(".localhost")) return false;
    in_addr v4;
    in6_addr v6;
    const bool address =
        inet_pton(AF_INET, host.c_str(), &v4) == 1 || inet_pton(AF_INET6, host.c_str(), &v6) == 1;
    return !address || is_public_address(host);
}

}  // namespace clamor::eventsub
