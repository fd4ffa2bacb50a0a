// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "store/checks.h"
#include "store/moderation_checks.h"
#include "store/sql/catalog.h"
#include "store/sql/rows.h"

namespace clamor::store {
namespace {

struct ProfileRow {
    std::string description, profile_image_url, offline_image_url, email, broadcaster_type;
    long long created_at = 0;

    void into(soci::statement& statement) {
        statement.exchange(soci::into(description));
        statement.exchange(soci::into(profile_image_url));
        statement.exchange(soci::into(offline_image_url));
        statement.exchange(soci::into(email));
        statement.exchange(soci::into(broadcaster_type));
        statement.exchange(soci::into(created_at));
    }
    Profile value() const {
        return {.description = description,
                .profile_image_url = profile_image_url,
                .offline_image_url = offline_image_url,
                .email = email,
                .broadcaster_type = broadcaster_type,
                .created_at = wall_from_unix_ms(created_at)};
    }
};

struct FollowRow {
    long long since = 0;
    UserRow user;

    void into(soci::statement& statement) {
        statement.exchange(soci::into(since));
        user.into(statement);
    }
    Follow value() const { return {user.value(), wall_from_unix_ms(since)}; }
};

const std::string kProfile =
    "SELECT COALESCE(p.description, ''), COALESCE(p.profile_image_url, ''), "
    "COALESCE(p.offline_image_url, ''), COALESCE(p.email, ''), COALESCE(p.broadcaster_type, ''), "
    "u.created_at FROM users u LEFT JOIN profiles p ON p.user_id = u.user_id "
    "WHERE u.user_id = :user";
const std::string kFollowers = fmt::format(
    "SELECT f.since, {} FROM follows f JOIN users u ON u.user_id = f.user_id "
    "WHERE f.channel_id = :channel AND f.user_id > :after "
    "ORDER BY f.user_id LIMIT :limit",
    UserRow::kColumns);
const std::string kFollowed = fmt::format(
    "SELECT f.since, {} FROM follows f JOIN users u ON u.user_id = f.channel_id "
    "WHERE f.user_id = :user AND f.channel_id > :after "
    "ORDER BY f.channel_id LIMIT :limit",
    UserRow::kColumns);
const std::string kBlocks = fmt::format(
    "SELECT {} FROM blocks b JOIN users u ON u.user_id = b.blocked_id "
    "WHERE b.user_id = :user AND b.blocked_id > :after "
    "ORDER BY b.blocked_id LIMIT :limit",
    UserRow::kColumns);

}  // namespace

Result<Profile> SqlCatalog::profile(UserId user) {
    return database_->run("looking up a profile", [&](Session& sql) -> Result<Profile> {
        auto profile = sql.fetch_one<ProfileRow>(kProfile, number(user));
        if (!profile) return no_such_user(user);
        return *std::move(profile);
    });
}

Result<void> SqlCatalog::update_profile(UserId user, const Profile& profile) {
    if (auto fine = check_profile(profile); !fine) return fine;
    return database_->run("changing a profile", [&](Session& sql) -> Result<void> {
        Transaction transaction(sql);
        if (sql.change("UPDATE users SET created_at = :created WHERE user_id = :user",
                       number(profile.created_at), number(user)) == 0)
            return no_such_user(user);
        sql.change(
            "INSERT INTO profiles (user_id, description, profile_image_url, offline_image_url, "
            "email, broadcaster_type) VALUES (:user, :description, :image, :offline, :email, "
            ":type) ON CONFLICT (user_id) DO UPDATE SET description = excluded.description, "
            "profile_image_url = excluded.profile_image_url, "
            "offline_image_url = excluded.offline_image_url, email = excluded.email, "
            "broadcaster_type = excluded.broadcaster_type",
            number(user), profile.description, profile.profile_image_url, profile.offline_image_url,
            profile.email, profile.broadcaster_type);
        transaction.commit();
        return {};
    });
}

Result<bool> SqlCatalog::set_follow(ChannelId channel, UserId user, std::optional<WallTime> since) {
    return database_->run("setting a follow", [&](Session& sql) -> Result<bool> {
        if (!channel_exists(sql, channel)) return no_such_channel(channel);
        if (!user_exists(sql, user)) return no_such_user(user);
        if (!since) {
            sql.change("DELETE FROM follows WHERE channel_id = :channel AND user_id = :user",
                       number(channel), number(user));
            return false;
        }
        // Of two at the same time one inserts.
        if (sql.change("INSERT INTO follows (channel_id, user_id, since) "
                       "VALUES (:channel, :user, :since) "
                       "ON CONFLICT (channel_id, user_id) DO NOTHING",
                       number(channel), number(user), number(*since)) != 0)
            return true;
        sql.change(
            "UPDATE follows SET since = :since WHERE channel_id = :channel AND user_id = :user",
            number(*since), number(channel), number(user));
        return false;
    });
}

Result<std::vector<Follow>> SqlCatalog::list_followers(ChannelId channel, UserId after,
                                                       std::size_t limit) {
    return database_->run("listing followers", [&](Session& sql) -> Result<std::vector<Follow>> {
        return sql.fetch_all<FollowRow>(kFollowers, number(channel), number(after),
                                        static_cast<long long>(limit));
    });
}

Result<std::vector<Follow>> SqlCatalog::list_followed(UserId user, UserId after,
                                                      std::size_t limit) {
    return database_->run(
        "listing followed channels", [&](Session& sql) -> Result<std::vector<Follow>> {
            return sql.fetch_all<FollowRow>(kFollowed, number(user), number(after),
                                            static_cast<long long>(limit));
        });
}

Result<std::uint64_t> SqlCatalog::count_followers(ChannelId channel) {
    return database_->run("counting followers", [&](Session& sql) -> Result<std::uint64_t> {
        return static_cast<std::uint64_t>(
            sql.fetch_one<NumberRow>("SELECT COUNT(*) FROM follows WHERE channel_id = :channel",
                                     number(channel))
                .value());
    });
}

Result<std::uint64_t> SqlCatalog::count_followed(UserId user) {
    return database_->run("counting followed channels", [&](Session& sql) -> Result<std::uint64_t> {
        return static_cast<std::uint64_t>(
            sql.fetch_one<NumberRow>("SELECT COUNT(*) FROM follows WHERE user_id = :user",
                                     number(user))
                .value());
    });
}

Result<void> SqlCatalog::set_block(UserId user, UserId blocked, bool on) {
    return database_->run("setting a block", [&](Session& sql) -> Result<void> {
        for (const UserId id : {user, blocked}) {
            if (!user_exists(sql, id)) return no_such_user(id);
        }
        if (on) {
            sql.change(
                "INSERT INTO blocks (user_id, blocked_id) VALUES (:user, :blocked) "
                "ON CONFLICT (user_id, blocked_id) DO NOTHING",
                number(user), number(blocked));
        } else {
            sql.change("DELETE FROM blocks WHERE user_id = :user AND blocked_id = :blocked",
                       number(user), number(blocked));
        }
        return {};
    });
}

Result<bool> SqlCatalog::has_block(UserId user, UserId blocked) {
    return database_->run("looking up a block", [&](Session& sql) -> Result<bool> {
        return sql
            .fetch_one<NumberRow>(
                "SELECT 1 FROM blocks WHERE user_id = :user AND blocked_id = :blocked",
                number(user), number(blocked))
            .has_value();
    });
}

Result<std::uint64_t> SqlCatalog::count_whisper(UserId from, UserId to) {
    return database_->run("counting a whisper", [&](Session& sql) -> Result<std::uint64_t> {
        Transaction transaction(sql);
        for (const UserId user : {from, to}) {
            if (!user_exists(sql, user)) return no_such_user(user);
        }
        const auto [least, most] = std::minmax(from, to);
        sql.change(
            "INSERT INTO whisper_threads (user_id, other_id, whispers) VALUES (:least, :most, 1) "
            "ON CONFLICT (user_id, other_id) DO UPDATE SET whispers = whisper_threads.whispers + 1",
            number(least), number(most));
        const auto counted = sql.fetch_one<NumberRow>(
            "SELECT whispers FROM whisper_threads WHERE user_id = :least AND other_id = :most",
            number(least), number(most));
        transaction.commit();
        return static_cast<std::uint64_t>(counted.value());
    });
}

Result<std::vector<chat::User>> SqlCatalog::list_blocks(UserId user, UserId after,
                                                        std::size_t limit) {
    return database_->run("listing blocks", [&](Session& sql) -> Result<std::vector<chat::User>> {
        return sql.fetch_all<UserRow>(kBlocks, number(user), number(after),
                                      static_cast<long long>(limit));
    });
}

}  // namespace clamor::store
