// SPDX-License-Identifier: Apache-2.0
#include "api/helix/frame.h"

#include <set>

#include "api/helix/helix_fixture.h"
#include "api/helix/scopes.h"
#include "auth/auth_fixture.h"
#include "auth/revoke.h"

namespace clamor::api::helix {
namespace {

using FrameTest = HelixFixture;

TEST_F(FrameTest, AsksForATokenThatIsValid) {
    EXPECT_EQ(said(call("GET", "/helix/users")), "401: OAuth token is missing");
    EXPECT_EQ(said(call("GET", "/helix/users", "invalid")), "401: Invalid OAuth token");
    EXPECT_EQ(said(call("GET", "/helix/users", "no' OR 1=1--")), "401: Invalid OAuth token");
    EXPECT_EQ(said(call("GET", "/helix/users", std::string(5000, 'a'))),
              "401: Invalid OAuth token");
    const auto basic = ask("GET", "/helix/users", {{"authorization", "Basic YWxpY2U6"}});
    EXPECT_EQ(said(basic), "401: Invalid OAuth token");
    EXPECT_EQ(call("GET", "/helix/users", "alice").status, 200);
}

TEST_F(FrameTest, AnswersUnderBothMounts) {
    EXPECT_EQ(data(call("GET", "/mock/users", "alice"))[0]["login"], "alice");
    EXPECT_EQ(data(call("GET", "/helix/users", "alice"))[0]["login"], "alice");
    EXPECT_EQ(get("/helixusers").status, 404) << "not below the mount";
}

TEST_F(FrameTest, HasAnErrorShapeForWhatIsNotThere) {
    for (const auto* target : {"/helix", "/helix/", "/helix/nothing", "/mock/users/",
                               "/helix//users", "/helix/users/../users"})
        EXPECT_EQ(call("GET", target, "alice").status, 404) << target;
    const auto wrong = call("PATCH", "/helix/users", "alice");
    EXPECT_EQ(wrong.status, 405);
    EXPECT_EQ(header_of(wrong, "Allow"), "GET, HEAD, PUT, OPTIONS");
}

TEST_F(FrameTest, LetsPagesOfOtherSitesAsk) {
    for (const auto* target : {"/helix/moderation/bans", "/mock/users", "/oauth2/token"}) {
        const auto response = call("OPTIONS", target);
        EXPECT_EQ(response.status, 204);
        EXPECT_EQ(header_of(response, "Access-Control-Allow-Origin"), "*");
        EXPECT_EQ(header_of(response, "Access-Control-Allow-Headers"),
                  "Authorization, Client-Id, Content-Type");
    }
}

TEST_F(FrameTest, TakesOneScopeOfSeveralAndManagingForReading) {
    const auto banned = "/helix/moderation/banned?" + broadcaster();
    EXPECT_EQ(said(call("GET", banned, "dallas:chat:read")),
              "401: Missing scope: moderation:read or moderator:manage:banned_users");
    EXPECT_EQ(call("GET", banned, "dallas:moderation:read").status, 200);
    EXPECT_EQ(call("GET", banned, "dallas:chat:read,moderator:manage:banned_users").status, 200);
    const auto terms = "/helix/moderation/blocked_terms?" + by_mo();
    EXPECT_EQ(call("GET", terms, "mo:moderator:manage:blocked_terms").status, 200);
    EXPECT_EQ(call("GET", terms, "mo:moderator:read:blocked_terms").status, 200);
    EXPECT_EQ(call("POST", terms, "mo:moderator:read:blocked_terms", R"({"text":"bad"})").status,
              401);
}

TEST_F(FrameTest, RefusesEachEndpointToATokenWithoutItsScope) {
    for (const auto& endpoint : helix_endpoints()) {
        if (endpoint.scopes.empty()) continue;
        const auto response =
            call(endpoint.method, "/helix/" + std::string(endpoint.path) + "?" + by_mo(),
                 "mo:chat:read");
        EXPECT_EQ(response.status, 401) << endpoint.path;
        if (endpoint.path == "chat/messages") {
            EXPECT_EQ(message_of(response),
                      "User access token requires the user:write:chat scope.");
        } else {
            EXPECT_EQ(message_of(response), missing_scope(endpoint.scopes));
        }
    }
}

TEST_F(FrameTest, RefusesEachEndpointToThoseWhomItIsNotFor) {
    for (const auto& endpoint : helix_endpoints()) {
        const auto target = "/helix/" + std::string(endpoint.path) + "?";
        const auto of = std::string(endpoint.of) + "=";
        switch (endpoint.who) {
            case Who::moderator: {
                const auto asked = target + of + id(dallas);
                EXPECT_EQ(said(call(endpoint.method, asked, "mo")),
                          "400: Missing required parameter \"moderator_id\"");
                EXPECT_EQ(said(call(endpoint.method, asked + "&moderator_id=" + id(mo), "alice")),
                          "401: The ID in moderator_id must match the user ID found in the "
                          "request's OAuth token.");
                const bool own_text = !endpoint.moderator_text.empty();
                EXPECT_EQ(
                    said(call(endpoint.method, asked + "&moderator_id=" + id(alice), "alice")),
                    own_text ? "403: " + std::string(endpoint.moderator_text)
                             : "403: The user in moderator_id is not one of the broadcaster's "
                               "moderators.");
                EXPECT_EQ(
                    call(endpoint.method, target + of + "4242&moderator_id=" + id(mo), "mo").status,
                    404);
                EXPECT_EQ(said(call(endpoint.method, asked, "app")),
                          "401: Missing User OAUTH Token");
                // The moderator of another channel.
                EXPECT_EQ(
                    call(endpoint.method, target + of + id(alice) + "&moderator_id=" + id(mo), "mo")
                        .status,
                    403);
                break;
            }
            case Who::broadcaster:
            case Who::self:
                EXPECT_EQ(said(call(endpoint.method, target, "mo")),
                          "400: Missing required parameter \"" + std::string(endpoint.of) + "\"");
                EXPECT_EQ(said(call(endpoint.method, target + of + id(dallas), "mo")),
                          "401: The ID in " + std::string(endpoint.of) +
                              " must match the user ID found in the request's OAuth token.");
                EXPECT_EQ(call(endpoint.method, target + of + "1;DROP", "mo").status, 400);
                break;
            case Who::app:
                EXPECT_EQ(call(endpoint.method, target, "mo").status, 401);
                break;
            case Who::user:
                EXPECT_EQ(call(endpoint.method, target, "app").status, 401);
                break;
            case Who::anyone:
            case Who::moderator_of_path:
                break;
        }
    }
    EXPECT_TRUE(live.acts.empty());
}

TEST_F(FrameTest, RefusesBodiesThatAreNoObjects) {
    for (const auto* body : {"[]", "\"x\"", "1", "{", "{\"a\":\xff}", "null", "\xff\xfe"}) {
        EXPECT_EQ(said(call("POST", "/helix/moderation/bans?" + by_mo(), "mo", body)),
                  "400: The request body must be a JSON object")
            << body;
    }
    const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
    EXPECT_EQ(call("POST", "/helix/moderation/bans?" + by_mo(), "mo", deep).status, 400);
    EXPECT_EQ(
        call("POST", "/helix/moderation/bans?" + by_mo(), "mo", "{\"data\":" + deep + "}").status,
        400);
}

TEST_F(FrameTest, CountsPointsByClientAndUser) {
    std::int64_t remaining = -1;
    for (int i = 0; i < 800; ++i) {
        const auto response = call("GET", "/helix/chat/badges/global", "alice");
        ASSERT_EQ(response.status, 200);
        remaining = std::stoll(header_of(response, "Ratelimit-Remaining"));
    }
    EXPECT_EQ(remaining, 0);
    const auto refused = call("GET", "/helix/chat/badges/global", "alice");
    EXPECT_EQ(refused.status, 429);
    EXPECT_EQ(header_of(refused, "Ratelimit-Reset"), "1700000060");
    EXPECT_EQ(call("GET", "/helix/chat/badges/global", "bob").status, 200);
    live.now.mono += std::chrono::seconds(3);
    live.now.wall += std::chrono::seconds(3);
    const auto again = call("GET", "/helix/chat/badges/global", "alice");
    EXPECT_EQ(again.status, 200);
    EXPECT_EQ(header_of(again, "Ratelimit-Remaining"), "39");
}

TEST_F(FrameTest, LetsNobodyGuessTokensWithoutEnd) {
    for (int i = 0; i < 800; ++i) call("GET", "/helix/users", "invalid");
    EXPECT_EQ(call("GET", "/helix/users", "invalid").status, 429);
    EXPECT_EQ(call("GET", "/helix/users", "alice").status, 200) << "others of the address go on";
}

TEST_F(FrameTest, SaysThatItIsBusy) {
    workers.full = true;
    const auto response = call("GET", "/helix/users", "alice");
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(header_of(response, "Retry-After"), "1");
}

TEST_F(FrameTest, AsksNoClientIdInDevMode) {
    const auto response =
        ask("GET", "/helix/users", {{"authorization", "Bearer alice"}, {"client-id", "anything"}});
    EXPECT_EQ(response.status, 200);
}

class KnownTokensTest : public HelixFixture {
  protected:
    KnownTokensTest() {
        leave_dev_mode();
        services.clients = {{"theclient", "s3cret"}};
        router = Router(Router::Options{});
        add_routes();
    }
    void add_token(std::string_view token, UserId user, std::vector<std::string> scopes,
                   std::optional<WallTime> expires = {}, std::string client = "theclient") {
        ASSERT_TRUE(catalog.add_token(token, {.user = user,
                                              .client_id = std::move(client),
                                              .scopes = std::move(scopes),
                                              .created_at = live.now.wall,
                                              .expires_at = expires}));
    }
    wire::http::Response users_with(const std::string& token, const std::string& client) {
        wire::http::Headers headers{{"authorization", "Bearer " + token}};
        if (!client.empty()) headers.emplace_back("client-id", client);
        auto response = ask("GET", "/helix/users", std::move(headers));
        check_frame("/helix/users", response);
        return response;
    }
};

TEST_F(KnownTokensTest, BelongToTheirClient) {
    add_token("alicetoken", alice.id, {});
    EXPECT_EQ(said(users_with("alicetoken", "")), "401: Client ID is missing");
    EXPECT_EQ(said(users_with("alicetoken", "other")),
              "401: Client ID and OAuth token do not match");
    EXPECT_EQ(data(users_with("alicetoken", "theclient"))[0]["login"], "alice");
    EXPECT_EQ(users_with("ALICETOKEN", "theclient").status, 200)
        << "some libraries change the case";
}

TEST_F(KnownTokensTest, OfTheCommandLineFitEveryClient) {
    add_token("clitoken", alice.id, {}, {}, "");
    EXPECT_EQ(users_with("clitoken", "anything").status, 200);
}

TEST_F(KnownTokensTest, EndWhenTheyExpireOrAreRevoked) {
    add_token("short", alice.id, {}, live.now.wall + std::chrono::seconds(10));
    add_token("taken", alice.id, {});
    EXPECT_EQ(users_with("short", "theclient").status, 200);
    live.now.wall += std::chrono::seconds(11);
    EXPECT_EQ(said(users_with("short", "theclient")), "401: Invalid OAuth token");
    ASSERT_TRUE(catalog.revoke_token("taken").value());
    EXPECT_EQ(said(users_with("taken", "theclient")), "401: Invalid OAuth token");
}

TEST_F(KnownTokensTest, OfDevModeAreNone) {
    for (const auto* token : {"alice", "app", "alice:chat:read", "dallas"})
        EXPECT_EQ(said(users_with(token, "theclient")), "401: Invalid OAuth token") << token;
}

TEST_F(KnownTokensTest, SayWhomTheyStandFor) {
    add_token("alicetoken", alice.id, {"chat:read", "chat:edit"},
              live.now.wall + std::chrono::seconds(100));
    for (const auto* scheme : {"OAuth ", "Bearer "}) {
        for (const auto* path : {"/oauth2/validate", "/auth/validate"}) {
            const auto body =
                json(ask("GET", path, {{"authorization", std::string(scheme) + "alicetoken"}}));
            EXPECT_EQ(body, (nlohmann::json{{"client_id", "theclient"},
                                            {"login", "alice"},
                                            {"scopes", {"chat:read", "chat:edit"}},
                                            {"user_id", id(alice)},
                                            {"expires_in", 100}}));
        }
    }
    const auto bad = ask("GET", "/oauth2/validate", {{"authorization", "OAuth nobody"}});
    EXPECT_EQ(bad.body, R"({"status":401,"message":"invalid access token"})");
    EXPECT_EQ(ask("GET", "/oauth2/validate").body,
              R"({"status":401,"message":"missing authorization token"})");
}

TEST_F(KnownTokensTest, AreGivenToClientsThatKnowTheirSecret) {
    const std::string ask_for = "/oauth2/token?grant_type=client_credentials&client_id=theclient";
    EXPECT_EQ(said(call("POST", ask_for)), "400: missing client secret");
    EXPECT_EQ(said(call("POST", ask_for + "&client_secret=s3creT")), "403: invalid client secret");
    EXPECT_EQ(said(call("POST",
                        "/oauth2/token?grant_type=client_credentials&client_id=x"
                        "&client_secret=s3cret")),
              "400: invalid client");
    // In the query, as twurple has it, and as a form.
    for (const auto& response :
         {call("POST", ask_for + "&client_secret=s3cret"),
          call("POST", "/auth/token", {},
               "grant_type=client_credentials&client_id=theclient&client_secret=s3cret")}) {
        const auto body = json(response);
        const std::string token = body["access_token"];
        EXPECT_EQ(token.size(), 30u);
        EXPECT_EQ(body["token_type"], "bearer");
        EXPECT_EQ(body["expires_in"], 5184000);
        EXPECT_EQ(said(users_with(token, "theclient")),
                  "400: Missing required parameter \"id\" or \"login\"");
        const auto valid =
            json(ask("GET", "/oauth2/validate", {{"authorization", "OAuth " + token}}));
        EXPECT_FALSE(valid.contains("login"));
        EXPECT_EQ(valid["scopes"], nlohmann::json::array());
    }
}

TEST_F(KnownTokensTest, AreRevokedWithTheirSessions) {
    add_token("alicetoken", alice.id, {});
    EXPECT_EQ(said(call("POST", "/oauth2/revoke?client_id=other&token=alicetoken")),
              "400: Invalid token");
    EXPECT_EQ(said(call("POST", "/oauth2/revoke?client_id=theclient&token=nobody")),
              "400: Invalid token");
    EXPECT_EQ(said(call("POST", "/oauth2/revoke?client_id=theclient")), "400: missing oauth token");
    EXPECT_TRUE(live.revoked.empty());
    const auto done = call("POST", "/oauth2/revoke?client_id=theclient&token=alicetoken");
    EXPECT_EQ(done.status, 200);
    EXPECT_EQ(done.body, "");
    ASSERT_EQ(live.revoked.size(), 1u);
    EXPECT_EQ(live.revoked[0].first, alice.id);
    EXPECT_EQ(live.revoked[0].second.size(), 64u);
    EXPECT_EQ(users_with("alicetoken", "theclient").status, 401);
}

TEST_F(KnownTokensTest, OfPeopleComeFromThePlatform) {
    for (const auto* query :
         {"grant_type=refresh_token&refresh_token=x", "grant_type=authorization_code&code=x",
          "grant_type=urn:ietf:params:oauth:grant-type:device_code", "grant_type=none", ""}) {
        EXPECT_EQ(call("POST", std::string("/oauth2/token?") + query).status, 400) << query;
    }
    EXPECT_EQ(call("POST", "/oauth2/device").status, 400);
    EXPECT_EQ(call("GET", "/oauth2/authorize").status, 400);
    EXPECT_EQ(call("GET", "/oauth2/nothing").status, 404);
    EXPECT_EQ(call("GET", "/oauth2/token").status, 405);
    EXPECT_TRUE(message_of(call("POST", "/oauth2/token?grant_type=refresh_token"))
                    .starts_with("Invalid refresh token"));
}

TEST_F(FrameTest, ListsAllScopesOfADevToken) {
    const auto body = json(ask("GET", "/auth/validate", {{"authorization", "OAuth newcomer"}}));
    EXPECT_EQ(body["login"], "newcomer");
    EXPECT_EQ(body["scopes"].size(), auth::all_scopes().size());
    for (const auto& endpoint : helix_endpoints()) {
        if (!endpoint.scopes.empty()) {
            EXPECT_TRUE(has_scope(body["scopes"], endpoint.scopes)) << endpoint.path;
        }
    }
    const auto some =
        json(ask("GET", "/auth/validate", {{"authorization", "OAuth Alice:chat:read,bits:read"}}));
    EXPECT_EQ(some["login"], "alice");
    EXPECT_EQ(some["scopes"], (nlohmann::json{"chat:read", "bits:read"}));
}

TEST_F(FrameTest, LetsNobodyAskForTokensWithoutEnd) {
    for (std::uint32_t i = 0; i < limits::kOauthRequests.count; ++i)
        ASSERT_EQ(call("POST", "/oauth2/token?grant_type=client_credentials").status, 400);
    const auto refused = call("POST", "/auth/token?grant_type=client_credentials");
    EXPECT_EQ(said(refused), "429: too many requests");
    EXPECT_EQ(header_of(refused, "Retry-After"), "1");
    EXPECT_EQ(ask("GET", "/oauth2/validate", {{"authorization", "Bearer alice"}}).status, 429);
    EXPECT_EQ(limits.oauth.refused(), 2u);
    live.now.mono += std::chrono::seconds(1);
    EXPECT_EQ(ask("GET", "/oauth2/validate", {{"authorization", "Bearer alice"}}).status, 200);
}

class SignedTokensTest : public HelixFixture {
  protected:
    SignedTokensTest() {
        leave_dev_mode();
        router = Router(Router::Options{});
        add_routes();
    }
    std::string jwt(const std::string& more) const {
        return auth::make_jwt("{\"exp\":1700000100" + more + "}",
                              auth::signing_secret(std::string(32, 's')), "s");
    }
};

TEST_F(SignedTokensTest, AreAsGoodAsOthers) {
    const auto token = jwt(
        R"(,"login":"alice","client_id":"bot","scope":"chat:read moderator:read:chatters",
            "channels":{"dallas":{"role":"moderator"}})");
    const auto body = json(ask("GET", "/oauth2/validate", {{"authorization", "OAuth " + token}}));
    EXPECT_EQ(body, (nlohmann::json{{"client_id", "bot"},
                                    {"login", "alice"},
                                    {"scopes", {"chat:read", "moderator:read:chatters"}},
                                    {"user_id", id(alice)},
                                    {"expires_in", 100}}));
    const auto chatters = [&](const std::string& client) {
        return ask("GET", "/helix/chat/chatters?" + broadcaster() + "&moderator_id=" + id(alice),
                   {{"authorization", "Bearer " + token}, {"client-id", client}});
    };
    EXPECT_EQ(chatters("bot").status, 200) << "the claim made alice a moderator";
    EXPECT_EQ(said(chatters("other")), "401: Client ID and OAuth token do not match");
    EXPECT_EQ(live.changed_standings.size(), 1u);
    EXPECT_EQ(live.changed_standings[0], std::pair(channel.id, alice.id));
}

TEST_F(SignedTokensTest, AreAppTokensWithoutALogin) {
    const auto target = "/api/platform/users/carol";
    EXPECT_EQ(call("PUT", target, jwt(R"(,"scope":"clamor:platform")"), "{}").status, 200);
    EXPECT_EQ(call("PUT", target, jwt(R"(,"scope":"chat:read")"), "{}").status, 401);
    const auto of_user = jwt(R"(,"login":"alice","scope":"clamor:platform")");
    EXPECT_EQ(call("PUT", target, of_user, "{}").status, 401);
}

TEST_F(SignedTokensTest, EndWhenTheyAreRevoked) {
    const auto token = jwt(R"(,"login":"alice","client_id":"bot","scope":"chat:read")");
    EXPECT_EQ(said(call("POST", "/oauth2/revoke?client_id=other&token=" + token)),
              "400: Invalid token");
    EXPECT_EQ(call("POST", "/oauth2/revoke?client_id=bot&token=" + token).status, 200);
    ASSERT_EQ(live.revoked.size(), 1u);
    EXPECT_EQ(live.revoked[0], std::pair(alice.id, auth::token_hash(token)));
    EXPECT_EQ(ask("GET", "/oauth2/validate", {{"authorization", "OAuth " + token}}).status, 401);
    EXPECT_EQ(said(call("POST", "/oauth2/revoke?client_id=bot&token=" + token)),
              "400: Invalid token");
}

TEST(RateLimiter, ForgetsBucketsThatAreFull) {
    RateLimiter limiter({.points = 10, .per = std::chrono::seconds(10), .buckets_max = 100});
    Now now{.mono = MonoTime(std::chrono::hours(1)), .wall = {}};
    for (int i = 0; i < 100; ++i) limiter.take(std::to_string(i), now);
    EXPECT_EQ(limiter.buckets(), 100u);
    now.mono += std::chrono::seconds(1);
    limiter.take("new", now);
    EXPECT_EQ(limiter.buckets(), 1u);
}

TEST(RateLimiter, KeepsThoseWhoUsedMostWhenAllAreInUse) {
    RateLimiter limiter({.points = 10, .per = std::chrono::seconds(10), .buckets_max = 100});
    const Now now{.mono = MonoTime(std::chrono::hours(1)), .wall = {}};
    for (int i = 0; i < 10; ++i) limiter.take("busy", now);
    for (int i = 0; i < 1000; ++i) limiter.take("once" + std::to_string(i), now);
    EXPECT_LE(limiter.buckets(), 100u);
    EXPECT_FALSE(limiter.take("busy", now).allowed);
}

}  // namespace
}  // namespace clamor::api::helix
