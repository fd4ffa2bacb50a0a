// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/helix/call.h"
#include "api/helix/denials.h"
#include "api/helix/handlers.h"
#include "store/checks.h"
#include "store/fact_changes.h"
#include "text/message.h"
#include "twitch/user_notices.h"

/// What the operator's platform tells the server: who people are, what they are in a channel, and
/// what happens there that no chatter does.
namespace clamor::api::helix {

namespace {

/// The broadcaster's role is given to nobody.
constexpr auto kRoles = std::span(store::kRoleNames).first<3>();
constexpr std::array<std::string_view, 3> kBroadcasterTypes{"", "affiliate", "partner"};
constexpr std::uint32_t kMonthsMost = 1200;
constexpr std::int64_t kCountMost = 4'000'000'000;
constexpr std::size_t kBadgesMost = 10;
constexpr std::int64_t kLatest = 32'503'680'000'000;  // the year 3000, in Unix milliseconds

[[noreturn]] void refuse_malformed(std::string_view name, std::string_view rule) {
    throw Refusal{400, fmt::format("The parameter \"{}\" was malformed: {}", name, rule)};
}

std::uint32_t small_number(const Fields& fields, std::string_view name, std::int64_t least,
                           std::int64_t most, std::int64_t normal) {
    return static_cast<std::uint32_t>(fields.optional_number(name, least, most).value_or(normal));
}

template <class T>
void change(T& field, std::optional<T> value) {
    if (value) field = *std::move(value);
}

Json user_json(const chat::User& user, const store::Profile& profile) {
    Json json{{"id", id_text(user.id)}, {"login", user.login}};
    json.update(store::facts_of(user));
    json["created_at"] = rfc3339(profile.created_at);
    return json;
}

Json standing_json(const store::Channel& channel, const chat::User& user,
                   const chat::Standing& standing) {
    Json json{{"channel_id", id_text(channel.id)}, {"user_id", id_text(user.id)}};
    json.update(store::facts_of(standing));
    return json;
}

store::Source by_platform(const Call& call) {
    return {.at = call.now.wall, .origin = "api"};
}

/// What somebody is to be in a channel; what is not named stays.
struct WantedStanding {
    std::optional<chat::Role> role;
    std::optional<std::int64_t> tier;
    std::optional<std::int64_t> months;
    std::optional<bool> founder;
    std::optional<bool> artist;
    std::optional<std::uint32_t> bits;
    std::optional<std::uint32_t> sub_gifts;
    std::optional<std::vector<chat::Badge>> custom_badges;
    std::optional<bool> follow;
    std::optional<std::int64_t> following_since;  ///< Unix milliseconds
};

/// All of it, so that nothing is done of what is not understood.
WantedStanding read_standing(const Fields& fields) {
    const auto number = [&](std::string_view name) -> std::optional<std::uint32_t> {
        const auto value = fields.optional_number(name, 0, kCountMost);
        if (!value) return std::nullopt;
        return static_cast<std::uint32_t>(*value);
    };
    WantedStanding wanted;
    if (const auto role = fields.optional_word("role", kRoles))
        wanted.role = static_cast<chat::Role>(*role);
    wanted.tier = fields.optional_number("subscription_tier", 0, 3);
    wanted.months = fields.optional_number("subscription_months", 1, kMonthsMost);
    wanted.founder = fields.optional_flag("founder");
    wanted.artist = fields.optional_flag("artist");
    wanted.bits = number("bits");
    wanted.sub_gifts = number("sub_gifts");
    if (fields.has("custom_badges")) {
        wanted.custom_badges.emplace();
        for (const auto& each : fields.objects("custom_badges", 0, kBadgesMost)) {
            const chat::Badge badge{each.text("name", {.least = 1, .most = 50}),
                                    each.text("version", {.least = 1, .most = 50})};
            if (const auto fine = store::check_badge_name(badge); !fine)
                refuse_malformed("custom_badges", fine.error().detail);
            wanted.custom_badges->push_back(badge);
        }
    }
    wanted.follow = fields.optional_flag("follow");
    wanted.following_since = fields.optional_number("following_since", 0, kLatest);
    return wanted;
}

void change_subscription(Call& call, UserId user, const WantedStanding& wanted,
                         const chat::Standing& now) {
    const auto tier = static_cast<std::uint16_t>(wanted.tier.value_or(now.subscriber_tier));
    if (wanted.tier || wanted.months) {
        const auto months = wanted.months ? static_cast<std::uint32_t>(*wanted.months)
                                          : std::max(1u, now.subscriber_months);
        take(call.catalog().set_subscription(call.channel.id, user, tier, tier == 0 ? 0 : months));
    }
    if (wanted.founder && tier != 0)
        take(call.catalog().set_founder(call.channel.id, user, *wanted.founder));
}

void change_extras(Call& call, UserId user, const WantedStanding& wanted, chat::Standing standing) {
    change(standing.artist, wanted.artist);
    change(standing.bits, wanted.bits);
    change(standing.sub_gifts, wanted.sub_gifts);
    change(standing.custom_badges, wanted.custom_badges);
    take(call.catalog().set_extras(call.channel.id, user, standing));
}

/// What makes the role what the body says.
std::vector<chat::Act> role_acts(const WantedStanding& wanted, UserId user, chat::Role now) {
    if (!wanted.role) return {};
    const chat::Role role = *wanted.role;
    std::vector<chat::Act> acts;
    // A moderator may be given no lower role before this one is taken.
    if (role < now) acts.emplace_back(chat::act::TakeRole{{.id = user}, now});
    if (role != now && role != chat::Role::viewer)
        acts.emplace_back(chat::act::GiveRole{{.id = user}, role});
    return acts;
}

/// The fact in the catalog and, where it is new, the event: the one road of a follow.
void follow_since(Call& call, const chat::User& user, WallTime since) {
    if (take(call.catalog().set_follow(call.channel.id, user.id, since))) {
        call.services->live.followed(
            {.channel = call.channel.id, .follower = chat::person_of(user), .at = since});
    }
}

/// `follow`: true (from now on, where nothing was), false, or the Unix milliseconds since when.
void change_follow(Call& call, const chat::User& user, const WantedStanding& wanted,
                   const chat::Standing& standing) {
    if (wanted.following_since)
        return follow_since(call, user, wall_from_unix_ms(*wanted.following_since));
    if (!wanted.follow || *wanted.follow == standing.following_since.has_value()) return;
    if (*wanted.follow) return follow_since(call, user, call.now.wall);
    take(call.catalog().set_follow(call.channel.id, user.id, std::nullopt));
}

/// All but the role. What it is then is the answer.
Reply write_standing(Call& call, const chat::User& user, const WantedStanding& wanted) {
    take(store::change_standing(call.catalog(), call.channel.id, user.id, by_platform(call),
                                [&](const chat::Standing& before) -> Result<bool> {
                                    change_subscription(call, user.id, wanted, before);
                                    change_extras(call, user.id, wanted, before);
                                    change_follow(call, user, wanted, before);
                                    return true;
                                }));
    call.services->live.standing_changed(call.channel.id, user.id);
    return json_reply(
        standing_json(call.channel, user, take(call.catalog().standing(call.channel.id, user.id))));
}

/// Whom an event names by login. They come into being by `person`, which is asked for once all of
/// the event is understood.
std::optional<std::string> optional_login(const Fields& fields, std::string_view field) {
    if (!fields.has(field)) return std::nullopt;
    return fields.login(field);
}

chat::Person person(Call& call, const std::string& login) {
    return chat::person_of(take(call.catalog().ensure_user(login)));
}

std::optional<chat::Person> person(Call& call, const std::optional<std::string>& login) {
    if (!login) return std::nullopt;
    return person(call, *login);
}

twitch::Plan read_plan(const Fields& fields) {
    twitch::Plan plan;
    plan.tier = static_cast<std::uint16_t>(fields.optional_number("tier", 1, 3).value_or(1));
    plan.prime = fields.optional_flag("prime").value_or(false);
    plan.name = fields.optional_text("plan_name", {.least = 0, .most = 100}).value_or("");
    return plan;
}

std::string words(const Fields& fields) {
    return text::clean_message(
        fields.optional_text("text", {.least = 0, .most = 500}).value_or(""));
}

std::string optional_id(Call& call, std::string_view field) {
    auto id = call.fields.optional_text(field, {.least = 1, .most = 64});
    return id ? *std::move(id) : call.new_uuid();
}

chat::UserNotice make_subscription(Call& call) {
    twitch::Tenure tenure;
    tenure.months = small_number(call.fields, "months", 1, kMonthsMost, 1);
    if (call.fields.has("streak_months"))
        tenure.streak_months = small_number(call.fields, "streak_months", 1, kMonthsMost, 1);
    tenure.multimonth_duration = small_number(call.fields, "multimonth_duration", 0, 36, 0);
    tenure.multimonth_tenure = small_number(call.fields, "multimonth_tenure", 0, 36, 0);
    const auto user = call.fields.login("user");
    const auto gifter = optional_login(call.fields, "gifter");
    const auto plan = read_plan(call.fields);
    const auto text = words(call.fields);
    std::optional<twitch::Gifted> gifted;
    if (call.fields.optional_flag("was_gifted").value_or(false)) {
        gifted = {.gifter = std::nullopt,
                  .months = small_number(call.fields, "gift_months", 1, 36, 1),
                  .month_being_redeemed =
                      small_number(call.fields, "gift_month_being_redeemed", 1, 36, 1)};
        gifted->gifter = person(call, gifter);
    }
    return twitch::subscribed(person(call, user), call.channel.login, plan, tenure, gifted, text);
}

chat::UserNotice make_gift(Call& call) {
    const auto gifter = optional_login(call.fields, "user");
    const auto recipient = call.fields.login("recipient");
    const auto plan = read_plan(call.fields);
    twitch::Gift gift{
        .gift_months = small_number(call.fields, "gift_months", 1, 36, 1),
        .recipient_months = small_number(call.fields, "months", 1, kMonthsMost, 1),
        .gifter_total = small_number(call.fields, "gifter_total", 0, kCountMost, 0),
        .origin_id = optional_id(call, "origin_id"),
        .community_gift_id =
            call.fields.optional_text("community_gift_id", {.least = 1, .most = 64}).value_or("")};
    gift.gifter = person(call, gifter);
    gift.recipient = person(call, recipient);
    return twitch::gifted(call.channel.login, plan, gift);
}

chat::UserNotice make_mystery_gift(Call& call) {
    const auto gifter = optional_login(call.fields, "user");
    const auto plan = read_plan(call.fields);
    twitch::MysteryGift gift{
        .count = static_cast<std::uint32_t>(call.fields.number("count", 1, 1'000'000)),
        .gifter_total = small_number(call.fields, "gifter_total", 0, kCountMost, 0),
        .origin_id = optional_id(call, "origin_id"),
        .community_gift_id = optional_id(call, "community_gift_id")};
    gift.gifter = person(call, gifter);
    return twitch::mystery_gifted(call.channel.login, call.channel.display_name, plan, gift);
}

chat::UserNotice make_gift_upgrade(Call& call) {
    const auto user = call.fields.login("user");
    const auto gifter = optional_login(call.fields, "gifter");
    const twitch::Promotion promotion{
        .name = call.fields.optional_text("promo_name", {.least = 0, .most = 100}).value_or(""),
        .gift_total = small_number(call.fields, "promo_gift_total", 0, kCountMost, 0)};
    return twitch::gift_upgraded(person(call, user), person(call, gifter), promotion);
}

chat::UserNotice make_prime_upgrade(Call& call) {
    const auto user = call.fields.login("user");
    const auto plan = read_plan(call.fields);
    return twitch::prime_upgraded(person(call, user), call.channel.login, plan);
}

chat::UserNotice make_extension(Call& call) {
    const auto user = call.fields.login("user");
    const auto plan = read_plan(call.fields);
    const auto months = small_number(call.fields, "months", 1, kMonthsMost, 1);
    const auto end_month = static_cast<std::uint32_t>(call.fields.number("end_month", 1, 12));
    return twitch::extended(person(call, user), call.channel.login, plan, months, end_month);
}

chat::UserNotice make_reward_gift(Call& call) {
    const auto user = call.fields.login("user");
    const auto others = static_cast<std::uint32_t>(call.fields.number("others", 1, kCountMost));
    const twitch::SharedRewards rewards{
        .domain = call.fields.text("domain", {.least = 1, .most = 100}),
        .others = others,
        .total = small_number(call.fields, "total", 1, kCountMost, others),
        .by_gift = call.fields.word("trigger", {"cheer", "gift"}) == 1,
        .amount = static_cast<std::uint32_t>(call.fields.number("amount", 1, kCountMost))};
    return twitch::shared_rewards(person(call, user), rewards);
}

chat::UserNotice make_ritual(Call& call) {
    const auto user = call.fields.login("user");
    const auto text = words(call.fields);
    return twitch::arrived_new(person(call, user), text);
}

chat::UserNotice make_pay_forward(Call& call) {
    const auto user = call.fields.login("user");
    const auto gifter = optional_login(call.fields, "gifter");
    const auto recipient = optional_login(call.fields, "recipient");
    return twitch::paid_forward(person(call, user), person(call, gifter), person(call, recipient));
}

chat::UserNotice make_raid(Call& call) {
    const auto user = call.fields.login("user");
    const auto viewers = static_cast<std::uint32_t>(call.fields.number("viewers", 0, kCountMost));
    const auto from = person(call, user);
    const auto profile = take(call.catalog().profile(from.id));
    return twitch::raided(from, viewers, profile.profile_image_url);
}

chat::UserNotice make_unraid(Call& call) {
    return twitch::unraided(
        {user_of(call.channel.id), call.channel.login, call.channel.display_name});
}

chat::UserNotice make_bits_badge(Call& call) {
    const auto user = call.fields.login("user");
    const auto threshold =
        static_cast<std::uint32_t>(call.fields.number("threshold", 1, kCountMost));
    const auto text = words(call.fields);
    return twitch::reached_bits_badge(person(call, user), threshold, text);
}

chat::UserNotice make_watch_streak(Call& call) {
    const auto user = call.fields.login("user");
    const auto streams = static_cast<std::uint32_t>(call.fields.number("streams", 1, 100'000));
    const auto reward = small_number(call.fields, "reward", 0, kCountMost, 0);
    const auto id = optional_id(call, "id");
    const auto text = words(call.fields);
    return twitch::watched_streak(person(call, user), streams, reward, id, text);
}

chat::UserNotice make_modiversary(Call& call) {
    const auto user = call.fields.login("user");
    const auto months = static_cast<std::uint32_t>(call.fields.number("months", 1, kMonthsMost));
    const auto text = words(call.fields);
    return twitch::moderated_for(person(call, user), months, text);
}

chat::UserNotice make_donation(Call& call) {
    auto currency = call.fields.text("currency", {.least = 3, .most = 3});
    for (const char c : currency) {
        if (c < 'A' || c > 'Z') {
            refuse_malformed("currency", "the value must be three capital letters, as USD");
        }
    }
    const auto user = call.fields.login("user");
    const twitch::Donation donation{
        .charity = call.fields.text("charity", {.least = 1, .most = 100}),
        .amount = static_cast<std::uint64_t>(call.fields.number("amount", 1, 1'000'000'000'000)),
        .currency = std::move(currency),
        .exponent = small_number(call.fields, "exponent", 0, 6, 2)};
    return twitch::donated(person(call, user), donation);
}

Reply post_follow(Call& call) {
    const auto login = call.fields.login("user");
    const auto at = call.fields.optional_number("followed_at", 0, kLatest);
    const auto user = take(call.catalog().ensure_user(login));
    if (user.id.value == call.channel.id.value)
        throw Refusal{400, "The broadcaster cannot follow their own channel"};
    const auto standing = take(call.catalog().standing(call.channel.id, user.id));
    // Told again: the follow is as old as it was.
    if (!standing.following_since) {
        follow_since(call, user, at ? wall_from_unix_ms(*at) : call.now.wall);
        call.services->live.standing_changed(call.channel.id, user.id);
    }
    return no_content();
}

/// In the name of somebody who is banned, who has no other way to ask.
Reply post_unban_request(Call& call) {
    auto text = text::clean_message(call.fields.text("text", {.least = 1, .most = 500}));
    call.caller.user = call.find_named_user("user");
    return call.act(chat::act::RequestUnban{std::move(text)},
                    [](Call&, const chat::Done& done) -> Reply {
                        const auto& request = std::get<chat::Moderation>(done.events.at(0));
                        return json_reply({{"id", request.message_id.to_string()}});
                    });
}

void change_user(const Fields& fields, chat::User& user, store::Profile& profile) {
    change(user.display_name, fields.optional_text("display_name", {.least = 1, .most = 50}));
    change(user.color, fields.optional_text("color", {.least = 0, .most = 7}));
    if (const auto fine = store::check_user(user); !fine)
        refuse_malformed("color", fine.error().detail);
    if (const auto type = fields.optional_word("type", store::kAccountTypeNames))
        user.type = static_cast<chat::AccountType>(*type);
    change(user.turbo, fields.optional_flag("turbo"));
    change(user.prime, fields.optional_flag("prime"));
    change(user.partner, fields.optional_flag("partner"));
    change(user.verified_bot, fields.optional_flag("verified_bot"));
    constexpr Length kUrl{.least = 0, .most = 500};
    change(profile.description, fields.optional_text("description", {.least = 0, .most = 300}));
    change(profile.profile_image_url, fields.optional_text("profile_image_url", kUrl));
    change(profile.offline_image_url, fields.optional_text("offline_image_url", kUrl));
    change(profile.email, fields.optional_text("email", {.least = 0, .most = 254}));
    if (const auto type = fields.optional_word("broadcaster_type", kBroadcasterTypes))
        profile.broadcaster_type = kBroadcasterTypes.at(*type);
    change(profile.created_at, fields.optional_time("created_at"));
}

using Make = chat::UserNotice (*)(Call&);
/// The last three are a message and what chat does not show; the others are user notices.
constexpr std::array<std::string_view, 18> kEvents{
    "subscription", "gift",     "mystery_gift", "gift_upgrade",    "prime_upgrade",
    "pay_forward",  "raid",     "unraid",       "bits_badge_tier", "watch_streak",
    "modiversary",  "donation", "extension",    "reward_gift",     "ritual",
    "cheer",        "follow",   "unban_request"};
constexpr std::array<Make, 15> kMakers{
    make_subscription, make_gift,     make_mystery_gift, make_gift_upgrade, make_prime_upgrade,
    make_pay_forward,  make_raid,     make_unraid,       make_bits_badge,   make_watch_streak,
    make_modiversary,  make_donation, make_extension,    make_reward_gift,  make_ritual};
static_assert(kEvents.size() == kMakers.size() + 3);

}  // namespace

Reply put_user(Call& call) {
    const auto login = call.login_of_path(0);
    // What is wrong is refused before anybody comes into being.
    chat::User nobody;
    nobody.login = nobody.display_name = login;
    store::Profile no_profile;
    change_user(call.fields, nobody, no_profile);
    auto user = take(call.catalog().ensure_user(login));
    auto profile = take(call.catalog().profile(user.id));
    take(store::change_account(call.catalog(), user, by_platform(call),
                               [&](const chat::User& before) -> Result<bool> {
                                   user = before;
                                   change_user(call.fields, user, profile);
                                   take(call.catalog().update_user(user));
                                   take(call.catalog().update_profile(user.id, profile));
                                   return true;
                               }));
    call.services->live.account_changed(user.id);
    return json_reply(user_json(user, profile));
}

Reply put_standing(Call& call) {
    const auto channel_login = call.login_of_path(0);
    const auto user_login = call.login_of_path(1);
    const auto wanted = read_standing(call.fields);
    const auto known_channel = take(call.catalog().find_channel(channel_login));
    const auto known_user = take(call.catalog().find_user(user_login));
    const auto now = known_channel && known_user
                         ? take(call.catalog().standing(known_channel->id, known_user->id))
                         : chat::Standing();
    if ((wanted.months || wanted.founder == true) &&
        wanted.tier.value_or(now.subscriber_tier) == 0) {
        throw Refusal{400,
                      fmt::format("The parameter \"{}\" needs a \"subscription_tier\" of 1 to 3",
                                  wanted.months ? "subscription_months" : "founder")};
    }
    if (wanted.role && channel_login == user_login) {
        refuse_malformed("role",
                         "the broadcaster's role follows from the channel and cannot be given or "
                         "taken");
    }
    if (wanted.role && *wanted.role > chat::Role::viewer && *wanted.role != now.role &&
        now.banned(call.now.wall)) {
        throw refusal_of(chat::act::GiveRole{{.id = known_user->id}, *wanted.role},
                         {.why = chat::Denial::target_banned});
    }
    call.channel = take(call.catalog().ensure_channel(channel_login));
    const auto user = take(call.catalog().ensure_user(user_login));
    auto acts = role_acts(wanted, user.id, now.role);
    if (acts.empty()) return write_standing(call, user, wanted);
    // As in chat, in the broadcaster's name: everybody concerned is told, and the audit log. Where
    // the role is denied, nothing else is written.
    call.caller.user = take(call.catalog().find_user(user_of(call.channel.id)));
    auto asked = acts;
    return call.act_all(std::move(asked), {},
                        [user, wanted, acts = std::move(acts)](
                            Call& then, const hub::ActAnswers& answers) -> Reply {
                            for (std::size_t i = 0; i < answers.size(); ++i) {
                                if (const auto* denied = std::get_if<chat::Denied>(&answers[i]))
                                    throw refusal_of(acts[i], *denied);
                            }
                            return write_standing(then, user, wanted);
                        });
}

Reply get_nodes(Call& call) {
    return json_reply({{"nodes", Json::parse(call.services->nodes())}});
}

Reply post_event(Call& call) {
    call.channel = call.find_named_channel(call.login_of_path(0));
    const std::size_t type = call.fields.word("type", kEvents);
    if (type == kMakers.size()) return post_cheer(call);
    if (type == kMakers.size() + 1) return post_follow(call);
    if (type == kMakers.size() + 2) return post_unban_request(call);
    auto notice = kMakers.at(type)(call);
    return Later(
        [self = call.shared_from_this(), notice = std::move(notice)](wire::http::Respond respond) {
            self->services->live.announce(self->channel.id, notice, [respond](bool done) {
                respond(done ? no_content() : error_reply(503, kBusy));
            });
        });
}

}  // namespace clamor::api::helix
