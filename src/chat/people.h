// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/ids.h"

namespace clamor::chat {

/// What somebody may do in one channel. Code never grants by badge.
enum class Role : std::uint8_t { viewer, vip, moderator, broadcaster };

/// An account, as everybody may see it.
struct User {
    UserId id;
    std::string login;         ///< [a-z0-9_]{1,25}
    std::string display_name;  ///< never empty
    std::string color;         ///< `#RRGGBB` or empty
    bool verified_bot = false;
};

/// `name/version` as shown beside a name; both parts are never empty.
struct Badge {
    std::string name;
    std::string version;
    friend bool operator==(const Badge&, const Badge&) = default;
};

/// What a channel knows about one user: the facts on which rules and badges rest.
struct Standing {
    Role role = Role::viewer;
    std::uint32_t subscriber_months = 0;  ///< 0: not subscribed
    std::uint16_t subscriber_tier = 0;    ///< 1, 2, 3; 0: not subscribed
    bool founder = false;
    bool has_spoken = false;  ///< a message of theirs is in the channel's log

    bool subscribed() const { return subscriber_tier != 0; }
};

/// A user present or speaking in a room.
struct Chatter {
    User user;
    Standing standing;
};

/// In display order: role, then subscriber or founder, then account badges (spec twitch-chat 4.7).
std::vector<Badge> badges_of(const Chatter& chatter);
/// The `badge-info` list: exact months of a subscriber or founder.
std::vector<Badge> badge_info_of(const Chatter& chatter);

}  // namespace clamor::chat
