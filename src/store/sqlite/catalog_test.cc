// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/catalog.h"

#include <array>
#include <fstream>
#include <thread>
#include <vector>

#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include "store/sql/database.h"
#include "store/sql/migrations.h"
#include "store/sql/tables.h"
#include "store/sqlite/backup.h"
#include "store/sqlite/temp_folder.h"

namespace clamor::store {
namespace {

Fault any_error(const soci::soci_error&) {
    return {std::make_error_code(std::errc::io_error)};
}

constexpr Database::Engine kEngine{
    .classify = &any_error,
    .key_type = "INTEGER PRIMARY KEY",
    .find_version_table =
        "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'schema_version'",
    .lock_schema = {},
    .unlock_schema = {}};

Result<void> open_database(Database& database, const std::string& path) {
    return database.run("opening", [&](Session& sql) -> Result<void> {
        sql.raw().open(soci::sqlite3, "db=" + path);
        return {};
    });
}

/// What `column` of the first row of `table` holds.
Result<std::string> peek(Database& database, const std::string& column, const std::string& table) {
    return database.run("peeking", [&](Session& sql) -> Result<std::string> {
        std::string value;
        sql.raw() << "SELECT " + column + " FROM " + table, soci::into(value);
        return value;
    });
}

constexpr Migration kFirst{
    "things",
    "CREATE TABLE things (name TEXT NOT NULL);\nINSERT INTO things (name) VALUES ('old')"};
constexpr Migration kSecond{"colours",
                            "ALTER TABLE things ADD COLUMN color TEXT NOT NULL DEFAULT "
                            "'red';\nUPDATE things SET name = 'new'"};
constexpr Migration kBroken{
    "nothing", "UPDATE things SET name = 'broken';\nINSERT INTO no_such_table VALUES (1)"};

TEST(Migrations, BringAnOlderSchemaForwardAndKeepItsRows) {
    const TempFolder folder;
    Database database(kEngine);
    ASSERT_TRUE(open_database(database, folder.file("a.db")));
    ASSERT_TRUE(migrate(database, std::array{kFirst}));
    EXPECT_EQ(peek(database, "name", "things").value(), "old");
    ASSERT_TRUE(migrate(database, std::array{kFirst, kSecond}));
    EXPECT_EQ(peek(database, "name || color", "things").value(), "newred");
    ASSERT_TRUE(migrate(database, std::array{kFirst, kSecond}));
    EXPECT_EQ(peek(database, "COUNT(*) || ''", "things").value(), "1");
}

TEST(Migrations, LeaveTheSchemaAsItWasWhenAStepFails) {
    const TempFolder folder;
    Database database(kEngine);
    ASSERT_TRUE(open_database(database, folder.file("a.db")));
    ASSERT_TRUE(migrate(database, std::array{kFirst}));
    EXPECT_FALSE(migrate(database, std::array{kFirst, kBroken}));
    EXPECT_EQ(peek(database, "name", "things").value(), "old");
    EXPECT_TRUE(migrate(database, std::array{kFirst, kSecond}));
    EXPECT_EQ(peek(database, "name", "things").value(), "new");
}

TEST(Migrations, LeaveTheTablesThatAreWrittenDownForImports) {
    const TempFolder folder;
    Database database(kEngine);
    ASSERT_TRUE(open_database(database, folder.file("a.db")));
    ASSERT_TRUE(migrate(database, catalog_migrations()));
    for (const Table& table : catalog_tables()) {
        const std::string name(table.name);
        const std::string info = "pragma_table_info('" + name + "')";
        EXPECT_EQ(peek(database, "group_concat(name)", info).value(),
                  fmt::format("{}", fmt::join(table.columns, ",")))
            << name;
        EXPECT_EQ(peek(database, "group_concat(name)",
                       "(SELECT name FROM " + info + " WHERE pk > 0 ORDER BY pk)")
                      .value(),
                  fmt::format("{}", fmt::join(table.key, ",")))
            << name;
    }
    EXPECT_EQ(
        peek(
            database, "COUNT(*) || ''",
            "sqlite_master WHERE type = 'table' AND name NOT IN ('schema_version', 'commit_marks')")
            .value(),
        std::to_string(catalog_tables().size()));
}

TEST(SqliteBackup, IsTheFileAsItWasAndNeedsAPlace) {
    const TempFolder folder;
    const std::string path = folder.file("catalog.db");
    const auto catalog = open_sqlite_catalog({.path = path}).value();
    ASSERT_TRUE(catalog->ensure_channel("alice"));
    ASSERT_TRUE(back_up_sqlite(path, folder.file("copy.db")));
    ASSERT_TRUE(catalog->ensure_channel("bob"));
    const auto copy = open_sqlite_catalog({.path = folder.file("copy.db")}).value();
    EXPECT_TRUE(copy->find_channel("alice").value());
    EXPECT_FALSE(copy->find_channel("bob").value());
    EXPECT_FALSE(back_up_sqlite(folder.file("none.db"), folder.file("copy2.db")));
    const auto refused = back_up_sqlite(path, folder.file("no/such/folder.db"));
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().detail, testing::HasSubstr("no/such/folder.db"));
}

TEST(SqliteCatalog, BringsAFileOfTheFirstVersionForward) {
    const TempFolder folder;
    const std::string path = folder.file("catalog.db");
    {
        Database database(kEngine);
        ASSERT_TRUE(open_database(database, path));
        ASSERT_TRUE(migrate(database, catalog_migrations().first(1)));
        ASSERT_TRUE(database.run("filling", [](Session& sql) -> Result<void> {
            sql.raw() << "INSERT INTO users (user_id, login, display_name, color) "
                         "VALUES (1000, 'alice', 'Alice', '#0D4200')";
            sql.raw() << "INSERT INTO channels (channel_id, title) VALUES (1000, 'Hello')";
            sql.raw() << "INSERT INTO roles (channel_id, user_id, role) VALUES (1000, 1000, 'vip')";
            sql.raw() << "UPDATE counters SET value = 1000 WHERE name = 'user_id'";
            return {};
        }));
    }
    const auto catalog =
        open_sqlite_catalog({.path = path, .clock = [] { return wall_from_unix_ms(7); }}).value();
    const auto alice = catalog->find_user("alice").value().value();
    EXPECT_EQ(alice.display_name, "Alice");
    EXPECT_EQ(alice.type, chat::AccountType::ordinary);
    EXPECT_EQ(catalog->profile(alice.id).value().created_at, WallTime());
    const auto bob = catalog->ensure_user("bob").value();
    EXPECT_EQ(bob.id, UserId{1001});
    EXPECT_EQ(catalog->profile(bob.id).value().created_at, wall_from_unix_ms(7));
    const std::vector<Change> ban{change::PutBan{{.channel = ChannelId{1000}, .user = bob.id}}};
    EXPECT_TRUE(catalog->apply(ban, {}));
    EXPECT_EQ(catalog->find_channel("alice").value()->title, "Hello");
}

TEST(SqliteCatalog, GivesANewAccountTheTimeOfTheSystem) {
    const TempFolder folder;
    const auto catalog = open_sqlite_catalog({.path = folder.file("catalog.db")}).value();
    const auto alice = catalog->ensure_user("alice").value();
    EXPECT_GT(catalog->profile(alice.id).value().created_at, wall_from_unix_ms(1700000000000));
}

TEST(SqliteCatalog, ForgetsTimeoutsThatEndedBeforeTheNextBan) {
    const TempFolder folder;
    const std::string path = folder.file("catalog.db");
    const auto catalog = open_sqlite_catalog({.path = path}).value();
    const auto lobby = catalog->ensure_channel("lobby").value().id;
    const auto bob = catalog->ensure_user("bob").value().id;
    const auto carol = catalog->ensure_user("carol").value().id;
    const auto ban = [&](UserId user, std::int64_t from, std::int64_t to) {
        const std::vector<Change> changes{change::PutBan{{.channel = lobby,
                                                          .user = user,
                                                          .created_at = wall_from_unix_ms(from),
                                                          .expires_at = wall_from_unix_ms(to)}}};
        ASSERT_TRUE(catalog->apply(changes, {}));
    };
    ban(bob, 1, 10);
    ban(carol, 9, 20);
    EXPECT_TRUE(catalog->standing(lobby, bob).value().banned_until);
    ban(carol, 10, 20);
    EXPECT_FALSE(catalog->standing(lobby, bob).value().banned_until);
    EXPECT_TRUE(catalog->standing(lobby, carol).value().banned_until);
}

TEST(SqliteCatalog, AppliesModerationBesideAnotherThatHasTheSameFileOpen) {
    const TempFolder folder;
    const std::string path = folder.file("catalog.db");
    const auto first = open_sqlite_catalog({.path = path}).value();
    const auto lobby = first->ensure_channel("lobby").value().id;
    constexpr int kWriters = 3;
    constexpr int kRounds = 50;
    std::array<std::thread, kWriters> writers;
    for (auto& writer : writers) {
        writer = std::thread([&] {
            const auto catalog = open_sqlite_catalog({.path = path}).value();
            const std::vector<Change> changes{
                change::PutBan{{.channel = lobby, .user = UserId{lobby.value}}}};
            const std::vector<AuditEntry> audit{{.channel = lobby, .action = "ban"},
                                                {.channel = lobby, .action = "ban"}};
            for (int i = 0; i < kRounds; ++i) {
                const auto applied = catalog->apply(changes, audit);
                ASSERT_TRUE(applied) << applied.error().to_string();
            }
        });
    }
    for (auto& writer : writers) writer.join();
    const auto entries = first->list_audit(lobby, 0, "", 1000).value();
    ASSERT_EQ(entries.size(), std::size_t{2 * kWriters * kRounds});
    EXPECT_EQ(entries.front().id, entries.size());
}

TEST(SqliteCatalog, RefusesASchemaOfANewerProgramAndLeavesItAlone) {
    const TempFolder folder;
    const std::string path = folder.file("catalog.db");
    ASSERT_TRUE(open_sqlite_catalog({.path = path}));
    {
        Database database(kEngine);
        ASSERT_TRUE(open_database(database, path));
        ASSERT_TRUE(database.run("ageing", [](Session& sql) -> Result<void> {
            sql.raw() << "INSERT INTO schema_version (version) VALUES (99)";
            return {};
        }));
    }
    const auto refused = open_sqlite_catalog({.path = path});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, std::errc::not_supported);
    EXPECT_THAT(refused.error().detail, testing::HasSubstr("version 99"));
}

