// SPDX-License-Identifier: Apache-2.0
#include "store/dynamodb/client.h"

#include <map>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <zlib.h>

#include "automod/curl/lying_server_fixture.h"
#include "store/dynamodb/dynalite_fixture.h"

namespace clamor::store::dynamodb {
namespace {

using automod::LyingServer;
using testing::HasSubstr;

std::string hex(std::string_view bytes) {
    std::string text;
    for (const unsigned char c : bytes) {
        constexpr const char* kDigits = "0123456789abcdef";
        text += kDigits[c >> 4];
        text += kDigits[c & 15];
    }
    return text;
}
std::string sha256(std::string_view text) {
    unsigned char out[32];
    EVP_Digest(text.data(), text.size(), out, nullptr, EVP_sha256(), nullptr);
    return {reinterpret_cast<char*>(out), sizeof out};
}
std::string hmac(const std::string& key, std::string_view text) {
    unsigned char out[32];
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), out, nullptr);
    return {reinterpret_cast<char*>(out), sizeof out};
}

std::map<std::string, std::string> fields_of(const std::string& head) {
    std::map<std::string, std::string> fields;
    std::istringstream lines(head.substr(head.find("\r\n") + 2));
    for (std::string line; std::getline(lines, line);) {
        const auto colon = line.find(':');
        if (colon == std::string::npos) continue;
        std::string name = line.substr(0, colon);
        for (char& c : name) c = static_cast<char>(std::tolower(c));
        auto value = line.substr(colon + 1);
        value.erase(0, value.find_first_not_of(' '));
        while (value.ends_with('\r') || value.ends_with(' ')) value.pop_back();
        fields[name] = value;
    }
    return fields;
}

std::string part_of(const std::string& authorization, const std::string& name) {
    const auto at = authorization.find(name + "=");
    if (at == std::string::npos) return {};
    const auto from = at + name.size() + 1;
    return authorization.substr(from, authorization.find_first_of(", ", from) - from);
}

/// What the signature of a request must be, worked out as Amazon's document has it. Not libcurl's
/// word for it, since its releases differ in what they sign.
void expect_signed(const std::string& head, const std::string& body, const std::string& secret) {
    auto fields = fields_of(head);
    const auto authorization = fields["authorization"];
    const auto names = part_of(authorization, "SignedHeaders");
    const auto credential = part_of(authorization, "Credential");
    const auto scope = credential.substr(credential.find('/') + 1);
    EXPECT_THAT(scope, testing::EndsWith("/eu-central-1/dynamodb/aws4_request"));
    std::string canonical = "POST\n/\n\n";
    std::istringstream list(names);
    for (std::string name; std::getline(list, name, ';');) {
        ASSERT_TRUE(fields.contains(name)) << name << " is signed and not sent";
        canonical += name + ":" + fields[name] + "\n";
    }
    canonical += "\n" + names + "\n" + hex(sha256(body));
    std::string key = hmac("AWS4" + secret, scope.substr(0, 8));
    for (const char* word : {"eu-central-1", "dynamodb", "aws4_request"}) key = hmac(key, word);
    const auto text =
        "AWS4-HMAC-SHA256\n" + fields["x-amz-date"] + "\n" + scope + "\n" + hex(sha256(canonical));
    EXPECT_EQ(part_of(authorization, "Signature"), hex(hmac(key, text))) << head;
    for (const char* name : {"host", "x-amz-date", "x-amz-target"})
        EXPECT_THAT(";" + names + ";", HasSubstr(std::string(";") + name + ";"));
}

std::shared_ptr<CredentialSource> credentials(const std::string& secret, const std::string& token) {
    return std::make_shared<CredentialSource>([=](const char* name) -> std::optional<std::string> {
        const std::string_view key = name;
        if (key == "AWS_ACCESS_KEY_ID") return "AKIDEXAMPLE";
        if (key == "AWS_SECRET_ACCESS_KEY") return secret;
        if (key == "AWS_SESSION_TOKEN" && !token.empty()) return token;
        return std::nullopt;
    });
}

Address at(const std::string& endpoint) {
    return {.region = "eu-central-1", .table = "clamor", .endpoint = endpoint};
}

