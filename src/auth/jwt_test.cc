// SPDX-License-Identifier: Apache-2.0
#include "auth/jwt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/hmac.h>

#include "auth/auth_fixture.h"
#include "auth/json.h"
#include "base/limits.h"

namespace clamor::auth {
namespace {

const std::string kSecret(32, 's');

std::string token_of(std::string_view head, std::string_view payload, std::string_view signature) {
    return encode_base64url(head) + '.' + encode_base64url(payload) + '.' +
           encode_base64url(signature);
}

/// Why a token is refused by those keys, as far as its signature goes.
std::optional<JwtRefusal> refusal_of(std::string_view token, const std::vector<Key>& keys) {
    const auto jwt = parse_jwt(token);
    return jwt ? check_signature(*jwt, keys) : jwt.error();
}

class JwtTest : public ::testing::Test {
  protected:
    static void SetUpTestSuite() {
        rsa = new KeyPair(KeyPair::rsa());
        ed = new KeyPair(KeyPair::ed25519());
    }
    static void TearDownTestSuite() {
        delete rsa;
        delete ed;
    }
    static KeyPair* rsa;
    static KeyPair* ed;
};
KeyPair* JwtTest::rsa = nullptr;
KeyPair* JwtTest::ed = nullptr;

TEST(Base64Url, ReadsExactlyWhatItWrites) {
    for (const std::string& bytes : {std::string(), std::string("f"), std::string("fo"),
                                     std::string("foo"), std::string("\xff\xfe\x00\x7f", 4)}) {
        EXPECT_EQ(decode_base64url(encode_base64url(bytes)), bytes);
    }
    EXPECT_EQ(encode_base64url("\xfb\xff"), "-_8");
}

TEST(Base64Url, RefusesEveryOtherSpelling) {
    for (const auto* text : {"Zg==", "Zh", "Zm9=", "Z", "Zm8\n", " Zm8", "+/8", "Zm9v.", "Zm9"})
        EXPECT_EQ(decode_base64url(text), std::nullopt) << text;
}

TEST_F(JwtTest, TakesASignatureOfEachKind) {
    struct Case {
        SigningKey with;
        Key by;
    };
    for (const auto& [with, by] :
         {Case{signing_secret(kSecret), checking_secret(kSecret)},
          Case{rsa->signing(), rsa->checking()}, Case{ed->signing(), ed->checking()}}) {
        const auto token = make_jwt(R"({"exp":1})", with, "k");
        const auto jwt = parse_jwt(token);
        ASSERT_TRUE(jwt) << name_of(by.algorithm());
        EXPECT_EQ(jwt->algorithm, by.algorithm());
        EXPECT_EQ(jwt->key_id, "k");
        EXPECT_EQ(jwt->payload, R"({"exp":1})");
        EXPECT_EQ(check_signature(*jwt, {by}), std::nullopt) << name_of(by.algorithm());
        auto changed = *jwt;
        changed.signed_text.back() ^= 1;
        EXPECT_EQ(check_signature(changed, {by}), JwtRefusal::signature);
        changed = *jwt;
        changed.signature.back() ^= 1;
        EXPECT_EQ(check_signature(changed, {by}), JwtRefusal::signature);
        changed = *jwt;
        changed.signature.pop_back();
        EXPECT_EQ(check_signature(changed, {by}), JwtRefusal::signature);
    }
}

// The example of RFC 8037, appendix A.4: what others sign, we take.
TEST(JwtOfOthers, IsTakenByTheKeyOfTheRfc) {
    const auto keys = parse_jwks(
        R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})");
    ASSERT_TRUE(keys) << keys.error().to_string();
    const Jwt jwt{.algorithm = Algorithm::eddsa,
                  .key_id = {},
                  .signed_text = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
                  .signature = decode_base64url("hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijc"
                                                "NR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg")
                                   .value(),
                  .payload = {}};
    EXPECT_EQ(check_signature(jwt, *keys), std::nullopt);
}

// RFC 7515, appendix A.1: the secret is 64 bytes, the payload has line ends.
TEST(JwtOfOthers, IsTakenByTheSecretOfTheRfc) {
    const auto secret =
        decode_base64url(
            "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuT"
            "wjAzZr1Z9CAow")
            .value();
    const auto* token =
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cn"
        "VlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    EXPECT_EQ(refusal_of(token, {checking_secret(secret)}), std::nullopt);
}

TEST_F(JwtTest, NeverTakesNone) {
    for (const auto* name : {"none", "None", "NONE", "", "hs256", "HS512", "ES256", "RS384"}) {
        const auto head = std::string(R"({"alg":")") + name + R"("})";
        EXPECT_EQ(refusal_of(token_of(head, R"({"exp":1})", "x"), {rsa->checking()}),
                  JwtRefusal::algorithm)
            << name;
    }
    EXPECT_EQ(refusal_of(token_of(R"({"alg":"none"})", "{}", ""), {rsa->checking()}),
              JwtRefusal::algorithm);
    EXPECT_EQ(refusal_of(token_of(R"({"alg":"HS256"})", "{}", ""), {checking_secret(kSecret)}),
              JwtRefusal::malformed)
        << "no signature";
}

TEST_F(JwtTest, LetsTheKeySayWhatItIsFor) {
    // The well-known confusion: signed with the public key's text as if it were a secret.
    unsigned char mac[32];
    unsigned int size = 0;
    const auto pem = rsa->public_pem();
    const auto text = encode_base64url(R"({"alg":"HS256","kid":"k"})") + "." +
                      encode_base64url(R"({"exp":4000000000})");
    HMAC(EVP_sha256(), pem.data(), static_cast<int>(pem.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac, &size);
    const auto forged =
        text + "." + encode_base64url({reinterpret_cast<const char*>(mac), sizeof mac});
    EXPECT_EQ(refusal_of(forged, {rsa->checking()}), JwtRefusal::algorithm);
    EXPECT_EQ(refusal_of(make_jwt("{}", ed->signing(), "k"), {rsa->checking()}),
              JwtRefusal::algorithm);
    EXPECT_EQ(refusal_of(make_jwt("{}", rsa->signing(), "k"), {}), JwtRefusal::unknown_key);
    EXPECT_EQ(refusal_of(make_jwt("{}", rsa->signing(), "k"), {KeyPair::rsa().checking()}),
              JwtRefusal::signature);
}

TEST(JwtParser, RefusesWhatIsNotExactlyAJwt) {
    const auto good = make_jwt(R"({"exp":1})", signing_secret(kSecret), "k");
    ASSERT_TRUE(parse_jwt(good));
    const auto second = good.find('.', good.find('.') + 1);
    for (const std::string& token :
         {std::string(),
          std::string("."),
          std::string(".."),
          std::string("a.b"),
          good + ".",
          good + ".x",
          "." + good,
          good.substr(0, second),
          good.substr(0, second + 1),
          good.substr(1),
          good + "=",
          good + " ",
          good + "\n",
          " " + good,
          token_of("[]", "{}", "x"),
          token_of("{}", "{}", "x"),
          token_of("", "{}", "x"),
          token_of(R"({"alg":"HS256"})", "", "x"),
          token_of(R"({"alg":"HS256"})", "[]", "x"),
          token_of(R"({"alg":"HS256"})", "null", "x"),
          token_of(R"({"alg":"HS256"})", "{", "x"),
          token_of(R"({"alg":"HS256"} x)", "{}", "x"),
          token_of(R"({"alg":1})", "{}", "x"),
          token_of(R"({"alg":["HS256"]})", "{}", "x"),
          token_of(R"({"alg":"HS256","kid":1})", "{}", "x"),
          token_of(R"({"alg":"HS256","kid":""})", "{}", "x"),
          token_of(R"({"alg":"HS256","crit":["exp"],"exp":1})", "{}", "x"),
          token_of(R"({"alg":"HS256"})", "{\"a\":\"\xff\"}", "x")}) {
        const auto jwt = parse_jwt(token);
        ASSERT_FALSE(jwt) << token;
        EXPECT_EQ(jwt.error(), JwtRefusal::malformed) << token;
    }
}

TEST(JwtParser, RefusesNamesThatAreSaidTwice) {
    EXPECT_FALSE(parse_jwt(token_of(R"({"alg":"HS256","alg":"none"})", "{}", "x")));
    EXPECT_FALSE(parse_jwt(token_of(R"({"alg":"HS256"})", R"({"exp":1,"exp":2})", "x")));
    EXPECT_FALSE(parse_jwt(token_of(R"({"alg":"HS256"})", R"({"a":{"b":1,"b":1}})", "x")));
    EXPECT_FALSE(parse_jwt(token_of(R"({"alg":"HS256"})", R"({"a":1,"\u0061":2})", "x")))
        << "however it is spelt";
    EXPECT_TRUE(parse_jwt(token_of(R"({"alg":"HS256"})", R"({"a":{"b":1},"c":{"b":1}})", "x")));
}

TEST(JwtParser, RefusesWhatIsTooLargeOrTooDeep) {
    EXPECT_FALSE(parse_jwt(std::string(1 << 20, 'a')));
    EXPECT_FALSE(parse_jwt(make_jwt(R"({"a":")" + std::string(limits::kJwtBytes, 'x') + R"("})",
                                    signing_secret(kSecret), "")));
    EXPECT_FALSE(
        parse_jwt(token_of(R"({"alg":"HS256"})",
                           R"({"a":)" + std::string(900, '[') + std::string(900, ']') + "}", "x")));
    EXPECT_FALSE(parse_object(std::string(100'000, '[')));
    EXPECT_FALSE(parse_object(std::string(100'000, '{')));
}

TEST(JwtFolded, IsReadFromHexadecimalDigits) {
    const auto token = make_jwt(R"({"exp":1})", signing_secret(kSecret), "k");
    std::string folded;
    for (const char c : token) {
        constexpr auto kDigits = "0123456789abcdef";
        folded += kDigits[static_cast<unsigned char>(c) >> 4];
        folded += kDigits[c & 15];
    }
    EXPECT_EQ(unfold_jwt(folded), token);
    EXPECT_EQ(unfold_jwt(token), token);
    for (const auto* other : {"", "65", "6579", "65797z", "abcdef", "657921", "65792e2e65"})
        EXPECT_EQ(unfold_jwt(other), other);
}

class RegisteredClaims : public ::testing::Test {
  protected:
    std::optional<JwtRefusal> refusal(std::string_view payload) const {
        const auto end = check_registered_claims(payload, rules, now);
        return end ? std::nullopt : std::optional(end.error());
    }
    JwtRules rules{.issuer = {}, .audience = {}, .leeway = std::chrono::seconds(60)};
    const WallTime now = wall_from_unix_ms(1'000'000'000);
};

TEST_F(RegisteredClaims, EndAtTheirTime) {
    EXPECT_EQ(check_registered_claims(R"({"exp":1000001})", rules, now),
              wall_from_unix_ms(1'000'001'000));
    EXPECT_EQ(check_registered_claims(R"({"exp":1000000.5})", rules, now),
              wall_from_unix_ms(1'000'000'500));
    EXPECT_EQ(refusal(R"({"exp":1000000})"), JwtRefusal::expired);
    EXPECT_EQ(refusal(R"({"exp":0})"), JwtRefusal::expired);
}

TEST_F(RegisteredClaims, MustHaveAnEndThatIsATime) {
    for (const auto* payload :
         {"{}", R"({"exp":null})", R"({"exp":"1000001"})", R"({"exp":-1})", R"({"exp":1e300})",
          R"({"exp":true})", R"({"exp":[1000001]})", R"({"exp":18446744073709551615})"}) {
        EXPECT_EQ(refusal(payload), JwtRefusal::claims) << payload;
    }
}

TEST_F(RegisteredClaims, MayBeginAMinuteFromNow) {
    for (const std::string name : {"nbf", "iat"}) {
        const auto with = [&](const std::string& value) {
            return refusal(R"({"exp":2000000,")" + name + "\":" + value + "}");
        };
        EXPECT_EQ(with("1000060"), std::nullopt) << name;
        EXPECT_EQ(with("1000061"), JwtRefusal::not_yet) << name;
        EXPECT_EQ(with("\"0\""), JwtRefusal::claims) << name;
        EXPECT_EQ(with("null"), JwtRefusal::claims) << name;
    }
}

TEST_F(RegisteredClaims, AreForUsAndFromOurPlatform) {
    rules.issuer = "https://tv.example";
    rules.audience = "chat";
    const auto with = [&](const std::string& more) {
        return refusal(R"({"exp":2000000)" + more + "}");
    };
    const std::string issuer = R"(,"iss":"https://tv.example")";
    EXPECT_EQ(with(issuer + R"(,"aud":"chat")"), std::nullopt);
    EXPECT_EQ(with(issuer + R"(,"aud":["video","chat"])"), std::nullopt);
    EXPECT_EQ(with(R"(,"aud":"chat")"), JwtRefusal::issuer);
    EXPECT_EQ(with(R"(,"aud":"chat","iss":"https://tv.example/")"), JwtRefusal::issuer);
    EXPECT_EQ(with(R"(,"aud":"chat","iss":["https://tv.example"])"), JwtRefusal::issuer);
    for (const auto* audience :
         {"", R"(,"aud":"video")", R"(,"aud":[])", R"(,"aud":["chat",1])", R"(,"aud":{"chat":1})"})
        EXPECT_EQ(with(issuer + audience), JwtRefusal::audience) << audience;
}

}  // namespace
}  // namespace clamor::auth
