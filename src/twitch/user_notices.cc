// SPDX-License-Identifier: Apache-2.0
#include "twitch/user_notices.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace clamor::twitch {
namespace {

constexpr std::array<std::string_view, 12> kMonths{"January",   "February", "March",    "April",
                                                   "May",       "June",     "July",     "August",
                                                   "September", "October",  "November", "December"};

chat::UserNotice notice(const chat::Person& author, std::string kind, std::string system_text,
                        std::string text = {}) {
    chat::UserNotice made;
    made.message.author_id = author.id;
    made.message.author_login = author.login;
    made.message.author_display_name = author.display_name;
    made.message.text = std::move(text);
    made.kind = std::move(kind);
    made.system_text = std::move(system_text);
    return made;
}

void add(chat::UserNotice& to, std::string_view name, std::string_view value) {
    if (!value.empty()) to.parameters.emplace_back(name, value);
}
void add(chat::UserNotice& to, std::string_view name, std::uint64_t value) {
    to.parameters.emplace_back(name, std::to_string(value));
}

/// Lines have them in the order of their names.
chat::UserNotice sorted(chat::UserNotice made) {
    std::ranges::sort(made.parameters, {}, &std::pair<std::string, std::string>::first);
    return made;
}

void add_plan(chat::UserNotice& to, const Plan& plan, std::string_view channel_login) {
    add(to, "sub-plan", plan.prime ? "Prime" : std::to_string(plan.tier * 1000));
    if (!plan.name.empty()) {
        add(to, "sub-plan-name", plan.name);
    } else {
        add(to, "sub-plan-name",
            plan.prime ? "Prime" : fmt::format("Channel Subscription ({})", channel_login));
    }
}

std::string how(const Plan& plan) {
    return plan.prime ? "with Prime" : fmt::format("at Tier {}", plan.tier);
}

void add_prior_gifter(chat::UserNotice& to, const std::optional<chat::Person>& prior) {
    add(to, "prior-gifter-anonymous", prior ? "false" : "true");
    if (!prior) return;
    add(to, "prior-gifter-display-name", prior->display_name);
    add(to, "prior-gifter-id", prior->id.value);
    add(to, "prior-gifter-user-name", prior->login);
}

void add_recipient(chat::UserNotice& to, const chat::Person& recipient) {
    add(to, "recipient-display-name", recipient.display_name);
    add(to, "recipient-id", recipient.id.value);
    add(to, "recipient-user-name", recipient.login);
}

std::string name_of(const std::optional<chat::Person>& person) {
    return person ? person->display_name : "an anonymous user";
}

std::string money(const Donation& donation) {
    std::uint64_t unit = 1;
    for (std::uint32_t i = 0; i < donation.exponent; ++i) unit *= 10;
    const auto whole = donation.amount / unit;
    const auto part = donation.amount % unit;
    if (part == 0) return fmt::format("{} {}", donation.currency, whole);
    return fmt::format("{} {}.{:0{}}", donation.currency, whole, part, donation.exponent);
}

}  // namespace

chat::Person anonymous_gifter() {
    return {UserId(274598607), "ananonymousgifter", "AnAnonymousGifter"};
}

chat::UserNotice subscribed(const chat::Person& user, std::string_view channel_login,
                            const Plan& plan, const Tenure& tenure,
                            const std::optional<Gifted>& gifted, std::string text) {
    const bool again = tenure.months > 1;
    std::string system = fmt::format("{} subscribed {}.", user.display_name, how(plan));
    if (again) {
        system += fmt::format(" They've subscribed for {} months", tenure.months);
        if (tenure.streak_months)
            system += fmt::format(", currently on a {} month streak", *tenure.streak_months);
        system += '!';
    }
    auto made = notice(user, again ? "resub" : "sub", std::move(system), std::move(text));
    add(made, "cumulative-months", std::max(1u, tenure.months));
    add(made, "months", std::uint64_t{0});
    add(made, "multimonth-duration", tenure.multimonth_duration);
    add(made, "multimonth-tenure", tenure.multimonth_tenure);
    add(made, "should-share-streak", std::uint64_t{again && tenure.streak_months ? 1u : 0u});
    if (again && tenure.streak_months) add(made, "streak-months", *tenure.streak_months);
    add_plan(made, plan, channel_login);
    add(made, "was-gifted", again && gifted ? "true" : "false");
    if (again && gifted) {
        add(made, "anon-gift", gifted->gifter ? "false" : "true");
        add(made, "gift-month-being-redeemed", gifted->month_being_redeemed);
        add(made, "gift-months", gifted->months);
        const chat::Person gifter = gifted->gifter.value_or(anonymous_gifter());
        add(made, "gifter-id", gifter.id.value);
        add(made, "gifter-login", gifter.login);
        add(made, "gifter-name", gifter.display_name);
    }
    return sorted(std::move(made));
}

