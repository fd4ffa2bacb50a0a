// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/catalog.h"

#include <array>
#include <atomic>
#include <functional>
#include <future>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include "store/postgres/server_fixture.h"
#include "store/postgres/session.h"
#include "store/postgres/url.h"
#include "store/sql/copy.h"
#include "store/sqlite/catalog.h"
#include "store/sqlite/temp_folder.h"

namespace clamor::store {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

WallTime made_at() {
    return wall_from_unix_ms(1600000000000);
}

Result<std::unique_ptr<PostgresCatalog>> open(const std::string& url, std::size_t connections = 2) {
    return open_postgres_catalog({.url = url, .connections = connections, .clock = &made_at});
}

std::string why_not(const std::string& url) {
    const auto opened = open(url);
    return opened ? "it was opened" : opened.error().to_string();
}

PostgresServer& server() {
    return PostgresServer::shared();
}

/// Until it is so; a server that starts takes as long as it takes.
void until(const std::function<bool()>& so) {
    for (int i = 0; i < 3000 && !so(); ++i) std::this_thread::sleep_for(10ms);
    ASSERT_TRUE(so());
}

/// Somebody else in the middle of a change of what the calls of these tests want to change.
class HeldCounters {
  public:
    explicit HeldCounters(const std::string& url)
        : session_(soci::postgresql, connection_string(url).value()) {
        session_.begin();
        session_ << "UPDATE counters SET value = value";
    }
    void let_go() { session_.commit(); }

