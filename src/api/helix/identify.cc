// SPDX-License-Identifier: Apache-2.0
#include "api/helix/identify.h"

#include <algorithm>

#include "api/helix/replies.h"
#include "api/helix/scopes.h"
#include "store/checks.h"
#include "text/message.h"

namespace clamor::api::helix {

namespace {

std::vector<std::string> split(std::string_view list, char separator) {
    std::vector<std::string> parts;
    while (!list.empty()) {
        const auto end = list.find(separator);
        if (end != 0) parts.emplace_back(list.substr(0, end));
        if (end == std::string_view::npos) break;
        list.remove_prefix(end + 1);
    }
    return parts;
}

std::optional<Caller> identify_dev(const Services& services, std::string_view token) {
    Caller caller{.client_id = std::string(kDevClient)};
    if (token == "invalid") return std::nullopt;
    if (token == "app") {
        caller.scopes.emplace_back(kPlatformScope);
        return caller;
    }
    const auto colon = token.find(':');
    const auto login = text::fold_ascii(token.substr(0, colon));
    if (!text::is_valid_login(login)) return std::nullopt;
    if (colon == std::string_view::npos) {
        caller.scopes.assign(all_scopes().begin(), all_scopes().end());
    } else {
        caller.scopes = split(token.substr(colon + 1), ',');
    }
    caller.user = take(services.catalog.ensure_user(login));
    return caller;
}

std::optional<Caller> identify_known(const Services& services, std::string_view token,
                                     WallTime now) {
    // What cannot be a token is unknown, not a mistake of ours.
    if (!store::hash_token(token)) return std::nullopt;
    const auto record = take(services.catalog.find_token(token, now));
    if (!record) return std::nullopt;
    Caller caller{
        .client_id = record->client_id, .scopes = record->scopes, .expires_at = record->expires_at};
    if (!record->user) return caller;
    caller.user = take(services.catalog.find_user(record->user));
    if (!caller.user) return std::nullopt;
    return caller;
}

}  // namespace

std::string_view bearer_token(const wire::http::Request& request, bool or_oauth) {
    std::string_view header = request.header("authorization");
    const auto blank = header.find(' ');
    if (blank == std::string_view::npos) return {};
    const auto scheme = header.substr(0, blank);
    const bool fits = text::equals_ignoring_ascii_case(scheme, "bearer") ||
                      (or_oauth && text::equals_ignoring_ascii_case(scheme, "oauth"));
    if (!fits) return {};
    header.remove_prefix(blank);
    while (header.starts_with(' ')) header.remove_prefix(1);
    while (header.ends_with(' ')) header.remove_suffix(1);
    return header;
}

std::optional<Caller> identify(const Services& services, std::string_view token, WallTime now) {
    if (auto caller = identify_known(services, token, now)) {
        caller->token_hash = token_hash(token);
        return caller;
    }
    if (services.dev) return identify_dev(services, token);
    return std::nullopt;
}

std::string token_hash(std::string_view token) {
    const auto hash = store::hash_token(token);
    return hash ? store::hex_of(*hash) : std::string();
}

}  // namespace clamor::api::helix
