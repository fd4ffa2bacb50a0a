// SPDX-License-Identifier: Apache-2.0
#include "store/dynamodb/address.h"

#include <algorithm>

namespace clamor::store::dynamodb {
namespace {

constexpr std::string_view kScheme = "dynamodb://";
constexpr std::string_view kEndpoint = "endpoint=";

bool consists_of(std::string_view text, std::string_view more) {
    return std::ranges::all_of(text, [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               more.find(c) != std::string_view::npos;
    });
}

bool is_region(std::string_view text) {
    return text.size() >= 2 && text.size() <= 64 && consists_of(text, "-");
}

/// As DynamoDB has it: 3 to 255 of a-z, A-Z, 0-9, '_', '-' and '.'.
bool is_table(std::string_view text) {
    return text.size() >= 3 && text.size() <= 255 &&
           consists_of(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_-.");
}

bool is_endpoint(std::string_view text) {
    const std::size_t scheme = text.starts_with("https://")  ? 8
                               : text.starts_with("http://") ? 7
                                                             : 0;
    if (scheme == 0 || text.size() == scheme) return false;
    const auto host = text.substr(scheme);
    return host.find_first_of("/?#@\\\"'<> \t\r\n") == std::string_view::npos;
}

}  // namespace

Result<Address> Address::parse(std::string_view url) {
    const auto wrong = [&](const std::string& why) {
        return fail(std::errc::invalid_argument,
                    "the address of the message log must be dynamodb://REGION/TABLE, as "
                    "\"dynamodb://eu-central-1/clamor\", or with ?endpoint=https://HOST:PORT "
                    "behind it; " +
                        why);
    };
    if (!url.starts_with(kScheme)) return wrong("it does not begin with dynamodb://");
    auto rest = url.substr(kScheme.size());
    std::string_view query;
    if (const auto mark = rest.find('?'); mark != std::string_view::npos) {
        query = rest.substr(mark + 1);
        rest = rest.substr(0, mark);
    }
    const auto slash = rest.find('/');
    if (slash == std::string_view::npos) return wrong("it has no table");
    Address address{.region = std::string(rest.substr(0, slash)),
                    .table = std::string(rest.substr(slash + 1)),
                    .endpoint = {}};
    if (!is_region(address.region)) return wrong("'" + address.region + "' is no region");
    if (!is_table(address.table)) {
        return wrong("'" + address.table +
                     "' is no name of a table: 3 to 255 letters, digits, '_', '-' and '.'");
    }
    if (query.empty()) {
        address.endpoint = "https://dynamodb." + address.region + ".amazonaws.com";
        return address;
    }
    if (!query.starts_with(kEndpoint)) return wrong("'" + std::string(query) + "' is not known");
    address.endpoint = query.substr(kEndpoint.size());
    while (address.endpoint.ends_with('/')) address.endpoint.pop_back();
    if (!is_endpoint(address.endpoint)) {
        return wrong("'" + address.endpoint +
                     "' is no endpoint: http:// or https://, a host, perhaps a port, no path");
    }
    return address;
}

}  // namespace clamor::store::dynamodb
