// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <unordered_map>
#include <utility>

#include "store/checks.h"
#include "store/fact_changes.h"
#include "store/moderation_checks.h"
#include "store/sql/catalog.h"
#include "store/sql/many.h"
#include "store/sql/rows.h"

namespace clamor::store {
namespace {

// One row where both are known; then what is not kept is NULL and comes as zero, empty or kNoTime.
constexpr const char* kStandings =
    "SELECT u.user_id, COALESCE(r.role, ''), COALESCE(s.tier, 0), COALESCE(s.months, 0), "
    "COALESCE(s.founder, 0), CASE WHEN b.user_id IS NULL THEN 0 ELSE 1 END, "
    "COALESCE(b.expires_at, 9223372036854775807), COALESCE(f.since, 9223372036854775807), "
    "CASE WHEN w.user_id IS NULL THEN 0 ELSE 1 END, COALESCE(x.suspicion, ''), "
    "COALESCE(e.artist, 0), COALESCE(e.bits, 0), COALESCE(e.sub_gifts, 0), "
    "COALESCE(e.custom_badges, '') "
    "FROM channels c JOIN users u ON c.channel_id = :v0 "
    "LEFT JOIN roles r ON r.channel_id = c.channel_id AND r.user_id = u.user_id "
    "LEFT JOIN subscriptions s ON s.channel_id = c.channel_id AND s.user_id = u.user_id "
    "LEFT JOIN bans b ON b.channel_id = c.channel_id AND b.user_id = u.user_id "
    "LEFT JOIN follows f ON f.channel_id = c.channel_id AND f.user_id = u.user_id "
    "LEFT JOIN warnings w ON w.channel_id = c.channel_id AND w.user_id = u.user_id "
    "LEFT JOIN suspicious_users x ON x.channel_id = c.channel_id AND x.user_id = u.user_id "
    "LEFT JOIN standing_extras e ON e.channel_id = c.channel_id AND e.user_id = u.user_id "
    "WHERE u.user_id IN ({})";

chat::Role role_of(const std::string& name) {
    if (name == "moderator") return chat::Role::moderator;
    if (name == "vip") return chat::Role::vip;
    return chat::Role::viewer;
}

/// Custom badges are kept as `name/version`, separated by spaces; neither part holds any of these.
std::vector<chat::Badge> badges_of(std::string_view text) {
    std::vector<chat::Badge> badges;
    while (!text.empty()) {
        const std::string_view badge = text.substr(0, text.find(' '));
        const std::size_t slash = std::min(badge.find('/'), badge.size() - 1);
        badges.push_back(
            {std::string(badge.substr(0, slash)), std::string(badge.substr(slash + 1))});
        text.remove_prefix(std::min(badge.size() + 1, text.size()));
    }
    return badges;
}

std::string text_of(const std::vector<chat::Badge>& badges) {
    std::string text;
    for (const chat::Badge& badge : badges)
        text += fmt::format("{}{}/{}", text.empty() ? "" : " ", badge.name, badge.version);
    return text;
}

struct StandingRow {
    std::string role, suspicion, custom_badges;
    int tier = 0, founder = 0, banned = 0, warned = 0, artist = 0;
    long long user = 0, months = 0, banned_until = 0, since = 0, bits = 0, sub_gifts = 0;

