// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <optional>
#include <span>
#include <string>

#include "store/catalog.h"
#include "store/sql/database.h"

/// What the subjects of the SQL catalog share. Numbers cross SOCI as `long long`, which every
/// engine knows.
namespace clamor::store {

template <class Tag>
long long number(StrongId<Tag> id) {
    return static_cast<long long>(id.value);
}

template <class Id>
Id id_of(long long number) {
    return Id(static_cast<std::uint64_t>(number));
}

inline long long number(WallTime time) {
    return unix_ms(time);
}

/// A time that may be missing is NULL in a table and this number in a row and a parameter:
/// `NULLIF(:end, 9223372036854775807)`, `COALESCE(end, 9223372036854775807)`.
inline constexpr long long kNoTime = std::numeric_limits<long long>::max();

inline long long number(std::optional<WallTime> time) {
    return time ? unix_ms(*time) : kNoTime;
}

inline std::optional<WallTime> time_of(long long number) {
    return number == kNoTime ? std::nullopt : std::optional(wall_from_unix_ms(number));
}

template <class T>
Cell cell(const T& value) {
    return std::to_string(number(value));
}

/// A column list, the place that a row of it is fetched to, and what becomes of it.
struct UserRow {
    static constexpr const char* kColumns =
        "u.user_id, u.login, u.display_name, u.color, u.verified_bot, u.account_type, u.turbo, "
        "u.prime, u.partner";
    long long id = 0;
    std::string login, display_name, color, account_type;
    int verified_bot = 0, turbo = 0, prime = 0, partner = 0;

    void into(soci::statement& statement);
    chat::User value() const;
};

struct NumberRow {
    long long number = 0;

    void into(soci::statement& statement) { statement.exchange(soci::into(number)); }
    long long value() const { return number; }
};

struct ChannelRow {
    static constexpr const char* kColumns =
        "c.channel_id, u.login, u.display_name, c.title, c.emote_only, c.followers_only_minutes, "
        "c.unique_chat, "
        "c.slow_seconds, c.subscribers_only, c.delay_seconds";
    long long id = 0;
    std::string login, display_name, title;
    int emote_only = 0, followers_only_minutes = 0, unique_chat = 0, subscribers_only = 0;
    long long slow_seconds = 0, delay_seconds = 0;

    void into(soci::statement& statement);
    Channel value() const;
};

bool user_exists(Session& sql, UserId id);
bool channel_exists(Session& sql, ChannelId id);

/// Counts the row of `counters` up by `count` and gives its new value. Inside a transaction only,
/// and first in it: it takes the write lock, which SQLite refuses to one that has read before
/// another process wrote.
long long next_number(Session& sql, const std::string& name, long long count = 1);

/// Makes the account; when another process was faster, finds it. First in a transaction.
chat::User make_user(Session& sql, const std::string& login, WallTime now);

/// viewer takes the role away.
void put_role(Session& sql, ChannelId channel, UserId user, chat::Role role);
const char* name_of(UnbanRequestStatus status);

/// Writes the entries under the ids that end with `last_id`.
void write_audit(Session& sql, std::span<const AuditEntry> entries, long long last_id);

}  // namespace clamor::store
