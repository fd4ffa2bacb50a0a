// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/catalog.h"

#include <chrono>
#include <thread>

#include <soci/sqlite3/soci-sqlite3.h>

#include "store/sql/catalog.h"
#include "store/sql/database.h"
#include "store/sql/migrations.h"
#include "store/sqlite/errors.h"

namespace clamor::store {
namespace {

constexpr std::chrono::milliseconds kAskAgain{5};

Fault classify(const soci::soci_error& error) {
    const auto* ours = dynamic_cast<const soci::sqlite3_soci_error*>(&error);
    return {code_of_sqlite(ours != nullptr ? ours->result() : SQLITE_IOERR)};
}

// Only under this name SQLite makes the key the table's own order and needs no index beside it.
constexpr Database::Engine kSqlite{
    .classify = &classify,
    .key_type = "INTEGER PRIMARY KEY",
    .find_version_table =
        "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'schema_version'",
    .lock_schema = {},
    .unlock_schema = {}};

/// Of those who open a new file together SQLite refuses some at once, whatever its busy timeout.
void use_wal(soci::session& sql, std::chrono::milliseconds patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    for (;; std::this_thread::sleep_for(kAskAgain)) {
        try {
            sql << "PRAGMA journal_mode = WAL";
            return;
        } catch (const soci::soci_error& error) {
            const bool over = std::chrono::steady_clock::now() >= deadline;
            if (over || !is_busy(classify(error).code)) throw;
        }
    }
}

Result<void> connect(Database& database, const SqliteCatalogOptions& options) {
    return database.run(
        fmt::format("opening {}", options.path), [&](Session& session) -> Result<void> {
            soci::session& sql = session.raw();
            sql.open(soci::sqlite3, fmt::format("db=\"{}\"", options.path));
            sql << fmt::format("PRAGMA busy_timeout = {}", options.busy_timeout.count());
            use_wal(sql, options.busy_timeout);
            sql << "PRAGMA synchronous = NORMAL";
            sql << "PRAGMA wal_autocheckpoint = 4000";
            sql << "PRAGMA foreign_keys = ON";
            return {};
        });
}

Result<std::unique_ptr<Database>> open_file(const SqliteCatalogOptions& options) {
    if (options.path.find('"') != std::string::npos) {
        return fail(std::errc::invalid_argument,
                    "the path of the catalog must not hold a quotation mark");
    }
    auto database = std::make_unique<Database>(kSqlite);
    if (auto done = connect(*database, options); !done) return tl::unexpected(done.error());
    if (auto done = migrate(*database, catalog_migrations()); !done)
        return tl::unexpected(done.error());
    return database;
}

}  // namespace

WallTime system_time() {
    const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
    return WallTime(std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch));
}

Result<std::shared_ptr<Database>> open_sqlite_database(const SqliteCatalogOptions& options) {
    auto database = open_file(options);
    if (!database) return tl::unexpected(database.error());
    return *std::move(database);
}

Result<std::unique_ptr<Catalog>> open_sqlite_catalog(const SqliteCatalogOptions& options) {
    auto database = open_file(options);
    if (!database) return tl::unexpected(database.error());
    return std::make_unique<SqlCatalog>(*std::move(database), options.clock);
}

}  // namespace clamor::store
