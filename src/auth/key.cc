// SPDX-License-Identifier: Apache-2.0
#include "auth/key.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "auth/base64url.h"
#include "auth/json.h"
#include "base/check.h"
#include "base/limits.h"

namespace clamor::auth {

namespace {

using nlohmann::json;

constexpr std::size_t kSecretBytesLeast = 32;
constexpr int kRsaBitsLeast = 2048;
constexpr int kRsaBitsMost = 8192;  // or checking a signature would take its time
constexpr std::size_t kKeyFileBytes = 64 * 1024;

struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
    void operator()(BIO* bio) const { BIO_free(bio); }
    void operator()(BIGNUM* number) const { BN_free(number); }
    void operator()(OSSL_PARAM_BLD* builder) const { OSSL_PARAM_BLD_free(builder); }
    void operator()(OSSL_PARAM* params) const { OSSL_PARAM_free(params); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

tl::unexpected<Error> refuse(std::string why) {
    return fail(std::errc::invalid_argument, std::move(why));
}

Result<std::string> read_file(const std::string& path) {
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    if (!file) return fail_errno("cannot read " + path);
    std::string bytes(kKeyFileBytes + 1, '\0');
    file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    // A folder opens as a file and fails here.
    if (file.bad() || (file.fail() && !file.eof()))
        return fail(std::errc::io_error, "cannot read " + path);
    bytes.resize(static_cast<std::size_t>(file.gcount()));
    if (bytes.size() > kKeyFileBytes) return refuse(path + " is too large for a key");
    return bytes;
}

/// The file without its folder and its last extension.
std::string name_of_file(const std::string& path) {
    return std::filesystem::path(path).stem().string();
}

int no_password(char*, int, int, void*) {
    return -1;
}

std::string hmac_sha256(std::string_view secret, std::string_view text) {
    std::array<unsigned char, 32> out{};
    unsigned int size = 0;
    const auto* made = HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
                            bytes_of(text), text.size(), out.data(), &size);
    CLAMOR_CHECK(made != nullptr && size == out.size(), "HMAC-SHA256 gives 32 bytes");
    return {reinterpret_cast<const char*>(out.data()), out.size()};
}

bool looks_like_a_key(std::string_view bytes) {
    if (bytes.find("-----BEGIN") != std::string_view::npos) return true;
    const unsigned char* at = bytes_of(bytes);
    const Owned<EVP_PKEY> key(d2i_PUBKEY(nullptr, &at, static_cast<long>(bytes.size())));
    ERR_clear_error();
    const auto start = bytes.find_first_not_of(" \t\r\n");
    return key != nullptr || (start != std::string_view::npos && bytes[start] == '{');
}

Result<std::string> read_secret(const std::string& path) {
    auto bytes = read_file(path);
    if (!bytes) return bytes;
    if (looks_like_a_key(*bytes)) {
        return refuse(path +
                      " holds a key, not a secret: public keys and key sets are for auth.jwt_keys");
    }
    if (bytes->ends_with('\n')) bytes->pop_back();
    if (bytes->ends_with('\r')) bytes->pop_back();
    if (bytes->size() < kSecretBytesLeast) {
        return refuse(fmt::format("the secret in {} has {} bytes; HS256 needs {} or more", path,
                                  bytes->size(), kSecretBytesLeast));
    }
    return bytes;
}

}  // namespace

/// A secret, or a key of OpenSSL's.
struct Key::Material {
    std::string secret;
    Owned<EVP_PKEY> pkey;
};

/// The one place that makes keys, so that algorithm and material always fit.
class KeyMaker {
  public:
    static std::shared_ptr<const Key::Material> material(std::string secret, Owned<EVP_PKEY> pkey) {
        auto made = std::make_shared<Key::Material>();
        made->secret = std::move(secret);
        made->pkey = std::move(pkey);
        return made;
    }
    /// Which algorithm a key of OpenSSL's is for; `what` names it in the answer.
    static Result<Algorithm> algorithm_for(const EVP_PKEY* pkey, const std::string& what) {
        if (EVP_PKEY_is_a(pkey, "ED25519")) return Algorithm::eddsa;
        if (!EVP_PKEY_is_a(pkey, "RSA"))
            return refuse(what + " is neither an RSA nor an Ed25519 key");
        const int bits = EVP_PKEY_get_bits(pkey);
        if (bits < kRsaBitsLeast || bits > kRsaBitsMost) {
            return refuse(fmt::format("{} is an RSA key of {} bits; it needs {} to {}", what, bits,
                                      kRsaBitsLeast, kRsaBitsMost));
        }
        return Algorithm::rs256;
    }
    static Result<Key> public_key(Owned<EVP_PKEY> pkey, std::string id, const std::string& what) {
        const auto algorithm = algorithm_for(pkey.get(), what);
        if (!algorithm) return tl::unexpected(algorithm.error());
        return Key(*algorithm, std::move(id), material({}, std::move(pkey)));
    }
    static Key secret(std::string secret, std::string id) {
        return {Algorithm::hs256, std::move(id), material(std::move(secret), nullptr)};
    }
    static Result<SigningKey> private_key(Owned<EVP_PKEY> pkey, const std::string& what) {
        const auto algorithm = algorithm_for(pkey.get(), what);
        if (!algorithm) return tl::unexpected(algorithm.error());
        return SigningKey(*algorithm, material({}, std::move(pkey)));
    }
    static SigningKey signing_secret(std::string secret) {
        return {Algorithm::hs256, material(std::move(secret), nullptr)};
    }
};

namespace {

Owned<EVP_PKEY> rsa_key(std::string_view modulus, std::string_view exponent) {
    const auto number = [](std::string_view bytes) {
        return Owned<BIGNUM>(BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr));
    };
    const auto n = number(modulus);
    const auto e = number(exponent);
    const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
    const Owned<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
    EVP_PKEY* key = nullptr;
    if (n && e && builder && context &&
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) == 1 &&
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) == 1) {
        const Owned<OSSL_PARAM> params(OSSL_PARAM_BLD_to_param(builder.get()));
        if (params && EVP_PKEY_fromdata_init(context.get()) == 1)
            EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get());
    }
    ERR_clear_error();
    return Owned<EVP_PKEY>(key);
}

