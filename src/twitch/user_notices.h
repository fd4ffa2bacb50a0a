// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "chat/event.h"
#include "chat/people.h"

/// The user notices that a platform announces (spec twitch-chat 8): kind, parameters in the order
/// of the line, and the system text, which clients show as it is. Of the author they hold the
/// identity only; who publishes a notice fills in the rest. Parameters that say nothing are left
/// out, since some clients fail on empty ones.
namespace clamor::twitch {

/// The author of a gift whose giver is not named.
chat::Person anonymous_gifter();

struct Plan {
    std::uint16_t tier = 1;  ///< 1, 2, 3
    bool prime = false;
    std::string name{};  ///< empty: `Channel Subscription (login)`, or `Prime`
};

struct Tenure {
    std::uint32_t months = 1;                      ///< in all
    std::optional<std::uint32_t> streak_months{};  ///< none: not shared
    std::uint32_t multimonth_duration = 0;
    std::uint32_t multimonth_tenure = 0;
};

/// The gift that a resubscription continues.
struct Gifted {
    std::optional<chat::Person> gifter{};  ///< none: anonymous
    std::uint32_t months = 1;
    std::uint32_t month_being_redeemed = 1;
};

/// `sub` for the first month, `resub` after it; `text` is the user's own.
chat::UserNotice subscribed(const chat::Person& user, std::string_view channel_login,
                            const Plan& plan, const Tenure& tenure,
                            const std::optional<Gifted>& gifted, std::string text);

struct Gift {
    std::optional<chat::Person> gifter{};  ///< none: anonymous
    chat::Person recipient{};
    std::uint32_t gift_months = 1;
    std::uint32_t recipient_months = 1;  ///< subscribed in all
    std::uint32_t gifter_total = 0;      ///< in the channel; 0: not told
    std::string origin_id{};             ///< the same for all gifts of one purchase
    std::string community_gift_id{};     ///< of the mystery gift that it is part of
};
chat::UserNotice gifted(std::string_view channel_login, const Plan& plan, const Gift& gift);

struct MysteryGift {
    std::optional<chat::Person> gifter{};  ///< none: anonymous
    std::uint32_t count = 1;
    std::uint32_t gifter_total = 0;  ///< in the channel; 0: not told
    std::string origin_id{};
    std::string community_gift_id{};
};
chat::UserNotice mystery_gifted(std::string_view channel_login,
                                std::string_view channel_display_name, const Plan& plan,
                                const MysteryGift& gift);

/// A promotion during which gifts are paid on; no name: none.
struct Promotion {
    std::string name{};
    std::uint32_t gift_total = 0;  ///< gifts given during it
};
/// Goes on paying for a gift; `gifter` none: anonymous.
chat::UserNotice gift_upgraded(const chat::Person& user, const std::optional<chat::Person>& gifter,
                               const Promotion& promotion = {});
chat::UserNotice prime_upgraded(const chat::Person& user, std::string_view channel_login,
                                const Plan& plan);
/// A subscription of so many `months` in all is paid until the end of `end_month`, 1 to 12.
chat::UserNotice extended(const chat::Person& user, std::string_view channel_login,
                          const Plan& plan, std::uint32_t months, std::uint32_t end_month);
/// To somebody, or with no recipient to the community. `prior` none: anonymous.
chat::UserNotice paid_forward(const chat::Person& user, const std::optional<chat::Person>& prior,
                              const std::optional<chat::Person>& recipient);

/// Rewards for others, which a cheer or a gift of subscriptions set free.
struct SharedRewards {
    std::string domain;        ///< the name of the campaign
    std::uint32_t others = 1;  ///< who got one
    std::uint32_t total = 1;   ///< rewards in all
    bool by_gift = false;      ///< of subscriptions, else by a cheer
    std::uint32_t amount = 1;  ///< of bits or gifts
};
chat::UserNotice shared_rewards(const chat::Person& user, const SharedRewards& rewards);

/// Is new in the channel and says hello; `text` is the user's own.
chat::UserNotice arrived_new(const chat::Person& user, std::string text);

chat::UserNotice raided(const chat::Person& from, std::uint32_t viewers,
                        std::string_view profile_image_url);
chat::UserNotice unraided(const chat::Person& broadcaster);

chat::UserNotice reached_bits_badge(const chat::Person& user, std::uint32_t threshold,
                                    std::string text);
/// `id` names the milestone.
chat::UserNotice watched_streak(const chat::Person& user, std::uint32_t streams,
                                std::uint32_t reward, std::string id, std::string text);
chat::UserNotice moderated_for(const chat::Person& user, std::uint32_t months, std::string text);

struct Donation {
    std::string charity;
    std::uint64_t amount = 0;  ///< in the currency's smallest unit
    std::string currency;      ///< ISO 4217
    std::uint32_t exponent = 2;
};
chat::UserNotice donated(const chat::Person& user, const Donation& donation);

}  // namespace clamor::twitch
