// SPDX-License-Identifier: Apache-2.0
#include "store/checks.h"
#include "store/sql/catalog.h"
#include "store/sql/rows.h"

namespace clamor::store {
namespace {

std::string select_user(const char* condition) {
    return fmt::format("SELECT {} FROM users u WHERE {}", UserRow::kColumns, condition);
}

const std::string kByLogin = select_user("u.login = :login");
const std::string kById = select_user("u.user_id = :id");
const std::string kAfter = select_user("u.user_id > :after ORDER BY u.user_id LIMIT :limit");

}  // namespace

void UserRow::into(soci::statement& statement) {
    statement.exchange(soci::into(id));
    statement.exchange(soci::into(login));
    statement.exchange(soci::into(display_name));
    statement.exchange(soci::into(color));
    statement.exchange(soci::into(verified_bot));
}

chat::User UserRow::value() const {
    return {.id = UserId(static_cast<std::uint64_t>(id)),
            .login = login,
            .display_name = display_name,
            .color = color,
            .verified_bot = verified_bot != 0};
}

bool user_exists(Session& sql, UserId id) {
    return sql.fetch_one<UserRow>(kById, number(id)).has_value();
}

long long next_number(Session& sql, const std::string& name) {
    // Two statements cost SQLite less than one with RETURNING, for which it makes a table.
    sql.change("UPDATE counters SET value = value + 1 WHERE name = :name", name);
    return sql.fetch_one<NumberRow>("SELECT value FROM counters WHERE name = :name", name).value();
}

chat::User make_user(Session& sql, const std::string& login) {
    const long long id = next_number(sql, "user_id");
    const auto added = sql.change(
        "INSERT INTO users (user_id, login, display_name) VALUES (:id, :login, :name) ON CONFLICT "
        "(login) DO NOTHING",
        id, login, login);
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

Result<chat::User> SqlCatalog::ensure_user(std::string_view login) {
    if (auto fine = check_login(login); !fine) return tl::unexpected(fine.error());
    const std::string name(login);
    return database_->run("making a user", [&](Session& sql) -> Result<chat::User> {
        if (auto user = sql.fetch_one<UserRow>(kByLogin, name)) return *std::move(user);
        soci::transaction transaction(sql.raw());
        const chat::User user = make_user(sql, name);
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
            "verified_bot = :bot WHERE user_id = :id",
            user.login, user.display_name, user.color, int{user.verified_bot}, number(user.id));
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
