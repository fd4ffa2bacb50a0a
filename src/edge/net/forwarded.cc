// SPDX-License-Identifier: Apache-2.0
#include "edge/net/forwarded.h"

#include <algorithm>
#include <optional>
#include <string_view>

namespace clamor::edge::net {

namespace {

/// Some proxies add the port: `192.0.2.7:54321`, `[2001:db8::7]:54321`.
std::optional<reactor::Endpoint> read_entry(std::string_view entry) {
    constexpr std::string_view kBlank = " \t";
    entry.remove_prefix(std::min(entry.find_first_not_of(kBlank), entry.size()));
    entry = entry.substr(0, entry.find_last_not_of(kBlank) + 1);
    if (entry.starts_with('[')) {
        entry = entry.substr(1, entry.find(']') - 1);
    } else if (std::ranges::count(entry, ':') == 1) {
        entry = entry.substr(0, entry.find(':'));
    }
    return reactor::Endpoint::parse_address(entry);
}

}  // namespace

reactor::Endpoint client_behind_proxies(const reactor::Endpoint& peer,
                                        const wire::http::Headers& headers,
                                        std::span<const reactor::Network> trusted) {
    reactor::Endpoint client = peer;
    for (auto header = headers.rbegin(); header != headers.rend(); ++header) {
        if (header->first != "x-forwarded-for") continue;
        std::string_view rest = header->second;
        for (bool more = true; more;) {
            if (!reactor::contains(trusted, client)) return client;
            const std::size_t comma = rest.rfind(',');
            more = comma != std::string_view::npos;
            const auto entry = read_entry(more ? rest.substr(comma + 1) : rest);
            if (!entry) return client;
            client = *entry;
            rest = rest.substr(0, more ? comma : 0);
        }
    }
    return client;
}

}  // namespace clamor::edge::net