  private:
    soci::session session_;
};

TEST(PostgresCatalog, SaysWhatIsWrongWithItsUrl) {
    const PostgresDatabase database;
    EXPECT_THAT(why_not("mysql://host/db"), HasSubstr("postgresql://USER:PASSWORD@HOST"));
    EXPECT_THAT(why_not(server().url(database.name(), "clamor", "wrong")),
                HasSubstr("user or password are wrong"));
    EXPECT_THAT(why_not(server().url("nothere")), HasSubstr("database does not exist"));
    EXPECT_THAT(why_not("postgresql://clamor@127.0.0.1:1/db"), HasSubstr("nothing listens there"));
    EXPECT_THAT(why_not("postgresql://clamor@no.such.host.invalid/db"),
                HasSubstr("name cannot be resolved"));
    EXPECT_THAT(why_not("postgresql:///db?host=/nowhere"), HasSubstr("nothing listens there"));
}

TEST(PostgresCatalog, NeverSaysItsPassword) {
    const PostgresDatabase database;
    for (const std::string& url :
         {server().url(database.name(), "clamor", "hunter2"),
          std::string("postgresql://clamor:hunter2@127.0.0.1:1/db"),
          std::string("postgresql://clamor:hunter2/%zz@127.0.0.1/db"),
          std::string("postgresql://clamor:pa/hunter2@127.0.0.1:1/db"),
          std::string("postgresql://clamor@127.0.0.1:1/db?password=hunter2&nonsense=1")}) {
        EXPECT_THAT(why_not(url), Not(HasSubstr("hunter2")));
        EXPECT_THAT(without_password(url), Not(HasSubstr("hunter2")));
    }
}

TEST(PostgresCatalog, SaysWhatIsWrongWithADatabase) {
    const std::string latin = "latin";
    server().run("postgres", "CREATE DATABASE latin ENCODING LATIN1 LOCALE 'C' TEMPLATE template0");
    EXPECT_THAT(why_not(server().url(latin)), HasSubstr("it must be UTF8"));
    server().drop_database(latin);

    const std::string foreign = server().make_database();
    server().run(foreign, "CREATE TABLE users (name TEXT)");
    EXPECT_THAT(why_not(server().url(foreign)), HasSubstr("a table 'users' that is not clamor's"));
    EXPECT_EQ(server().run(foreign, "SELECT COUNT(*) FROM pg_class WHERE relname = 'channels'"),
              "0");
    server().run(foreign,
                 "DROP TABLE IF EXISTS schema_version; CREATE TABLE schema_version (v TEXT)");
    EXPECT_THAT(why_not(server().url(foreign)), HasSubstr("'schema_version' that is not clamor's"));
    server().drop_database(foreign);

    const PostgresDatabase made;
    server().run(made.name(), "INSERT INTO schema_version VALUES (99)");
    EXPECT_THAT(why_not(made.url()), HasSubstr("schema version 99"));
    server().run(made.name(), "DELETE FROM schema_version WHERE version = 99");
    server().run(made.name(), "ALTER TABLE bans RENAME COLUMN reason TO cause");
    EXPECT_THAT(why_not(made.url()), HasSubstr("the table 'bans' has no column 'reason'"));
    server().run(made.name(), "DROP TABLE bans");
    EXPECT_THAT(why_not(made.url()), HasSubstr("the table 'bans' is missing"));
}

TEST(PostgresCatalog, SaysWhichRightsAreMissing) {
    const PostgresDatabase database;
    server().run("postgres", "CREATE ROLE guest LOGIN PASSWORD 'guest'");
    const std::string url = server().url(database.name(), "guest", "guest");
    EXPECT_THAT(why_not(url), HasSubstr("permission denied"));
    server().run(database.name(), "GRANT SELECT ON ALL TABLES IN SCHEMA public TO guest");
    EXPECT_THAT(why_not(url), HasSubstr("the user 'guest' may not INSERT"));
    server().run(database.name(), "ALTER ROLE guest SET default_transaction_read_only = on");
    EXPECT_THAT(why_not(url), HasSubstr("takes no changes"));
    server().run(database.name(), "ALTER ROLE guest RESET default_transaction_read_only");
    server().run(database.name(),
                 "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO guest");
    EXPECT_EQ(why_not(url), "it was opened");
    const std::string empty = server().make_database();
    EXPECT_THAT(why_not(server().url(empty, "guest", "guest")), HasSubstr("GRANT USAGE, CREATE"));
    server().drop_database(empty);
    server().run(database.name(), "DROP OWNED BY guest");
    server().run("postgres", "DROP ROLE guest");
}

TEST(PostgresCatalog, MakesItsSchemaOnceWhenNodesStartTogether) {
    const std::string database = server().make_database();
    std::array<std::future<std::string>, 4> nodes;
    for (auto& node : nodes) {
        node = std::async(std::launch::async, [&] {
            const auto opened = open(server().url(database));
            if (!opened) return opened.error().to_string();
            const auto made = (*opened)->ensure_channel("lobby");
            return made ? std::to_string(made->id.value) : made.error().to_string();
        });
    }
    for (auto& node : nodes) EXPECT_EQ(node.get(), "1000");
    server().drop_database(database);
}

TEST(PostgresCatalog, WaitsForAConnectionAndThenSaysThatThereIsNone) {
    const PostgresDatabase database;
    const auto catalog =
        open_postgres_catalog(
            {.url = database.url(), .connections = 1, .wait = 50ms, .clock = &made_at})
            .value();
    until([&] { return catalog->ensure_channel("lobby").has_value(); });
    HeldCounters held(database.url());
    std::thread waiter([&] { EXPECT_TRUE(catalog->next_epoch()); });
    until([&] { return catalog->pool().used.value() == 1; });
    const auto waits = catalog->pool().waits.value();
    const auto refusals = catalog->pool().refused.value();
    const auto refused = catalog->find_channel("lobby");
    ASSERT_FALSE(refused);
    EXPECT_TRUE(is_busy(refused.error().code));
    EXPECT_THAT(refused.error().detail, HasSubstr("catalog.connections"));
    EXPECT_EQ(catalog->pool().waits.value(), waits + 1);
    EXPECT_EQ(catalog->pool().refused.value(), refusals + 1);
    held.let_go();
    waiter.join();
    until([&] { return catalog->find_channel("lobby").has_value(); });
}

TEST(PostgresCatalog, CancelsAStatementThatTakesTooLong) {
    const PostgresDatabase database;
    const auto catalog = open_postgres_catalog({.url = database.url(),
                                                .connections = 1,
                                                .statement_timeout = 100ms,
                                                .clock = &made_at})
                             .value();
    HeldCounters held(database.url());
    const auto late = catalog->next_epoch();
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, std::errc::timed_out);
    EXPECT_TRUE(is_busy(late.error().code));
    held.let_go();
    // On a slow machine this may take too long itself.
    Result<std::uint64_t> epoch = catalog->next_epoch();
    until([&] { return epoch || (epoch = catalog->next_epoch()); });
    EXPECT_EQ(epoch.value(), 1u);
}

class Restart : public testing::TestWithParam<PostgresServer::Shutdown> {};

