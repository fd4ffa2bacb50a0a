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

// No end of a time is NULL, and nobody in particular, too. The audit log refers to nothing: it
// tells of whom and what may be gone.
constexpr std::string_view kModeration = R"sql(
INSERT INTO counters (name, value) VALUES ('audit_id', 0);
ALTER TABLE users ADD COLUMN account_type VARCHAR(16) NOT NULL DEFAULT 'ordinary'
    CHECK (account_type IN ('ordinary', 'global_mod', 'admin', 'staff'));
ALTER TABLE users ADD COLUMN turbo INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN prime INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN partner INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN created_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tokens ADD COLUMN client_id TEXT NOT NULL DEFAULT '';
CREATE INDEX roles_by_role ON roles (channel_id, role, user_id);
CREATE INDEX roles_by_user ON roles (user_id, role, channel_id);
CREATE TABLE bans (
    channel_id BIGINT NOT NULL REFERENCES channels (channel_id),
    user_id BIGINT NOT NULL REFERENCES users (user_id),
    moderator_id BIGINT REFERENCES users (user_id),
    reason TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    PRIMARY KEY (channel_id, user_id)
);
CREATE INDEX bans_by_end ON bans (channel_id, expires_at) WHERE expires_at IS NOT NULL;
CREATE TABLE warnings (
    channel_id BIGINT NOT NULL REFERENCES channels (channel_id),
    user_id BIGINT NOT NULL REFERENCES users (user_id),
    moderator_id BIGINT REFERENCES users (user_id),
    reason TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (channel_id, user_id)
);
CREATE TABLE suspicious_users (
    channel_id BIGINT NOT NULL REFERENCES channels (channel_id),
    user_id BIGINT NOT NULL REFERENCES users (user_id),
    moderator_id BIGINT REFERENCES users (user_id),
    suspicion VARCHAR(16) NOT NULL CHECK (suspicion IN ('monitored', 'restricted')),
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (channel_id, user_id)
);
CREATE TABLE terms (
    channel_id BIGINT NOT NULL REFERENCES channels (channel_id),
    term_id UUID NOT NULL,
    moderator_id BIGINT REFERENCES users (user_id),
    term TEXT NOT NULL,
    permitted INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    expires_at BIGINT,
    PRIMARY KEY (channel_id, term_id)
);
CREATE INDEX terms_by_use ON terms (channel_id, permitted, term_id);
CREATE TABLE unban_requests (
    channel_id BIGINT NOT NULL REFERENCES channels (channel_id),
    request_id UUID NOT NULL,
    user_id BIGINT NOT NULL REFERENCES users (user_id),
    request TEXT NOT NULL,
    status VARCHAR(16) NOT NULL
        CHECK (status IN ('pending', 'approved', 'denied', 'acknowledged', 'canceled')),
    created_at BIGINT NOT NULL,
    resolved_at BIGINT,
    moderator_id BIGINT REFERENCES users (user_id),
    resolution TEXT NOT NULL,
    PRIMARY KEY (channel_id, request_id)
);
CREATE INDEX unban_requests_by_status ON unban_requests (channel_id, status, request_id);
CREATE INDEX unban_requests_by_user ON unban_requests (channel_id, user_id, request_id);
CREATE TABLE shields (
    channel_id BIGINT PRIMARY KEY REFERENCES channels (channel_id),
    active INTEGER NOT NULL,
    moderator_id BIGINT REFERENCES users (user_id),
    activated_at BIGINT
);
CREATE TABLE pins (
    channel_id BIGINT PRIMARY KEY REFERENCES channels (channel_id),
    message_id UUID NOT NULL,
    moderator_id BIGINT REFERENCES users (user_id),
    starts_at BIGINT NOT NULL,
    ends_at BIGINT,
    updated_at BIGINT NOT NULL
);
CREATE TABLE automod_settings (
    channel_id BIGINT PRIMARY KEY REFERENCES channels (channel_id),
    overall_level INTEGER,
    aggression INTEGER NOT NULL,
    bullying INTEGER NOT NULL,
    disability INTEGER NOT NULL,
    misogyny INTEGER NOT NULL,
    race INTEGER NOT NULL,
    sex_terms INTEGER NOT NULL,
    sexuality INTEGER NOT NULL,
    swearing INTEGER NOT NULL
);
CREATE TABLE audit_log (
    audit_id BIGINT PRIMARY KEY,
    channel_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    actor_id BIGINT NOT NULL,
    action TEXT NOT NULL,
    target_id BIGINT NOT NULL,
    state_before TEXT NOT NULL,
    state_after TEXT NOT NULL,
    reason TEXT NOT NULL,
    origin TEXT NOT NULL,
    batch TEXT NOT NULL
);
CREATE INDEX audit_log_by_channel ON audit_log (channel_id, audit_id);
CREATE INDEX audit_log_by_batch ON audit_log (channel_id, batch, audit_id) WHERE batch <> '';
CREATE TABLE profiles (
    user_id BIGINT PRIMARY KEY REFERENCES users (user_id),
    description TEXT NOT NULL,
    profile_image_url TEXT NOT NULL,
    offline_image_url TEXT NOT NULL,
    email TEXT NOT NULL,
    broadcaster_type VARCHAR(16) NOT NULL
);
CREATE TABLE follows (
    channel_id BIGINT NOT NULL REFERENCES channels (channel_id),
    user_id BIGINT NOT NULL REFERENCES users (user_id),
    since BIGINT NOT NULL,
    PRIMARY KEY (channel_id, user_id)
);
CREATE INDEX follows_by_user ON follows (user_id, channel_id);
CREATE TABLE blocks (
    user_id BIGINT NOT NULL REFERENCES users (user_id),
    blocked_id BIGINT NOT NULL REFERENCES users (user_id),
    PRIMARY KEY (user_id, blocked_id)
);
CREATE TABLE standing_extras (
    channel_id BIGINT NOT NULL REFERENCES channels (channel_id),
    user_id BIGINT NOT NULL REFERENCES users (user_id),
    artist INTEGER NOT NULL,
    bits BIGINT NOT NULL,
    sub_gifts BIGINT NOT NULL,
    custom_badges TEXT NOT NULL,
    PRIMARY KEY (channel_id, user_id)
)
)sql";