chat::UserNotice gifted(std::string_view channel_login, const Plan& plan, const Gift& gift) {
    const chat::Person gifter = gift.gifter.value_or(anonymous_gifter());
    const std::string who = gift.gifter ? gifter.display_name : "An anonymous user";
    std::string system = gift.gift_months > 1
                             ? fmt::format("{} gifted {} months of Tier {} to {}.", who,
                                           gift.gift_months, plan.tier, gift.recipient.display_name)
                             : fmt::format("{} gifted a Tier {} sub to {}!", who, plan.tier,
                                           gift.recipient.display_name);
    if (!gift.gifter) {
        system += ' ';
    } else if (gift.gifter_total > 0) {
        system += fmt::format(" They have given {} Gift Sub{} in the channel!", gift.gifter_total,
                              gift.gifter_total == 1 ? "" : "s");
    }
    auto made = notice(gifter, "subgift", std::move(system));
    made.anonymous = !gift.gifter;
    add(made, "community-gift-id", gift.community_gift_id);
    add(made, "gift-months", gift.gift_months);
    add(made, "months", gift.recipient_months);
    add(made, "origin-id", gift.origin_id);
    add_recipient(made, gift.recipient);
    add(made, "sender-count", gift.gifter ? gift.gifter_total : 0);
    add_plan(made, plan, channel_login);
    return sorted(std::move(made));
}

chat::UserNotice mystery_gifted(std::string_view channel_login,
                                std::string_view channel_display_name, const Plan& plan,
                                const MysteryGift& gift) {
    const chat::Person gifter = gift.gifter.value_or(anonymous_gifter());
    std::string system = fmt::format("{} is gifting {} Tier {} Subs to {}'s community!",
                                     gift.gifter ? gifter.display_name : "An anonymous user",
                                     gift.count, plan.tier, channel_display_name);
    if (gift.gifter && gift.gifter_total > 0) {
        system += fmt::format(" They've gifted a total of {} in the channel!", gift.gifter_total);
    }
    auto made = notice(gifter, "submysterygift", std::move(system));
    made.anonymous = !gift.gifter;
    add(made, "community-gift-id", gift.community_gift_id);
    add(made, "mass-gift-count", gift.count);
    add(made, "origin-id", gift.origin_id);
    add(made, "sender-count", gift.gifter ? gift.gifter_total : 0);
    add_plan(made, plan, channel_login);
    return sorted(std::move(made));
}

chat::UserNotice gift_upgraded(const chat::Person& user, const std::optional<chat::Person>& gifter,
                               const Promotion& promotion) {
    auto made = notice(user, gifter ? "giftpaidupgrade" : "anongiftpaidupgrade",
                       fmt::format("{} is continuing the Gift Sub they got from {}!",
                                   user.display_name, name_of(gifter)));
    if (gifter) {
        add(made, "sender-login", gifter->login);
        add(made, "sender-name", gifter->display_name);
    }
    if (!promotion.name.empty()) {
        add(made, "promo-gift-total", promotion.gift_total);
        add(made, "promo-name", promotion.name);
    }
    return sorted(std::move(made));
}

chat::UserNotice prime_upgraded(const chat::Person& user, std::string_view channel_login,
                                const Plan& plan) {
    auto made = notice(user, "primepaidupgrade",
                       fmt::format("{} converted from a Prime sub to a Tier {} sub!",
                                   user.display_name, plan.tier));
    add_plan(made, plan, channel_login);
    return made;
}

