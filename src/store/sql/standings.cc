// SPDX-License-Identifier: Apache-2.0
#include "store/checks.h"
#include "store/sql/catalog.h"
#include "store/sql/rows.h"

namespace clamor::store {
namespace {

/// Always one row: what is not kept is zero or empty.
constexpr const char* kStanding =
    "SELECT COALESCE((SELECT role FROM roles WHERE channel_id = :c1 AND user_id = :u1), ''), "
    "COALESCE((SELECT 1 FROM channels WHERE channel_id = :c2), 0), "
    "COALESCE(MAX(tier), 0), COALESCE(MAX(months), 0), COALESCE(MAX(founder), 0) "
    "FROM subscriptions WHERE channel_id = :c3 AND user_id = :u3";

struct StandingRow {
    std::string role;
    int channel_known = 0, tier = 0, founder = 0;
    long long months = 0;

    void into(soci::statement& statement) {
        statement.exchange(soci::into(role));
        statement.exchange(soci::into(channel_known));
        statement.exchange(soci::into(tier));
        statement.exchange(soci::into(months));
        statement.exchange(soci::into(founder));
    }
    StandingRow value() const { return *this; }
};

chat::Role role_of(const std::string& name) {
    if (name == "moderator") return chat::Role::moderator;
    if (name == "vip") return chat::Role::vip;
    return chat::Role::viewer;
}

}  // namespace

Result<chat::Standing> SqlCatalog::standing(ChannelId channel, UserId user) {
    return database_->run("looking up a standing", [&](Session& sql) -> Result<chat::Standing> {
        const long long c = number(channel);
        const long long u = number(user);
        const StandingRow row = sql.fetch_one<StandingRow>(kStanding, c, u, c, c, u).value();
        chat::Standing standing{.role = role_of(row.role),
                                .subscriber_months = static_cast<std::uint32_t>(row.months),
                                .subscriber_tier = static_cast<std::uint16_t>(row.tier),
                                .founder = row.founder != 0};
        if (row.channel_known != 0 && c == u) standing.role = chat::Role::broadcaster;
        return standing;
    });
}

Result<void> SqlCatalog::set_role(ChannelId channel, UserId user, chat::Role role) {
    if (auto fine = check_role(channel, user, role); !fine) return fine;
    return database_->run("setting a role", [&](Session& sql) -> Result<void> {
        if (!channel_exists(sql, channel)) return no_such_channel(channel);
        if (!user_exists(sql, user)) return no_such_user(user);
        if (role == chat::Role::viewer) {
            sql.change("DELETE FROM roles WHERE channel_id = :channel AND user_id = :user",
                       number(channel), number(user));
            return {};
        }
        const std::string name = role == chat::Role::moderator ? "moderator" : "vip";
        sql.change(
            "INSERT INTO roles (channel_id, user_id, role) VALUES (:channel, :user, :role) "
            "ON CONFLICT (channel_id, user_id) DO UPDATE SET role = excluded.role",
            number(channel), number(user), name);
        return {};
    });
}

Result<void> SqlCatalog::set_subscription(ChannelId channel, UserId user, std::uint16_t tier,
                                          std::uint32_t months) {
    if (auto fine = check_subscription(tier, months); !fine) return fine;
    return database_->run("setting a subscription", [&](Session& sql) -> Result<void> {
        if (!channel_exists(sql, channel)) return no_such_channel(channel);
        if (!user_exists(sql, user)) return no_such_user(user);
        if (tier == 0) {
            sql.change("DELETE FROM subscriptions WHERE channel_id = :channel AND user_id = :user",
                       number(channel), number(user));
            return {};
        }
        sql.change(
            "INSERT INTO subscriptions (channel_id, user_id, tier, months, founder) "
            "SELECT c.channel_id, :user, :tier, :months, CASE WHEN (SELECT COUNT(*) FROM "
            "subscriptions f "
            "WHERE f.channel_id = c.channel_id AND f.founder = 1) < :founders THEN 1 ELSE 0 END "
            "FROM channels c WHERE c.channel_id = :channel "
            "ON CONFLICT (channel_id, user_id) DO UPDATE SET tier = excluded.tier, months = "
            "excluded.months",
            number(user), int{tier}, static_cast<long long>(months),
            static_cast<long long>(kFoundersPerChannel), number(channel));
        return {};
    });
}

}  // namespace clamor::store
