// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/time.h"

namespace clamor::chat {

/// What somebody may do in one channel. Code never grants by badge.
enum class Role : std::uint8_t { viewer, vip, moderator, broadcaster };

/// What an account is on the whole service; anything but ordinary may moderate in every channel.
enum class AccountType : std::uint8_t { ordinary, global_mod, admin, staff };

/// An account, as everybody may see it.
struct User {
    UserId id;
    std::string login;         ///< [a-z0-9_]{1,25}
    std::string display_name;  ///< never empty
    std::string color;         ///< `#RRGGBB` or empty
    bool verified_bot = false;
    AccountType type = AccountType::ordinary;
    bool turbo = false;
    bool prime = false;
    bool partner = false;
    friend bool operator==(const User&, const User&) = default;
};

/// A user as an event names one. No id: nobody.
struct Person {
    UserId id;
    std::string login;
    std::string display_name;
    friend bool operator==(const Person&, const Person&) = default;
};
Person person_of(const User& user);

/// `name/version` as shown beside a name; both parts are never empty.
struct Badge {
    std::string name;
    std::string version;
    friend bool operator==(const Badge&, const Badge&) = default;
};

/// How closely moderators look at a user.
enum class Suspicion : std::uint8_t { none, monitored, restricted };

/// The end of a ban that has none.
inline constexpr WallTime kForever = WallTime::max();

/// What a channel knows about one user: the facts on which rules and badges rest.
struct Standing {
    Role role = Role::viewer;
    std::uint32_t subscriber_months = 0;  ///< 0: not subscribed
    std::uint16_t subscriber_tier = 0;    ///< 1, 2, 3; 0: not subscribed
    bool founder = false;
    bool has_spoken = false;                 ///< a message of theirs is in the channel's log
    std::optional<WallTime> banned_until{};  ///< end of a timeout; kForever for a ban
    std::optional<WallTime> following_since{};
    bool warned = false;  ///< and has not acknowledged it: may not speak
    Suspicion suspicion = Suspicion::none;
    bool artist = false;
    std::uint32_t bits = 0;       ///< cheered in the channel in all
    std::uint32_t sub_gifts = 0;  ///< subscriptions given away in the channel in all
    std::vector<Badge> custom_badges{};

    bool subscribed() const { return subscriber_tier != 0; }
    bool banned(WallTime now) const { return banned_until && *banned_until > now; }
    bool banned_for_good() const { return banned_until == kForever; }
};

/// A user present or speaking in a room.
struct Chatter {
    User user;
    Standing standing;
};

/// What somebody is in a channel, for permissions: each rank may do what those below it may.
enum class Rank : std::uint8_t { viewer, subscriber, vip, moderator, broadcaster, staff };
Rank rank_of(const Chatter& chatter);

/// In display order: role, then subscriber or founder, then account badges (spec twitch-chat 4.7).
std::vector<Badge> badges_of(const Chatter& chatter);
/// The versions of the badges `bits` and `sub-gifter`: the totals from which each is shown.
std::span<const std::uint32_t> bits_badge_steps();
std::span<const std::uint32_t> gift_badge_steps();
/// The `badge-info` list: exact months of a subscriber or founder.
std::vector<Badge> badge_info_of(const Chatter& chatter);

}  // namespace clamor::chat