TEST(DynamoClient, SignsEveryRequestAsAmazonChecksIt) {
    std::atomic<int> checked{0};
    std::string secret = "a:b/c+d=";
    const LyingServer server([&](const LyingServer::Client& client, const std::string& body) {
        expect_signed(client.head(), body, secret);
        ++checked;
        return client.answer("{}");
    });
    for (const char* token : {"", "FwoGZXIvYXdzE//+=="}) {
        Client client(at(server.url()), credentials(secret, token));
        // More than one, so that handles and connections are used again; one of them long.
        for (const std::size_t size : {1u, 20u, 100'000u, 3'000'000u}) {
            ASSERT_TRUE(
                client.call("PutItem", {{"text", std::string(size, 'x')}}, client.writing()));
        }
    }
    EXPECT_EQ(checked, 8);
}

TEST(DynamoClient, NeverShowsTheSecret) {
    const LyingServer server([&](const LyingServer::Client& client, const std::string&) {
        return client.answer(R"({"__type":"UnrecognizedClientException"})", "400 Bad Request");
    });
    Client client(at(server.url()), credentials("very-secret", "also-secret"));
    testing::internal::CaptureStderr();
    const auto answer = client.call("PutItem", {{"a", 1}}, client.writing());
    const auto logged = testing::internal::GetCapturedStderr();
    ASSERT_FALSE(answer);
    for (const auto& text : {logged, answer.error().to_string()})
        EXPECT_THAT(text, Not(HasSubstr("secret")));
}

TEST(DynamoClient, TakesNewCredentialsWhenTheOldOnesHaveExpired) {
    int given = 0;
    const auto source =
        std::make_shared<CredentialSource>([&](const char* name) -> std::optional<std::string> {
            const std::string_view key = name;
            if (key == "AWS_ACCESS_KEY_ID") return "K" + std::to_string(++given);
            if (key == "AWS_SECRET_ACCESS_KEY") return "s";
            return std::nullopt;
        });
    const LyingServer server([&](const LyingServer::Client& client, const std::string&) {
        if (client.head().find("Credential=K1/") != std::string::npos)
            return client.answer(R"({"__type":"ExpiredTokenException"})", "400 Bad Request");
        return client.answer("{}");
    });
    Client client(at(server.url()), source);
    EXPECT_TRUE(client.call("PutItem", {{"a", 1}}, client.writing()));
    EXPECT_EQ(server.requests(), 2);
}

TEST(DynamoClient, TriesThrottledRequestsAgainAndThenGivesUp) {
    std::atomic<int> left{3};
    const LyingServer server([&](const LyingServer::Client& client, const std::string&) {
        if (left-- > 0)
            return client.answer(R"({"__type":"x#ThrottlingException"})", "400 Bad Request");
        return client.answer("{}");
    });
    ClientOptions options;
    options.backoff_min = std::chrono::milliseconds(1);
    Client client(at(server.url()), test_credentials(), options);
    EXPECT_TRUE(client.call("PutItem", {{"a", 1}}, client.writing()));
    EXPECT_EQ(client.counters().retries, 3u);
    EXPECT_EQ(client.counters().throttled, 3u);
    left = 1000;
    const auto answer = client.call("PutItem", {{"a", 1}}, client.writing());
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, std::errc::resource_unavailable_try_again);
    EXPECT_EQ(client.counters().throttled, 3u + limits::kDynamoAttempts);
}

TEST(DynamoClient, TakesNoAnswerWhoseChecksumIsWrong) {
    std::atomic<int> times{0};
    const LyingServer server([&](const LyingServer::Client& client, const std::string&) {
        const std::string body = R"({"a":1})";
        const auto sum = ::crc32(0, reinterpret_cast<const Bytef*>(body.data()),
                                 static_cast<uInt>(body.size())) +
                         (times++ == 0 ? 1 : 0);
        return client.answer(body, "200 OK", "x-amz-crc32: " + std::to_string(sum) + "\r\n");
    });
    Client client(at(server.url()), test_credentials());
    EXPECT_TRUE(client.call("GetItem", {{"a", 1}}, client.reading()));
    EXPECT_EQ(times, 2);
}

TEST(Address, SaysWhatIsWrongWithIt) {
    const auto address = Address::parse("dynamodb://eu-central-1/clamor_log.v1").value();
    EXPECT_EQ(address.region, "eu-central-1");
    EXPECT_EQ(address.table, "clamor_log.v1");
    EXPECT_EQ(address.endpoint, "https://dynamodb.eu-central-1.amazonaws.com");
    EXPECT_EQ(Address::parse("dynamodb://x1/abc?endpoint=http://127.0.0.1:8000/")->endpoint,
              "http://127.0.0.1:8000");
    const std::map<std::string, std::string> wrong{
        {"https://dynamodb.eu-central-1.amazonaws.com", "does not begin with dynamodb://"},
        {"dynamodb://eu-central-1", "no table"},
        {"dynamodb:///clamor", "'' is no region"},
        {"dynamodb://EU/clamor", "'EU' is no region"},
        {"dynamodb://eu-central-1/ab", "'ab' is no name of a table"},
        {"dynamodb://eu-central-1/a b c", "is no name of a table"},
        {"dynamodb://eu-central-1/clamor?region=x", "'region=x' is not known"},
        {"dynamodb://eu-central-1/clamor?endpoint=127.0.0.1:8000", "is no endpoint"},
        {"dynamodb://eu-central-1/clamor?endpoint=http://u:p@host", "is no endpoint"},
        {"dynamodb://eu-central-1/clamor?endpoint=http://host/path", "is no endpoint"},
    };
    for (const auto& [url, words] : wrong) {
        const auto parsed = Address::parse(url);
        ASSERT_FALSE(parsed) << url;
        EXPECT_THAT(parsed.error().detail, HasSubstr(words));
    }
}

}  // namespace
}  // namespace clamor::store::dynamodb
