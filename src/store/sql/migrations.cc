// SPDX-License-Identifier: Apache-2.0
#include "store/sql/migrations.h"

#include <array>
#include <string>

#include "base/log.h"
#include "store/sql/database.h"
#include "store/sql/rows.h"

namespace clamor::store {
namespace {

constexpr std::string_view kFirstSchema = R"sql(
CREATE TABLE counters (
    name VARCHAR(32) PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO counters (name, value) VALUES ('user_id', 999), ('epoch', 0);
CREATE TABLE users (
    user_id BIGINT PRIMARY KEY,
    login VARCHAR(25) NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    color VARCHAR(7) NOT NULL DEFAULT '',
    verified_bot INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE channels (
    channel_id BIGINT PRIMARY KEY REFERENCES users (user_id),
    title TEXT NOT NULL DEFAULT '',
    emote_only INTEGER NOT NULL DEFAULT 0,
    followers_only_minutes INTEGER NOT NULL DEFAULT -1,
    unique_chat INTEGER NOT NULL DEFAULT 0,
    slow_seconds BIGINT NOT NULL DEFAULT 0,
    subscribers_only INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE roles (
    channel_id BIGINT NOT NULL REFERENCES channels (channel_id),
    user_id BIGINT NOT NULL REFERENCES users (user_id),
    role VARCHAR(16) NOT NULL CHECK (role IN ('vip', 'moderator')),
    PRIMARY KEY (channel_id, user_id)
);
CREATE TABLE subscriptions (
    channel_id BIGINT NOT NULL REFERENCES channels (channel_id),
    user_id BIGINT NOT NULL REFERENCES users (user_id),
    tier INTEGER NOT NULL CHECK (tier IN (1, 2, 3)),
    months BIGINT NOT NULL,
    founder INTEGER NOT NULL,
    PRIMARY KEY (channel_id, user_id)
);
CREATE TABLE tokens (
    token_hash CHAR(64) PRIMARY KEY,
    user_id BIGINT REFERENCES users (user_id),
    scopes TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    label TEXT NOT NULL
);
CREATE INDEX tokens_by_user ON tokens (user_id);
CREATE TABLE emotes (
    emote_id UUID PRIMARY KEY,
    code VARCHAR(50) NOT NULL UNIQUE,
    emote_type VARCHAR(8) NOT NULL CHECK (emote_type IN ('global', 'channel', 'bits')),
    channel_id BIGINT REFERENCES channels (channel_id),
    tier_required INTEGER CHECK (tier_required IN (1, 2, 3)),
    image_url TEXT NOT NULL,
    image_url_2x TEXT NOT NULL,
    image_url_4x TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX emotes_by_code ON emotes (code);
CREATE INDEX emotes_by_channel ON emotes (channel_id);
CREATE TABLE user_emote_access (
    user_id BIGINT NOT NULL REFERENCES users (user_id),
    emote_id UUID NOT NULL REFERENCES emotes (emote_id) ON DELETE CASCADE,
    granted_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, emote_id)
);
CREATE INDEX user_emote_access_by_emote ON user_emote_access (emote_id);
CREATE TABLE badges (
    channel_id BIGINT NOT NULL,
    name VARCHAR(64) NOT NULL,
    version VARCHAR(64) NOT NULL,
    title TEXT NOT NULL,
    image_url TEXT NOT NULL,
    image_url_2x TEXT NOT NULL,
    image_url_4x TEXT NOT NULL,
    PRIMARY KEY (channel_id, name, version)
)
)sql";

constexpr std::array kMigrations{
    Migration{"users, channels, tokens, emotes and badges", kFirstSchema},
};

std::size_t stored_version(Session& sql) {
    return static_cast<std::size_t>(
        sql.fetch_one<NumberRow>("SELECT COALESCE(MAX(version), 0) FROM schema_version").value());
}

/// The migrations' own spelling of a numeric primary key.
constexpr std::string_view kKey = "BIGINT PRIMARY KEY";

void run_statements(Session& sql, std::string_view statements, std::string_view key_type) {
    while (!statements.empty()) {
        const auto end = statements.find(";\n");
        std::string statement(statements.substr(0, end));
        for (auto at = statement.find(kKey); at != std::string::npos;
             at = statement.find(kKey, at)) {
            statement.replace(at, kKey.size(), key_type);
            at += key_type.size();
        }
        sql.raw() << statement;
        statements =
            end == std::string_view::npos ? std::string_view() : statements.substr(end + 2);
    }
}

/// False when another process took the step first.
bool take_step(Session& sql, std::size_t version, const Migration& migration,
               std::string_view key_type) {
    soci::transaction transaction(sql.raw());
    // Inserting comes first: it takes the lock under which nobody else can take the same step.
    const auto number = static_cast<long long>(version);
    if (sql.change("INSERT INTO schema_version (version) VALUES (:version) ON CONFLICT (version) "
                   "DO NOTHING",
                   number) == 0) {
        return false;
    }
    run_statements(sql, migration.statements, key_type);
    transaction.commit();
    return true;
}

}  // namespace

std::span<const Migration> catalog_migrations() {
    return kMigrations;
}

Result<void> migrate(Database& database, std::span<const Migration> migrations) {
    return database.run("bringing the schema up to date", [&](Session& sql) -> Result<void> {
        sql.raw() << "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT PRIMARY KEY)";
        for (std::size_t version = stored_version(sql); version < migrations.size();
             version = stored_version(sql)) {
            const Migration& next = migrations[version];
            // Making the schema where there was none is no news.
            if (take_step(sql, version + 1, next, database.engine().key_type) && version > 0) {
                log::info("the catalog's schema was brought forward",
                          {{"version", version + 1}, {"adds", next.subject}});
            }
        }
        const std::size_t version = stored_version(sql);
        if (version > migrations.size()) {
            return fail(
                std::errc::not_supported,
                fmt::format(
                    "the catalog has schema version {} and this program knows versions up to {}: "
                    "a newer clamor wrote it, run that one",
                    version, migrations.size()));
        }
        return {};
    });
}

}  // namespace clamor::store
