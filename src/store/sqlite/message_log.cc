// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/message_log.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstring>
#include <limits>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "store/sqlite/connection.h"

namespace clamor::store {
namespace {

// A table in the order of arrival with indexes beside it costs a fifth less than a table clustered
// by channel: the events are written to one place, and only the small index entries go to a page
// for each channel. Times have no index, which would cost a third more: they never fall with the
// sequence, so a bound in time is searched for in messages_by_position.
constexpr const char* kFirstSchema =
    "CREATE TABLE messages ("
    "  channel INTEGER NOT NULL, sequence INTEGER NOT NULL, epoch INTEGER NOT NULL, id BLOB NOT "
    "NULL,"
    "  sent_at INTEGER NOT NULL, author INTEGER NOT NULL, deleted INTEGER NOT NULL, event BLOB NOT "
    "NULL);"
    "CREATE UNIQUE INDEX messages_by_position ON messages (channel, sequence);"
    "CREATE UNIQUE INDEX messages_by_id ON messages (id);"
    "CREATE INDEX messages_by_author ON messages (channel, author, sequence)";

// A clearing of a whole channel is the sequence that it reaches to: marking each message would take
// as long as the channel is old, and the writer of all channels with it. The index of deleted
// messages costs those that are not deleted nothing.
constexpr const char* kModeration =
    "ALTER TABLE messages ADD COLUMN kind INTEGER NOT NULL DEFAULT 1;"
    "ALTER TABLE messages ADD COLUMN deleted_by BLOB;"
    "CREATE INDEX messages_by_deletion ON messages (deleted_by) WHERE deleted_by IS NOT NULL;"
    "CREATE TABLE clearings ("
    "  channel INTEGER NOT NULL, up_to INTEGER NOT NULL, deleted_by BLOB NOT NULL,"
    "  PRIMARY KEY (channel, up_to, deleted_by)) WITHOUT ROWID";

/// Step n (counted from 0) makes version n + 1 out of n. A published one is never changed.
constexpr std::array kSteps{kFirstSchema, kModeration};
constexpr auto kSchemaVersion = static_cast<std::int64_t>(kSteps.size());

// In these statements ?1 is the channel, so that what it was cleared of is looked up once.
constexpr std::string_view kClearedUpTo =
    "(SELECT COALESCE(MAX(up_to), 0) FROM clearings WHERE channel = ?1)";
// Moderation is what deletes; it is not deleted.
constexpr std::string_view kDeletable = "kind <> 3";

const std::string kHistory = fmt::format(
    "SELECT channel, sequence, epoch, id, sent_at, author, deleted OR ({} AND sequence <= {}), "
    "event, kind FROM messages WHERE channel = ?1",
    kDeletable, kClearedUpTo);
const std::string kFind = kHistory + " AND id = ?2";
const std::string kDelete = fmt::format(
    "UPDATE messages SET deleted = 1, deleted_by = ?2 WHERE channel = ?1 AND id = ?3 AND "
    "sequence > {} AND deleted = 0 AND {}",
    kClearedUpTo, kDeletable);
const std::string kDeleteOfAuthor = fmt::format(
    "UPDATE messages SET deleted = 1, deleted_by = ?2 WHERE channel = ?1 AND author = ?3 AND "
    "sequence <= ?4 AND sequence > {} AND deleted = 0 AND {}",
    kClearedUpTo, kDeletable);
const std::string kHasAuthor = fmt::format(
    "SELECT 1 FROM messages WHERE channel = ?1 AND author = ?2 AND {} LIMIT 1", kDeletable);
constexpr const char* kInsert =
    "INSERT INTO messages (channel, sequence, epoch, id, sent_at, author, deleted, event, kind) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (id) DO NOTHING";
constexpr const char* kClear =
    "INSERT OR IGNORE INTO clearings (channel, up_to, deleted_by) "
    "SELECT ?1, MIN(?3, sequence), ?2 FROM messages WHERE channel = ?1 "
    "ORDER BY sequence DESC LIMIT 1";
constexpr const char* kRestore =
    "UPDATE messages SET deleted = 0, deleted_by = NULL WHERE deleted_by = ?2 AND channel = ?1";
constexpr const char* kTakeBackClearing =
    "DELETE FROM clearings WHERE channel = ?1 AND deleted_by = ?2";
constexpr const char* kLast =
    "SELECT epoch, sequence, sent_at FROM messages WHERE channel = ?1 ORDER BY sequence DESC LIMIT "
    "1";
constexpr const char* kFirstFrom =
    "SELECT sequence, sent_at FROM messages WHERE channel = ?1 AND sequence >= ?2 "
    "ORDER BY sequence LIMIT 1";

std::int64_t number(std::uint64_t value) {
    return static_cast<std::int64_t>(value);
}

std::string_view id_bytes(const MessageId& id) {
    return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()};
}

StoredMessage message_of(const Statement& row) {
    StoredMessage message;
    message.channel = ChannelId(static_cast<std::uint64_t>(row.integer(0)));
    message.position = {.epoch = static_cast<std::uint64_t>(row.integer(2)),
                        .sequence = static_cast<std::uint64_t>(row.integer(1))};
    const std::string_view id = row.bytes(3);
    std::memcpy(message.id.bytes.data(), id.data(), std::min(id.size(), message.id.bytes.size()));
    message.sent_at = wall_from_unix_ms(row.integer(4));
    message.author = UserId(static_cast<std::uint64_t>(row.integer(5)));
    message.deleted = row.integer(6) != 0;
    message.event = row.bytes(7);
    message.kind = static_cast<EntryKind>(row.integer(8));
    return message;
}

Result<std::int64_t> version_of(Connection& connection) {
    auto query = connection.prepare("PRAGMA user_version");
    if (!query) return tl::unexpected(query.error());
    if (auto row = query->step(); !row) return tl::unexpected(row.error());
    const std::int64_t version = query->integer(0);
    query->reset();
    return version;
}

/// Refuses a file that only another version of the program can read.
Result<void> check_version(Connection& connection, const std::string& path) {
    const auto version = version_of(connection);
    if (!version) return tl::unexpected(version.error());
    if (*version == kSchemaVersion) return {};
    const bool newer = *version > kSchemaVersion;
    return fail(std::errc::not_supported,
                fmt::format("{} has schema version {} and this program knows version {}: {}", path,
                            *version, kSchemaVersion,
                            newer ? "a newer clamor wrote it, run that one"
                                  : "start the server once, which brings it up to date"));
}

using StatementText = std::pair<Statement*, std::string_view>;
Result<void> prepare_all(Connection& connection, std::initializer_list<StatementText> statements) {
    for (const auto& [statement, text] : statements) {
        auto prepared = connection.prepare(text);
        if (!prepared) return tl::unexpected(prepared.error());
        *statement = std::move(*prepared);
    }
    return {};
}

/// A connection for reading, with its statements.
struct Reader {
    Connection connection;
    Statement find, last, first_from, has_author;

