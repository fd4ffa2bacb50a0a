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
    "redis://[user:password@]host[:port][,host[:port]...][/database], redis+sentinel://.../master, "
    "or redis+cluster://host[:port]";
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

std::string_view scheme_of(Mode mode) {
    switch (mode) {
        case Mode::direct:
            return "redis://";
        case Mode::sentinel:
            return "redis+sentinel://";
        case Mode::cluster:
            break;
    }
    return "redis+cluster://";
}

}  // namespace

std::string Url::to_string() const {
    std::string text(scheme_of(mode));
    if (!user.empty() || !password.empty()) text += user + ":***@";
    text += fmt::format("{}", fmt::join(addresses, ","));
    if (mode == Mode::sentinel) text += "/" + master;
    if (database != 0) text += fmt::format("/{}", database);
    return text;
}

Result<Url> parse_url(std::string_view text) {
    Url url;
    std::string_view rest;
    for (const Mode mode : {Mode::direct, Mode::sentinel, Mode::cluster}) {
        if (!text.starts_with(scheme_of(mode))) continue;
        url.mode = mode;
        rest = text.substr(scheme_of(mode).size());
    }
    if (text.starts_with("rediss://"))
        return wrong("asks for TLS, which is not spoken here: put a tunnel in front");
    if (rest.empty()) return wrong("has no scheme or no host");
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
