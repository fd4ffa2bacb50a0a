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

bool user_exists(soci::session& sql, UserId id) {
    return fetch_one<UserRow>(sql, kById, number(id)).has_value();
}

long long make_user(soci::session& sql, const std::string& login) {
    const long long id = next_number(sql, "user_id");
    change(sql,
           "INSERT INTO users (user_id, login, display_name) VALUES (:id, :login, :name) "
           "ON CONFLICT (login) DO NOTHING",
           id, login, login);
    long long found = 0;
    sql << "SELECT user_id FROM users WHERE login = :login", soci::use(login), soci::into(found);
    return found;
}

Result<std::optional<chat::User>> SqlCatalog::find_user(std::string_view login) {
    if (auto fine = check_login(login); !fine) return tl::unexpected(fine.error());
    return database_->run("looking up a user", [&](soci::session& sql) -> Result<std::optional<chat::User>> {
        return fetch_one<UserRow>(sql, kByLogin, std::string(login));
    });
}

Result<std::optional<chat::User>> SqlCatalog::find_user(UserId id) {
    return database_->run("looking up a user", [&](soci::session& sql) -> Result<std::optional<chat::User>> {
        return fetch_one<UserRow>(sql, kById, number(id));
    });
}

Result<chat::User> SqlCatalog::ensure_user(std::string_view login) {
    if (auto fine = check_login(login); !fine) return tl::unexpected(fine.error());
    const std::string name(login);
    return database_->run("making a user", [&](soci::session& sql) -> Result<chat::User> {
        if (auto user = fetch_one<UserRow>(sql, kByLogin, name)) return *std::move(user);
        soci::transaction transaction(sql);
        const long long id = make_user(sql, name);
        transaction.commit();
        return fetch_one<UserRow>(sql, kById, id).value();
    });
}

Result<void> SqlCatalog::update_user(const chat::User& user) {
    if (auto fine = check_user(user); !fine) return fine;
    return database_->run("changing a user", [&](soci::session& sql) -> Result<void> {
        const auto holder = fetch_one<UserRow>(sql, kByLogin, user.login);
        if (holder && holder->id != user.id) return login_taken(user.login);
        const auto changed = change(sql,
                                    "UPDATE users SET login = :login, display_name = :name, color = :color, "
                                    "verified_bot = :bot WHERE user_id = :id",
                                    user.login, user.display_name, user.color, int{user.verified_bot},
                                    number(user.id));
        if (changed == 0) return no_such_user(user.id);
        return {};
    });
}

Result<std::vector<chat::User>> SqlCatalog::list_users(UserId after, std::size_t limit) {
    return database_->run("listing users", [&](soci::session& sql) -> Result<std::vector<chat::User>> {
        return fetch_all<UserRow>(sql, kAfter, number(after), static_cast<long long>(limit));
    });
}

}  // namespace clamor::store
