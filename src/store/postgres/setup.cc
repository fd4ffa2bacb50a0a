// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/setup.h"

#include <algorithm>
#include <chrono>
#include <ctime>

#include <fmt/ranges.h>

#include "store/postgres/errors.h"
#include "store/sql/copy.h"
#include "store/sql/migrations.h"
#include "store/sql/rows.h"
#include "store/sql/tables.h"

namespace clamor::store {

// The number is nothing but ours.
const Database::Engine kPostgres{
    .classify = &classify_postgres,
    .key_type = "BIGINT PRIMARY KEY",
    .find_version_table =
        "SELECT COUNT(*) FROM pg_class WHERE relname = 'schema_version' AND "
        "pg_table_is_visible(oid)",
    .lock_schema = "SELECT pg_advisory_lock(7089336938131513954)",
    .unlock_schema = "SELECT pg_advisory_unlock(7089336938131513954)",
};

namespace {

constexpr std::chrono::seconds kMarksKept = std::chrono::hours(24);

struct TextRow {
    std::string text;
    void into(soci::statement& statement) { statement.exchange(soci::into(text)); }
    std::string value() const { return text; }
};

Result<void> check_server(Session& sql) {
    const auto encoding =
        sql.fetch_one<TextRow>("SELECT current_setting('server_encoding')").value();
    if (encoding != "UTF8") {
        return fail(std::errc::not_supported,
                    fmt::format("the database's encoding is {}; it must be UTF8: `createdb "
                                "--encoding=UTF8 --template=template0` makes such a one",
                                encoding));
    }
    const auto read_only =
        sql.fetch_one<TextRow>("SELECT current_setting('transaction_read_only')").value();
    if (read_only == "on") {
        return fail(std::errc::read_only_file_system,
                    "the server takes no changes: it is a standby, or the user may only read. With "
                    "several hosts in the URL, target_session_attrs=read-write finds the one that "
                    "does");
    }
    return {};
}

Result<void> check_import(Session& sql, Purpose purpose) {
    if (purpose == Purpose::import) {
        // Kept until the session ends.
        const auto locked = sql.fetch_one<NumberRow>(
            "SELECT CASE WHEN pg_try_advisory_lock(7089336938131513955) THEN 1 ELSE 0 END");
        if (locked == 1) return {};
        return fail(std::errc::device_or_resource_busy,
                    "another import into this database is running");
    }
    const auto unfinished = sql.fetch_one<NumberRow>(
        "SELECT CASE WHEN to_regclass(CAST(:name AS TEXT)) IS NULL THEN 0 ELSE 1 END",
        std::string(kCopyTable));
    if (unfinished == 0) return {};
    return fail(std::errc::operation_in_progress,
                "an import into this database is not finished: run the same `clamor import` again, "
                "or give an empty database");
}

/// Tables with our names beside no version of ours are another program's.
Result<void> check_owner(Session& sql) {
    std::vector<std::string> names;
    for (const Table& table : catalog_tables()) names.push_back(fmt::format("'{}'", table.name));
    const std::string visible =
        "SELECT CAST(relname AS TEXT) FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND "
        "pg_table_is_visible(oid) AND relname ";
    // Before the version: a migration makes both at once.
    const auto found = sql.fetch_all<TextRow>(
        fmt::format("{}IN ({}) ORDER BY relname", visible, fmt::join(names, ", ")));
    long long version = 0;
    if (sql.fetch_one<TextRow>(visible + "= 'schema_version'")) {
        const auto column = sql.fetch_one<NumberRow>(
            "SELECT COUNT(*) FROM pg_attribute WHERE attrelid = CAST('schema_version' AS regclass) "
            "AND attname = 'version' AND atttypid = CAST('bigint' AS regtype)");
        if (column == 0) {
            return fail(std::errc::not_supported,
                        "the database has a table 'schema_version' that is not clamor's; give "
                        "clamor a database of its own");
        }
        version = sql.fetch_one<NumberRow>("SELECT COALESCE(MAX(version), 0) FROM schema_version")
                      .value();
    }
    if (version == 0 && !found.empty()) {
        return fail(std::errc::not_supported,
                    fmt::format("the database has a table '{}' that is not clamor's; give clamor a "
                                "database of its own",
                                found.front()));
    }
    return {};
}

/// A backup that was brought back by half, or a hand that helped.
Result<void> check_columns(Session& sql, const Table& table) {
    const auto present = sql.fetch_all<TextRow>(
        "SELECT CAST(attname AS TEXT) FROM pg_attribute WHERE attrelid = to_regclass(:table) AND "
        "attnum > 0 AND NOT attisdropped",
        std::string(table.name));
    if (present.empty()) {
        return fail(std::errc::not_supported,
                    fmt::format("the table '{}' is missing although the schema's version says that "
                                "it is there; bring back a whole backup",
                                table.name));
    }
    for (const std::string_view column : table.columns) {
        if (std::ranges::find(present, column) != present.end()) continue;
        return fail(std::errc::not_supported,
                    fmt::format("the table '{}' has no column '{}' although the schema's version "
                                "says that it is there; bring back a whole backup",
                                table.name, column));
    }
    return {};
}

Result<void> check_rights(Session& sql, const Table& table) {
    for (const char* right : {"SELECT", "INSERT", "UPDATE", "DELETE"}) {
        const auto has = sql.fetch_one<NumberRow>(
            "SELECT CASE WHEN has_table_privilege(CAST(:table AS TEXT), CAST(:right AS TEXT)) THEN "
            "1 ELSE 0 END",
            std::string(table.name), std::string(right));
        if (has == 1) continue;
        const auto user = sql.fetch_one<TextRow>("SELECT CAST(current_user AS TEXT)").value();
        return fail(std::errc::permission_denied,
                    fmt::format("the user '{0}' may not {1} in the table '{2}': `GRANT SELECT, "
                                "INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {0}` "
                                "by its owner",
                                user, right, table.name));
    }
    return {};
}

}  // namespace

Result<void> set_up_postgres(Database& database, Purpose purpose) {
    auto fine = database.run("using the database", [&](Session& sql) -> Result<void> {
        if (auto server = check_server(sql); !server) return server;
        if (auto import = check_import(sql, purpose); !import) return import;
        return check_owner(sql);
    });
    if (!fine) return fine;
    if (auto migrated = migrate(database, catalog_migrations()); !migrated) {
        if (migrated.error().code != std::errc::permission_denied) return migrated;
        return fail(migrated.error().code,
                    migrated.error().detail +
                        "; the user needs to make tables: it owns the database, or its owner "
                        "says `GRANT USAGE, CREATE ON SCHEMA public TO` it");
    }
    return database.run("checking the schema", [](Session& sql) -> Result<void> {
        const auto check = [&](const Table& table) -> Result<void> {
            if (auto columns = check_columns(sql, table); !columns) return columns;
            return check_rights(sql, table);
        };
        for (const Table& table : catalog_tables()) {
            if (auto fine = check(table); !fine) return fine;
        }
        if (auto fine = check({"commit_marks", {"mark", "made_at"}, {"mark"}}); !fine) return fine;
        // Of connections that are long gone.
        sql.change("DELETE FROM commit_marks WHERE made_at < :before",
                   static_cast<long long>(std::time(nullptr)) - kMarksKept.count());
        return {};
    });
}

}  // namespace clamor::store
