// SPDX-License-Identifier: Apache-2.0
#include "api/helix/scopes.h"

#include <algorithm>

namespace clamor::api::helix {

namespace {

/// `channel:manage:vips` for `channel:read:vips`; empty when it is not about reading.
std::string managing(std::string_view scope) {
    constexpr std::string_view kRead = ":read:";
    const auto at = scope.find(kRead);
    if (at == std::string_view::npos) return {};
    return std::string(scope.substr(0, at)) +
           ":manage:" + std::string(scope.substr(at + kRead.size()));
}

}  // namespace

bool has_scope(const std::vector<std::string>& granted, std::string_view alternatives) {
    if (alternatives.empty()) return true;
    const auto has = [&granted](std::string_view scope) {
        return std::find(granted.begin(), granted.end(), scope) != granted.end();
    };
    while (true) {
        const auto bar = alternatives.find('|');
        const auto scope = alternatives.substr(0, bar);
        if (has(scope)) return true;
        if (const auto more = managing(scope); !more.empty() && has(more)) return true;
        if (bar == std::string_view::npos) return false;
        alternatives.remove_prefix(bar + 1);
    }
}

std::string missing_scope(std::string_view alternatives) {
    std::string text = "Missing scope: ";
    for (const char c : alternatives) {
        if (c == '|') {
            text += " or ";
        } else {
            text += c;
        }
    }
    return text;
}

}  // namespace clamor::api::helix
