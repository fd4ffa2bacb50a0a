// SPDX-License-Identifier: Apache-2.0
// A token as anybody may send it, or the claims of one that the platform signed. Whatever is taken
// has one spelling, and no key but the right one takes it.
#include <string>
#include <string_view>

#include "auth/base64url.h"
#include "auth/claims.h"
#include "auth/jwt.h"
#include "auth/key.h"
#include "auth/revoke.h"
#include "base/check.h"
#include "base/limits.h"
#include "text/message.h"

namespace {

using namespace clamor;
using namespace clamor::auth;

void check_token(std::string_view token) {
    const std::string unfolded = unfold_jwt(token);
    CLAMOR_CHECK(unfold_jwt(unfolded) == unfolded, "a token is unfolded once");
    const auto hash = token_hash(token);
    CLAMOR_CHECK(hash.empty() || hash.size() == 64, "a hash is one");
    const auto jwt = parse_jwt(token);
    if (!jwt) return;
    CLAMOR_CHECK(looks_like_jwt(token), "what is a JWT looks like one");
    CLAMOR_CHECK(token.size() <= limits::kJwtBytes, "a JWT is bounded");
    const std::string again = jwt->signed_text + '.' + encode_base64url(jwt->signature);
    CLAMOR_CHECK(again == token, "a JWT has one spelling");
    CLAMOR_CHECK(check_signature(*jwt, {}).has_value(), "nothing is good without a key");
}

void check_claims(std::string_view payload) {
    (void)check_registered_claims(payload, {.issuer = "us", .audience = "chat"}, {});
    const auto claims = parse_claims(payload);
    if (!claims) {
        CLAMOR_CHECK(!claims.error().detail.empty(), "a refusal says why");
        return;
    }
    CLAMOR_CHECK(claims->login.empty() || text::is_valid_login(claims->login), "a login is one");
    for (const auto& channel : claims->channels) {
        CLAMOR_CHECK(text::is_valid_login(channel.channel), "a channel has a login");
        CLAMOR_CHECK(channel.subscriber_tier <= 3, "a tier is one");
        CLAMOR_CHECK((channel.subscriber_tier == 0) == (channel.subscriber_months == 0),
                     "who is subscribed has been for a month");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    check_token(text);
    check_claims(text);
    (void)decode_base64url(text);
    (void)parse_jwks(text);
    return 0;
}
