// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "store/checks.h"
#include "store/fact_changes.h"
#include "store/moderation_checks.h"
#include "store/sql/catalog.h"
#include "store/sql/rows.h"

namespace clamor::store {
namespace {

struct BanRow {
    long long channel = 0, user = 0, moderator = 0, created_at = 0, expires_at = 0;
    std::string reason;

    void into(soci::statement& statement) {
        statement.exchange(soci::into(channel));
        statement.exchange(soci::into(user));
        statement.exchange(soci::into(moderator));
        statement.exchange(soci::into(reason));
        statement.exchange(soci::into(created_at));
        statement.exchange(soci::into(expires_at));
    }
    Ban value() const {
        return {.channel = id_of<ChannelId>(channel),
                .user = id_of<UserId>(user),
                .moderator = id_of<UserId>(moderator),
                .reason = reason,
                .created_at = wall_from_unix_ms(created_at),
                .expires_at = time_of(expires_at)};
    }
};

struct ShieldRow {
    int active = 0;
    long long moderator = 0, activated_at = 0;

    void into(soci::statement& statement) {
        statement.exchange(soci::into(active));
        statement.exchange(soci::into(moderator));
        statement.exchange(soci::into(activated_at));
    }
    ShieldMode value() const {
        return {.active = active != 0,
                .moderator = id_of<UserId>(moderator),
                .activated_at = time_of(activated_at)};
    }
};

struct PinRow {
    std::string message;
    long long moderator = 0, starts_at = 0, ends_at = 0, updated_at = 0;

    void into(soci::statement& statement) {
        statement.exchange(soci::into(message));
        statement.exchange(soci::into(moderator));
        statement.exchange(soci::into(starts_at));
        statement.exchange(soci::into(ends_at));
        statement.exchange(soci::into(updated_at));
    }
    PinnedMessage value() const {
        return {.message = MessageId::parse(message).value_or(MessageId()),
                .moderator = id_of<UserId>(moderator),
                .starts_at = wall_from_unix_ms(starts_at),
                .ends_at = time_of(ends_at),
                .updated_at = wall_from_unix_ms(updated_at)};
    }
};

struct AutoModRow {
    int overall = 0;
    std::array<int, 8> categories{};
    std::string rules;
    long long version = 0;

    void into(soci::statement& statement) {
        statement.exchange(soci::into(overall));
        for (int& level : categories) statement.exchange(soci::into(level));
        statement.exchange(soci::into(rules));
        statement.exchange(soci::into(version));
    }
    AutoModSettings value() const {
        AutoModSettings settings;
        settings.overall_level = std::nullopt;
        if (overall >= 0) settings.overall_level = static_cast<std::uint8_t>(overall);
        std::ranges::transform(categories, settings.categories.begin(),
                               [](int level) { return static_cast<std::uint8_t>(level); });
        settings.rules = rules;
        settings.version = static_cast<std::uint64_t>(version);
        return settings;
    }
};

struct SuspiciousRow {
    long long user = 0, moderator = 0, updated_at = 0;
    std::string suspicion;

