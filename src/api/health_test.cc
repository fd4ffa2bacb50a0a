// SPDX-License-Identifier: Apache-2.0
#include "api/health.h"

#include "api/api_fixture.h"

namespace clamor::api {
namespace {

class HealthTest : public ApiFixture {
  protected:
    HealthTest() {
        add_health_routes(router, [this] { return health; });
    }

    Health health;
};

TEST_F(HealthTest, IsOkAndReadyWhenNothingIsWrong) {
    EXPECT_EQ(get("/healthz").body, R"({"status":"ok"})");
    EXPECT_EQ(get_json("/readyz")["status"], "ready");
}

TEST_F(HealthTest, StaysAliveButSaysWhatIsDegraded) {
    health.degraded = {"the message log cannot write: No space left on device"};
    const auto body = get_json("/healthz", 200);
    EXPECT_EQ(body["status"], "degraded");
    EXPECT_EQ(body["reasons"], nlohmann::json(health.degraded));
    EXPECT_EQ(get("/readyz").status, 200);
}

TEST_F(HealthTest, NamesWhatItDependsOnAndStaysReadyWithoutIt) {
    health.dependencies = {{"postgresql", ""}};
    EXPECT_EQ(get("/readyz").body,
              R"({"status":"ready","dependencies":{"postgresql":{"status":"up"}}})");
    health.dependencies = {{"postgresql", "PostgreSQL cannot be reached"}};
    const auto ready = get_json("/readyz", 200);
    EXPECT_EQ(ready["dependencies"]["postgresql"]["status"], "down");
    EXPECT_EQ(ready["dependencies"]["postgresql"]["reason"], "PostgreSQL cannot be reached");
    const auto alive = get_json("/healthz", 200);
    EXPECT_EQ(alive["status"], "degraded");
    EXPECT_EQ(alive["reasons"][0], "PostgreSQL cannot be reached");
}

TEST_F(HealthTest, IsNotReadyWithReasons) {
    health.not_ready = {"the server is stopping"};
    EXPECT_EQ(get_json("/readyz", 503)["reasons"][0], "the server is stopping");
    EXPECT_EQ(get("/healthz").status, 200);
}

}  // namespace
}  // namespace clamor::api