    static Result<Reader> open(const SqliteMessageLogOptions& options) {
        auto connection =
            Connection::open(options.path, Connection::Mode::read_only, options.busy_timeout);
        if (!connection) return tl::unexpected(connection.error());
        Reader reader{std::move(*connection), {}, {}, {}, {}};
        if (auto done = check_version(reader.connection, options.path); !done)
            return tl::unexpected(done.error());
        if (auto done = prepare_all(reader.connection, {{&reader.find, kFind},
                                                        {&reader.last, kLast},
                                                        {&reader.first_from, kFirstFrom},
                                                        {&reader.has_author, kHasAuthor}});
            !done) {
            return tl::unexpected(done.error());
        }
        return reader;
    }
};

/// Hands out readers, each to one thread at a time; who finds none waits.
class ReaderPool {
  public:
    class Lease {
      public:
        explicit Lease(ReaderPool& pool) : pool_(pool), reader_(pool.take()) {}
        ~Lease() { pool_.give_back(reader_); }
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;
        Reader* operator->() const { return reader_; }
        Reader& operator*() const { return *reader_; }

      private:
        ReaderPool& pool_;
        Reader* reader_;
    };

    void add(Reader reader) {
        readers_.push_back(std::make_unique<Reader>(std::move(reader)));
        idle_.push_back(readers_.back().get());
    }