Owned<EVP_PKEY> ed25519_key(std::string_view bytes) {
    Owned<EVP_PKEY> key(
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(bytes), bytes.size()));
    ERR_clear_error();
    return key;
}

/// A text of a JWK; nothing when there is none.
std::optional<std::string> text_of(const json& jwk, const char* name) {
    const auto found = jwk.find(name);
    if (found == jwk.end() || !found->is_string()) return std::nullopt;
    return found->get<std::string>();
}

std::optional<std::string> bytes_in(const json& jwk, const char* name) {
    const auto text = text_of(jwk, name);
    return text ? decode_base64url(*text) : std::nullopt;
}

/// Nothing when the key is not for checking JWTs here.
Result<std::optional<Key>> parse_jwk(const json& jwk) {
    if (!jwk.is_object()) return refuse("a key of the set is no object");
    const auto type = text_of(jwk, "kty");
    if (!type) return refuse("a key of the set has no 'kty'");
    const auto id = text_of(jwk, "kid").value_or("");
    const auto what = fmt::format("the key '{}' of the set", id);
    if (text_of(jwk, "use").value_or("sig") != "sig") return std::nullopt;
    const auto algorithm = text_of(jwk, "alg");
    Owned<EVP_PKEY> key;
    if (*type == "RSA") {
        if (algorithm && *algorithm != "RS256") return std::nullopt;
        const auto n = bytes_in(jwk, "n");
        const auto e = bytes_in(jwk, "e");
        if (n && e && !n->empty() && !e->empty()) key = rsa_key(*n, *e);
    } else if (*type == "OKP" && text_of(jwk, "crv") == "Ed25519") {
        if (algorithm && *algorithm != "EdDSA" && *algorithm != "Ed25519") return std::nullopt;
        if (const auto x = bytes_in(jwk, "x")) key = ed25519_key(*x);
    } else {
        return std::nullopt;
    }
    if (!key) return refuse(what + " is broken");
    auto made = KeyMaker::public_key(std::move(key), id, what);
    if (!made) return tl::unexpected(made.error());
    return std::optional(*std::move(made));
}

Result<Key> parse_pem(const std::string& pem, const std::string& path) {
    if (pem.find("PRIVATE KEY-----") != std::string::npos) {
        return refuse(path +
                      " holds a private key; the server needs the public one only "
                      "(openssl pkey -in FILE -pubout)");
    }
    const Owned<BIO> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    Owned<EVP_PKEY> key(PEM_read_bio_PUBKEY(bio.get(), nullptr, no_password, nullptr));
    ERR_clear_error();
    if (!key) return refuse(path + " holds no public key in PEM (BEGIN PUBLIC KEY)");
    return KeyMaker::public_key(std::move(key), name_of_file(path), path);
}

}  // namespace