    void into(soci::statement& statement) {
        statement.exchange(soci::into(user));
        statement.exchange(soci::into(moderator));
        statement.exchange(soci::into(suspicion));
        statement.exchange(soci::into(updated_at));
    }
    SuspiciousUser value() const {
        return {.user = id_of<UserId>(user),
                .moderator = id_of<UserId>(moderator),
                .suspicion = suspicion == "monitored" ? chat::Suspicion::monitored
                                                      : chat::Suspicion::restricted,
                .updated_at = wall_from_unix_ms(updated_at)};
    }
};

std::string select_bans(const char* condition) {
    return fmt::format(
        "SELECT channel_id, user_id, COALESCE(moderator_id, 0), reason, created_at, "
        "COALESCE(expires_at, 9223372036854775807) FROM bans WHERE channel_id = :channel AND "
        "(expires_at IS NULL OR expires_at > :now) AND {}",
        condition);
}

const std::string kBan = select_bans("user_id = :user");
const std::string kBans = select_bans("user_id > :after ORDER BY user_id LIMIT :limit");
const std::string kRoleHolders = fmt::format(
    "SELECT {} FROM roles r JOIN users u ON u.user_id = r.user_id "
    "WHERE r.channel_id = :channel AND r.role = :role AND r.user_id > :after "
    "ORDER BY r.user_id LIMIT :limit",
    UserRow::kColumns);
const std::string kModerated = fmt::format(
    "SELECT {} FROM roles r JOIN users u ON u.user_id = r.channel_id "
    "WHERE r.user_id = :moderator AND r.role = 'moderator' AND r.channel_id > :after "
    "ORDER BY r.channel_id LIMIT :limit",
    UserRow::kColumns);
const std::string kShield =
    "SELECT active, COALESCE(moderator_id, 0), COALESCE(activated_at, 9223372036854775807) "
    "FROM shields WHERE channel_id = :channel";
const std::string kPin =
    "SELECT message_id, COALESCE(moderator_id, 0), starts_at, "
    "COALESCE(ends_at, 9223372036854775807), updated_at FROM pins WHERE channel_id = :channel AND "
    "(ends_at IS NULL OR ends_at > :now)";
const std::string kAutoMod =
    "SELECT COALESCE(overall_level, -1), aggression, bullying, disability, misogyny, race, "
    "sex_terms, sexuality, swearing, rules, version FROM automod_settings WHERE channel_id = "
    ":channel";
const std::string kSuspicious =
    "SELECT user_id, COALESCE(moderator_id, 0), suspicion, updated_at FROM suspicious_users "
    "WHERE channel_id = :channel AND user_id = :user";

}  // namespace

Result<std::optional<Ban>> SqlCatalog::find_ban(ChannelId channel, UserId user, WallTime now) {
    return database_->run("looking up a ban", [&](Session& sql) -> Result<std::optional<Ban>> {
        return sql.fetch_one<BanRow>(kBan, number(channel), number(now), number(user));
    });
}

Result<std::vector<Ban>> SqlCatalog::list_bans(ChannelId channel, WallTime now, UserId after,
                                               std::size_t limit) {
    return database_->run("listing bans", [&](Session& sql) -> Result<std::vector<Ban>> {
        return sql.fetch_all<BanRow>(kBans, number(channel), number(now), number(after),
                                     static_cast<long long>(limit));
    });
}

Result<std::vector<chat::User>> SqlCatalog::list_role(ChannelId channel, chat::Role role,
                                                      UserId after, std::size_t limit) {
    if (auto fine = check_listed_role(role); !fine) return tl::unexpected(fine.error());
    return database_->run("listing a role", [&](Session& sql) -> Result<std::vector<chat::User>> {
        return sql.fetch_all<UserRow>(kRoleHolders, number(channel), std::string(name_of(role)),
                                      number(after), static_cast<long long>(limit));
    });
}

Result<std::vector<chat::User>> SqlCatalog::list_moderated(UserId moderator, UserId after,
                                                           std::size_t limit) {
    return database_->run(
        "listing moderated channels", [&](Session& sql) -> Result<std::vector<chat::User>> {
            return sql.fetch_all<UserRow>(kModerated, number(moderator), number(after),
                                          static_cast<long long>(limit));
        });
}

Result<ShieldMode> SqlCatalog::shield_mode(ChannelId channel) {
    return database_->run("looking up the shield mode", [&](Session& sql) -> Result<ShieldMode> {
        return sql.fetch_one<ShieldRow>(kShield, number(channel)).value_or(ShieldMode());
    });
}

Result<std::optional<PinnedMessage>> SqlCatalog::find_pin(ChannelId channel, WallTime now) {
    return database_->run("looking up a pin",
                          [&](Session& sql) -> Result<std::optional<PinnedMessage>> {
                              return sql.fetch_one<PinRow>(kPin, number(channel), number(now));
                          });
}

Result<AutoModSettings> SqlCatalog::automod_settings(ChannelId channel) {
    return database_->run(
        "looking up AutoMod's settings", [&](Session& sql) -> Result<AutoModSettings> {
            return sql.fetch_one<AutoModRow>(kAutoMod, number(channel)).value_or(AutoModSettings());
        });
}

Result<std::optional<SuspiciousUser>> SqlCatalog::find_suspicious(ChannelId channel, UserId user) {
    return database_->run(
        "looking up a suspicious user", [&](Session& sql) -> Result<std::optional<SuspiciousUser>> {
            return sql.fetch_one<SuspiciousRow>(kSuspicious, number(channel), number(user));
        });
}

}  // namespace clamor::store