  private:
    Reader* take() {
        std::unique_lock lock(mutex_);
        returned_.wait(lock, [this] { return !idle_.empty(); });
        Reader* reader = idle_.back();
        idle_.pop_back();
        return reader;
    }
    void give_back(Reader* reader) {
        {
            const std::lock_guard lock(mutex_);
            idle_.push_back(reader);
        }
        returned_.notify_one();
    }

    std::mutex mutex_;
    std::condition_variable returned_;
    std::vector<std::unique_ptr<Reader>> readers_;
    std::vector<Reader*> idle_;
};

/// The one connection that writes.
struct Writer {
    Connection connection;
    Statement insert, mark, mark_author, clear, restore, take_back_clearing;

    static Result<Writer> open(const SqliteMessageLogOptions& options) {
        auto connection =
            Connection::open(options.path, Connection::Mode::read_write, options.busy_timeout);
        if (!connection) return tl::unexpected(connection.error());
        // A long WAL is copied back in fewer and larger pieces; it is cut to 64 MB after a burst.
        for (const char* statement :
             {"PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL",
              "PRAGMA wal_autocheckpoint = 4000", "PRAGMA journal_size_limit = 67108864",
              "PRAGMA cache_size = -16384"}) {
            if (auto done = connection->execute(statement); !done)
                return tl::unexpected(done.error());
        }
        Writer writer{std::move(*connection), {}, {}, {}, {}, {}, {}};
        if (auto done = writer.bring_up_to_date(options.path); !done)
            return tl::unexpected(done.error());
        if (auto done =
                prepare_all(writer.connection, {{&writer.insert, kInsert},
                                                {&writer.mark, kDelete},
                                                {&writer.mark_author, kDeleteOfAuthor},
                                                {&writer.clear, kClear},
                                                {&writer.restore, kRestore},
                                                {&writer.take_back_clearing, kTakeBackClearing}});
            !done) {
            return tl::unexpected(done.error());
        }
        return writer;
    }

    Result<void> bring_up_to_date(const std::string& path) {
        if (check_version(connection, path)) return {};
        auto done = transact([&]() -> Result<void> {
            // Once more behind the lock: another process may have been faster.
            const auto version = version_of(connection);
            if (!version) return tl::unexpected(version.error());
            for (auto step = *version; step < kSchemaVersion; ++step) {
                const auto made = connection.execute(kSteps[static_cast<std::size_t>(step)]);
                if (!made) return made;
            }
            if (*version >= kSchemaVersion) return {};
            return connection.execute(
                fmt::format("PRAGMA user_version = {}", kSchemaVersion).c_str());
        });
        return done ? check_version(connection, path) : done;
    }

    /// Runs `body` in one transaction; after an error nothing of it remains.
    template <class Body>
    Result<void> transact(Body&& body) {
        auto done = connection.execute("BEGIN IMMEDIATE");
        if (done) done = body();
        if (done) done = connection.execute("COMMIT");
        if (!done) connection.roll_back();
        return done;
    }
};

/// A history query without bounds in time as SQL, and the values of its parameters.
struct HistorySql {
    explicit HistorySql(const HistoryQuery& query) {
        text = kHistory;
        values.push_back(number(query.channel.value));
        const auto add = [this](const char* condition, std::int64_t value) {
            text += condition;
            values.push_back(value);
        };
        if (query.after_sequence) add(" AND sequence > ?", number(*query.after_sequence));
        if (query.before_sequence) add(" AND sequence < ?", number(*query.before_sequence));
        if (query.author) add(" AND author = ?", number(query.author->value));
        if (query.messages_only) text += " AND kind = 1";
        oldest_first = query.after_sequence && !query.before_sequence;
        text += oldest_first ? " ORDER BY sequence ASC LIMIT ?" : " ORDER BY sequence DESC LIMIT ?";
        values.push_back(number(query.limit));
    }

    std::string text;
    std::vector<std::int64_t> values;
    bool oldest_first = false;
};

class SqliteMessageLog final : public MessageLog {
  public:
    explicit SqliteMessageLog(std::optional<Writer> writer) : writer_(std::move(writer)) {}

