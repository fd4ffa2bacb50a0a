// SPDX-License-Identifier: Apache-2.0
#include "auth/claims.h"

#include <algorithm>
#include <span>
#include <utility>

#include <nlohmann/json.hpp>

#include "auth/json.h"
#include "store/checks.h"
#include "store/fact_changes.h"
#include "text/message.h"
#include "text/rfc3339.h"
#include "text/utf8.h"

namespace clamor::auth {

namespace {

using nlohmann::json;

constexpr std::size_t kDisplayNameMost = 50;
constexpr std::size_t kTextBytesMost = 255;
constexpr std::size_t kBadgesMost = 10;
constexpr std::uint64_t kMonthsMost = 1200;
constexpr std::uint64_t kBitsMost = 4'000'000'000;

/// Why a claim is wrong. Does not leave this file.
struct WrongClaim {
    std::string why;
};

[[noreturn]] void wrong(std::string_view claim, std::string_view right) {
    throw WrongClaim{"the claim '" + std::string(claim) + "' must be " + std::string(right)};
}

/// The value of a claim; null is as if it were not there.
const json* value_of(const json& object, const char* name) {
    const auto found = object.find(name);
    return found == object.end() || found->is_null() ? nullptr : &*found;
}

std::string text_of(const json& object, const char* name) {
    const auto* value = value_of(object, name);
    if (value == nullptr) return {};
    constexpr auto kRight = "a text of 1 to 255 bytes without control characters";
    if (!value->is_string()) wrong(name, kRight);
    auto text = value->get<std::string>();
    const bool plain = std::ranges::none_of(
        text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; });
    if (text.empty() || text.size() > kTextBytesMost || !plain) wrong(name, kRight);
    return text;
}

bool flag_of(const json& object, const char* name) {
    const auto* value = value_of(object, name);
    if (value == nullptr) return false;
    if (!value->is_boolean()) wrong(name, "true or false");
    return value->get<bool>();
}

std::optional<WallTime> time_of(const json& object, const char* name) {
    const auto* value = value_of(object, name);
    if (value == nullptr) return std::nullopt;
    constexpr auto kRight = "a time as 2024-01-01T00:00:00Z";
    if (!value->is_string()) wrong(name, kRight);
    const auto time = text::parse_rfc3339(value->get_ref<const std::string&>());
    if (!time) wrong(name, kRight);
    return time;
}

std::uint64_t number_of(const json& value, const char* name, std::uint64_t least,
                        std::uint64_t most) {
    const auto right = [&] {
        wrong(name, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    };
    if (!value.is_number_unsigned()) right();
    const auto number = value.get<std::uint64_t>();
    if (number < least || number > most) right();
    return number;
}

template <std::size_t N>
std::optional<std::size_t> word_of(const json& object, const char* name,
                                   const std::array<std::string_view, N>& words,
                                   std::string_view right) {
    const auto* value = value_of(object, name);
    if (value == nullptr) return std::nullopt;
    if (!value->is_string()) wrong(name, right);
    const auto found = std::ranges::find(words, value->get_ref<const std::string&>());
    if (found == words.end()) wrong(name, right);
    return static_cast<std::size_t>(found - words.begin());
}

std::string login_of(std::string_view text, std::string_view claim) {
    auto login = text::fold_ascii(text);
    if (const auto fine = store::check_new_login(login); !fine)
        wrong(claim, "a login: 1 to 25 of a-z, 0-9 and _, not justinfan and digits");
    return login;
}

std::vector<std::string> scopes_of(const json& claims) {
    std::vector<std::string> scopes;
    const auto* text = value_of(claims, "scope");
    const auto* list = value_of(claims, "scopes");
    if (text != nullptr) {
        if (!text->is_string()) wrong("scope", "scopes with blanks between them");
        std::string_view rest = text->get_ref<const std::string&>();
        while (!rest.empty()) {
            const auto end = std::min(rest.find(' '), rest.size());
            if (end != 0) scopes.emplace_back(rest.substr(0, end));
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }
    if (list != nullptr) {
        if (!list->is_array()) wrong("scopes", "a list of scopes");
        for (const auto& scope : *list) {
            if (!scope.is_string()) wrong("scopes", "a list of scopes");
            scopes.push_back(scope.get<std::string>());
        }
    }
    if (const auto fine = store::check_token_record({.scopes = scopes}); !fine)
        wrong(text != nullptr ? "scope" : "scopes", "scopes of a-z, 0-9, : and _");
    return scopes;
}

chat::Badge badge_of(const json& value) {
    constexpr auto kRight = "a list of at most 10 badges as \"founder/0\"";
    if (!value.is_string()) wrong("badges", kRight);
    const std::string_view text = value.get_ref<const std::string&>();
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) wrong("badges", kRight);
    chat::Badge badge{std::string(text.substr(0, slash)), std::string(text.substr(slash + 1))};
    if (!store::check_badge_name(badge)) wrong("badges", kRight);
    return badge;
}

ChannelClaims channel_of_claim(const std::string& name, const json& said) {
    if (!said.is_object()) wrong("channels", "an object of objects by login");
    ChannelClaims channel{.channel = login_of(name, "channels")};
    if (const auto role =
            word_of(said, "role", store::kRoleNames, "viewer, vip, moderator or broadcaster"))
        channel.role = static_cast<chat::Role>(*role);
    if (const auto* subscriber = value_of(said, "subscriber")) {
        if (!subscriber->is_object()) wrong("subscriber", "{\"tier\":1,\"months\":1}");
        const auto* tier = value_of(*subscriber, "tier");
        const auto* months = value_of(*subscriber, "months");
        if (tier == nullptr) wrong("subscriber", "{\"tier\":1,\"months\":1}");
        channel.subscriber_tier = static_cast<std::uint16_t>(number_of(*tier, "tier", 1, 3));
        channel.subscriber_months =
            months == nullptr
                ? 1
                : static_cast<std::uint32_t>(number_of(*months, "months", 1, kMonthsMost));
    }
    if (const auto* badges = value_of(said, "badges")) {
        if (!badges->is_array() || badges->size() > kBadgesMost)
            wrong("badges", "a list of at most 10 badges as \"founder/0\"");
        for (const auto& badge : *badges) channel.badges.push_back(badge_of(badge));
    }
    channel.founder = flag_of(said, "founder");
    channel.follow = time_of(said, "follow");
    if (const auto* bits = value_of(said, "bits_total")) {
        channel.bits_total =
            static_cast<std::uint32_t>(number_of(*bits, "bits_total", 0, kBitsMost));
    }
    return channel;
}

Claims read_claims(const json& said) {
    Claims claims;
    claims.login = text_of(said, "login");
    if (!claims.login.empty()) claims.login = login_of(claims.login, "login");
    claims.display_name = text_of(said, "display_name");
    if (text::count_code_points(claims.display_name) > kDisplayNameMost)
        wrong("display_name", "a text of 1 to 50 characters");
    text_of(said, "sub");
    text_of(said, "jti");
    claims.client_id = text_of(said, "client_id");
    const auto party = text_of(said, "azp");
    if (claims.client_id.empty()) claims.client_id = party;
    claims.scopes = scopes_of(said);
    if (const auto type =
            word_of(said, "type", store::kAccountTypeNames, "global_mod, admin, staff or empty"))
        claims.type = static_cast<chat::AccountType>(*type);
    claims.turbo = flag_of(said, "turbo");
    claims.prime = flag_of(said, "prime");
    claims.verified_bot = flag_of(said, "verified_bot");
    claims.created_at = time_of(said, "created_at");
    if (const auto* channels = value_of(said, "channels")) {
        if (!channels->is_object()) wrong("channels", "an object of objects by login");
        for (const auto& [name, channel] : channels->items())
            claims.channels.push_back(channel_of_claim(name, channel));
    }
    return claims;
}

template <class T>
bool raise(T& field, const T& value) {
    if (value <= field) return false;
    field = value;
    return true;
}

/// Whether it changed `user`, who is not written yet.
bool add_account(const Claims& claims, chat::User& user) {
    bool changed = false;
    if (!claims.display_name.empty() && claims.display_name != user.display_name) {
        user.display_name = claims.display_name;
        changed = true;
    }
    changed |= raise(user.type, claims.type.value_or(user.type));
    changed |= raise(user.turbo, claims.turbo);
    changed |= raise(user.prime, claims.prime);
    changed |= raise(user.verified_bot, claims.verified_bot);
    return changed;
}

/// An account is as old as the oldest that is said of it: the catalog knows when it was seen first.
Result<bool> apply_age(const Claims& claims, UserId user, store::Catalog& catalog) {
    if (!claims.created_at) return false;
    auto profile = catalog.profile(user);
    if (!profile) return tl::unexpected(profile.error());
    if (*claims.created_at >= profile->created_at) return false;
    profile->created_at = *claims.created_at;
    if (auto written = catalog.update_profile(user, *profile); !written)
        return tl::unexpected(written.error());
    return true;
}

Result<bool> apply_account(const Claims& claims, chat::User& user, store::Source source,
                           store::Catalog& catalog) {
    return store::change_account(catalog, user, source,
                                 [&](const chat::User& before) -> Result<bool> {
                                     const auto aged = apply_age(claims, before.id, catalog);
                                     chat::User wanted = before;
                                     if (!aged || !add_account(claims, wanted)) return aged;
                                     if (auto written = catalog.update_user(wanted); !written)
                                         return tl::unexpected(written.error());
                                     user = std::move(wanted);
                                     return true;
                                 });
}

Result<bool> apply_subscription(const ChannelClaims& claims, ChannelId channel, UserId user,
                                const chat::Standing& standing, store::Catalog& catalog) {
    auto tier = standing.subscriber_tier;
    auto months = standing.subscriber_months;
    const bool higher = raise(tier, claims.subscriber_tier);
    const bool longer = claims.subscriber_tier != 0 && raise(months, claims.subscriber_months);
    if (!higher && !longer) return false;
    if (auto written = catalog.set_subscription(channel, user, tier, months); !written)
        return tl::unexpected(written.error());
    return true;
}

/// After apply_subscription: nobody is a founder without a subscription.
Result<bool> apply_founder(const ChannelClaims& claims, ChannelId channel, UserId user,
                           const chat::Standing& standing, store::Catalog& catalog) {
    const bool subscribed = standing.subscribed() || claims.subscriber_tier != 0;
    if (!claims.founder || standing.founder || !subscribed) return false;
    if (auto written = catalog.set_founder(channel, user, true); !written)
        return tl::unexpected(written.error());
    return true;
}

Result<bool> apply_extras(const ChannelClaims& claims, ChannelId channel, UserId user,
                          const chat::Standing& before, store::Catalog& catalog) {
    chat::Standing standing = before;
    bool changed = raise(standing.bits, claims.bits_total.value_or(0));
    for (const chat::Badge& badge : claims.badges) {
        auto& badges = standing.custom_badges;
        const auto same = std::ranges::find(badges, badge.name, &chat::Badge::name);
        if (same != badges.end() && *same == badge) continue;
        if (same != badges.end()) {
            *same = badge;  // another version of it: nobody shows two
        } else if (badges.size() < kBadgesMost) {
            badges.push_back(badge);
        } else {
            continue;
        }
        changed = true;
    }
    if (!changed) return false;
    if (auto written = catalog.set_extras(channel, user, standing); !written)
        return tl::unexpected(written.error());
    return true;
}

Result<bool> apply_role(const ChannelClaims& claims, ChannelId channel, UserId user,
                        const chat::Standing& standing, store::Catalog& catalog) {
    // The broadcaster's role follows from the ids.
    const auto role = claims.role.value_or(chat::Role::viewer);
    if (role == chat::Role::broadcaster || role <= standing.role) return false;
    if (auto written = catalog.set_role(channel, user, role); !written)
        return tl::unexpected(written.error());
    return true;
}

Result<bool> apply_follow(const ChannelClaims& claims, ChannelId channel, UserId user,
                          const chat::Standing& standing, store::Catalog& catalog) {
    if (!claims.follow || standing.following_since || user.value == channel.value) return false;
    if (auto written = catalog.set_follow(channel, user, claims.follow); !written)
        return tl::unexpected(written.error());
    return true;
}

/// Whether something changed, and which channel it is.
Result<std::pair<bool, ChannelId>> apply_channel(const ChannelClaims& claims, UserId user,
                                                 store::Source source, store::Catalog& catalog) {
    const auto channel = catalog.ensure_channel(claims.channel);
    if (!channel) return tl::unexpected(channel.error());
    const auto changed = store::change_standing(
        catalog, channel->id, user, source, [&](const chat::Standing& standing) -> Result<bool> {
            bool any = false;
            for (const auto apply :
                 {apply_role, apply_subscription, apply_founder, apply_follow, apply_extras}) {
                const auto one = apply(claims, channel->id, user, standing, catalog);
                if (!one) return tl::unexpected(one.error());
                any |= *one;
            }
            return any;
        });
    if (!changed) return tl::unexpected(changed.error());
    return std::pair(*changed, channel->id);
}

}  // namespace

Result<Claims> parse_claims(std::string_view payload) {
    const auto said = parse_object(payload);
    if (!said) return fail(std::errc::invalid_argument, "the claims are no object of JSON");
    try {
        auto claims = read_claims(*said);
        for (const auto& channel : claims.channels) {
            if (channel.role == chat::Role::broadcaster && channel.channel != claims.login)
                wrong("role", "broadcaster only in the channel of the login");
        }
        return claims;
    } catch (const WrongClaim& claim) {
        return fail(std::errc::invalid_argument, claim.why);
    }
}

Result<Applied> apply_claims(const Claims& claims, store::Catalog& catalog, WallTime now) {
    const store::Source source{.at = now, .origin = "token"};
    auto user = catalog.ensure_user(claims.login);
    if (!user) return tl::unexpected(user.error());
    Applied applied{.user = *std::move(user)};
    const auto account = apply_account(claims, applied.user, source, catalog);
    if (!account) return tl::unexpected(account.error());
    applied.account = *account;
    for (const ChannelClaims& one : claims.channels) {
        const auto channel = apply_channel(one, applied.user.id, source, catalog);
        if (!channel) return tl::unexpected(channel.error());
        if (channel->first) applied.standings.push_back(channel->second);
    }
    return applied;
}

}  // namespace clamor::auth
