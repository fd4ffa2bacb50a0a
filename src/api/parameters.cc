// SPDX-License-Identifier: Apache-2.0
#include "api/parameters.h"

#include <charconv>

#include <fmt/format.h>

#include "base/limits.h"

namespace clamor::api {

namespace {

std::optional<std::uint64_t> whole_number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

}  // namespace

Parsed<std::optional<std::uint64_t>> query_number(const wire::http::Request& request,
                                                  std::string_view name, std::uint64_t least,
                                                  std::uint64_t most) {
    if (!request.has_query(name)) return std::nullopt;
    const auto value = whole_number(request.query_value(name));
    if (!value || *value < least || *value > most) {
        return tl::unexpected(
            fmt::format("'{}' must be a whole number from {} to {}", name, least, most));
    }
    return value;
}

bool query_flag(const wire::http::Request& request, std::string_view name) {
    if (!request.has_query(name)) return false;
    const auto value = request.query_value(name);
    return value.empty() || value == "true" || value == "1";
}

Parsed<std::string> parse_login(std::string_view text) {
    std::string login;
    for (const char c : text) {
        const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        const bool valid =
            (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9') || lower == '_';
        if (!valid) login.clear();
        if (!valid) break;
        login.push_back(lower);
    }
    if (login.empty() || login.size() > limits::kLoginBytes) {
        return tl::unexpected(fmt::format("'login' must be 1 to {} letters, digits and underscores",
                                          limits::kLoginBytes));
    }
    return login;
}

Parsed<ChannelId> parse_channel_id(std::string_view text) {
    const auto value = whole_number(text);
    if (!value || *value == 0)
        return tl::unexpected(std::string("'channelId' must be a channel's number, as 1000"));
    return ChannelId(*value);
}

}  // namespace clamor::api
