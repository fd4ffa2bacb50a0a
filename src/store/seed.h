// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>

#include "base/result.h"
#include "store/catalog.h"

namespace clamor::store {

struct DemoUser {
    std::string_view login;
    std::string_view display_name;
    std::string_view color;
    bool verified_bot = false;
};
inline constexpr std::array kDemoUsers{
    DemoUser{"lobby", "Lobby", "#1E6FD9"},     DemoUser{"speedruns", "SpeedRuns", "#C2410C"},
    DemoUser{"music", "Music", "#7C3AED"},     DemoUser{"clamorbot", "ClamorBot", "#475569", true},
    DemoUser{"ada", "Ada", "#D61F69"},         DemoUser{"brook", "Brook", "#0E7490"},
    DemoUser{"caspian", "Caspian", "#15803D"}, DemoUser{"dmitri", "Dmitri", "#B45309"},
    DemoUser{"elif", "Elif", "#9333EA"},       DemoUser{"fern", "Fern", "#4D7C0F"},
    DemoUser{"goran", "Goran", "#BE123C"},     DemoUser{"hazel", "Hazel", "#0369A1"},
    DemoUser{"ines", "Ines", "#A16207"},       DemoUser{"jules", "Jules", "#047857"},
    DemoUser{"kira", "Kira", "#C026D3"},       DemoUser{"luca", "Luca", "#1D4ED8"},
    DemoUser{"mina", "Mina", "#DC2626"},       DemoUser{"nils", "Nils", ""},
};

struct DemoChannel {
    std::string_view login;
    std::string_view title;
};
inline constexpr std::array kDemoChannels{
    DemoChannel{"lobby", "Come in and say hello"},
    DemoChannel{"speedruns", "Any percent, one more try"},
    DemoChannel{"music", "Slow songs for late hours"},
};

/// What a user is in a channel; tier 0: no subscriber. The first kFoundersPerChannel subscribers
/// become founders.
struct DemoStanding {
    std::string_view channel;
    std::string_view user;
    chat::Role role = chat::Role::viewer;
    std::uint16_t tier = 0;
    std::uint32_t months = 0;
};
inline constexpr std::array kDemoStandings{
    DemoStanding{"lobby", "clamorbot", chat::Role::moderator},
    DemoStanding{"lobby", "nils", chat::Role::vip},
    DemoStanding{"lobby", "ada", chat::Role::moderator, 1, 26},
    DemoStanding{"lobby", "brook", chat::Role::viewer, 1, 25},
    DemoStanding{"lobby", "caspian", chat::Role::vip, 1, 25},
    DemoStanding{"lobby", "dmitri", chat::Role::viewer, 2, 24},
    DemoStanding{"lobby", "elif", chat::Role::viewer, 1, 22},
    DemoStanding{"lobby", "fern", chat::Role::viewer, 1, 22},
    DemoStanding{"lobby", "goran", chat::Role::viewer, 3, 21},
    DemoStanding{"lobby", "hazel", chat::Role::viewer, 1, 20},
    DemoStanding{"lobby", "ines", chat::Role::viewer, 1, 19},
    DemoStanding{"lobby", "jules", chat::Role::viewer, 1, 18},
    DemoStanding{"lobby", "kira", chat::Role::moderator, 1, 14},
    DemoStanding{"lobby", "luca", chat::Role::viewer, 3, 7},
    DemoStanding{"lobby", "mina", chat::Role::viewer, 1, 1},
    DemoStanding{"speedruns", "caspian", chat::Role::moderator, 3, 12},
    DemoStanding{"speedruns", "dmitri", chat::Role::vip, 2, 3},
    DemoStanding{"music", "elif", chat::Role::moderator},
    DemoStanding{"music", "fern", chat::Role::viewer, 1, 1},
};

/// `channel` empty: global. The pictures are /static/emotes/<name>.svg.
struct DemoEmote {
    std::string_view code;
    std::string_view name;
    std::string_view channel{};
    std::uint16_t tier = 0;
};
inline constexpr std::array kDemoEmotes{
    DemoEmote{"ClamWave", "clam-wave"},
    DemoEmote{"ClamLol", "clam-lol"},
    DemoEmote{"ClamHype", "clam-hype"},
    DemoEmote{"ClamCry", "clam-cry"},
    DemoEmote{"ClamThink", "clam-think"},
    DemoEmote{"ClamHeart", "clam-heart"},
    DemoEmote{"ClamShock", "clam-shock"},
    DemoEmote{"ClamCool", "clam-cool"},
    DemoEmote{"ClamSleep", "clam-sleep"},
    DemoEmote{"ClamRage", "clam-rage"},
    DemoEmote{"ClamGG", "clam-gg"},
    DemoEmote{"PearlPog", "pearl-pog"},
    DemoEmote{"runGold", "run-gold", "speedruns"},
    DemoEmote{"runReset", "run-reset", "speedruns"},
    DemoEmote{"runFrame", "run-frame", "speedruns", 1},
    DemoEmote{"musicVibe", "music-vibe", "music"},
    DemoEmote{"musicEncore", "music-encore", "music", 1},
};

/// Valid everywhere. The pictures are /static/badges/<image>.svg.
struct DemoBadge {
    std::string_view name;
    std::string_view version;
    std::string_view title;
    std::string_view image;
};
inline constexpr std::array kDemoBadges{
    DemoBadge{"broadcaster", "1", "Broadcaster", "broadcaster"},
    DemoBadge{"moderator", "1", "Moderator", "moderator"},
    DemoBadge{"vip", "1", "VIP", "vip"},
    DemoBadge{"founder", "0", "Founder", "founder"},
    DemoBadge{"staff", "1", "Staff", "staff"},
    DemoBadge{"admin", "1", "Admin", "admin"},
    DemoBadge{"global_mod", "1", "Global Moderator", "global_mod"},
    DemoBadge{"artist-badge", "1", "Artist", "artist-badge"},
    DemoBadge{"premium", "1", "Prime", "premium"},
    DemoBadge{"turbo", "1", "Turbo", "turbo"},
    DemoBadge{"partner", "1", "Verified", "partner"},
    DemoBadge{"bot-badge", "1", "Verified Bot", "bot-badge"},
};

/// The months from which a subscriber has a new picture, /static/badges/subscriber-<months>.svg,
/// the same for all tiers.
inline constexpr std::array<std::uint32_t, 8> kDemoSubscriberMonths{0, 2, 3, 6, 9, 12, 18, 24};

/// Gives the catalog what it lacks of the tables above, for dev mode. What exists stays as it is: a
/// user, the title and the standings of a channel, an emote with the same code.
Result<void> seed_demo(Catalog& catalog);

}  // namespace clamor::store