TEST_P(Restart, IsAnsweredAtOnceWhileItLastsAndNoticedByNobodyAfter) {
    const PostgresDatabase database;
    const auto catalog = open(database.url()).value();
    const auto lobby = catalog->ensure_channel("lobby").value();
    server().stop(GetParam());
    until([&] { return catalog->pool().away.load(); });
    const auto refused = catalog->find_channel("lobby");
    ASSERT_FALSE(refused);
    EXPECT_TRUE(is_busy(refused.error().code));
    EXPECT_THAT(refused.error().detail, HasSubstr("PostgreSQL cannot be reached"));
    EXPECT_FALSE(catalog->ensure_channel("another"));
    EXPECT_FALSE(catalog->next_epoch());
    server().start();
    until([&] { return catalog->find_channel("lobby").has_value(); });
    EXPECT_EQ(catalog->find_channel("lobby").value()->id, lobby.id);
    EXPECT_EQ(catalog->next_epoch().value(), 1u);
    EXPECT_FALSE(catalog->find_channel("another").value());
    EXPECT_FALSE(catalog->pool().away.load());
}

TEST_P(Restart, IsToldAlsoWhileItIsFoundOutWhatBecameOfACommit) {
    const PostgresDatabase database;
    const auto catalog = open(database.url()).value();
    const auto as_superuser = [&](const char* sql) { return server().run(database.name(), sql); };
    // Soon a commit waits for a standby that never comes, until the server starts again.
    as_superuser("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    as_superuser("SELECT pg_reload_conf()");
    std::atomic<bool> waits = false;
    auto last = std::async(std::launch::async, [&] {
        for (;;) {
            const Result<std::uint64_t> epoch = catalog->next_epoch();
            if (!epoch || waits) return epoch;
        }
    });
    until([&] {
        return as_superuser("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'") ==
               "1";
    });
    waits = true;
    as_superuser("ALTER SYSTEM RESET synchronous_standby_names");
    server().stop(GetParam());
    until([&] { return catalog->pool().away.load(); });
    const auto refused = catalog->find_channel("lobby");
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().detail, HasSubstr("PostgreSQL cannot be reached"));
    server().start();
    // A slow machine may not have started it in time.
    const Result<std::uint64_t> epoch = last.get();
    EXPECT_TRUE(epoch || is_busy(epoch.error().code)) << epoch.error().to_string();
    until([&] { return catalog->find_channel("lobby").has_value(); });
    EXPECT_FALSE(catalog->pool().away.load());
}

TEST_P(Restart, LeavesNoChangeHalfDone) {
    const PostgresDatabase database;
    const auto catalog = open(database.url(), 3).value();
    const auto lobby = catalog->ensure_channel("lobby").value().id;
    std::vector<UserId> users;
    for (int i = 0; i < 20; ++i)
        users.push_back(catalog->ensure_user("u" + std::to_string(i)).value().id);
    // Each act bans all of them under one name and says so in the audit log.
    std::atomic<bool> over = false;
    std::array<std::vector<std::string>, 2> done;
    std::atomic<std::size_t> acts = 0;
    std::array<std::thread, 2> writers;
    for (std::size_t w = 0; w < writers.size(); ++w) {
        writers[w] = std::thread([&, w] {
            for (int i = 0; !over; ++i) {
                const std::string name = std::to_string(w) + "/" + std::to_string(i);
                std::vector<Change> changes;
                for (const UserId user : users) {
                    changes.emplace_back(
                        change::PutBan{{.channel = lobby, .user = user, .reason = name}});
                }
                const auto applied = catalog->apply(
                    changes, std::vector<AuditEntry>{{.channel = lobby, .action = name}});
                if (applied) {
                    done[w].push_back(name);
                    ++acts;
                } else {
                    EXPECT_TRUE(is_busy(applied.error().code)) << applied.error().to_string();
                }
            }
        });
    }
    for (int round = 0; round < 3; ++round) {
        const std::size_t before = acts;
        until([&] { return acts >= before + 5; });
        server().stop(GetParam());
        server().start();
    }
    until([&] { return catalog->find_channel("lobby").has_value(); });
    over = true;
    for (auto& writer : writers) writer.join();
    // What was answered as done is there once, what was not is not there.
    std::vector<std::string> stored;
    for (std::uint64_t before = 0;;) {
        const auto page = catalog->list_audit(lobby, before, "", 1000).value();
        for (const AuditEntry& entry : page) stored.push_back(entry.action);
        if (page.size() < 1000) break;
        before = page.back().id;
    }
    ASSERT_FALSE(stored.empty());
    const std::string last = stored.front();
    std::vector<std::string> told(done[0]);
    told.insert(told.end(), done[1].begin(), done[1].end());
    EXPECT_GT(told.size(), 10u);
    EXPECT_THAT(stored, testing::UnorderedElementsAreArray(told));
    const auto bans = catalog->list_bans(lobby, {}, {}, 100).value();
    EXPECT_EQ(bans.size(), users.size());
    for (const Ban& ban : bans) EXPECT_EQ(ban.reason, last);
}

