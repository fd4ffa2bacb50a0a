// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "auth/key.h"
#include "base/time.h"

/// JSON Web Tokens in the compact form, as RFC 7515 and 7519 have them and RFC 8725 wants them
/// checked. Pure: no clock, no keys but those that are given. Any thread.
namespace clamor::auth {

/// Why a token is refused; the metric's label.
enum class JwtRefusal : std::uint8_t {
    malformed,    ///< not three parts of base64url with JSON objects, or too large
    algorithm,    ///< none that we know, or another than the key's
    unknown_key,  ///< no key of that name and algorithm
    signature,
    expired,
    not_yet,  ///< nbf or iat lies in the future
    issuer,
    audience,
    claims,  ///< one that is needed is missing, or one is not what it must be
    revoked,
};
inline constexpr std::size_t kJwtRefusals = 10;
std::string_view name_of(JwtRefusal refusal);

/// A token that was taken apart but not checked.
struct Jwt {
    Algorithm algorithm{};
    std::string key_id;       ///< `kid`; empty: none
    std::string signed_text;  ///< header and payload as they were sent
    std::string signature;    ///< bytes
    std::string payload;      ///< text of the JSON object of claims
};

/// Whether a text has a JWT's outer form: three parts with dots between them, the first an object
/// in base64url. What has it is judged as a JWT and as nothing else.
bool looks_like_jwt(std::string_view token);

/// Takes a token apart. Refuses what is larger than limits::kJwtBytes, has critical extensions
/// (`crit`), or says a name twice in one object.
tl::expected<Jwt, JwtRefusal> parse_jwt(std::string_view token);

/// Nothing when one of the keys has the token's algorithm and made its signature.
std::optional<JwtRefusal> check_signature(const Jwt& jwt, const std::vector<Key>& keys);

struct JwtRules {
    std::string issuer;    ///< empty: any
    std::string audience;  ///< empty: any
    std::chrono::seconds leeway{60};
};

/// Refuses by `exp`, which must be there, `nbf`, `iat`, `iss` and `aud`. Else: when it expires.
tl::expected<WallTime, JwtRefusal> check_registered_claims(std::string_view payload,
                                                           const JwtRules& rules, WallTime now);

/// For tests and trials. `payload` is a JSON object; `key_id` may be empty.
std::string make_jwt(std::string_view payload, const SigningKey& key, const std::string& key_id);

/// A JWT whose letters were all made small cannot be read any more, and some clients do that to
/// every token. They are given the JWT's text in hexadecimal digits. The JWT of such a token, or
/// the token itself when it is none.
std::string unfold_jwt(std::string_view token);

}  // namespace clamor::auth