TEST(SqliteCatalog, KeepsEverythingOverARestart) {
    const TempFolder folder;
    const std::string path = folder.file("catalog.db");
    const auto made = open_sqlite_catalog({.path = path}).value()->ensure_channel("alice").value();
    EXPECT_EQ(open_sqlite_catalog({.path = path}).value()->next_epoch().value(), 1u);
    const auto catalog = open_sqlite_catalog({.path = path}).value();
    EXPECT_EQ(catalog->find_channel("alice").value()->id, made.id);
    EXPECT_EQ(catalog->next_epoch().value(), 2u);
    EXPECT_EQ(catalog->ensure_user("bob").value().id.value, made.id.value + 1);
}

TEST(SqliteCatalog, WorksBesideAnotherThatHasTheSameFileOpen) {
    const TempFolder folder;
    const std::string path = folder.file("catalog.db");
    constexpr int kCatalogs = 3;
    std::array<std::unique_ptr<Catalog>, kCatalogs> catalogs;
    std::array<std::thread, kCatalogs> threads;
    for (int t = 0; t < kCatalogs; ++t) {
        threads[t] = std::thread([&catalog = catalogs[t], &path] {
            auto opened = open_sqlite_catalog({.path = path});
            ASSERT_TRUE(opened) << opened.error().to_string();
            catalog = std::move(*opened);
            for (int i = 0; i < 20; ++i) {
                const auto made = catalog->ensure_channel("c" + std::to_string(i));
                ASSERT_TRUE(made) << made.error().to_string();
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(catalogs[0]->list_channels({}, 100).value().size(), 20u);
}

TEST(SqliteCatalog, SaysWhatIsWrongWithAFileThatItCannotUse) {
    const TempFolder folder;
    EXPECT_FALSE(open_sqlite_catalog({.path = folder.file("no/such/folder.db")}));
    EXPECT_EQ(open_sqlite_catalog({.path = "a\"b"}).error().code, std::errc::invalid_argument);
    std::ofstream(folder.file("text.db"))
        << "this is no database, and it is long enough to be looked at";
    const auto text = open_sqlite_catalog({.path = folder.file("text.db")});
    ASSERT_FALSE(text);
    EXPECT_THAT(text.error().detail, testing::HasSubstr("not a database"));
    EXPECT_THAT(text.error().detail, testing::HasSubstr("text.db"));
}

TEST(SqliteCatalog, OpensAPathWithSpacesAndQuotes) {
    const TempFolder folder;
    EXPECT_TRUE(open_sqlite_catalog({.path = folder.file("it's my catalog=1.db")}));
    EXPECT_TRUE(std::ifstream(folder.file("it's my catalog=1.db")).good());
}

}  // namespace
}  // namespace clamor::store
