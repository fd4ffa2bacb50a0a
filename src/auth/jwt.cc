// SPDX-License-Identifier: Apache-2.0
#include "auth/jwt.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <nlohmann/json.hpp>

#include "auth/base64url.h"
#include "auth/json.h"
#include "base/limits.h"

namespace clamor::auth {

namespace {

using nlohmann::json;

constexpr std::size_t kKeyIdBytes = 256;
constexpr std::string_view kStartInHex = "65";  // `e`
/// The longest opaque token: no JWT is so short that its digits would be fewer.
constexpr std::size_t kOpaqueBytesMost = 128;
/// Seconds that fit into WallTime with room to add to them: the year 9999.
constexpr double kSecondsMost = 253402300799.0;

/// A number of seconds since 1970, whole or not; nothing when it is none.
std::optional<WallTime> time_of(const json& value) {
    if (!value.is_number()) return std::nullopt;
    const double seconds = value.get<double>();
    if (!std::isfinite(seconds) || seconds < 0 || seconds > kSecondsMost) return std::nullopt;
    return wall_from_unix_ms(static_cast<std::int64_t>(seconds * 1000.0));
}

/// `aud` is a text or a list of texts. Nothing when it is anything else.
std::optional<bool> is_for(const json& audience, const std::string& us) {
    if (audience.is_string()) return audience.get_ref<const std::string&>() == us;
    if (!audience.is_array()) return std::nullopt;
    bool found = false;
    for (const auto& one : audience) {
        if (!one.is_string()) return std::nullopt;
        found |= one.get_ref<const std::string&>() == us;
    }
    return found;
}

/// Header, payload and signature as they were sent.
std::optional<std::array<std::string_view, 3>> parts_of(std::string_view token) {
    const auto first = token.find('.');
    if (first == std::string_view::npos) return std::nullopt;
    const auto second = token.find('.', first + 1);
    if (second == std::string_view::npos) return std::nullopt;
    if (token.find('.', second + 1) != std::string_view::npos) return std::nullopt;
    return std::array{token.substr(0, first), token.substr(first + 1, second - first - 1),
                      token.substr(second + 1)};
}

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

}  // namespace

std::string_view name_of(JwtRefusal refusal) {
    constexpr std::array<std::string_view, kJwtRefusals> kNames{
        "malformed", "algorithm", "unknown_key", "signature", "expired",
        "not_yet",   "issuer",    "audience",    "claims",    "revoked"};
    return kNames.at(static_cast<std::size_t>(refusal));
}

bool looks_like_jwt(std::string_view token) {
    // A brace, and then a quotation mark or a blank, or else a line end.
    const bool object = token.starts_with("ey") || token.starts_with("ew");
    return object && std::ranges::count(token, '.') == 2;
}

tl::expected<Jwt, JwtRefusal> parse_jwt(std::string_view token) {
    const auto malformed = tl::unexpected(JwtRefusal::malformed);
    if (token.size() > limits::kJwtBytes || !looks_like_jwt(token)) return malformed;
    const auto parts = parts_of(token);
    if (!parts) return malformed;
    const auto& [head_text, payload_text, signature_text] = *parts;
    const auto head_bytes = decode_base64url(head_text);
    auto payload = decode_base64url(payload_text);
    auto signature = decode_base64url(signature_text);
    if (!head_bytes || !payload || !signature) return malformed;
    const auto head = parse_object(*head_bytes);
    if (!head || !parse_object(*payload)) return malformed;
    // We understand no extension, and a critical one must be understood.
    if (head->contains("crit")) return malformed;

    Jwt jwt;
    if (const auto id = head->find("kid"); id != head->end()) {
        if (!id->is_string()) return malformed;
        jwt.key_id = id->get<std::string>();
        if (jwt.key_id.empty() || jwt.key_id.size() > kKeyIdBytes) return malformed;
    }
    const auto name = head->find("alg");
    if (name == head->end() || !name->is_string()) return malformed;
    const auto algorithm = algorithm_of(name->get_ref<const std::string&>());
    if (!algorithm) return tl::unexpected(JwtRefusal::algorithm);
    if (signature->empty()) return malformed;
    jwt.algorithm = *algorithm;
    jwt.signed_text = token.substr(0, head_text.size() + 1 + payload_text.size());
    jwt.payload = *std::move(payload);
    jwt.signature = *std::move(signature);
    return jwt;
}

std::optional<JwtRefusal> check_signature(const Jwt& jwt, const std::vector<Key>& keys) {
    if (keys.empty()) return JwtRefusal::unknown_key;
    bool tried = false;
    for (const Key& key : keys) {
        // The key says what it is for, never the token.
        if (key.algorithm() != jwt.algorithm) continue;
        tried = true;
        if (key.verify(jwt.signed_text, jwt.signature)) return std::nullopt;
    }
    return tried ? JwtRefusal::signature : JwtRefusal::algorithm;
}

tl::expected<WallTime, JwtRefusal> check_registered_claims(std::string_view payload,
                                                           const JwtRules& rules, WallTime now) {
    const auto refuse = [](JwtRefusal why) { return tl::unexpected(why); };
    const auto claims = parse_object(payload);
    if (!claims) return refuse(JwtRefusal::malformed);
    const auto end = claims->find("exp");
    if (end == claims->end()) return refuse(JwtRefusal::claims);
    const auto expires_at = time_of(*end);
    if (!expires_at) return refuse(JwtRefusal::claims);
    for (const char* name : {"nbf", "iat"}) {
        const auto start = claims->find(name);
        if (start == claims->end()) continue;
        const auto from = time_of(*start);
        if (!from) return refuse(JwtRefusal::claims);
        if (*from > now + rules.leeway) return refuse(JwtRefusal::not_yet);
    }
    if (!rules.issuer.empty()) {
        const auto issuer = claims->find("iss");
        const bool ours = issuer != claims->end() && issuer->is_string() &&
                          issuer->get_ref<const std::string&>() == rules.issuer;
        if (!ours) return refuse(JwtRefusal::issuer);
    }
    if (!rules.audience.empty()) {
        const auto audience = claims->find("aud");
        if (audience == claims->end() || !is_for(*audience, rules.audience).value_or(false))
            return refuse(JwtRefusal::audience);
    }
    // No leeway here: sessions end at the time that the token names.
    if (*expires_at <= now) return refuse(JwtRefusal::expired);
    return *expires_at;
}

std::string make_jwt(std::string_view payload, const SigningKey& key, const std::string& key_id) {
    json head{{"alg", name_of(key.algorithm())}, {"typ", "JWT"}};
    if (!key_id.empty()) head["kid"] = key_id;
    const auto text = encode_base64url(head.dump(-1, ' ', false, json::error_handler_t::replace)) +
                      '.' + encode_base64url(payload);
    return text + '.' + encode_base64url(key.sign(text));
}

std::string unfold_jwt(std::string_view token) {
    const bool may_be = token.size() > kOpaqueBytesMost && token.size() % 2 == 0 &&
                        token.size() <= 2 * limits::kJwtBytes && token.starts_with(kStartInHex);
    if (!may_be) return std::string(token);
    std::string text;
    text.reserve(token.size() / 2);
    for (std::size_t i = 0; i < token.size(); i += 2) {
        const int high = hex_value(token[i]);
        const int low = hex_value(token[i + 1]);
        if (high < 0 || low < 0) return std::string(token);
        text += static_cast<char>(high << 4 | low);
    }
    return looks_like_jwt(text) ? text : std::string(token);
}

}  // namespace clamor::auth
