// SPDX-License-Identifier: Apache-2.0
#include "chat/people.h"

#include <algorithm>
#include <span>

namespace clamor::chat {
namespace {

/// The badge steps of a subscription: months 0, 2, 3, 6, 9, 12 and from there every half year;
/// higher tiers have pictures of their own, 2000 and 3000 above (spec twitch-chat 4.7).
std::uint32_t subscriber_version(std::uint32_t months, std::uint16_t tier) {
    std::uint32_t step = 0;
    if (months >= 12) {
        step = months / 6 * 6;
    } else if (months >= 3) {
        step = months / 3 * 3;
    } else if (months == 2) {
        step = 2;
    }
    return tier >= 2 ? tier * 1000u + step : step;
}

/// Bits cheered in all: the versions of Twitch's badge.
constexpr std::uint32_t kBitsSteps[] = {
    1,       100,     1000,    5000,    10000,   25000,   50000,   75000,   100000,  200000,
    300000,  400000,  500000,  600000,  700000,  800000,  900000,  1000000, 1250000, 1500000,
    1750000, 2000000, 2500000, 3000000, 3500000, 4000000, 4500000, 5000000};
constexpr std::uint32_t kGiftSteps[] = {1,   5,   10,  25,   50,   100,  150,  200, 250, 300,
                                        350, 400, 450, 500,  550,  600,  650,  700, 750, 800,
                                        850, 900, 950, 1000, 2000, 3000, 4000, 5000};

/// The greatest step that `total` reaches; 0: none.
std::uint32_t highest_step(std::span<const std::uint32_t> steps, std::uint32_t total) {
    const auto above = std::upper_bound(steps.begin(), steps.end(), total);
    return above == steps.begin() ? 0 : *(above - 1);
}

}  // namespace

Person person_of(const User& user) {
    return {.id = user.id, .login = user.login, .display_name = user.display_name};
}

Rank rank_of(const Chatter& chatter) {
    if (chatter.user.type != AccountType::ordinary) return Rank::staff;
    switch (chatter.standing.role) {
        case Role::broadcaster:
            return Rank::broadcaster;
        case Role::moderator:
            return Rank::moderator;
        case Role::vip:
            return Rank::vip;
        case Role::viewer:
            break;
    }
    return chatter.standing.subscribed() ? Rank::subscriber : Rank::viewer;
}

std::vector<Badge> badges_of(const Chatter& chatter) {
    std::vector<Badge> badges;
    switch (chatter.standing.role) {
        case Role::broadcaster:
            badges.push_back({"broadcaster", "1"});
            break;
        case Role::moderator:
            badges.push_back({"moderator", "1"});
            break;
        case Role::vip:
            badges.push_back({"vip", "1"});
            break;
        case Role::viewer:
            break;
    }
    switch (chatter.user.type) {
        case AccountType::staff:
            badges.push_back({"staff", "1"});
            break;
        case AccountType::admin:
            badges.push_back({"admin", "1"});
            break;
        case AccountType::global_mod:
            badges.push_back({"global_mod", "1"});
            break;
        case AccountType::ordinary:
            break;
    }
    const Standing& s = chatter.standing;
    if (s.subscribed()) {
        if (s.founder) {
            badges.push_back({"founder", "0"});
        } else {
            badges.push_back({"subscriber", std::to_string(subscriber_version(s.subscriber_months,
                                                                              s.subscriber_tier))});
        }
    }
    if (s.artist) badges.push_back({"artist-badge", "1"});
    if (const std::uint32_t step = highest_step(kBitsSteps, s.bits))
        badges.push_back({"bits", std::to_string(step)});
    if (const std::uint32_t step = highest_step(kGiftSteps, s.sub_gifts))
        badges.push_back({"sub-gifter", std::to_string(step)});
    // A platform may give a badge that follows from other facts, too: nobody shows two of a name.
    const auto add_once = [&badges](const Badge& badge) {
        if (std::ranges::find(badges, badge.name, &Badge::name) == badges.end())
            badges.push_back(badge);
    };
    for (const Badge& badge : s.custom_badges) add_once(badge);
    if (chatter.user.prime) add_once({"premium", "1"});
    if (chatter.user.turbo) add_once({"turbo", "1"});
    if (chatter.user.partner) add_once({"partner", "1"});
    if (chatter.user.verified_bot) add_once({"bot-badge", "1"});
    return badges;
}

std::span<const std::uint32_t> bits_badge_steps() {
    return kBitsSteps;
}

std::span<const std::uint32_t> gift_badge_steps() {
    return kGiftSteps;
}

std::vector<Badge> badge_info_of(const Chatter& chatter) {
    const Standing& s = chatter.standing;
    if (!s.subscribed()) return {};
    return {
        {s.founder ? "founder" : "subscriber", std::to_string(std::max(1u, s.subscriber_months))}};
}

}  // namespace clamor::chat
