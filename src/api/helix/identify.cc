// SPDX-License-Identifier: Apache-2.0
#include "api/helix/identify.h"

#include "api/helix/replies.h"
#include "text/message.h"

namespace clamor::api::helix {

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
    auto caller = take(services.tokens.check(token, now));
    // Tokens that dev mode makes up belong to no client.
    if (caller && caller->client_id.empty() && caller->token_hash.empty())
        caller->client_id = kDevClient;
    return caller;
}

}  // namespace clamor::api::helix
