// SPDX-License-Identifier: Apache-2.0
#include "auth/revoke.h"

#include <openssl/sha.h>

#include "auth/claims.h"
#include "auth/jwt.h"
#include "base/limits.h"
#include "store/checks.h"

namespace clamor::auth {

namespace {

tl::unexpected<Error> no_such_token() {
    return fail(std::errc::invalid_argument, "there is no such token");
}

Result<void> revoke_jwt_unchecked(store::Catalog& catalog, const std::string& token, WallTime now) {
    const auto jwt = parse_jwt(token);
    if (!jwt) return no_such_token();
    const auto expires_at = check_registered_claims(jwt->payload, {}, now);
    if (!expires_at && expires_at.error() == JwtRefusal::expired)
        return fail(std::errc::invalid_argument, "the token has expired already");
    if (!expires_at) return no_such_token();
    const auto claims = parse_claims(jwt->payload);
    if (!claims) return tl::unexpected(claims.error());
    UserId user;
    if (!claims->login.empty()) {
        const auto found = catalog.find_user(claims->login);
        if (!found) return tl::unexpected(found.error());
        // Nobody has used it yet: then it has no sessions either.
        if (*found) user = (*found)->id;
    }
    return revoke(catalog, token, user, *expires_at, now);
}

}  // namespace

std::string token_hash(std::string_view token) {
    const std::string jwt = unfold_jwt(token);
    if (looks_like_jwt(jwt)) {
        store::TokenHash hash;
        SHA256(reinterpret_cast<const unsigned char*>(jwt.data()), jwt.size(), hash.data());
        return store::hex_of(hash);
    }
    const auto hash = store::hash_token(token);
    return hash ? store::hex_of(*hash) : std::string();
}

Result<void> revoke(store::Catalog& catalog, std::string_view token, UserId user,
                    std::optional<WallTime> expires_at, WallTime now) {
    const bool signed_token = looks_like_jwt(unfold_jwt(token));
    const WallTime until =
        signed_token && expires_at ? *expires_at : now + limits::kRevocationsKept;
    auto kept =
        catalog.add_revocation({.hash = token_hash(token), .user = user, .until = until}, now);
    if (!kept || signed_token) return kept;
    const auto gone = catalog.revoke_token(token);
    if (!gone) return tl::unexpected(gone.error());
    return {};
}

Result<void> revoke_unchecked(store::Catalog& catalog, std::string_view token, WallTime now) {
    const std::string jwt = unfold_jwt(token);
    if (looks_like_jwt(jwt)) return revoke_jwt_unchecked(catalog, jwt, now);
    if (!store::hash_token(token)) return no_such_token();
    const auto record = catalog.find_token(token, now);
    if (!record) return tl::unexpected(record.error());
    if (!*record) return no_such_token();
    return revoke(catalog, token, (*record)->user, {}, now);
}

}  // namespace clamor::auth
