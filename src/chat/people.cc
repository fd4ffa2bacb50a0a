// SPDX-License-Identifier: Apache-2.0
#include "chat/people.h"

#include <algorithm>

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

}  // namespace

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
    if (const Standing& s = chatter.standing; s.subscribed()) {
        if (s.founder) {
            badges.push_back({"founder", "0"});
        } else {
            badges.push_back({"subscriber", std::to_string(subscriber_version(s.subscriber_months,
                                                                              s.subscriber_tier))});
        }
    }
    if (chatter.user.verified_bot) badges.push_back({"bot-badge", "1"});
    return badges;
}

std::vector<Badge> badge_info_of(const Chatter& chatter) {
    const Standing& s = chatter.standing;
    if (!s.subscribed()) return {};
    return {
        {s.founder ? "founder" : "subscriber", std::to_string(std::max(1u, s.subscriber_months))}};
}

}  // namespace clamor::chat
