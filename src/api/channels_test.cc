// SPDX-License-Identifier: Apache-2.0
#include "api/channels.h"

#include "api/api_fixture.h"
#include "api/emotes.h"

namespace clamor::api {
namespace {

class ChannelsTest : public ApiFixture {
  protected:
    ChannelsTest() {
        add_channel_routes(router, services);
        add_emote_routes(router, services);
    }
};

TEST_F(ChannelsTest, SaysWhatTheServerIs) {
    EXPECT_EQ(get("/api/server").body, R"({"name":"clamor","dev":true,"version":"0.1.0"})");
}

TEST_F(ChannelsTest, ListsChannelsWithTheirViewers) {
    auto lobby = catalog.ensure_channel("lobby").value();
    lobby.title = "Hello \"all\"";
    ASSERT_TRUE(catalog.update_channel(lobby));
    catalog.ensure_channel("music").value();
    watching[lobby.id] = 12;
    const auto channels = get_json("/api/channels")["channels"];
    ASSERT_EQ(channels.size(), 2u);
    EXPECT_EQ(channels[0]["id"], std::to_string(lobby.id.value));
    EXPECT_EQ(channels[0]["login"], "lobby");
    EXPECT_EQ(channels[0]["display_name"], "lobby");
    EXPECT_EQ(channels[0]["title"], "Hello \"all\"");
    EXPECT_EQ(channels[0]["viewers"], 12);
    EXPECT_EQ(channels[1]["viewers"], 0);
}

TEST_F(ChannelsTest, PagesByTheLastNumberSeen) {
    for (int i = 0; i < 5; ++i) catalog.ensure_channel("channel" + std::to_string(i)).value();
    std::string after = "0";
    std::vector<std::string> seen;
    while (true) {
        const auto page = get_json("/api/channels?limit=2&after=" + after)["channels"];
        if (page.empty()) break;
        for (const auto& channel : page) seen.push_back(channel["login"]);
        after = page.back()["id"];
    }
    EXPECT_EQ(seen, (std::vector<std::string>{"channel0", "channel1", "channel2", "channel3",
                                              "channel4"}));
}

TEST_F(ChannelsTest, RefusesWrongPages) {
    EXPECT_EQ(get_json("/api/channels?limit=0", 400)["message"],
              "'limit' must be a whole number from 1 to 100");
    for (const auto* target :
         {"/api/channels?limit=101", "/api/channels?limit=-1",
          "/api/channels?limit=", "/api/channels?limit=1e1", "/api/channels?after=x",
          "/api/channels?after=18446744073709551616", "/api/channels?limit=%00"}) {
        // A NUL in the target is refused before it gets here.
        wire::http::Request request;
        if (!wire::http::decode_target(target, request)) continue;
        EXPECT_EQ(get(target).status, 400) << target;
    }
}

TEST_F(ChannelsTest, ListsGlobalEmotesAndTheChannelsOwn) {
    const auto lobby = catalog.ensure_channel("lobby").value();
    const auto other = catalog.ensure_channel("other").value();
    store::Emote wave;
    wave.id = "3f2b8a52-9c1e-4d7a-8f60-1b2c3d4e5f60";
    wave.code = "Wave";
    wave.image_url = "/static/emotes/wave.svg";
    wave.image_url_2x = wave.image_url;
    wave.image_url_4x = wave.image_url;
    ASSERT_TRUE(catalog.add_emote(wave));
    auto own = wave;
    own.id = "3f2b8a52-9c1e-4d7a-8f60-1b2c3d4e5f61";
    own.code = "lobbyHi";
    own.type = store::EmoteType::channel;
    own.channel = lobby.id;
    own.tier_required = 2;
    ASSERT_TRUE(catalog.add_emote(own));

    const auto emotes = get_json("/api/emotes/" + std::to_string(lobby.id.value))["emotes"];
    ASSERT_EQ(emotes.size(), 2u);
    for (const auto& emote : emotes) {
        const bool global = emote["code"] == "Wave";
        EXPECT_EQ(emote["type"], global ? "global" : "channel");
        EXPECT_EQ(emote["channel_id"],
                  global ? nlohmann::json() : nlohmann::json(std::to_string(lobby.id.value)));
        EXPECT_EQ(emote["tier_required"], global ? nlohmann::json() : nlohmann::json(2));
        EXPECT_EQ(emote["image_url_4x"], "/static/emotes/wave.svg");
    }
    EXPECT_EQ(get_json("/api/emotes/" + std::to_string(other.id.value))["emotes"].size(), 1u);
}

TEST_F(ChannelsTest, ListsBadges) {
    const auto lobby = catalog.ensure_channel("lobby").value();
    store::BadgeImage moderator;
    moderator.badge = {"moderator", "1"};
    moderator.title = "Moderator";
    moderator.image_url = "/static/badges/moderator.svg";
    moderator.image_url_2x = moderator.image_url;
    moderator.image_url_4x = moderator.image_url;
    ASSERT_TRUE(catalog.put_badge(moderator));
    const auto badges = get_json("/api/badges/" + std::to_string(lobby.id.value))["badges"];
    ASSERT_EQ(badges.size(), 1u);
    EXPECT_EQ(badges[0]["name"], "moderator");
    EXPECT_EQ(badges[0]["version"], "1");
    EXPECT_EQ(badges[0]["title"], "Moderator");
}

TEST_F(ChannelsTest, TellsWrongFromUnknownChannelNumbers) {
    EXPECT_EQ(get_json("/api/emotes/lobby", 400)["message"],
              "'channelId' must be a channel's number, as 1000");
    EXPECT_EQ(get("/api/badges/0").status, 400);
    EXPECT_EQ(get("/api/badges/-5").status, 400);
    EXPECT_EQ(get_json("/api/badges/999999", 404)["message"],
              "there is no channel with the number 999999");
}

}  // namespace
}  // namespace clamor::api
