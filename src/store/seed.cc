// SPDX-License-Identifier: Apache-2.0
#include "store/seed.h"

#include <string>

#include <fmt/format.h>

#include "chat/people.h"

namespace clamor::store {
namespace {

/// The demo data is as old as the year 2026: seeding reads no clock and gives the same everywhere.
constexpr WallTime kCreatedAt = wall_from_unix_ms(1767225600000);
constexpr std::uint64_t kEmoteIdSeed = 0xC1A0;

Result<void> seed_user(Catalog& catalog, const DemoUser& demo) {
    const auto found = catalog.find_user(demo.login);
    if (!found) return tl::unexpected(found.error());
    if (*found) return {};
    auto user = catalog.ensure_user(demo.login);
    if (!user) return tl::unexpected(user.error());
    user->display_name = demo.display_name;
    user->color = demo.color;
    user->verified_bot = demo.verified_bot;
    return catalog.update_user(*user);
}

Result<void> seed_standing(Catalog& catalog, ChannelId channel, const DemoStanding& demo) {
    const auto user = catalog.ensure_user(demo.user);
    if (!user) return tl::unexpected(user.error());
    if (demo.role != chat::Role::viewer) {
        if (auto done = catalog.set_role(channel, user->id, demo.role); !done) return done;
    }
    if (demo.tier == 0) return {};
    return catalog.set_subscription(channel, user->id, demo.tier, demo.months);
}

Result<void> seed_channel(Catalog& catalog, const DemoChannel& demo) {
    const auto found = catalog.find_channel(demo.login);
    if (!found) return tl::unexpected(found.error());
    if (*found) return {};
    auto channel = catalog.ensure_channel(demo.login);
    if (!channel) return tl::unexpected(channel.error());
    for (const DemoStanding& standing : kDemoStandings) {
        if (standing.channel != demo.login) continue;
        if (auto done = seed_standing(catalog, channel->id, standing); !done) return done;
    }
    channel->title = demo.title;
    return catalog.update_channel(*channel);
}

Result<void> seed_emote(Catalog& catalog, std::uint64_t number, const DemoEmote& demo) {
    const std::string image = fmt::format("/static/emotes/{}.svg", demo.name);
    Emote emote{.id = MessageId::from_random(kEmoteIdSeed, number).to_string(),
                .code = std::string(demo.code),
                .type = EmoteType::global,
                .channel = {},
                .tier_required = demo.tier,
                .image_url = image,
                .image_url_2x = image,
                .image_url_4x = image,
                .created_at = kCreatedAt};
    if (!demo.channel.empty()) {
        const auto channel = catalog.ensure_channel(demo.channel);
        if (!channel) return tl::unexpected(channel.error());
        emote.type = EmoteType::channel;
        emote.channel = channel->id;
    }
    auto added = catalog.add_emote(emote);
    if (!added && added.error().code == std::errc::file_exists) return {};
    return added;
}

Result<void> seed_badge(Catalog& catalog, const DemoBadge& demo) {
    const std::string image = fmt::format("/static/badges/{}.svg", demo.image);
    return catalog.put_badge({.channel = {},
                              .badge = {std::string(demo.name), std::string(demo.version)},
                              .title = std::string(demo.title),
                              .image_url = image,
                              .image_url_2x = image,
                              .image_url_4x = image});
}

/// The versions of higher tiers lie 2000 and 3000 above those of the first (spec twitch-chat 4.7).
Result<void> seed_subscriber_badges(Catalog& catalog) {
    for (const std::uint32_t tier : {0u, 2u, 3u}) {
        for (const std::uint32_t months : kDemoSubscriberMonths) {
            const std::string version = std::to_string(tier * 1000 + months);
            const std::string title =
                months == 0 ? "Subscriber" : fmt::format("{}-Month Subscriber", months);
            const std::string image = fmt::format("subscriber-{}", months);
            if (auto done = seed_badge(catalog, {"subscriber", version, title, image}); !done)
                return done;
        }
    }
    return {};
}

/// One picture for each metal, a version for each step: bronze, silver from 5,000 bits, gold from
/// 100,000.
Result<void> seed_bits_badges(Catalog& catalog) {
    for (const std::uint32_t bits : chat::bits_badge_steps()) {
        const std::string_view metal = bits < 5'000 ? "bronze" : bits < 100'000 ? "silver" : "gold";
        if (auto done = seed_badge(catalog, {"bits", std::to_string(bits),
                                             fmt::format("{} bits cheered ({})", bits, metal),
                                             fmt::format("bits-{}", metal)});
            !done)
            return done;
    }
    return {};
}

Result<void> seed_gift_badges(Catalog& catalog) {
    for (const std::uint32_t gifts : chat::gift_badge_steps()) {
        if (auto done =
                seed_badge(catalog, {"sub-gifter", std::to_string(gifts),
                                     fmt::format("{} subscriptions given", gifts), "sub-gifter"});
            !done)
            return done;
    }
    return {};
}

}  // namespace

Result<void> seed_demo(Catalog& catalog) {
    for (const DemoUser& user : kDemoUsers) {
        if (auto done = seed_user(catalog, user); !done) return done;
    }
    for (const DemoChannel& channel : kDemoChannels) {
        if (auto done = seed_channel(catalog, channel); !done) return done;
    }
    for (std::size_t i = 0; i < kDemoEmotes.size(); ++i) {
        if (auto done = seed_emote(catalog, i, kDemoEmotes[i]); !done) return done;
    }
    for (const DemoBadge& badge : kDemoBadges) {
        if (auto done = seed_badge(catalog, badge); !done) return done;
    }
    if (auto done = seed_bits_badges(catalog); !done) return done;
    if (auto done = seed_gift_badges(catalog); !done) return done;
    return seed_subscriber_badges(catalog);
}

}  // namespace clamor::store
