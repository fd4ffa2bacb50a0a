// SPDX-License-Identifier: Apache-2.0
#include "store/fact_changes.h"

#include <array>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

namespace clamor::store {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 4> kRoles{"viewer", "vip", "moderator", "broadcaster"};
constexpr std::array<std::string_view, 4> kTypes{"", "global_mod", "admin", "staff"};

Json facts_of(const chat::Standing& standing) {
    Json badges = Json::array();
    for (const chat::Badge& badge : standing.custom_badges)
        badges.push_back(badge.name + '/' + badge.version);
    return {{"role", kRoles.at(static_cast<std::size_t>(standing.role))},
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
            {"type", kTypes.at(static_cast<std::size_t>(user.type))},
            {"turbo", user.turbo},
            {"prime", user.prime},
            {"partner", user.partner},
            {"verified_bot", user.verified_bot}};
}

template <class Facts>
std::optional<AuditEntry> change_of(const Facts& before, const Facts& after, AuditEntry entry) {
    Json was = Json::object();
    Json is = Json::object();
    const Json old = facts_of(before);
    const Json now = facts_of(after);
    for (const auto& [name, value] : now.items()) {
        if (old.at(name) == value) continue;
        was[name] = old.at(name);
        is[name] = value;
    }
    if (is.empty()) return std::nullopt;
    const auto text = [](const Json& json) {
        return json.dump(-1, ' ', false, Json::error_handler_t::replace);
    };
    entry.before = text(was);
    entry.after = text(is);
    return entry;
}

}  // namespace

std::optional<AuditEntry> standing_change(ChannelId channel, UserId user,
                                          const chat::Standing& before, const chat::Standing& after,
                                          WallTime at, std::string origin) {
    return change_of(before, after,
                     {.channel = channel,
                      .at = at,
                      .action = "standing",
                      .target = user,
                      .origin = std::move(origin)});
}

std::optional<AuditEntry> account_change(const chat::User& before, const chat::User& after,
                                         WallTime at, std::string origin) {
    return change_of(before, after,
                     {.channel = ChannelId(after.id.value),
                      .at = at,
                      .action = "account",
                      .target = after.id,
                      .origin = std::move(origin)});
}

Result<void> write(ModerationStore& store, const std::optional<AuditEntry>& entry) {
    if (!entry) return {};
    return store.apply({}, {&*entry, 1});
}

}  // namespace clamor::store
