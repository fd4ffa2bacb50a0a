// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "store/checks.h"
#include "store/moderation_checks.h"
#include "store/sql/catalog.h"
#include "store/sql/many.h"
#include "store/sql/rows.h"

namespace clamor::store {
namespace {

constexpr std::array<std::string_view, 4> kTypeNames{"ordinary", "global_mod", "admin", "staff"};

std::string select_user(const char* condition) {
    return fmt::format("SELECT {} FROM users u WHERE {}", UserRow::kColumns, condition);
}

const std::string kByLogin = select_user("u.login = :login");
const std::string kById = select_user("u.user_id = :id");
const std::string kByIds = select_user("u.user_id");
const std::string kByLogins = select_user("u.login");
const std::string kAfter = select_user("u.user_id > :after ORDER BY u.user_id LIMIT :limit");

}  // namespace

void UserRow::into(soci::statement& statement) {
    statement.exchange(soci::into(id));
    statement.exchange(soci::into(login));
    statement.exchange(soci::into(display_name));
    statement.exchange(soci::into(color));
    statement.exchange(soci::into(verified_bot));
    statement.exchange(soci::into(account_type));
    statement.exchange(soci::into(turbo));
    statement.exchange(soci::into(prime));
    statement.exchange(soci::into(partner));
}

chat::User UserRow::value() const {
    const auto type = std::ranges::find(kTypeNames, account_type) - kTypeNames.begin();
    return {.id = id_of<UserId>(id),
            .login = login,
            .display_name = display_name,
            .color = color,
            .verified_bot = verified_bot != 0,
            .type = static_cast<chat::AccountType>(type),
            .turbo = turbo != 0,
            .prime = prime != 0,
            .partner = partner != 0};
}

bool user_exists(Session& sql, UserId id) {
    static const std::string kExists = "SELECT 1 FROM users WHERE user_id = :id";
    return sql.fetch_one<NumberRow>(kExists, number(id)).has_value();
}

long long next_number(Session& sql, const std::string& name, long long count) {
    // Two statements cost SQLite less than one with RETURNING, for which it makes a table.
    sql.change("UPDATE counters SET value = value + :count WHERE name = :name", count, name);
    return sql.fetch_one<NumberRow>("SELECT value FROM counters WHERE name = :name", name).value();
}

chat::User make_user(Session& sql, const std::string& login, WallTime now) {
    const long long id = next_number(sql, "user_id");
    const auto added = sql.change(
        "INSERT INTO users (user_id, login, display_name, created_at) VALUES (:id, :login, :name, "
        ":now) ON CONFLICT (login) DO NOTHING",
        id, login, login, number(now));
    if (added == 0) return sql.fetch_one<UserRow>(kByLogin, login).value();
    chat::User user;
    user.id = UserId(static_cast<std::uint64_t>(id));
    user.login = user.display_name = login;
    return user;
}

Result<std::optional<chat::User>> SqlCatalog::find_user(std::string_view login) {
    if (auto fine = check_login(login); !fine) return tl::unexpected(fine.error());
    return database_->run("looking up a user",
                          [&](Session& sql) -> Result<std::optional<chat::User>> {
                              return sql.fetch_one<UserRow>(kByLogin, std::string(login));
                          });
}

Result<std::optional<chat::User>> SqlCatalog::find_user(UserId id) {
    return database_->run("looking up a user",
                          [&](Session& sql) -> Result<std::optional<chat::User>> {
                              return sql.fetch_one<UserRow>(kById, number(id));
                          });
}

Result<std::vector<chat::User>> SqlCatalog::find_users(std::span<const UserId> ids,
                                                       std::span<const std::string> logins) {
    if (auto fine = check_asked_users(ids, logins); !fine) return tl::unexpected(fine.error());
    return database_->run("looking up users", [&](Session& sql) -> Result<std::vector<chat::User>> {
        Cells wanted;
        for (const UserId id : ids) wanted.push_back(cell(id));
        auto users = fetch_in<UserRow>(sql, kByIds, wanted);
        wanted.assign(logins.begin(), logins.end());
        for (chat::User& user : fetch_in<UserRow>(sql, kByLogins, wanted))
            users.push_back(std::move(user));
        std::ranges::sort(users, {}, &chat::User::id);
        const auto same = [](const chat::User& a, const chat::User& b) { return a.id == b.id; };
        users.erase(std::unique(users.begin(), users.end(), same), users.end());
        return users;
    });
}

Result<chat::User> SqlCatalog::ensure_user(std::string_view login) {
    if (auto fine = check_new_login(login); !fine) return tl::unexpected(fine.error());
    const std::string name(login);
    return database_->run("making a user", [&](Session& sql) -> Result<chat::User> {
        if (auto user = sql.fetch_one<UserRow>(kByLogin, name)) return *std::move(user);
        Transaction transaction(sql);
        const chat::User user = make_user(sql, name, clock_());
        transaction.commit();
        return user;
    });
}

Result<void> SqlCatalog::update_user(const chat::User& user) {
    if (auto fine = check_user(user); !fine) return fine;
    return database_->run("changing a user", [&](Session& sql) -> Result<void> {
        const auto holder = sql.fetch_one<UserRow>(kByLogin, user.login);
        if (holder && holder->id != user.id) return login_taken(user.login);
        const auto changed = sql.change(
            "UPDATE users SET login = :login, display_name = :name, color = :color, "
            "verified_bot = :bot, account_type = :type, turbo = :turbo, prime = :prime, "
            "partner = :partner WHERE user_id = :id",
            user.login, user.display_name, user.color, int{user.verified_bot},
            std::string(kTypeNames[static_cast<std::size_t>(user.type)]), int{user.turbo},
            int{user.prime}, int{user.partner}, number(user.id));
        if (changed == 0) return no_such_user(user.id);
        return {};
    });
}

Result<std::vector<chat::User>> SqlCatalog::list_users(UserId after, std::size_t limit) {
    return database_->run("listing users", [&](Session& sql) -> Result<std::vector<chat::User>> {
        return sql.fetch_all<UserRow>(kAfter, number(after), static_cast<long long>(limit));
    });
}

}  // namespace clamor::store