chat::UserNotice extended(const chat::Person& user, std::string_view channel_login,
                          const Plan& plan, std::uint32_t months, std::uint32_t end_month) {
    auto made = notice(user, "extendsub",
                       fmt::format("{} extended their Tier {} subscription through {}!",
                                   user.display_name, plan.tier, kMonths.at(end_month - 1)));
    add(made, "cumulative-months", months);
    add(made, "sub-benefit-end-month", end_month);
    add_plan(made, plan, channel_login);
    return sorted(std::move(made));
}

chat::UserNotice paid_forward(const chat::Person& user, const std::optional<chat::Person>& prior,
                              const std::optional<chat::Person>& recipient) {
    auto made = notice(
        user, recipient ? "standardpayforward" : "communitypayforward",
        fmt::format("{} is paying forward the Gift they got from {} to {}!", user.display_name,
                    name_of(prior), recipient ? recipient->display_name : "the community"));
    add_prior_gifter(made, prior);
    if (recipient) add_recipient(made, *recipient);
    return made;
}

chat::UserNotice shared_rewards(const chat::Person& user, const SharedRewards& rewards) {
    auto made =
        notice(user, "rewardgift",
               fmt::format("{}'s {} shared rewards to {} others in Chat!", user.display_name,
                           rewards.by_gift ? "Gift" : "Cheer", rewards.others));
    add(made, "domain", rewards.domain);
    add(made, "selected-count", rewards.others);
    add(made, "total-reward-count", rewards.total);
    add(made, "trigger-amount", rewards.amount);
    add(made, "trigger-type", rewards.by_gift ? "SUBGIFT" : "CHEER");
    return made;
}

chat::UserNotice arrived_new(const chat::Person& user, std::string text) {
    auto made =
        notice(user, "ritual", fmt::format("@{} is new here. Say hello!", user.display_name),
               std::move(text));
    add(made, "ritual-name", "new_chatter");
    return made;
}

chat::UserNotice raided(const chat::Person& from, std::uint32_t viewers,
                        std::string_view profile_image_url) {
    auto made = notice(from, "raid",
                       fmt::format("{} raiders from {} have joined!", viewers, from.display_name));
    add(made, "displayName", from.display_name);
    add(made, "login", from.login);
    add(made, "profileImageURL", profile_image_url);
    add(made, "viewerCount", viewers);
    return made;
}

chat::UserNotice unraided(const chat::Person& broadcaster) {
    return notice(broadcaster, "unraid", "The raid has been cancelled.");
}

chat::UserNotice reached_bits_badge(const chat::Person& user, std::uint32_t threshold,
                                    std::string text) {
    auto made = notice(user, "bitsbadgetier", "bits badge tier notification", std::move(text));
    add(made, "threshold", threshold);
    return made;
}

chat::UserNotice watched_streak(const chat::Person& user, std::uint32_t streams,
                                std::uint32_t reward, std::string id, std::string text) {
    auto made = notice(user, "viewermilestone",
                       fmt::format("{} watched {} consecutive streams and sparked a watch streak!",
                                   user.display_name, streams),
                       std::move(text));
    add(made, "category", "watch-streak");
    add(made, "copoReward", reward);
    add(made, "id", id);
    add(made, "value", streams);
    return made;
}

chat::UserNotice moderated_for(const chat::Person& user, std::uint32_t months, std::string text) {
    auto made = notice(user, "modiversary",
                       fmt::format("has been a moderator for {} months!", months), std::move(text));
    add(made, "months", months);
    return made;
}

chat::UserNotice donated(const chat::Person& user, const Donation& donation) {
    auto made = notice(user, "charitydonation",
                       fmt::format("{}: Donated {} to support {}", user.display_name,
                                   money(donation), donation.charity));
    add(made, "charity-name", donation.charity);
    add(made, "donation-amount", donation.amount);
    add(made, "donation-currency", donation.currency);
    add(made, "exponent", donation.exponent);
    return made;
}

}  // namespace clamor::twitch
