// SPDX-License-Identifier: Apache-2.0
#include "store/grants.h"

#include <algorithm>

namespace clamor::store {

Result<std::vector<std::string>> granted_scopes(TokenStore& store, UserId user,
                                                std::optional<std::string_view> client_id,
                                                WallTime now) {
    auto tokens = store.list_tokens(user);
    if (!tokens) return tl::unexpected(tokens.error());
    auto grants = store.list_grants(user);
    if (!grants) return tl::unexpected(grants.error());
    std::vector<std::string> scopes;
    for (const auto* records : {&*tokens, &*grants}) {
        for (const TokenRecord& token : *records) {
            if (client_id && token.client_id != *client_id) continue;
            if (token.expires_at && *token.expires_at <= now) continue;
            for (const std::string& scope : token.scopes) {
                if (std::ranges::find(scopes, scope) == scopes.end()) scopes.push_back(scope);
            }
        }
    }
    return scopes;
}

}  // namespace clamor::store