std::string_view name_of(Algorithm algorithm) {
    constexpr std::array<std::string_view, 3> kNames{"HS256", "RS256", "EdDSA"};
    return kNames.at(static_cast<std::size_t>(algorithm));
}

std::optional<Algorithm> algorithm_of(std::string_view name) {
    for (const auto algorithm : {Algorithm::hs256, Algorithm::rs256, Algorithm::eddsa}) {
        if (name_of(algorithm) == name) return algorithm;
    }
    return std::nullopt;
}

bool Key::verify(std::string_view text, std::string_view signature) const {
    if (algorithm_ == Algorithm::hs256) {
        const auto right = hmac_sha256(material_->secret, text);
        return right.size() == signature.size() &&
               CRYPTO_memcmp(right.data(), signature.data(), right.size()) == 0;
    }
    const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
    const EVP_MD* digest = algorithm_ == Algorithm::rs256 ? EVP_sha256() : nullptr;
    const bool good =
        context &&
        EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, material_->pkey.get()) == 1 &&
        EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(text),
                         text.size()) == 1;
    ERR_clear_error();
    return good;
}

std::string SigningKey::sign(std::string_view text) const {
    if (algorithm_ == Algorithm::hs256) return hmac_sha256(material_->secret, text);
    const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
    const EVP_MD* digest = algorithm_ == Algorithm::rs256 ? EVP_sha256() : nullptr;
    std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(material_->pkey.get())), '\0');
    std::size_t size = signature.size();
    const bool made =
        context &&
        EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, material_->pkey.get()) == 1 &&
        EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                       bytes_of(text), text.size()) == 1;
    CLAMOR_CHECK(made, "a private key signs");
    signature.resize(size);
    return signature;
}

Result<Key> load_public_key(const std::string& path) {
    const auto bytes = read_file(path);
    if (!bytes) return tl::unexpected(bytes.error());
    return parse_pem(*bytes, path);
}

Result<Key> load_secret(const std::string& path) {
    auto secret = read_secret(path);
    if (!secret) return tl::unexpected(secret.error());
    return KeyMaker::secret(*std::move(secret), name_of_file(path));
}

Result<std::vector<Key>> parse_jwks(std::string_view text) {
    const auto set = parse_object(text);
    if (!set || !set->contains("keys") || !set->at("keys").is_array())
        return refuse("it is no JWK set: {\"keys\":[...]}");
    std::vector<Key> keys;
    for (const auto& jwk : set->at("keys")) {
        auto key = parse_jwk(jwk);
        if (!key) return tl::unexpected(key.error());
        if (*key) keys.push_back(**std::move(key));
    }
    if (keys.size() > limits::kJwtKeysMax)
        return refuse(fmt::format("the set has more than {} keys", limits::kJwtKeysMax));
    return keys;
}

Result<std::vector<Key>> load_public_keys(const std::string& path) {
    const auto bytes = read_file(path);
    if (!bytes) return tl::unexpected(bytes.error());
    const auto start = bytes->find_first_not_of(" \t\r\n");
    if (start == std::string::npos || bytes->at(start) != '{') {
        auto key = parse_pem(*bytes, path);
        if (!key) return tl::unexpected(key.error());
        return std::vector<Key>{*std::move(key)};
    }
    auto keys = parse_jwks(*bytes);
    if (!keys) return fail(keys.error().code, path + ": " + keys.error().detail);
    if (keys->empty()) return refuse(path + " has no RSA or Ed25519 key for signatures");
    return keys;
}

Result<SigningKey> load_signing_key(const std::string& path) {
    const auto bytes = read_file(path);
    if (!bytes) return tl::unexpected(bytes.error());
    if (bytes->find("-----BEGIN") == std::string::npos) {
        auto secret = read_secret(path);
        if (!secret) return tl::unexpected(secret.error());
        return KeyMaker::signing_secret(*std::move(secret));
    }
    const Owned<BIO> bio(BIO_new_mem_buf(bytes->data(), static_cast<int>(bytes->size())));
    Owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
    ERR_clear_error();
    if (!key) return refuse(path + " holds no private key in PEM without a password");
    return KeyMaker::private_key(std::move(key), path);
}

}  // namespace clamor::auth