// Callers are not in `users` for sure: a webhook whose owner is gone ends when it is looked at.
constexpr std::string_view kWebhooks = R"sql(
CREATE TABLE webhooks (
    webhook_id CHAR(36) PRIMARY KEY,
    type VARCHAR(64) NOT NULL,
    version BIGINT NOT NULL,
    concerns TEXT NOT NULL,
    callback TEXT NOT NULL,
    secret TEXT NOT NULL,
    verified INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    cost BIGINT NOT NULL,
    owner_id BIGINT NOT NULL,
    client_id TEXT NOT NULL,
    token_hash TEXT NOT NULL,
    token_kept INTEGER NOT NULL,
    token_expires_at BIGINT,
    may_read_email INTEGER NOT NULL
)
)sql";

// Of tokens that are in no table, and for other servers on this catalog. A user of 0 is none.
constexpr std::string_view kRevocations = R"sql(
INSERT INTO counters (name, value) VALUES ('revocation_id', 0);
CREATE TABLE revocations (
    revocation_id BIGINT PRIMARY KEY,
    token_hash CHAR(64) NOT NULL UNIQUE,
    user_id BIGINT NOT NULL,
    kept_until BIGINT NOT NULL
);
CREATE INDEX revocations_by_end ON revocations (kept_until)
)sql";

// The events of held messages are bytes: written in hexadecimal digits, which every engine keeps as
// they are.
constexpr std::string_view kAutoMod = R"sql(
ALTER TABLE automod_settings ADD COLUMN rules TEXT NOT NULL DEFAULT '';
ALTER TABLE automod_settings ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE terms ADD COLUMN is_private INTEGER NOT NULL DEFAULT 0;
ALTER TABLE terms ADD COLUMN shadow INTEGER NOT NULL DEFAULT 0;
ALTER TABLE terms ADD COLUMN holds INTEGER NOT NULL DEFAULT 0;
ALTER TABLE terms ADD COLUMN list TEXT NOT NULL DEFAULT '';
CREATE TABLE held_messages (
    message_id UUID PRIMARY KEY,
    channel_id BIGINT NOT NULL REFERENCES channels (channel_id),
    author_id BIGINT NOT NULL REFERENCES users (user_id),
    event TEXT NOT NULL,
    held_at BIGINT NOT NULL,
    status VARCHAR(16) NOT NULL CHECK (status IN ('pending', 'approved', 'denied', 'expired')),
    moderator_id BIGINT REFERENCES users (user_id),
    decided_at BIGINT
);
CREATE INDEX held_messages_by_status ON held_messages (channel_id, status, message_id);
CREATE INDEX held_messages_pending ON held_messages (channel_id) WHERE status = 'pending';
CREATE INDEX held_messages_by_age ON held_messages (held_at);
CREATE TABLE automod_verdicts (
    channel_id BIGINT NOT NULL,
    message_id UUID NOT NULL,
    author_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    action INTEGER NOT NULL CHECK (action IN (0, 1, 2)),
    message TEXT NOT NULL,
    findings TEXT NOT NULL,
    PRIMARY KEY (channel_id, message_id)
);
CREATE INDEX automod_verdicts_by_age ON automod_verdicts (at)
)sql";