    ReaderPool& readers() { return readers_; }

    Result<void> append(std::span<const StoredMessage> messages) override {
        return write([&](Writer& writer) -> Result<void> {
            for (const StoredMessage& message : messages) {
                if (auto done = insert(writer.insert, message); !done) return done;
            }
            return {};
        });
    }

    Result<void> mark_deleted(std::span<const Deletion> deletions) override {
        return write([&](Writer& writer) -> Result<void> {
            for (const Deletion& deletion : deletions) {
                if (auto done = mark(writer, deletion); !done) return done;
            }
            return {};
        });
    }

    Result<void> restore(ChannelId channel, MessageId by) override {
        if (!by) return {};
        return write([&](Writer& writer) -> Result<void> {
            for (Statement* statement : {&writer.restore, &writer.take_back_clearing}) {
                statement->bind(1, number(channel.value));
                statement->bind(2, id_bytes(by));
                if (auto done = statement->step(); !done) return tl::unexpected(done.error());
            }
            return {};
        });
    }

    Result<std::vector<StoredMessage>> read(const HistoryQuery& query) override {
        const ReaderPool::Lease reader(readers_);
        const auto bounded = bounds_as_sequences(*reader, query);
        if (!bounded) return tl::unexpected(bounded.error());
        const HistorySql sql(*bounded);
        auto statement = reader->connection.prepare(sql.text);
        if (!statement) return tl::unexpected(statement.error());
        for (std::size_t i = 0; i < sql.values.size(); ++i)
            statement->bind(static_cast<int>(i + 1), sql.values[i]);
        std::vector<StoredMessage> found;
        auto row = statement->step();
        for (; row && *row; row = statement->step()) found.push_back(message_of(*statement));
        if (!row) return tl::unexpected(row.error());
        if (!sql.oldest_first) std::ranges::reverse(found);
        return found;
    }

    Result<std::optional<StoredMessage>> find(ChannelId channel, MessageId id) override {
        const ReaderPool::Lease reader(readers_);
        reader->find.bind(1, number(channel.value));
        reader->find.bind(2, id_bytes(id));
        return first_row(reader->find, [](const Statement& row) { return message_of(row); });
    }

    Result<LastMessage> last(ChannelId channel) override {
        const ReaderPool::Lease reader(readers_);
        return last(*reader, channel);
    }

    Result<bool> has_author(ChannelId channel, UserId author) override {
        const ReaderPool::Lease reader(readers_);
        reader->has_author.bind(1, number(channel.value));
        reader->has_author.bind(2, number(author.value));
        auto found = first_row(reader->has_author, [](const Statement&) { return true; });
        if (!found) return tl::unexpected(found.error());
        return found->has_value();
    }

  private:
    template <class Body>
    Result<void> write(Body&& body) {
        if (!writer_)
            return fail(std::errc::read_only_file_system,
                        "the message log is open for reading only");
        const std::lock_guard lock(write_mutex_);
        return writer_->transact([&] { return body(*writer_); });
    }

    static Result<void> insert(Statement& statement, const StoredMessage& message) {
        statement.bind(1, number(message.channel.value));
        statement.bind(2, number(message.position.sequence));
        statement.bind(3, number(message.position.epoch));
        statement.bind(4, id_bytes(message.id));
        statement.bind(5, unix_ms(message.sent_at));
        statement.bind(6, number(message.author.value));
        statement.bind(7, std::int64_t{message.deleted});
        statement.bind(8, std::string_view(message.event));
        statement.bind(9, static_cast<std::int64_t>(message.kind));
        auto done = statement.step();
        if (done) return {};
        if (done.error().code == std::errc::file_exists) {
            done.error().detail = fmt::format("channel {} has another message at position {}",
                                              message.channel.value, message.position.sequence);
        }
        return tl::unexpected(std::move(done.error()));
    }

