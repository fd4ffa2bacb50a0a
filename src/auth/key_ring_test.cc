// SPDX-License-Identifier: Apache-2.0
#include "auth/key_ring.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "auth/auth_fixture.h"

namespace clamor::auth {
namespace {

using ::testing::HasSubstr;

std::string why(const Error& error) {
    return error.to_string();
}

TEST(KeyFile, IsNamedAsTheFile) {
    const auto pair = KeyPair::ed25519();
    const TempFile file("2024-a.pem", pair.public_pem());
    const auto keys = load_public_keys(file.path());
    ASSERT_TRUE(keys) << why(keys.error());
    ASSERT_EQ(keys->size(), 1u);
    EXPECT_EQ(keys->front().id(), "2024-a");
    EXPECT_EQ(keys->front().algorithm(), Algorithm::eddsa);
    EXPECT_EQ(checking_secret(std::string(32, 'x'), "mine").id(), "mine");
}

TEST(KeyFile, IsRefusedWithTheReason) {
    const auto refused = [](const std::string& bytes) {
        const auto keys = load_public_keys(TempFile("k.pem", bytes).path());
        return keys ? std::string("taken") : keys.error().to_string();
    };
    EXPECT_THAT(refused(KeyPair::rsa(1024).public_pem()), HasSubstr("1024 bits"));
    EXPECT_THAT(refused(KeyPair::ec().public_pem()), HasSubstr("neither an RSA nor an Ed25519"));
    EXPECT_THAT(refused(KeyPair::rsa().private_pem()), HasSubstr("private key"));
    EXPECT_THAT(refused("hello"), HasSubstr("no public key in PEM"));
    EXPECT_THAT(refused(""), HasSubstr("no public key in PEM"));
    EXPECT_THAT(refused("{}"), HasSubstr("no JWK set"));
    EXPECT_THAT(refused(R"({"keys":[]})"), HasSubstr("no RSA or Ed25519 key"));
    EXPECT_THAT(refused(std::string(100'000, 'x')), HasSubstr("too large"));
    EXPECT_THAT(why(load_public_keys("/nowhere/k.pem").error()), HasSubstr("/nowhere/k.pem"));
    EXPECT_FALSE(load_public_keys("/"));
}

TEST(SecretFile, HoldsEnoughBytes) {
    const auto load = [](const std::string& bytes) {
        return load_secret(TempFile("s", bytes).path());
    };
    EXPECT_THAT(why(load(std::string(31, 'x')).error()), HasSubstr("31 bytes"));
    EXPECT_THAT(why(load(std::string(31, 'x') + "\n").error()), HasSubstr("31 bytes"));
    EXPECT_FALSE(load(""));
    const auto token = make_jwt("{}", signing_secret(std::string(32, 'x')), "");
    const auto jwt = parse_jwt(token);
    EXPECT_EQ(check_signature(*jwt, {load(std::string(32, 'x') + "\n").value()}), std::nullopt)
        << "a line end is no part of it";
}

TEST(SecretFile, IsNoPublicKeyInDisguise) {
    const auto pair = KeyPair::rsa();
    const auto pem = pair.public_pem();
    // The same key without PEM's lines is DER.
    const auto begin = pem.find('\n') + 1;
    std::string der;
    {
        std::string text = pem.substr(begin, pem.find("-----END") - begin);
        std::erase(text, '\n');
        std::erase(text, '=');
        for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
        der = decode_base64url(text).value();
    }
    for (const auto& bytes :
         {pem, "\n\n" + pem, der, pair.private_pem(), jwks_of({pair.jwk("k")})}) {
        const auto secret = load_secret(TempFile("s", bytes).path());
        ASSERT_FALSE(secret);
        EXPECT_THAT(secret.error().detail, HasSubstr("not a secret"));
    }
}

TEST(JwkSet, GivesTheKeysThatAreForSignatures) {
    const auto rsa = KeyPair::rsa();
    const auto ed = KeyPair::ed25519();
    auto encrypts = rsa.jwk("enc");
    encrypts["use"] = "enc";
    auto other = rsa.jwk("other");
    other["alg"] = "RS512";
    const auto keys = parse_jwks(jwks_of({rsa.jwk("a"),
                                          ed.jwk("b"),
                                          encrypts,
                                          other,
                                          {{"kty", "EC"}, {"crv", "P-256"}},
                                          {{"kty", "oct"}, {"k", "c2VjcmV0"}, {"kid", "s"}}}));
    ASSERT_TRUE(keys) << why(keys.error());
    ASSERT_EQ(keys->size(), 2u);
    EXPECT_EQ(keys->at(0).id(), "a");
    EXPECT_EQ(keys->at(1).id(), "b");
    for (const auto& pair : {rsa, ed}) {
        const auto jwt = parse_jwt(make_jwt("{}", pair.signing(), ""));
        EXPECT_EQ(check_signature(*jwt, *keys), std::nullopt);
    }
}

TEST(JwkSet, IsRefusedWhenItIsBroken) {
    for (const auto* text :
         {"", "[]", "{}", R"({"keys":{}})", R"({"keys":[1]})", R"({"keys":[{}]})",
          R"({"keys":[{"kty":"RSA"}]})", R"({"keys":[{"kty":"RSA","n":"AQ==","e":"AQAB"}]})",
          R"({"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]})",
          R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":"AQ"}]})", R"({"keys":[],"keys":[]})"}) {
        EXPECT_FALSE(parse_jwks(text)) << text;
    }
    std::vector<nlohmann::json> many(limits::kJwtKeysMax + 1, KeyPair::ed25519().jwk("k"));
    EXPECT_FALSE(parse_jwks(jwks_of(many)));
}

class KeyRingTest : public ::testing::Test {
  protected:
    KeyRing::Fetch fetch() {
        return [this]() -> Result<std::string> {
            ++fetches;
            if (published.empty()) return fail(std::errc::connection_refused, "down");
            return published;
        };
    }
    WallTime at(std::chrono::milliseconds since) const {
        return wall_from_unix_ms(1'700'000'000'000) + since;
    }
    KeyPair pair = KeyPair::ed25519();
    std::string published = jwks_of({pair.jwk("a")});
    int fetches = 0;
};

TEST_F(KeyRingTest, SelectsByName) {
    KeyRing ring({pair.checking("a"), pair.checking("b"), checking_secret(std::string(32, 'x'))});
    EXPECT_EQ(ring.find("a", at({})).size(), 1u);
    EXPECT_EQ(ring.find("c", at({})).size(), 0u);
    EXPECT_EQ(ring.find("", at({})).size(), 3u);
    EXPECT_FALSE(ring.empty());
    EXPECT_TRUE(KeyRing({}).empty());
}

TEST_F(KeyRingTest, FetchesAgainForAnUnknownNameButNotTooOften) {
    using namespace std::chrono_literals;
    KeyRing ring({}, fetch());
    EXPECT_EQ(ring.find("a", at(0s)).size(), 1u);
    EXPECT_EQ(fetches, 1);
    EXPECT_EQ(ring.find("b", at(1s)).size(), 0u);
    EXPECT_EQ(fetches, 1) << "the first one was just now";
    published = jwks_of({pair.jwk("b")});
    EXPECT_EQ(ring.find("b", at(limits::kJwksRetry)).size(), 1u);
    EXPECT_EQ(ring.find("a", at(limits::kJwksRetry)).size(), 0u) << "it is not published any more";
    EXPECT_EQ(fetches, 2);
    EXPECT_EQ(ring.find("b", at(100h)).size(), 1u);
    EXPECT_EQ(fetches, 2) << "only the hourly refresh asks for what is known";
}

TEST_F(KeyRingTest, IsFreshEveryHour) {
    using namespace std::chrono_literals;
    KeyRing ring({}, fetch());
    ring.refresh_when_due(at(0s));
    ring.refresh_when_due(at(59min));
    EXPECT_EQ(fetches, 1);
    ring.refresh_when_due(at(limits::kJwksFresh));
    EXPECT_EQ(fetches, 2);
    EXPECT_EQ(ring.counters().fetches, 2u);
    EXPECT_EQ(ring.counters().failures, 0u);
}

TEST_F(KeyRingTest, KeepsOldKeysWhileThePlatformIsDown) {
    using namespace std::chrono_literals;
    KeyRing ring({checking_secret(std::string(32, 'x'))}, fetch());
    ring.refresh_when_due(at(0s));
    for (const std::string& bad : {std::string(), std::string("<html>"), jwks_of({})}) {
        published = bad;
        const auto before = fetches;
        ring.refresh_when_due(at(limits::kJwksFresh * (before + 1)));
        EXPECT_EQ(fetches, before + 1);
        EXPECT_EQ(ring.find("a", at(limits::kJwksFresh * (before + 1))).size(), 1u) << bad;
    }
    EXPECT_EQ(ring.counters().failures, 3u);
    EXPECT_EQ(ring.counters().keys, 2u);
}

TEST_F(KeyRingTest, TriesAgainSoonAfterAFailure) {
    using namespace std::chrono_literals;
    KeyRing ring({}, fetch());
    const auto good = published;
    published.clear();
    ring.refresh_when_due(at(0s));
    ring.refresh_when_due(at(limits::kJwksRetry - 1ms));
    EXPECT_EQ(fetches, 1);
    published = good;
    ring.refresh_when_due(at(limits::kJwksRetry));
    EXPECT_EQ(fetches, 2);
    EXPECT_EQ(ring.counters().keys, 1u);
}

}  // namespace
}  // namespace clamor::auth
