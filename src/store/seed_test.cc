// SPDX-License-Identifier: Apache-2.0
#include "store/seed.h"

#include <algorithm>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/memory_catalog.h"

namespace clamor::store {
namespace {

TEST(DemoSeed, FillsAnEmptyCatalog) {
    MemoryCatalog catalog;
    const auto seeded = seed_demo(catalog);
    ASSERT_TRUE(seeded) << seeded.error().to_string();
    EXPECT_EQ(catalog.list_users({}, 1000).value().size(), kDemoUsers.size());
    EXPECT_EQ(catalog.list_channels({}, 1000).value().size(), kDemoChannels.size());
    const auto music = catalog.find_channel("music").value().value();
    EXPECT_EQ(music.display_name, "Music");
    EXPECT_FALSE(music.title.empty());
    std::vector<std::string> codes;
    const auto emotes = catalog.emotes_for(music.id).value();
    for (const Emote& emote : emotes) codes.push_back(emote.code);
    EXPECT_THAT(codes, testing::IsSupersetOf({"ClamWave", "musicEncore"}));
    EXPECT_THAT(codes, testing::Not(testing::Contains("runGold")));
}

TEST(DemoSeed, ShowsFoundersAndSubscribersSideBySide) {
    MemoryCatalog catalog;
    ASSERT_TRUE(seed_demo(catalog));
    const auto lobby = catalog.find_channel("lobby").value()->id;
    const auto standing = [&](const char* login) {
        return catalog.standing(lobby, catalog.find_user(login).value()->id).value();
    };
    EXPECT_TRUE(standing("ada").founder);
    EXPECT_EQ(standing("ada").role, chat::Role::moderator);
    EXPECT_FALSE(standing("kira").founder);
    EXPECT_EQ(standing("luca").subscriber_tier, 3);
}

TEST(DemoSeed, EveryBadgeHasAPicture) {
    MemoryCatalog catalog;
    ASSERT_TRUE(seed_demo(catalog));
    const auto badges = catalog.badges_for(catalog.find_channel("lobby").value()->id).value();
    const auto title_of = [&](std::string_view name, std::string_view version) {
        const auto found = std::ranges::find_if(badges, [&](const BadgeImage& image) {
            return image.badge.name == name && image.badge.version == version;
        });
        return found == badges.end() ? std::string("none") : found->title;
    };
    EXPECT_EQ(title_of("bits", "1000"), "1000 bits cheered (bronze)");
    EXPECT_EQ(title_of("bits", "5000"), "5000 bits cheered (silver)");
    EXPECT_EQ(title_of("bits", "5000000"), "5000000 bits cheered (gold)");
    EXPECT_EQ(title_of("sub-gifter", "50"), "50 subscriptions given");
    for (const BadgeImage& image : badges) {
        const std::string file = std::string(CLAMOR_SOURCE_DIR) + "/web" + image.image_url;
        EXPECT_TRUE(std::filesystem::exists(file)) << file;
    }
}

TEST(DemoSeed, MayRunAgainAndLeavesChangesAlone) {
    MemoryCatalog catalog;
    ASSERT_TRUE(seed_demo(catalog));
    auto lobby = catalog.find_channel("lobby").value().value();
    const auto ada = catalog.find_user("ada").value()->id;
    lobby.title = "Mine now";
    ASSERT_TRUE(catalog.update_channel(lobby));
    ASSERT_TRUE(catalog.set_role(lobby.id, ada, chat::Role::viewer));
    const auto emotes = catalog.emotes_for(lobby.id).value().size();
    const auto badges = catalog.badges_for(lobby.id).value().size();
    ASSERT_TRUE(seed_demo(catalog));
    EXPECT_EQ(catalog.find_channel("lobby").value()->title, "Mine now");
    EXPECT_EQ(catalog.standing(lobby.id, ada).value().role, chat::Role::viewer);
    EXPECT_EQ(catalog.list_users({}, 1000).value().size(), kDemoUsers.size());
    EXPECT_EQ(catalog.emotes_for(lobby.id).value().size(), emotes);
    EXPECT_EQ(catalog.badges_for(lobby.id).value().size(), badges);
}

}  // namespace
}  // namespace clamor::store
