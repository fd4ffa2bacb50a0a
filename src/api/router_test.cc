// SPDX-License-Identifier: Apache-2.0
#include "api/router.h"

#include "api/api_fixture.h"
#include "api/reply.h"

namespace clamor::api {
namespace {

class RouterTest : public ApiFixture {
  protected:
    RouterTest() {
        router.on("GET", "/api/rooms/{room}/lines/{line}", [](auto, auto parameters, auto respond) {
            respond(json_response(200, parameters[0] + "|" + parameters[1]));
        });
        router.on("POST", "/api/rooms/{room}",
                  [](auto, auto, auto respond) { respond(json_response(200, "posted")); });
        router.otherwise([](auto request, auto, auto respond) {
            respond({200, {}, "rest of " + request.path});
        });
    }
};

TEST_F(RouterTest, HandsOverWhatTheNamesMatched) {
    EXPECT_EQ(get("/api/rooms/blue/lines/7").body, "blue|7");
    EXPECT_EQ(get("/api/rooms/%C3%A9/lines/a%20b").body, "é|a b");
}

TEST_F(RouterTest, AnswersHeadLikeGet) {
    EXPECT_EQ(ask("HEAD", "/api/rooms/blue/lines/7").status, 200);
}

TEST_F(RouterTest, DoesNotMatchLongerShorterOrEmptySegments) {
    for (const auto* target :
         {"/api/rooms/blue/lines/7/", "/api/rooms/blue/lines", "/api/rooms//lines/7", "/api",
          "/api/", "/api/rooms/blue/lines/7/8", "/api//rooms/blue/lines/7"}) {
        const auto response = get(target);
        EXPECT_EQ(response.status, 404) << target;
        EXPECT_EQ(nlohmann::json::parse(response.body)["error"], "Not Found");
    }
}

TEST_F(RouterTest, SaysWhichMethodsAPathTakes) {
    const auto response = ask("DELETE", "/api/rooms/blue");
    EXPECT_EQ(response.status, 405);
    EXPECT_EQ(header_of(response, "Allow"), "POST");
    EXPECT_EQ(nlohmann::json::parse(response.body)["message"],
              "/api/rooms/blue takes POST, not DELETE");
}

TEST_F(RouterTest, LeavesOtherPathsToTheFallback) {
    EXPECT_EQ(get("/c/blue").body, "rest of /c/blue");
    EXPECT_EQ(get("/apiary").body, "rest of /apiary");
}

TEST_F(RouterTest, WritesHostilePathsIntoItsAnswerAsJson) {
    const auto body = get_json("/api/%22%7D%0D%0Ax", 404);
    EXPECT_EQ(body["message"], "there is nothing at /api/\"}\r\nx");
}

TEST_F(RouterTest, LetsEverybodyReadByDefault) {
    const auto response =
        ask("GET", "/api/rooms/blue/lines/7", {{"origin", "https://example.org"}});
    EXPECT_EQ(header_of(response, "Access-Control-Allow-Origin"), "*");
}

TEST_F(RouterTest, AnswersPreflights) {
    const auto response =
        ask("OPTIONS", "/api/rooms/blue/lines/7", {{"origin", "https://example.org"}});
    EXPECT_EQ(response.status, 204);
    EXPECT_EQ(header_of(response, "Access-Control-Allow-Origin"), "*");
    EXPECT_EQ(header_of(response, "Access-Control-Allow-Methods"), "GET, HEAD, OPTIONS");
}

TEST(RouterOrigins, NamesOnlyListedOrigins) {
    Router router(Router::Options{{"https://tv.example"}});
    router.on("GET", "/api/x", [](auto, auto, auto respond) { respond(json_response(200, "{}")); });
    const auto allowed_for = [&router](std::string origin) {
        wire::http::Request request;
        request.method = "GET";
        request.path = "/api/x";
        request.headers = {{"origin", std::move(origin)}};
        std::string allowed = "none";
        router.handle(std::move(request), [&allowed](wire::http::Response response) {
            for (const auto& [name, value] : response.headers) {
                if (name == "Access-Control-Allow-Origin") allowed = value;
            }
        });
        return allowed;
    };
    EXPECT_EQ(allowed_for("https://tv.example"), "https://tv.example");
    EXPECT_EQ(allowed_for("https://evil.example"), "none");
    EXPECT_EQ(allowed_for(""), "none");
}

TEST_F(RouterTest, SaysBusyWhenTheWorkersAreFull) {
    workers.full = true;
    std::optional<wire::http::Response> answer;
    answer_from_worker(
        workers, [&answer](auto response) { answer = std::move(response); },
        [] { return json_response(200, "{}"); });
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 503);
    EXPECT_EQ(header_of(*answer, "Retry-After"), "1");
}

TEST_F(RouterTest, TurnsAThrowingHandlerIntoA500) {
    std::optional<wire::http::Response> answer;
    answer_from_worker(
        workers, [&answer](auto response) { answer = std::move(response); },
        []() -> wire::http::Response { throw std::runtime_error("boom"); });
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 500);
    EXPECT_EQ(answer->body.find("boom"), std::string::npos);
}

}  // namespace
}  // namespace clamor::api