    static Result<void> mark(Writer& writer, const Deletion& deletion) {
        const auto run = [&](Statement& statement) -> Result<void> {
            statement.bind(1, number(deletion.channel.value));
            statement.bind(2, id_bytes(deletion.by));
            auto done = statement.step();
            return done ? Result<void>() : tl::unexpected(done.error());
        };
        for (const MessageId& id : deletion.ids) {
            writer.mark.bind(3, id_bytes(id));
            if (auto done = run(writer.mark); !done) return done;
        }
        if (!deletion.ids.empty()) return {};
        constexpr std::uint64_t kEnd = std::numeric_limits<std::int64_t>::max();
        const std::int64_t up_to = number(std::min(deletion.up_to_sequence, kEnd));
        if (!deletion.author) {
            writer.clear.bind(3, up_to);
            return run(writer.clear);
        }
        writer.mark_author.bind(3, number(deletion.author.value));
        writer.mark_author.bind(4, up_to);
        return run(writer.mark_author);
    }

    static Result<LastMessage> last(Reader& reader, ChannelId channel) {
        reader.last.bind(1, number(channel.value));
        auto found = first_row(reader.last, [](const Statement& row) {
            return LastMessage{.position = {.epoch = static_cast<std::uint64_t>(row.integer(0)),
                                            .sequence = static_cast<std::uint64_t>(row.integer(1))},
                               .sent_at = wall_from_unix_ms(row.integer(2))};
        });
        if (!found) return tl::unexpected(found.error());
        return found->value_or(LastMessage{});
    }

    /// The query with its bounds in time turned into bounds in sequence.
    static Result<HistoryQuery> bounds_as_sequences(Reader& reader, HistoryQuery query) {
        if (query.after_time) {
            const auto from = *query.after_time + std::chrono::milliseconds(1);
            const auto first = first_sequence_from(reader, query.channel, from);
            if (!first) return tl::unexpected(first.error());
            query.after_sequence = std::max(query.after_sequence.value_or(0), *first - 1);
        }
        if (query.before_time) {
            const auto end = first_sequence_from(reader, query.channel, *query.before_time);
            if (!end) return tl::unexpected(end.error());
            query.before_sequence = std::min(query.before_sequence.value_or(*end), *end);
        }
        return query;
    }

    /// The sequence, from 1 on, of the channel's first message that was sent at `time` or later;
    /// beyond the last one when there is none.
    static Result<std::uint64_t> first_sequence_from(Reader& reader, ChannelId channel,
                                                     WallTime time) {
        const auto newest = last(reader, channel);
        if (!newest) return tl::unexpected(newest.error());
        std::uint64_t low = 1;
        std::uint64_t high = newest->position.sequence + 1;
        while (low < high) {
            const std::uint64_t middle = low + (high - low) / 2;
            reader.first_from.bind(1, number(channel.value));
            reader.first_from.bind(2, number(middle));
            const auto row = first_row(reader.first_from, [](const Statement& found) {
                return std::pair{static_cast<std::uint64_t>(found.integer(0)), found.integer(1)};
            });
            if (!row) return tl::unexpected(row.error());
            if (*row && (*row)->second < unix_ms(time)) {
                low = (*row)->first + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /// The first row of a bound statement, which is reset in any case.
    template <class Convert>
    static auto first_row(Statement& statement, Convert&& convert)
        -> Result<std::optional<decltype(convert(statement))>> {
        auto row = statement.step();
        if (!row) return tl::unexpected(row.error());
        std::optional<decltype(convert(statement))> value;
        if (*row) value = convert(statement);
        statement.reset();
        return value;
    }

    std::mutex write_mutex_;
    std::optional<Writer> writer_;
    ReaderPool readers_;
};

}  // namespace

Result<std::unique_ptr<MessageLog>> open_sqlite_message_log(
    const SqliteMessageLogOptions& options) {
    std::optional<Writer> writer;
    if (!options.read_only) {
        auto opened = Writer::open(options);
        if (!opened) return tl::unexpected(opened.error());
        writer = std::move(*opened);
    }
    auto log = std::make_unique<SqliteMessageLog>(std::move(writer));
    for (std::size_t i = 0; i < std::max<std::size_t>(options.readers, 1); ++i) {
        auto reader = Reader::open(options);
        if (!reader) return tl::unexpected(reader.error());
        log->readers().add(std::move(*reader));
    }
    return log;
}

}  // namespace clamor::store
