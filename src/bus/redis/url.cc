// SPDX-License-Identifier: Apache-2.0
#include "bus/redis/url.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/percent.h"

namespace clamor::bus::redis {

namespace {

constexpr std::string_view kForm =
    "redis://[user:password@]host[:port][,host[:port]...][/database], redis+sentinel://.../master"
    "[?sentinel_user=USER&sentinel_password=PASSWORD], or redis+cluster://host[:port], with rediss "
    "for redis where TLS is spoken";
/// Not a '?' alone: a password before the addresses may have one.
constexpr std::string_view kSentinelQuery = "?sentinel_";
constexpr std::uint16_t kRedisPort = 6379;
constexpr std::uint16_t kSentinelPort = 26379;
constexpr unsigned kDatabasesMax = 65535;

tl::unexpected<Error> wrong(std::string_view why) {
    return fail(std::errc::invalid_argument,
                fmt::format("the address of Redis {}; it has the form {}", why, kForm));
}

std::optional<std::string> read_address(std::string_view text, std::uint16_t default_port) {
    if (text.empty()) return std::nullopt;
    std::string_view host = text;
    std::string_view port;
    const bool bracketed = text.front() == '[';
    const auto colon = bracketed ? text.find("]:") : text.rfind(':');
    if (colon != std::string_view::npos) {
        host = text.substr(0, bracketed ? colon + 1 : colon);
        port = text.substr(bracketed ? colon + 2 : colon + 1);
        unsigned number = 0;
        const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
        if (error != std::errc() || end != port.data() + port.size() || number == 0 ||
            number > 65535)
            return std::nullopt;
    }
    if (host.empty() || (bracketed && host.back() != ']')) return std::nullopt;
    if (!bracketed && host.find_first_of(":[] \t") != std::string_view::npos) return std::nullopt;
    return port.empty() ? fmt::format("{}:{}", host, default_port) : std::string(text);
}

/// Behind `redis` or `rediss`.
std::string_view scheme_end(Mode mode) {
    switch (mode) {
        case Mode::direct:
            return "://";
        case Mode::sentinel:
            return "+sentinel://";
        case Mode::cluster:
            break;
    }
    return "+cluster://";
}

/// What went wrong; empty: nothing.
std::string_view read_sentinel_login(std::string_view query, Url& url) {
    if (url.mode != Mode::sentinel) return "has a login of sentinels, but names none";
    for (bool more = true; more;) {
        const auto end = query.find('&');
        const std::string_view one = query.substr(0, end);
        more = end != std::string_view::npos;
        if (more) query.remove_prefix(end + 1);
        const auto equals = one.find('=');
        const std::string_view name = one.substr(0, equals);
        const bool user = name == "sentinel_user";
        if ((!user && name != "sentinel_password") || equals == std::string_view::npos)
            return "has something behind '?' that is not sentinel_user or sentinel_password";
        auto value = percent_decode(one.substr(equals + 1));
        if (!value || value->empty())
            return "has a sentinel_user or sentinel_password that is empty "
                   "or has a % that is not %XX";
        (user ? url.sentinel_user : url.sentinel_password) = *std::move(value);
    }
    if (url.sentinel_password.empty()) return "has a sentinel_user without a sentinel_password";
    return {};
}

}  // namespace

std::string Url::to_string() const {
    std::string text(tls ? "rediss" : "redis");
    text += scheme_end(mode);
    if (!user.empty() || !password.empty()) text += user + ":***@";
    text += fmt::format("{}", fmt::join(addresses, ","));
    if (mode == Mode::sentinel) text += "/" + master;
    if (database != 0) text += fmt::format("/{}", database);
    if (!sentinel_password.empty())
        text += fmt::format("?sentinel_user={}&sentinel_password=***", sentinel_user);
    return text;
}

Result<Url> parse_url(std::string_view text) {
    Url url;
    std::string_view rest;
    for (const std::string_view start : {"redis", "rediss"}) {
        for (const Mode mode : {Mode::direct, Mode::sentinel, Mode::cluster}) {
            const std::string scheme = std::string(start) + std::string(scheme_end(mode));
            if (!text.starts_with(scheme)) continue;
            url.mode = mode;
            url.tls = start == "rediss";
            rest = text.substr(scheme.size());
        }
    }
    if (rest.empty()) return wrong("has no scheme or no host");
    if (const auto query = rest.find(kSentinelQuery); query != std::string_view::npos) {
        const auto fault = read_sentinel_login(rest.substr(query + 1), url);
        if (!fault.empty()) return wrong(fault);
        rest = rest.substr(0, query);
    }
    if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
        const std::string_view login = rest.substr(0, at);
        rest.remove_prefix(at + 1);
        const auto colon = login.find(':');
        if (colon == std::string_view::npos) return wrong("has a user without a password");
        auto user = percent_decode(login.substr(0, colon));
        auto password = percent_decode(login.substr(colon + 1));
        if (!user || !password) return wrong("has a % in user or password that is not %XX");
        if (password->empty()) return wrong("has an empty password");
        url.user = *std::move(user);
        url.password = *std::move(password);
    }
    std::string_view path;
    if (const auto slash = rest.find('/'); slash != std::string_view::npos) {
        path = rest.substr(slash + 1);
        rest = rest.substr(0, slash);
    }
    const std::uint16_t port = url.mode == Mode::sentinel ? kSentinelPort : kRedisPort;
    for (bool more = true; more;) {
        const auto comma = rest.find(',');
        auto address = read_address(rest.substr(0, comma), port);
        if (!address) return wrong(fmt::format("has '{}' for HOST:PORT", rest.substr(0, comma)));
        url.addresses.push_back(*std::move(address));
        more = comma != std::string_view::npos;
        if (more) rest.remove_prefix(comma + 1);
    }
    if (path.empty()) return url;
    if (url.mode == Mode::sentinel) {
        if (path.find('?') != std::string_view::npos)
            return wrong("has something behind '?' that is not sentinel_user or sentinel_password");
        url.master = path;
        return url;
    }
    unsigned database = 0;
    const auto [end, error] = std::from_chars(path.data(), path.data() + path.size(), database);
    if (error != std::errc() || end != path.data() + path.size() || database > kDatabasesMax)
        return wrong(fmt::format("has '{}' for the number of a database", path));
    if (database != 0 && url.mode == Mode::cluster)
        return wrong("names a database, but a Redis Cluster has only 0");
    url.database = static_cast<std::uint16_t>(database);
    return url;
}

}  // namespace clamor::bus::redis
