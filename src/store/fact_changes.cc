// SPDX-License-Identifier: Apache-2.0
#include "store/fact_changes.h"

#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

namespace clamor::store {
namespace {

using Json = nlohmann::ordered_json;

/// Where the facts of an entry were and are, and where they are read again.
template <class Facts>
struct Changed {
    AuditEntry entry;
    Facts before;  // a copy: `set` may write to where it came from
    std::function<Result<std::optional<Facts>>()> read;
};

/// An account with what it tells of itself. The address that mail goes to is nothing for a log.
struct Account {
    chat::User user;
    Profile profile;
};

template <class Facts>
Json logged(const Facts& facts) {
    return facts_of(facts);
}
Json logged(const Account& account) {
    Json facts = facts_of(account.user);
    const Profile& profile = account.profile;
    facts["created_at"] = unix_ms(profile.created_at);
    facts["description"] = profile.description;
    facts["broadcaster_type"] = profile.broadcaster_type;
    facts["profile_image_url"] = profile.profile_image_url;
    facts["offline_image_url"] = profile.offline_image_url;
    return facts;
}

Result<std::optional<Account>> read_account(Catalog& catalog, UserId id) {
    auto user = catalog.find_user(id);
    if (!user) return tl::unexpected(user.error());
    if (!*user) return std::nullopt;
    auto profile = catalog.profile(id);
    if (!profile) return tl::unexpected(profile.error());
    return Account{**std::move(user), *std::move(profile)};
}

/// With the facts that differ; false: none does.
bool tell_difference(const Json& before, const Json& after, AuditEntry& entry) {
    Json was = Json::object();
    Json is = Json::object();
    for (const auto& [name, value] : after.items()) {
        if (before.at(name) == value) continue;
        was[name] = before.at(name);
        is[name] = value;
    }
    if (is.empty()) return false;
    const auto text = [](const Json& json) {
        return json.dump(-1, ' ', false, Json::error_handler_t::replace);
    };
    entry.before = text(was);
    entry.after = text(is);
    return true;
}

template <class Facts>
Result<bool> set_logged(Catalog& catalog, Changed<Facts> what, const SetFacts<Facts>& set) {
    const auto done = set(what.before);
    if (done && !*done) return done;
    const auto after = what.read();
    Result<void> written;
    if (!after) {
        written = tl::unexpected(after.error());
    } else if (*after && tell_difference(logged(what.before), logged(**after), what.entry)) {
        written = catalog.apply({}, {&what.entry, 1});
    }
    if (done && !written) return tl::unexpected(written.error());
    return done;
}

AuditEntry entry_of(ChannelId channel, std::string_view action, UserId target, Source source) {
    return {.channel = channel,
            .at = source.at,
            .action = std::string(action),
            .target = target,
            .origin = std::string(source.origin)};
}

}  // namespace

std::string_view name_of(chat::Role role) {
    return kRoleNames.at(static_cast<std::size_t>(role));
}

std::string_view name_of(chat::AccountType type) {
    return kAccountTypeNames.at(static_cast<std::size_t>(type));
}

Json facts_of(const chat::Standing& standing) {
    Json badges = Json::array();
    for (const chat::Badge& badge : standing.custom_badges)
        badges.push_back({{"name", badge.name}, {"version", badge.version}});
    return {{"role", name_of(standing.role)},
            {"subscription_tier", standing.subscriber_tier},
            {"subscription_months", standing.subscriber_months},
            {"founder", standing.founder},
            {"artist", standing.artist},
            {"bits", standing.bits},
            {"sub_gifts", standing.sub_gifts},
            {"custom_badges", std::move(badges)},
            {"following_since",
             standing.following_since ? Json(unix_ms(*standing.following_since)) : Json()}};
}

Json facts_of(const chat::User& user) {
    return {{"display_name", user.display_name},
            {"color", user.color},
            {"type", name_of(user.type)},
            {"turbo", user.turbo},
            {"prime", user.prime},
            {"partner", user.partner},
            {"verified_bot", user.verified_bot}};
}

Json facts_of(const Channel& channel) {
    return {{"title", channel.title},
            {"emote_only", channel.modes.emote_only},
            {"followers_only_minutes", channel.modes.followers_only_minutes},
            {"unique_chat", channel.modes.unique_chat},
            {"slow_seconds", channel.modes.slow_seconds},
            {"subscribers_only", channel.modes.subscribers_only},
            {"delay_seconds", channel.modes.delay_seconds}};
}

Result<bool> change_standing(Catalog& catalog, ChannelId channel, UserId user, Source source,
                             const SetFacts<chat::Standing>& set) {
    auto before = catalog.standing(channel, user);
    if (!before) return tl::unexpected(before.error());
    return set_logged<chat::Standing>(catalog,
                                      {.entry = entry_of(channel, "standing", user, source),
                                       .before = *std::move(before),
                                       .read = [&]() -> Result<std::optional<chat::Standing>> {
                                           auto after = catalog.standing(channel, user);
                                           if (!after) return tl::unexpected(after.error());
                                           return std::optional(*std::move(after));
                                       }},
                                      set);
}

Result<bool> change_account(Catalog& catalog, const chat::User& before, Source source,
                            const SetFacts<chat::User>& set) {
    auto profile = catalog.profile(before.id);
    if (!profile) return tl::unexpected(profile.error());
    return set_logged<Account>(
        catalog,
        {.entry = entry_of(ChannelId(before.id.value), "account", before.id, source),
         .before = {before, *std::move(profile)},
         .read = [&catalog, id = before.id] { return read_account(catalog, id); }},
        [&set](const Account& was) { return set(was.user); });
}

Result<bool> change_channel(Catalog& catalog, const Channel& before, Source source,
                            const SetFacts<Channel>& set) {
    return set_logged<Channel>(
        catalog,
        {.entry = entry_of(before.id, "channel", {}, source),
         .before = before,
         .read = [&catalog, id = before.id] { return catalog.find_channel(id); }},
        set);
}

}  // namespace clamor::store
