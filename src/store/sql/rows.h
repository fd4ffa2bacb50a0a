// SPDX-License-Identifier: Apache-2.0
#pragma once

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

/// A column list, the place that a row of it is fetched to, and what becomes of it.
struct UserRow {
    static constexpr const char* kColumns =
        "u.user_id, u.login, u.display_name, u.color, u.verified_bot";
    long long id = 0;
    std::string login, display_name, color;
    int verified_bot = 0;

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
        "c.slow_seconds, c.subscribers_only";
    long long id = 0;
    std::string login, display_name, title;
    int emote_only = 0, followers_only_minutes = 0, unique_chat = 0, subscribers_only = 0;
    long long slow_seconds = 0;

    void into(soci::statement& statement);
    Channel value() const;
};

bool user_exists(Session& sql, UserId id);
bool channel_exists(Session& sql, ChannelId id);

/// Counts the row of `counters` up and gives its new value. Inside a transaction only, and first in
/// it: it takes the write lock, which SQLite refuses to one that has read before another process
/// wrote.
long long next_number(Session& sql, const std::string& name);

/// Makes the account; when another process was faster, finds it. First in a transaction.
chat::User make_user(Session& sql, const std::string& login);

}  // namespace clamor::store
