// SPDX-License-Identifier: Apache-2.0
#include "auth/curl/jwks_fetcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clamor::auth {
namespace {

TEST(JwksUrl, IsSecureOrOfThisMachine) {
    for (const auto* url :
         {"https://tv.example/.well-known/jwks.json", "https://tv.example",
          "http://127.0.0.1:8000/jwks", "http://localhost/jwks", "http://[::1]:1/jwks"})
        EXPECT_TRUE(is_jwks_url(url)) << url;
    for (const auto* url :
         {"", "https://", "http://tv.example/jwks", "http://127.0.0.1.evil.example/", "file:///etc",
          "http://127.0.0.1@evil.example/", "http://localhost@evil.example/",
          "http://127.0.0.1:80@evil.example/", "http://127.0.0.1:80\\@evil.example/",
          "https://user:pass@tv.example/", "ftp://localhost/", "https://tv.example/ jwks",
          "HTTP://tv.example", "http://[::1", "http://10.0.0.1/"})
        EXPECT_FALSE(is_jwks_url(url)) << url;
}

TEST(JwksFetcher, SaysWhatFailed) {
    const JwksFetcher fetcher("http://127.0.0.1:1/jwks", std::chrono::seconds(2));
    const auto set = fetcher.fetch();
    ASSERT_FALSE(set);
    EXPECT_THAT(set.error().detail, testing::HasSubstr("http://127.0.0.1:1/jwks"));
}

}  // namespace
}  // namespace clamor::auth
