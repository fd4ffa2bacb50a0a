// SPDX-License-Identifier: Apache-2.0
#include "api/emotes.h"

#include "api/api_fixture.h"

namespace clamor::api {
namespace {

constexpr const char* kWave = "0b7e6f4e-0000-4000-8000-000000000001";

class EmotesTest : public ApiFixture {
  protected:
    EmotesTest() {
        add_emote_routes(router, services);
        EXPECT_TRUE(catalog.add_emote({.id = kWave,
                                       .code = "Wave",
                                       .image_url = "/static/wave.svg",
                                       .image_url_2x = "/static/wave-2.svg",
                                       .image_url_4x = "/static/wave-4.svg"}));
    }
    wire::http::Response picture(const std::string& rest) { return get("/emoticons/v2/" + rest); }
};

TEST_F(EmotesTest, LeadsFromHelixTemplateToThePicture) {
    const std::string id = kWave;
    for (const auto& [scale, url] : {std::pair{"1.0", "/static/wave.svg"},
                                     {"2.0", "/static/wave-2.svg"},
                                     {"3.0", "/static/wave-4.svg"}}) {
        const auto response = picture(id + "/default/dark/" + scale);
        EXPECT_EQ(response.status, 302);
        EXPECT_EQ(header_of(response, "Location"), url);
    }
    EXPECT_EQ(picture(id + "/static/light/1.0").status, 302);
}

TEST_F(EmotesTest, NamesWhatIsWrongInAPath) {
    const std::string id = kWave;
    EXPECT_EQ(picture("25/default/dark/1.0").status, 404);
    EXPECT_EQ(picture("0b7e6f4e-0000-4000-8000-000000000002/default/dark/1.0").status, 404);
    EXPECT_EQ(picture(id + "/gif/dark/1.0").status, 400);
    EXPECT_EQ(picture(id + "/default/blue/1.0").status, 400);
    EXPECT_EQ(picture(id + "/default/dark/4.0").status, 400);
    EXPECT_EQ(picture(id + "/default/dark").status, 404);
}

}  // namespace
}  // namespace clamor::api
