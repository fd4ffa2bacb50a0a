// SPDX-License-Identifier: Apache-2.0
#include "wire/proxy/header.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>

#include <arpa/inet.h>

#include "base/limits.h"

namespace clamor::wire::proxy {

namespace {

using namespace std::string_view_literals;

using Address = std::array<std::uint8_t, 16>;
using Read = tl::expected<Header, NoHeader>;

constexpr auto kLineStart = "PROXY "sv;
constexpr std::size_t kLineMax = 107;  // with its CR LF
constexpr auto kSignature = "\r\n\r\n\0\r\nQUIT\n"sv;
constexpr std::size_t kFixedSize = 16;  // of version 2, in front of the addresses

Read no_header(NoHeader why) {
    return tl::unexpected(why);
}

Address mapped(std::string_view v4) {
    Address address{};
    address[10] = address[11] = 0xff;
    std::memcpy(address.data() + 12, v4.data(), 4);
    return address;
}

std::optional<Address> parse_address(std::string_view text, int family) {
    Address address{};
    if (::inet_pton(family, std::string(text).c_str(), address.data()) != 1) return std::nullopt;
    if (family == AF_INET6) return address;
    return mapped({reinterpret_cast<const char*>(address.data()), 4});
}

bool is_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    return error == std::errc() && end == text.data() + text.size();
}

/// `PROXY TCP4 client proxy port port`
Read read_line(std::string_view bytes) {
    const std::size_t end = bytes.substr(0, kLineMax).find("\r\n");
    if (end == std::string_view::npos)
        return no_header(bytes.size() < kLineMax ? NoHeader::incomplete : NoHeader::malformed);
    std::string_view line = bytes.substr(0, end);
    Header header{.size = end + 2};
    line.remove_prefix(kLineStart.size());
    std::array<std::string_view, 5> words;
    for (std::string_view& word : words) {
        word = line.substr(0, line.find(' '));
        line.remove_prefix(std::min(word.size() + 1, line.size()));
        if (words[0] == "UNKNOWN") return header;
    }
    const auto [family, client, proxy, client_port, proxy_port] = words;
    if (!line.empty() || (family != "TCP4" && family != "TCP6"))
        return no_header(NoHeader::malformed);
    const int kind = family == "TCP4" ? AF_INET : AF_INET6;
    header.client = parse_address(client, kind);
    if (!header.client || !parse_address(proxy, kind) || !is_port(client_port) ||
        !is_port(proxy_port))
        return no_header(NoHeader::malformed);
    return header;
}

Read read_binary(std::string_view bytes) {
    if (bytes.size() < kFixedSize) return no_header(NoHeader::incomplete);
    const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(bytes[at]); };
    const int version = byte(12) >> 4;
    const int command = byte(12) & 0x0f;
    const int family = byte(13) >> 4;
    const std::size_t length = (std::size_t{byte(14)} << 8) | byte(15);
    Header header{.size = kFixedSize + length};
    if (version != 2 || command > 1 || header.size > limits::kProxyHeaderBytes)
        return no_header(NoHeader::malformed);
    if (bytes.size() < header.size) return no_header(NoHeader::incomplete);
    const bool local = command == 0;
    const bool v4 = family == 1;
    const bool v6 = family == 2;
    if (local || (!v4 && !v6)) return header;
    // Both addresses, and both ports.
    if (length < (v4 ? 12u : 36u)) return no_header(NoHeader::malformed);
    header.client.emplace();
    if (v4) {
        header.client = mapped(bytes.substr(kFixedSize, 4));
    } else {
        std::memcpy(header.client->data(), bytes.data() + kFixedSize, header.client->size());
    }
    return header;
}

}  // namespace

Read read_header(std::string_view bytes) {
    for (const auto& [start, read] :
         {std::pair(kLineStart, &read_line), std::pair(kSignature, &read_binary)}) {
        if (bytes.starts_with(start)) return read(bytes);
        if (start.starts_with(bytes)) return no_header(NoHeader::incomplete);
    }
    return no_header(NoHeader::absent);
}

}  // namespace clamor::wire::proxy
