// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "store/catalog.h"
#include "store/sql/database.h"

/// What the subjects of the SQL catalog share. Numbers cross SOCI as `long long`, which every engine knows.
namespace clamor::store {

template <class Tag>
long long number(StrongId<Tag> id) {
    return static_cast<long long>(id.value);
}

/// A column list, the place that a row of it is fetched to, and what becomes of it.
struct UserRow {
    static constexpr const char* kColumns = "u.user_id, u.login, u.display_name, u.color, u.verified_bot";
    long long id = 0;
    std::string login, display_name, color;
    int verified_bot = 0;

    void into(soci::statement& statement);
    chat::User value() const;
};

struct ChannelRow {
    static constexpr const char* kColumns =
        "c.channel_id, u.login, u.display_name, c.title, c.emote_only, c.followers_only_minutes, c.unique_chat, "
        "c.slow_seconds, c.subscribers_only";
    long long id = 0;
    std::string login, display_name, title;
    int emote_only = 0, followers_only_minutes = 0, unique_chat = 0, subscribers_only = 0;
    long long slow_seconds = 0;

    void into(soci::statement& statement);
    Channel value() const;
};

/// Runs a query with the given parameters and collects its rows.
template <class Row, class... Parameters>
auto fetch_all(soci::session& sql, const std::string& query, const Parameters&... parameters) {
    Row row;
    soci::statement statement(sql);
    (statement.exchange(soci::use(parameters)), ...);
    row.into(statement);
    statement.alloc();
    statement.prepare(query);
    statement.define_and_bind();
    statement.execute();
    std::vector<decltype(row.value())> values;
    while (statement.fetch()) values.push_back(row.value());
    return values;
}

/// The same for a query that finds one row at most.
template <class Row, class... Parameters>
auto fetch_one(soci::session& sql, const std::string& query, const Parameters&... parameters) {
    auto values = fetch_all<Row>(sql, query, parameters...);
    using Value = typename decltype(values)::value_type;
    return values.empty() ? std::optional<Value>() : std::optional<Value>(std::move(values.front()));
}

/// How many rows a statement that changes something changed.
template <class... Parameters>
long long change(soci::session& sql, const std::string& query, const Parameters&... parameters) {
    soci::statement statement(sql);
    (statement.exchange(soci::use(parameters)), ...);
    statement.alloc();
    statement.prepare(query);
    statement.define_and_bind();
    statement.execute(true);
    return statement.get_affected_rows();
}

bool user_exists(soci::session& sql, UserId id);
bool channel_exists(soci::session& sql, ChannelId id);

/// The account's id, made where there is none. Inside a transaction that has read nothing yet.
long long make_user(soci::session& sql, const std::string& login);

}  // namespace clamor::store
