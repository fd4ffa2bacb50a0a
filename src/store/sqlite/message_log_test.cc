// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/message_log.h"

#include <csignal>
#include <functional>
#include <future>

#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/log_writer.h"
#include "store/message_log_contract.h"
#include "store/sqlite/temp_folder.h"

namespace clamor::store {
namespace {

const ChannelId kLobby{1000};

/// Runs `body` in a child process; its return value is the exit status.
pid_t in_child(const std::function<int()>& body) {
    const pid_t child = fork();
    if (child == 0) _exit(body());
    return child;
}

int exit_status_of(pid_t child) {
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void execute(const std::string& path, const char* statement) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(database, statement, nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(database);
}

/// Appends batches of growing size to two channels until it is killed; writes the number of durable
/// ones to `report`.
int append_forever(const std::string& path, int report) {
    auto log = open_sqlite_message_log({.path = path});
    if (!log) return 1;
    std::uint64_t next = (*log)->last(kLobby).value().position.sequence + 1;
    for (std::uint64_t size = 1;; size = size % 7 + 1) {
        auto batch = sample_messages(kLobby, next, next + size - 1);
        const auto other = sample_messages(ChannelId{1001}, next, next + size - 1);
        batch.insert(batch.end(), other.begin(), other.end());
        if (!(*log)->append(batch)) return 2;
        next += size;
        const std::uint64_t durable = next - 1;
        if (write(report, &durable, sizeof durable) != sizeof durable) return 3;
    }
}

TEST(SqliteMessageLog, HasEveryReportedMessageOnceAfterItsProcessWasKilled) {
    const TempFolder folder;
    const std::string path = folder.file("messages.db");
    std::uint64_t reported = 0;
    for (int round = 1; round <= 5; ++round) {
        int pipe_ends[2];
        ASSERT_EQ(pipe(pipe_ends), 0);
        const pid_t child = in_child([&] { return append_forever(path, pipe_ends[1]); });
        close(pipe_ends[1]);
        std::uint64_t durable = 0;
        for (int i = 0;
             i < 10 * round && read(pipe_ends[0], &durable, sizeof durable) == sizeof durable;
             ++i) {
            reported = durable;
        }
        kill(child, SIGKILL);
        while (read(pipe_ends[0], &durable, sizeof durable) == sizeof durable) reported = durable;
        close(pipe_ends[0]);
        int status = 0;
        waitpid(child, &status, 0);
        ASSERT_TRUE(WIFSIGNALED(status));

        const auto log = open_sqlite_message_log({.path = path}).value();
        for (const ChannelId channel : {kLobby, ChannelId{1001}}) {
            const auto stored =
                sequences_of(log->read({.channel = channel, .limit = 1000000}).value());
            ASSERT_GE(stored.size(), reported);
            for (std::size_t i = 0; i < stored.size(); ++i) ASSERT_EQ(stored[i], i + 1);
        }
    }
    EXPECT_GE(reported, 50u);
}

TEST(SqliteMessageLog, FailsClearlyOnAFullDiskAndLosesNothingWhenThereIsRoomAgain) {
    const TempFolder folder;
    const std::string path = folder.file("messages.db");
    const pid_t child = in_child([&] {
        signal(SIGXFSZ, SIG_IGN);
        const auto log = open_sqlite_message_log({.path = path}).value();
        if (!log->append(sample_messages(kLobby, 1, 10))) return 1;
        const rlimit none{64 * 1024, RLIM_INFINITY};
        if (setrlimit(RLIMIT_FSIZE, &none) != 0) return 2;
        std::uint64_t durable = 10;
        Result<void> appended;
        while ((appended = log->append(sample_messages(kLobby, durable + 1, durable + 10)))) {
            durable += 10;
            if (durable > 10000) return 3;
        }
        if (appended.error().code != std::errc::no_space_on_device &&
            appended.error().code != std::errc::io_error) {
            return 4;
        }
        if (appended.error().detail.empty()) return 5;
        if (log->last(kLobby).value().position.sequence != durable) return 6;
        if (log->append(sample_messages(kLobby, durable + 1, durable + 100))) return 7;
        const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
        if (setrlimit(RLIMIT_FSIZE, &unlimited) != 0) return 8;
        if (!log->append(sample_messages(kLobby, durable + 1, durable + 100))) return 9;
        const auto stored = sequences_of(log->read({.channel = kLobby, .limit = 100000}).value());
        if (stored.size() != durable + 100) return 10;
        for (std::size_t i = 0; i < stored.size(); ++i) {
            if (stored[i] != i + 1) return 11;
        }
        return 0;
    });
    EXPECT_EQ(exit_status_of(child), 0);
}

TEST(SqliteMessageLog, IsReadByAnotherProcessWhileItIsWritten) {
    const TempFolder folder;
    const std::string path = folder.file("messages.db");
    const auto log = open_sqlite_message_log({.path = path}).value();
    ASSERT_TRUE(log->append(sample_messages(kLobby, 1, 3)));
    const pid_t child = in_child([&] {
        const auto reader = open_sqlite_message_log({.path = path, .read_only = true});
        if (!reader) return 1;
        if ((*reader)->read({.channel = kLobby}).value().size() != 3) return 2;
        const auto refused = (*reader)->append(sample_messages(kLobby, 4, 4));
        if (refused || refused.error().code != std::errc::read_only_file_system) return 3;
        return 0;
    });
    EXPECT_EQ(exit_status_of(child), 0);
    ASSERT_TRUE(log->append(sample_messages(kLobby, 4, 4)));
}

TEST(SqliteMessageLog, IsReadAfterItsServerHasGone) {
    const TempFolder folder;
    const std::string path = folder.file("messages.db");
    ASSERT_TRUE(
        open_sqlite_message_log({.path = path}).value()->append(sample_messages(kLobby, 1, 3)));
    const auto reader = open_sqlite_message_log({.path = path, .read_only = true});
    ASSERT_TRUE(reader) << reader.error().to_string();
    EXPECT_EQ((*reader)->read({.channel = kLobby}).value().size(), 3u);
}

TEST(SqliteMessageLog, RefusesAFileThatIsMissingOrForeignOrFromTheFuture) {
    const TempFolder folder;
    EXPECT_FALSE(open_sqlite_message_log({.path = folder.file("none.db"), .read_only = true}));
    EXPECT_FALSE(open_sqlite_message_log({.path = folder.file("no/such/folder.db")}));

    FILE* file = fopen(folder.file("text.db").c_str(), "w");
    fputs("this is no database, and it is long enough to be looked at", file);
    fclose(file);
    const auto text = open_sqlite_message_log({.path = folder.file("text.db")});
    ASSERT_FALSE(text);
    EXPECT_THAT(text.error().detail, testing::HasSubstr("not a database"));

    const std::string path = folder.file("messages.db");
    ASSERT_TRUE(open_sqlite_message_log({.path = path}));
    execute(path, "PRAGMA user_version = 99");
    const auto newer = open_sqlite_message_log({.path = path});
    ASSERT_FALSE(newer);
    EXPECT_EQ(newer.error().code, std::errc::not_supported);
    EXPECT_THAT(newer.error().detail, testing::HasSubstr("version 99"));
}

/// A file as the first version of the schema was.
void make_first_version(const std::string& path) {
    execute(path,
            "CREATE TABLE messages (channel INTEGER NOT NULL, sequence INTEGER NOT NULL, epoch "
            "INTEGER NOT NULL, id BLOB NOT NULL, sent_at INTEGER NOT NULL, author INTEGER NOT "
            "NULL, deleted INTEGER NOT NULL, event BLOB NOT NULL);"
            "CREATE UNIQUE INDEX messages_by_position ON messages (channel, sequence);"
            "CREATE UNIQUE INDEX messages_by_id ON messages (id);"
            "CREATE INDEX messages_by_author ON messages (channel, author, sequence);"
            "INSERT INTO messages VALUES (1000, 1, 3, x'0102030405060708090a0b0c0d0e0f10', 5, "
            "2000, 1, 'one'), (1000, 2, 3, x'0202030405060708090a0b0c0d0e0f10', 6, 2000, 0, "
            "'two');"
            "PRAGMA user_version = 1");
}

TEST(SqliteMessageLog, BringsAFileOfTheFirstVersionForward) {
    const TempFolder folder;
    const std::string path = folder.file("messages.db");
    make_first_version(path);
    const auto log = open_sqlite_message_log({.path = path}).value();
    const auto read = log->read({.channel = kLobby, .messages_only = true}).value();
    ASSERT_EQ(read.size(), 2u);
    EXPECT_TRUE(read[0].deleted);
    EXPECT_EQ(read[0].event, "one");
    EXPECT_FALSE(read[1].deleted);
    EXPECT_EQ(read[1].kind, EntryKind::message);
    const MessageId act = MessageId::from_random(77, 1);
    const Deletion clearing{.channel = kLobby, .by = act, .up_to_sequence = 2};
    ASSERT_TRUE(log->mark_deleted({&clearing, 1}));
    EXPECT_TRUE(log->read({.channel = kLobby}).value().at(1).deleted);
    ASSERT_TRUE(log->restore(kLobby, act));
    EXPECT_TRUE(log->read({.channel = kLobby}).value().at(0).deleted);
    ASSERT_TRUE(log->append(sample_messages(kLobby, 3, 4)));
    EXPECT_EQ(open_sqlite_message_log({.path = path}).value()->last(kLobby).value().position,
              sample_message(kLobby, 4).position);
}

TEST(SqliteMessageLog, LeavesAFileOfTheFirstVersionAloneWhenItIsOpenForReadingOnly) {
    const TempFolder folder;
    const std::string path = folder.file("messages.db");
    make_first_version(path);
    const auto refused = open_sqlite_message_log({.path = path, .read_only = true});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, std::errc::not_supported);
    EXPECT_THAT(refused.error().detail, testing::HasSubstr("start the server once"));
    EXPECT_TRUE(open_sqlite_message_log({.path = path}));
    EXPECT_TRUE(open_sqlite_message_log({.path = path, .read_only = true}));
}

TEST(SqliteMessageLog, SaysThatItIsBusyAndIsUsableAfterwards) {
    const TempFolder folder;
    const std::string path = folder.file("messages.db");
    const auto log =
        open_sqlite_message_log({.path = path, .busy_timeout = std::chrono::milliseconds(1)})
            .value();
    sqlite3* other = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &other), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
    const auto refused = log->append(sample_messages(kLobby, 1, 2));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, std::errc::device_or_resource_busy);
    sqlite3_close(other);
    EXPECT_TRUE(log->append(sample_messages(kLobby, 1, 2)));
}

TEST(SqliteMessageLog, TakesGroupsFromALogWriter) {
    const TempFolder folder;
    const auto log = open_sqlite_message_log({.path = folder.file("messages.db")}).value();
    LogWriter writer(*log);
    std::promise<void> last_stored;
    for (std::uint64_t i = 1; i < 500; ++i) writer.append(sample_message(kLobby, i), Task());
    writer.append(sample_message(kLobby, 500), [&] { last_stored.set_value(); });
    last_stored.get_future().get();
    EXPECT_EQ(log->last(kLobby).value().position.sequence, 500u);
    EXPECT_LT(writer.counters().batches.value(), 100u);
}

}  // namespace
}  // namespace clamor::store