TEST(PostgresSession, FindsOutByItsMarkWhatBecameOfATransaction) {
    const PostgresDatabase database;
    ASSERT_TRUE(open(database.url(), 1));
    const std::string connection = connection_string(database.url()).value();
    const auto connect = [&] {
        return PostgresSession::connect(connection, limits::kCatalogStatement, nullptr).value();
    };
    const auto writer = connect();
    const auto mark = [&](const std::string& mark) {
        writer->change("INSERT INTO commit_marks (mark, made_at) VALUES (:mark, 0)", mark);
    };
    const std::string first(36, 'a'), second(36, 'b'), third(36, 'c');
    mark(first);
    EXPECT_EQ(outcome_of(connection, first), Outcome::committed);
    // Of what the server has lost it knows nothing, however often it is asked.
    EXPECT_EQ(outcome_of(connection, second), Outcome::rolled_back);
    EXPECT_EQ(outcome_of(connection, second), Outcome::rolled_back);
    // What is under way is waited for, however it ends.
    for (const bool commits : {true, false}) {
        writer->raw().begin();
        mark(commits ? second : third);
        auto asked = std::async(std::launch::async,
                                [&] { return outcome_of(connection, commits ? second : third); });
        EXPECT_EQ(asked.wait_for(std::chrono::milliseconds(100)), std::future_status::timeout);
        commits ? writer->raw().commit() : writer->raw().rollback();
        EXPECT_EQ(asked.get(), commits ? Outcome::committed : Outcome::rolled_back);
    }
}

INSTANTIATE_TEST_SUITE_P(Postgres, Restart,
                         testing::Values(PostgresServer::Shutdown::fast,
                                         PostgresServer::Shutdown::immediate),
                         [](const auto& tested) {
                             return tested.param == PostgresServer::Shutdown::fast ? "Fast"
                                                                                   : "Immediate";
                         });

TEST(PostgresCatalog, CutsConnectionsToAServerThatIsSilent) {
    const PostgresDatabase database;
    const auto catalog = open_postgres_catalog({.url = database.url(),
                                                .connections = 2,
                                                .statement_timeout = 100ms,
                                                .hang = 100ms,
                                                .clock = &made_at})
                             .value();
    until([&] { return catalog->ensure_channel("lobby").has_value(); });
    server().freeze();
    const auto silent = catalog->find_channel("lobby");
    server().thaw();
    ASSERT_FALSE(silent);
    EXPECT_TRUE(is_busy(silent.error().code)) << silent.error().to_string();
    until([&] { return catalog->find_channel("lobby").has_value(); });
}

BadgeImage badge(ChannelId channel, const std::string& name) {
    return {.channel = channel,
            .badge = {name, "1"},
            .title = name,
            .image_url = "https://chat.example/1",
            .image_url_2x = "https://chat.example/2",
            .image_url_4x = "https://chat.example/4"};
}

/// A catalog with something in every table that a test of ours can reach through its port.
void fill(Catalog& catalog, int users) {
    const auto lobby = catalog.ensure_channel("lobby").value().id;
    for (int i = 0; i < users; ++i) {
        const auto user = catalog.ensure_user("user" + std::to_string(i)).value().id;
        ASSERT_TRUE(catalog.set_follow(lobby, user, wall_from_unix_ms(i)));
        if (i % 3 == 0) {
            ASSERT_TRUE(catalog.set_subscription(lobby, user, 1, 3));
        }
    }
    const auto bob = catalog.ensure_user("bob").value().id;
    const std::vector<Change> changes{
        change::PutBan{{.channel = lobby, .user = bob, .reason = "it's \xc3\xbc\x1f, \"quoted\""}},
        change::PutTerm{
            {.id = MessageId::from_random(1, 2).to_string(), .channel = lobby, .text = "x"}}};
    ASSERT_TRUE(
        catalog.apply(changes, std::vector<AuditEntry>{{.channel = lobby, .action = "ban"}}));
    ASSERT_TRUE(catalog.add_token("abc", {.user = bob, .label = ""}));
    ASSERT_TRUE(catalog.put_badge(badge(ChannelId(), "b")));
    ASSERT_TRUE(catalog.put_badge(badge(lobby, "c")));
    ASSERT_TRUE(catalog.next_epoch());
}

