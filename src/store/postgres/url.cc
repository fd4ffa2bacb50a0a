// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/url.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <libpq-fe.h>

#include "base/limits.h"

namespace clamor::store {
namespace {

constexpr std::string_view kBadUser =
    "has a user or a password that cannot be read: other characters than letters, digits, - . _ ~ "
    "are written as %XX, as %40 for @";

using Options = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

constexpr std::string_view kRight =
    "postgresql://USER:PASSWORD@HOST:PORT/DATABASE, perhaps with ?sslmode=verify-full";

/// Where the user and the password stand: behind the scheme, before the last @ of all, since one
/// that is not written as it should be may hold anything.
std::optional<std::pair<std::size_t, std::size_t>> user_info(std::string_view url) {
    const auto scheme = url.find("://");
    if (scheme == std::string_view::npos) return std::nullopt;
    const auto begin = scheme + 3;
    const auto at = url.rfind('@');
    if (at == std::string_view::npos || at < begin) return std::nullopt;
    return std::pair(begin, at);
}

/// libpq's words about what cannot be read come in `why`.
Options parse(const std::string& url, std::string& why) {
    char* words = nullptr;
    Options options(PQconninfoParse(url.c_str(), &words), &PQconninfoFree);
    if (words != nullptr) {
        why = words;
        PQfreemem(words);
        while (!why.empty() && why.back() == '\n') why.pop_back();
    }
    return options;
}

bool is_url(std::string_view url) {
    return url.starts_with("postgresql://") || url.starts_with("postgres://");
}

std::string quoted(std::string_view value) {
    std::string out = "'";
    for (const char c : value) {
        if (c == '\'' || c == '\\') out += '\\';
        out += c;
    }
    return out + "'";
}

}  // namespace

std::string without_password(std::string_view url) {
    std::string shown(url);
    if (const auto info = user_info(url)) {
        const auto colon = url.find(':', info->first);
        if (colon < info->second) shown.replace(colon + 1, info->second - colon - 1, "***");
    }
    // libpq takes it as a parameter, too.
    constexpr std::string_view kParameter = "password=";
    for (auto at = shown.find(kParameter); at != std::string::npos;
         at = shown.find(kParameter, at)) {
        at += kParameter.size();
        shown.replace(at, std::min(shown.find('&', at), shown.size()) - at, "***");
    }
    return shown;
}

std::string fault_in_postgres_url(std::string_view url) {
    if (!is_url(url)) return fmt::format("must be {}", kRight);
    if (url.find('\0') != std::string_view::npos) return "must not hold a NUL";
    // A password with a slash in it: libpq would take its beginning for a port, and quote it.
    const auto authority = url.find("://") + 3;
    const auto path = std::min(url.find_first_of("/?", authority), url.size());
    const auto at = url.substr(0, std::min(url.find('?'), url.size())).rfind('@');
    if (at != std::string_view::npos && at > path) return std::string(kBadUser);
    std::string why;
    if (const auto read = parse(std::string(url), why)) return {};
    // What it says may quote the password: ask again about a URL that has another.
    std::string rest = without_password(url);
    if (const auto info = user_info(rest))
        rest.replace(info->first, info->second - info->first, "user:secret");
    if (const auto read = parse(rest, why)) {
        return std::string(kBadUser);
    }
    return fmt::format("must be {}: {}", kRight, why);
}

Result<std::string> connection_string(std::string_view url) {
    if (const auto fault = fault_in_postgres_url(url); !fault.empty())
        return fail(std::errc::invalid_argument, "the URL of PostgreSQL " + fault);
    using namespace std::chrono;
    const auto connect = std::to_string(duration_cast<seconds>(limits::kCatalogConnect).count());
    const auto user_timeout = std::to_string(
        duration_cast<milliseconds>(limits::kCatalogStatement + limits::kCatalogHang).count());
    const std::array<std::pair<std::string_view, std::string_view>, 7> defaults{{
        {"connect_timeout", connect},
        {"application_name", "clamor"},
        {"client_encoding", "UTF8"},
        {"tcp_user_timeout", user_timeout},  // a host that is gone from the network
        {"keepalives_idle", "10"},
        {"keepalives_interval", "5"},
        {"keepalives_count", "3"},
    }};
    std::string why;
    std::string out;
    const auto options = parse(std::string(url), why);
    for (const auto* option = options.get(); option->keyword != nullptr; ++option) {
        std::string_view value = option->val != nullptr ? option->val : "";
        for (const auto& [keyword, ours] : defaults) {
            if (value.empty() && keyword == option->keyword) value = ours;
        }
        if (!value.empty())
            out += fmt::format("{}{}={}", out.empty() ? "" : " ", option->keyword, quoted(value));
    }
    return out;
}

}  // namespace clamor::store