    void into(soci::statement& statement) {
        statement.exchange(soci::into(user));
        statement.exchange(soci::into(role));
        statement.exchange(soci::into(tier));
        statement.exchange(soci::into(months));
        statement.exchange(soci::into(founder));
        statement.exchange(soci::into(banned));
        statement.exchange(soci::into(banned_until));
        statement.exchange(soci::into(since));
        statement.exchange(soci::into(warned));
        statement.exchange(soci::into(suspicion));
        statement.exchange(soci::into(artist));
        statement.exchange(soci::into(bits));
        statement.exchange(soci::into(sub_gifts));
        statement.exchange(soci::into(custom_badges));
    }
    std::pair<UserId, chat::Standing> value() const {
        chat::Standing standing;
        standing.role = role_of(role);
        standing.subscriber_months = static_cast<std::uint32_t>(months);
        standing.subscriber_tier = static_cast<std::uint16_t>(tier);
        standing.founder = founder != 0;
        if (banned != 0) standing.banned_until = time_of(banned_until).value_or(chat::kForever);
        standing.following_since = time_of(since);
        standing.warned = warned != 0;
        if (suspicion == "monitored") standing.suspicion = chat::Suspicion::monitored;
        if (suspicion == "restricted") standing.suspicion = chat::Suspicion::restricted;
        standing.artist = artist != 0;
        standing.bits = static_cast<std::uint32_t>(bits);
        standing.sub_gifts = static_cast<std::uint32_t>(sub_gifts);
        standing.custom_badges = badges_of(custom_badges);
        return {id_of<UserId>(user), std::move(standing)};
    }
};

}  // namespace

void put_role(Session& sql, ChannelId channel, UserId user, chat::Role role) {
    if (role == chat::Role::viewer) {
        sql.change("DELETE FROM roles WHERE channel_id = :channel AND user_id = :user",
                   number(channel), number(user));
        return;
    }
    sql.change(
        "INSERT INTO roles (channel_id, user_id, role) VALUES (:channel, :user, :role) "
        "ON CONFLICT (channel_id, user_id) DO UPDATE SET role = excluded.role",
        number(channel), number(user), std::string(name_of(role)));
}

Result<chat::Standing> SqlCatalog::standing(ChannelId channel, UserId user) {
    auto found = standings(channel, {&user, 1});
    if (!found) return tl::unexpected(found.error());
    return std::move(found->front());
}

Result<std::vector<chat::Standing>> SqlCatalog::standings(ChannelId channel,
                                                          std::span<const UserId> users) {
    if (auto fine = check_asked_users(users, {}); !fine) return tl::unexpected(fine.error());
    return database_->run("looking up standings",
                          [&](Session& sql) -> Result<std::vector<chat::Standing>> {
                              std::unordered_map<UserId, chat::Standing> found;
                              in_pieces(users, [&](std::span<const UserId> piece) {
                                  Cells cells{cell(channel)};
                                  for (const UserId user : piece) cells.push_back(cell(user));
                                  for (auto& [user, standing] : sql.fetch_cells<StandingRow>(
                                           fmt::format(kStandings, places(1, piece.size())), cells))
                                      found[user] = std::move(standing);
                              });
                              std::vector<chat::Standing> standings;
                              for (const UserId user : users) {
                                  chat::Standing& standing = standings.emplace_back();
                                  const auto known = found.find(user);
                                  if (known == found.end()) continue;
                                  standing = known->second;
                                  if (channel.value == user.value)
                                      standing.role = chat::Role::broadcaster;
                              }
                              return standings;
                          });
}

Result<void> SqlCatalog::set_role(ChannelId channel, UserId user, chat::Role role) {
    if (auto fine = check_role(channel, user, role); !fine) return fine;
    return database_->run("setting a role", [&](Session& sql) -> Result<void> {
        if (!channel_exists(sql, channel)) return no_such_channel(channel);
        if (!user_exists(sql, user)) return no_such_user(user);
        put_role(sql, channel, user, role);
        return {};
    });
}

Result<void> SqlCatalog::set_extras(ChannelId channel, UserId user,
                                    const chat::Standing& standing) {
    if (auto fine = check_extras(standing); !fine) return fine;
    return database_->run("setting facts of a standing", [&](Session& sql) -> Result<void> {
        if (!channel_exists(sql, channel)) return no_such_channel(channel);
        if (!user_exists(sql, user)) return no_such_user(user);
        sql.change(
            "INSERT INTO standing_extras (channel_id, user_id, artist, bits, sub_gifts, "
            "custom_badges) VALUES (:channel, :user, :artist, :bits, :gifts, :badges) "
            "ON CONFLICT (channel_id, user_id) DO UPDATE SET artist = excluded.artist, "
            "bits = excluded.bits, sub_gifts = excluded.sub_gifts, "
            "custom_badges = excluded.custom_badges",
            number(channel), number(user), int{standing.artist},
            static_cast<long long>(standing.bits), static_cast<long long>(standing.sub_gifts),
            text_of(standing.custom_badges));
        return {};
    });
}

Result<void> SqlCatalog::set_subscription(ChannelId channel, UserId user, std::uint16_t tier,
                                          std::uint32_t months) {
    if (auto fine = check_subscription(tier, months); !fine) return fine;
    return database_->run("setting a subscription", [&](Session& sql) -> Result<void> {
        Transaction transaction(sql);
        // First, and as a change: from here to the commit nobody else counts this channel's
        // founders.
        if (sql.change("UPDATE channels SET title = title WHERE channel_id = :channel",
                       number(channel)) == 0)
            return no_such_channel(channel);
        if (!user_exists(sql, user)) return no_such_user(user);
        if (tier == 0) {
            sql.change("DELETE FROM subscriptions WHERE channel_id = :channel AND user_id = :user",
                       number(channel), number(user));
            transaction.commit();
            return {};
        }
        sql.change(
            "INSERT INTO subscriptions (channel_id, user_id, tier, months, founder) "
            "SELECT c.channel_id, CAST(:user AS BIGINT), CAST(:tier AS INTEGER), "
            "CAST(:months AS BIGINT), CASE WHEN (SELECT COUNT(*) FROM "
            "subscriptions f "
            "WHERE f.channel_id = c.channel_id AND f.founder = 1) < :founders THEN 1 ELSE 0 END "
            "FROM channels c WHERE c.channel_id = :channel "
            "ON CONFLICT (channel_id, user_id) DO UPDATE SET tier = excluded.tier, months = "
            "excluded.months",
            number(user), int{tier}, static_cast<long long>(months),
            static_cast<long long>(kFoundersPerChannel), number(channel));
        transaction.commit();
        return {};
    });
}

Result<void> SqlCatalog::set_founder(ChannelId channel, UserId user, bool founder) {
    return database_->run("setting a founder", [&](Session& sql) -> Result<void> {
        if (sql.change("UPDATE subscriptions SET founder = :founder "
                       "WHERE channel_id = :channel AND user_id = :user",
                       int{founder}, number(channel), number(user)) == 0)
            return no_such_subscription(channel, user);
        return {};
    });
}

}  // namespace clamor::store
