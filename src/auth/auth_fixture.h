// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <unistd.h>

#include "auth/base64url.h"
#include "auth/jwt.h"
#include "auth/key.h"

namespace clamor::auth {

/// A file that is gone with it.
class TempFile {
  public:
    TempFile(const std::string& name, const std::string& bytes) {
        static std::atomic<int> made{0};
        folder_ = testing::TempDir() + "clamor_auth_" + std::to_string(::getpid()) + "_" +
                  std::to_string(++made);
        std::filesystem::create_directory(folder_);
        path_ = folder_ + "/" + name;
        std::ofstream(path_, std::ios::binary) << bytes;
    }
    ~TempFile() { std::filesystem::remove_all(folder_); }
    TempFile(const TempFile&) = delete;

    const std::string& path() const { return path_; }

  private:
    std::string folder_;
    std::string path_;
};

/// A pair of keys that OpenSSL made for this run, in every form that they are given in.
class KeyPair {
  public:
    static KeyPair rsa(unsigned bits = 2048) {
        return KeyPair(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{bits}));
    }
    static KeyPair ed25519() { return KeyPair(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")); }
    static KeyPair ec() { return KeyPair(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")); }

    std::string public_pem() const {
        return pem([&](BIO* to) { return PEM_write_bio_PUBKEY(to, key_.get()); });
    }
    std::string private_pem() const {
        return pem([&](BIO* to) {
            return PEM_write_bio_PrivateKey(to, key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
        });
    }
    nlohmann::json jwk(const std::string& id) const {
        if (EVP_PKEY_is_a(key_.get(), "RSA")) {
            return {{"kty", "RSA"},
                    {"kid", id},
                    {"alg", "RS256"},
                    {"use", "sig"},
                    {"n", number(OSSL_PKEY_PARAM_RSA_N)},
                    {"e", number(OSSL_PKEY_PARAM_RSA_E)}};
        }
        std::string raw(32, '\0');
        std::size_t size = raw.size();
        EXPECT_EQ(EVP_PKEY_get_raw_public_key(key_.get(),
                                              reinterpret_cast<unsigned char*>(raw.data()), &size),
                  1);
        return {{"kty", "OKP"}, {"crv", "Ed25519"}, {"kid", id}, {"x", encode_base64url(raw)}};
    }

    SigningKey signing() const {
        return load_signing_key(TempFile("key.pem", private_pem()).path()).value();
    }
    /// The public half, named `id`.
    Key checking(const std::string& id = "k") const {
        return load_public_key(TempFile(id + ".pem", public_pem()).path()).value();
    }

  private:
    struct Free {
        void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
        void operator()(BIO* bio) const { BIO_free(bio); }
        void operator()(BIGNUM* bn) const { BN_free(bn); }
    };
    explicit KeyPair(EVP_PKEY* key) : key_(key, Free()) {}

    template <class Write>
    static std::string pem(Write write) {
        const std::unique_ptr<BIO, Free> bio(BIO_new(BIO_s_mem()));
        EXPECT_EQ(write(bio.get()), 1);
        char* bytes = nullptr;
        const long size = BIO_get_mem_data(bio.get(), &bytes);
        return {bytes, static_cast<std::size_t>(size)};
    }
    std::string number(const char* name) const {
        BIGNUM* raw = nullptr;
        EXPECT_EQ(EVP_PKEY_get_bn_param(key_.get(), name, &raw), 1);
        const std::unique_ptr<BIGNUM, Free> owned(raw);
        std::string bytes(static_cast<std::size_t>(BN_num_bytes(raw)), '\0');
        BN_bn2bin(raw, reinterpret_cast<unsigned char*>(bytes.data()));
        return encode_base64url(bytes);
    }

    std::shared_ptr<EVP_PKEY> key_;
};

inline std::string jwks_of(const std::vector<nlohmann::json>& keys) {
    return nlohmann::json{{"keys", keys}}.dump();
}

/// The secret of HS256 `secret`, as a key to sign with and one to check with, named `id`.
inline SigningKey signing_secret(const std::string& secret) {
    return load_signing_key(TempFile("s.secret", secret).path()).value();
}
inline Key checking_secret(const std::string& secret, const std::string& id = "s") {
    return load_secret(TempFile(id + ".secret", secret).path()).value();
}

}  // namespace clamor::auth
