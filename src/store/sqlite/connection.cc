// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/connection.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include "base/check.h"
#include "store/sqlite/errors.h"

namespace clamor::store {
namespace {

tl::unexpected<Error> fail_sqlite(sqlite3* database, std::string_view doing) {
    return fail(code_of_sqlite(sqlite3_extended_errcode(database)),
                fmt::format("{} failed ({}, SQLite code {})", doing, sqlite3_errmsg(database),
                            sqlite3_extended_errcode(database)));
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
    sqlite3_finalize(statement);
}

void Connection::Close::operator()(sqlite3* database) const {
    sqlite3_close_v2(database);
}

void Statement::bind(int parameter, std::int64_t value) {
    const int result = sqlite3_bind_int64(statement_.get(), parameter, value);
    CLAMOR_CHECK(result == SQLITE_OK, "a parameter that the statement does not have");
}

void Statement::bind(int parameter, std::string_view bytes) {
    // A null pointer would bind NULL.
    const char* data = bytes.data() != nullptr ? bytes.data() : "";
    const int result =
        sqlite3_bind_blob64(statement_.get(), parameter, data, bytes.size(), SQLITE_STATIC);
    CLAMOR_CHECK(result == SQLITE_OK || result == SQLITE_TOOBIG,
                 "a parameter that the statement does not have");
}

Result<bool> Statement::step() {
    const int result = sqlite3_step(statement_.get());
    if (result == SQLITE_ROW) return true;
    if (result == SQLITE_DONE) {
        reset();
        return false;
    }
    auto error =
        fail_sqlite(sqlite3_db_handle(statement_.get()), "reading or writing the message log");
    reset();
    return error;
}

void Statement::reset() {
    sqlite3_reset(statement_.get());
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(statement_.get(), column);
}

std::string_view Statement::bytes(int column) const {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
    if (data == nullptr) return {};
    return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

Result<Connection> Connection::open(const std::string& path, Mode mode,
                                    std::chrono::milliseconds busy_timeout) {
    Connection connection;
    sqlite3* database = nullptr;
    // Each connection is used by one thread at a time, so SQLite needs no locks of its own.
    const int flags = SQLITE_OPEN_NOMUTEX |
                      (mode == Mode::read_only ? SQLITE_OPEN_READONLY
                                               : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    const int result = sqlite3_open_v2(path.c_str(), &database, flags, nullptr);
    connection.database_.reset(database);
    if (result != SQLITE_OK) {
        return fail(code_of_sqlite(result),
                    fmt::format("opening {} failed ({})", path, sqlite3_errstr(result)));
    }
    sqlite3_busy_timeout(database, static_cast<int>(busy_timeout.count()));
    return connection;
}

Result<void> Connection::execute(const char* statements) {
    if (sqlite3_exec(database_.get(), statements, nullptr, nullptr, nullptr) != SQLITE_OK) {
        return fail_sqlite(database_.get(), "using the message log");
    }
    return {};
}

Result<Statement> Connection::prepare(std::string_view text) {
    Statement statement;
    sqlite3_stmt* prepared = nullptr;
    const int result =
        sqlite3_prepare_v3(database_.get(), text.data(), static_cast<int>(text.size()),
                           SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
    statement.statement_.reset(prepared);
    if (result != SQLITE_OK)
        return fail_sqlite(database_.get(), "preparing a statement of the message log");
    return statement;
}

int Connection::changes() const {
    return sqlite3_changes(database_.get());
}

bool Connection::in_transaction() const {
    return sqlite3_get_autocommit(database_.get()) == 0;
}

void Connection::roll_back() {
    // SQLite has rolled back by itself after some errors; then there is nothing to end.
    if (in_transaction()) sqlite3_exec(database_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

}  // namespace clamor::store