constexpr std::string_view kRaidTrips = R"sql(
CREATE TABLE raid_trips (
    channel_id BIGINT PRIMARY KEY REFERENCES channels (channel_id),
    batch TEXT NOT NULL,
    at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    shadow INTEGER NOT NULL,
    ended INTEGER NOT NULL,
    details TEXT NOT NULL
);
CREATE INDEX raid_trips_in_force ON raid_trips (channel_id) WHERE ended = 0
)sql";

// Of signed tokens, which are in no table; the columns are those of tokens.
constexpr std::string_view kTokenGrants = R"sql(
CREATE TABLE token_grants (
    token_hash CHAR(64) PRIMARY KEY,
    user_id BIGINT NOT NULL REFERENCES users (user_id),
    scopes TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    label TEXT NOT NULL,
    client_id TEXT NOT NULL
);
CREATE INDEX token_grants_by_user ON token_grants (user_id);
CREATE INDEX token_grants_by_end ON token_grants (expires_at) WHERE expires_at IS NOT NULL
)sql";

constexpr std::string_view kChatDelay = R"sql(
ALTER TABLE channels ADD COLUMN delay_seconds BIGINT NOT NULL DEFAULT 0
)sql";

// A row for each channel that takes part.
constexpr std::string_view kSharedChats = R"sql(
CREATE TABLE shared_chats (
    channel_id BIGINT PRIMARY KEY REFERENCES channels (channel_id),
    session_id CHAR(36) NOT NULL,
    host_id BIGINT NOT NULL REFERENCES users (user_id),
    place INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX shared_chats_by_session ON shared_chats (session_id)
)sql";

constexpr std::string_view kWhisperThreads = R"sql(
CREATE TABLE whisper_threads (
    user_id BIGINT NOT NULL REFERENCES users (user_id),
    other_id BIGINT NOT NULL REFERENCES users (user_id),
    whispers BIGINT NOT NULL,
    PRIMARY KEY (user_id, other_id)
)
)sql";

// Of PostgreSQL alone: store/postgres/session.cc. No part of what is backed up or moved.
constexpr std::string_view kCommitMarks = R"sql(
CREATE TABLE commit_marks (
    mark CHAR(36) PRIMARY KEY,
    made_at BIGINT NOT NULL
)
)sql";

constexpr std::string_view kUndos = R"sql(
CREATE INDEX audit_log_undos ON audit_log (channel_id, at) WHERE action = 'undo'
)sql";

constexpr std::array kMigrations{
    Migration{"users, channels, tokens, emotes and badges", kFirstSchema},
    Migration{"moderation, follows, blocks and profiles", kModeration},
    Migration{"webhooks", kWebhooks},
    Migration{"revoked tokens", kRevocations},
    Migration{"what AutoMod holds and finds", kAutoMod},
    Migration{"what the raid breaker does", kRaidTrips},
    Migration{"what signed tokens grant", kTokenGrants},
    Migration{"the delay of chat", kChatDelay},
    Migration{"shared chat", kSharedChats},
    Migration{"how many whispers there were", kWhisperThreads},
    Migration{"what a lost connection has written", kCommitMarks},
    Migration{"which acts were undone", kUndos},
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
    Transaction transaction(sql);
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

/// The engine's lock of the schema, where it has one.
class SchemaLock {
  public:
    SchemaLock(Session& sql, const Database::Engine& engine) : sql_(sql), engine_(engine) {
        if (!engine_.lock_schema.empty()) sql_.raw() << std::string(engine_.lock_schema);
    }
    ~SchemaLock() {
        if (engine_.unlock_schema.empty()) return;
        try {
            sql_.raw() << std::string(engine_.unlock_schema);
        } catch (const std::exception&) {
            // The lock ends with the session.
        }
    }
    SchemaLock(const SchemaLock&) = delete;
    SchemaLock& operator=(const SchemaLock&) = delete;

  private:
    Session& sql_;
    const Database::Engine& engine_;
};

}  // namespace

std::span<const Migration> catalog_migrations() {
    return kMigrations;
}

Result<void> migrate(Database& database, std::span<const Migration> migrations) {
    return database.run("bringing the schema up to date", [&](Session& sql) -> Result<void> {
        const SchemaLock lock(sql, database.engine());
        // Not asked for where it is there: that takes the right to make tables, too.
        if (sql.fetch_one<NumberRow>(std::string(database.engine().find_version_table)) == 0) {
            sql.raw() << "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT PRIMARY KEY)";
        }
        const bool is_new = stored_version(sql) == 0;
        for (std::size_t version = stored_version(sql); version < migrations.size();
             version = stored_version(sql)) {
            const Migration& next = migrations[version];
            // Making the schema where there was none is no news.
            if (take_step(sql, version + 1, next, database.engine().key_type) && !is_new) {
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