class Import : public testing::Test {
  protected:
    Import() { fill(*open_sqlite_catalog({.path = path_, .clock = &made_at}).value(), 2500); }
    ~Import() override { server().drop_database(database_); }

    Result<std::uint64_t> run(const std::string& source, const CopyProgress& progress) {
        const auto from = open_sqlite_database({.path = path_}).value();
        const auto to = open_postgres_for_import(url_);
        if (!to) return tl::unexpected(to.error());
        auto copied = copy_catalog(*from, **to, source, progress);
        if (!copied) return copied;
        if (auto finished = finish_copy(**to); !finished) return tl::unexpected(finished.error());
        return copied;
    }

    TempFolder folder_;
    const std::string path_ = folder_.file("catalog.db");
    const std::string database_ = server().make_database();
    const std::string url_ = server().url(database_);
};

TEST_F(Import, BringsEverythingOver) {
    std::uint64_t last = 0, total = 0;
    const auto rows = run("a", [&](std::uint64_t done, std::uint64_t all, std::string_view) {
        last = done;
        total = all;
    });
    ASSERT_TRUE(rows) << rows.error().to_string();
    EXPECT_EQ(*rows, total);
    EXPECT_EQ(last, total);
    const auto before = open_sqlite_catalog({.path = path_}).value();
    const auto after = open(url_).value();
    const auto lobby = before->find_channel("lobby").value()->id;
    EXPECT_EQ(after->find_channel("lobby").value()->id, lobby);
    EXPECT_EQ(after->count_followers(lobby).value(), 2500u);
    EXPECT_EQ(after->list_bans(lobby, {}, {}, 10).value(),
              before->list_bans(lobby, {}, {}, 10).value());
    EXPECT_EQ(after->list_audit(lobby, 0, "", 10).value(),
              before->list_audit(lobby, 0, "", 10).value());
    EXPECT_TRUE(after->find_token("abc", wall_from_unix_ms(1)).value());
    EXPECT_EQ(after->next_epoch().value(), 2u);
    EXPECT_EQ(after->ensure_user("new").value().id, before->ensure_user("new").value().id);
    const auto again = run("a", [](auto, auto, auto) {});
    ASSERT_FALSE(again);
    EXPECT_THAT(again.error().detail, HasSubstr("the database is in use"));
}

TEST_F(Import, GoesOnWhereItWasInterrupted) {
    struct Interrupted {};
    int pages = 0;
    EXPECT_THROW((void)run("a",
                           [&](auto, auto, auto) {
                               if (++pages == 4) throw Interrupted();
                           }),
                 Interrupted);
    EXPECT_THAT(why_not(url_), HasSubstr("is not finished"));
    const auto other = run("b", [](auto, auto, auto) {});
    ASSERT_FALSE(other);
    EXPECT_THAT(other.error().detail, HasSubstr("unfinished import of a"));
    std::uint64_t first = 0;
    const auto rows = run("a", [&](std::uint64_t done, auto, auto) {
        if (first == 0) first = done;
    });
    ASSERT_TRUE(rows) << rows.error().to_string();
    EXPECT_GT(first, 2000u);
    EXPECT_EQ(why_not(url_), "it was opened");
}

TEST_F(Import, NoticesASourceThatChangedMeanwhile) {
    const auto source = open_sqlite_catalog({.path = path_}).value();
    const auto bob = source->find_user("bob").value().value();
    bool changed = false;
    const auto rows = run("a", [&](auto, auto, std::string_view table) {
        if (table != "follows" || std::exchange(changed, true)) return;
        auto renamed = bob;
        renamed.display_name = "Bob!";
        ASSERT_TRUE(source->update_user(renamed));
    });
    ASSERT_TRUE(changed);
    ASSERT_FALSE(rows);
    EXPECT_THAT(rows.error().detail, HasSubstr("the table 'users'"));
}

TEST_F(Import, RunsOnceAtATime) {
    const auto running = open_postgres_for_import(url_);
    ASSERT_TRUE(running);
    const auto second = run("a", [](auto, auto, auto) {});
    ASSERT_FALSE(second);
    EXPECT_THAT(second.error().detail, HasSubstr("another import"));
}

}  // namespace
}  // namespace clamor::store
