// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/catalog.h"

#include <array>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include "store/sql/database.h"
#include "store/sql/migrations.h"
#include "store/sqlite/temp_folder.h"

namespace clamor::store {
namespace {

std::error_code any_error(const soci::soci_error&) {
    return std::make_error_code(std::errc::io_error);
}

constexpr Database::Engine kEngine{&any_error, "INTEGER PRIMARY KEY"};

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
