// SPDX-License-Identifier: Apache-2.0
#include "store/dynamodb/credentials.h"

#include <fstream>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "automod/curl/lying_server_fixture.h"
#include "store/sqlite/temp_folder.h"

namespace clamor::store::dynamodb {
namespace {

using automod::LyingServer;
using testing::HasSubstr;
using namespace std::chrono_literals;

using Variables = std::map<std::string, std::string>;

CredentialSource source_of(const Variables& variables,
                           CredentialSource::Clock clock = CredentialSource::system_time) {
    return CredentialSource(
        [variables](const char* name) -> std::optional<std::string> {
            const auto found = variables.find(name);
            if (found == variables.end()) return std::nullopt;
            return found->second;
        },
        std::move(clock));
}

TEST(Credentials, ComeFromTheEnvironmentFirst) {
    auto source = source_of({{"AWS_ACCESS_KEY_ID", "AKID"},
                             {"AWS_SECRET_ACCESS_KEY", "secret"},
                             {"AWS_SESSION_TOKEN", "token"},
                             {"AWS_SHARED_CREDENTIALS_FILE", "/nowhere"}});
    const auto credentials = source.get().value();
    EXPECT_EQ(credentials.key_id, "AKID");
    EXPECT_EQ(credentials.secret, "secret");
    EXPECT_EQ(credentials.session_token, "token");
    EXPECT_FALSE(credentials.expires);
    auto half = source_of({{"AWS_ACCESS_KEY_ID", "AKID"}});
    EXPECT_THAT(half.get().error().detail, HasSubstr("without AWS_SECRET_ACCESS_KEY"));
    auto broken = source_of({{"AWS_ACCESS_KEY_ID", "AKID"},
                             {"AWS_SECRET_ACCESS_KEY", "s3cret"},
                             {"AWS_SESSION_TOKEN", "a\r\nX-Header: b"}});
    const auto refused = broken.get();
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().detail, Not(HasSubstr("s3cret"))) << "no secret in an error";
}

TEST(Credentials, ComeFromTheProfileOfAFile) {
    const TempFolder folder;
    const auto path = folder.file("credentials");
    std::ofstream(path) << "# keys\n[default]\naws_access_key_id = D1\n"
                           "aws_secret_access_key=D2\r\n\n[ other ]\n"
                           "aws_access_key_id=O1\naws_secret_access_key = O2\n"
                           "aws_session_token = O3\n[half]\naws_access_key_id = H1\n";
    const auto get = [&](Variables more) {
        more["AWS_SHARED_CREDENTIALS_FILE"] = path;
        return source_of(more).get();
    };
    EXPECT_EQ(get({})->secret, "D2");
    EXPECT_EQ(get({})->session_token, "");
    EXPECT_EQ(get({{"AWS_PROFILE", "other"}})->session_token, "O3");
    EXPECT_THAT(get({{"AWS_PROFILE", "none"}}).error().detail,
                HasSubstr("there is no section [none]"));
    EXPECT_THAT(get({{"AWS_PROFILE", "half"}}).error().detail,
                HasSubstr("must have aws_access_key_id and aws_secret_access_key"));
    auto missing = source_of({{"AWS_SHARED_CREDENTIALS_FILE", folder.file("none")}});
    EXPECT_THAT(missing.get().error().detail, HasSubstr("cannot be read"));
}

std::string role(const std::string& key, const std::string& expiration) {
    return R"({"Code":"Success","AccessKeyId":")" + key +
           R"(","SecretAccessKey":"s","Token":"t","Expiration":")" + expiration + R"("})";
}

TEST(Credentials, ComeFromTheMetadataServiceOfAnInstanceAndAreRenewedBeforeTheyExpire) {
    std::atomic<int> given{0};
    std::atomic<bool> broken{false};
    const LyingServer service([&](const LyingServer::Client& client, const std::string&) {
        const std::string& head = client.head();
        if (broken) return client.answer("", "500 Internal Server Error");
        if (head.starts_with("PUT /latest/api/token ")) {
            EXPECT_THAT(head, HasSubstr("X-aws-ec2-metadata-token-ttl-seconds: 21600"));
            return client.answer("session-1");
        }
        if (head.find("X-aws-ec2-metadata-token: session-1\r\n") == std::string::npos)
            return client.answer("", "401 Unauthorized");
        if (head.starts_with("GET /latest/meta-data/iam/security-credentials/ "))
            return client.answer("chat-role\n");
        if (head.starts_with("GET /latest/meta-data/iam/security-credentials/chat-role "))
            return client.answer(role("K" + std::to_string(++given), "2026-01-31T12:00:00Z"));
        return client.answer("", "404 Not Found");
    });
    WallTime now = wall_from_unix_ms(1769859600000);  // 11:40
    auto source = source_of({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", service.url() + "/"}},
                            [&] { return now; });
    EXPECT_EQ(source.get()->key_id, "K1");
    EXPECT_EQ(source.get()->key_id, "K1") << "they are kept";
    EXPECT_EQ(*source.get()->expires, wall_from_unix_ms(1769860800000));
    now += 16min;
    EXPECT_EQ(source.get()->key_id, "K2") << "four minutes before they expire";
    broken = true;
    EXPECT_EQ(source.get()->key_id, "K2") << "still good";
    now += 5min;
    EXPECT_FALSE(source.get());
    broken = false;
    EXPECT_EQ(source.get()->key_id, "K3");
    source.refused();
    EXPECT_EQ(source.get()->key_id, "K4");
}

TEST(Credentials, ComeFromTheServiceOfAContainer) {
    const TempFolder folder;
    std::ofstream(folder.file("token")) << "let-me-in\n";
    const LyingServer service([&](const LyingServer::Client& client, const std::string&) {
        if (client.head().find("Authorization: let-me-in\r\n") == std::string::npos)
            return client.answer("", "403 Forbidden");
        return client.answer(role("C1", "2126-01-31T12:00:00Z"));
    });
    const auto url = service.url() + "/v2/credentials";
    EXPECT_EQ(source_of({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", url},
                         {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", folder.file("token")}})
                  .get()
                  ->key_id,
              "C1");
    EXPECT_EQ(source_of({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", url},
                         {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "let-me-in"}})
                  .get()
                  ->key_id,
              "C1");
    EXPECT_THAT(source_of({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", url}}).get().error().detail,
                HasSubstr("the answer was 403"));
}

TEST(Credentials, ThatAreNowhereAreAskedFor) {
    auto source = source_of({{"AWS_EC2_METADATA_DISABLED", "true"}, {"HOME", "/nowhere"}});
    EXPECT_THAT(source.get().error().detail, HasSubstr("AWS_ACCESS_KEY_ID"));
    for (const char* nonsense :
         {"", "[]", "<html>", R"({"AccessKeyId":1})",
          R"({"AccessKeyId":"a","SecretAccessKey":"b","Expiration":"soon"})"})
        EXPECT_FALSE(parse_metadata(nonsense)) << nonsense;
}

}  // namespace
}  // namespace clamor::store::dynamodb
