// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string_view>

namespace clamor::chat {

/// `justinfan` and digits, in lower case: who logs in so reads without an account, so the login is
/// nobody's and never becomes somebody's (spec twitch-chat 2.3).
inline bool is_anonymous_login(std::string_view login) {
    constexpr std::string_view kStart = "justinfan";
    if (!login.starts_with(kStart) || login.size() == kStart.size()) return false;
    return std::ranges::all_of(login.substr(kStart.size()),
                               [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace clamor::chat
