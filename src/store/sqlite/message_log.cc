// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/message_log.h"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "store/sqlite/connection.h"

namespace clamor::store {
namespace {

constexpr std::int64_t kSchemaVersion = 1;

// A table in the order of arrival with indexes beside it costs a fifth less than a table clustered
// by channel: the events are written to one place, and only the small index entries go to a page
// for each channel. Times have no index, which would cost a third more: they never fall with the
// sequence, so a bound in time is searched for in messages_by_position.
constexpr const char* kSchema =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE IF NOT EXISTS messages ("
    "  channel INTEGER NOT NULL, sequence INTEGER NOT NULL, epoch INTEGER NOT NULL, id BLOB NOT "
    "NULL,"
    "  sent_at INTEGER NOT NULL, author INTEGER NOT NULL, deleted INTEGER NOT NULL, event BLOB NOT "
    "NULL);"
    "CREATE UNIQUE INDEX IF NOT EXISTS messages_by_position ON messages (channel, sequence);"
    "CREATE UNIQUE INDEX IF NOT EXISTS messages_by_id ON messages (id);"
    "CREATE INDEX IF NOT EXISTS messages_by_author ON messages (channel, author, sequence);"
    "PRAGMA user_version = 1;"
    "COMMIT";

constexpr const char* kColumns = "channel, sequence, epoch, id, sent_at, author, deleted, event";
constexpr const char* kInsert =
    "INSERT INTO messages (channel, sequence, epoch, id, sent_at, author, deleted, event) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (id) DO NOTHING";
constexpr const char* kDelete = "UPDATE messages SET deleted = 1 WHERE id = ?1 AND channel = ?2";
constexpr const char* kLast =
    "SELECT epoch, sequence, sent_at FROM messages WHERE channel = ?1 ORDER BY sequence DESC LIMIT "
    "1";
constexpr const char* kFirstFrom =
    "SELECT sequence, sent_at FROM messages WHERE channel = ?1 AND sequence >= ?2 "
    "ORDER BY sequence LIMIT 1";
constexpr const char* kHasAuthor =
    "SELECT 1 FROM messages WHERE channel = ?1 AND author = ?2 LIMIT 1";

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
    return message;
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
        const std::string find =
            fmt::format("SELECT {} FROM messages WHERE id = ?1 AND channel = ?2", kColumns);
        const std::pair<Statement*, std::string_view> all[] = {{&reader.find, find},
                                                               {&reader.last, kLast},
                                                               {&reader.first_from, kFirstFrom},
                                                               {&reader.has_author, kHasAuthor}};
        for (const auto& [statement, text] : all) {
            auto prepared = reader.connection.prepare(text);
            if (!prepared) return tl::unexpected(prepared.error());
            *statement = std::move(*prepared);
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
    Statement insert, mark_deleted;

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
        if (auto done = check_schema(*connection, options.path); !done)
            return tl::unexpected(done.error());
        auto insert = connection->prepare(kInsert);
        if (!insert) return tl::unexpected(insert.error());
        auto mark_deleted = connection->prepare(kDelete);
        if (!mark_deleted) return tl::unexpected(mark_deleted.error());
        return Writer{std::move(*connection), std::move(*insert), std::move(*mark_deleted)};
    }

    static Result<void> check_schema(Connection& connection, const std::string& path) {
        auto query = connection.prepare("PRAGMA user_version");
        if (!query) return tl::unexpected(query.error());
        if (auto row = query->step(); !row) return tl::unexpected(row.error());
        const std::int64_t version = query->integer(0);
        query->reset();
        if (version > kSchemaVersion) {
            return fail(
                std::errc::not_supported,
                fmt::format(
                    "{} has schema version {} and this program knows version {}: a newer clamor "
                    "wrote it, run that one",
                    path, version, kSchemaVersion));
        }
        if (version == kSchemaVersion) return {};
        auto made = connection.execute(kSchema);
        if (!made) connection.roll_back();
        return made;
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
        text = fmt::format("SELECT {} FROM messages WHERE channel = ?", kColumns);
        values.push_back(number(query.channel.value));
        const auto add = [this](const char* condition, std::int64_t value) {
            text += condition;
            values.push_back(value);
        };
        if (query.after_sequence) add(" AND sequence > ?", number(*query.after_sequence));
        if (query.before_sequence) add(" AND sequence < ?", number(*query.before_sequence));
        if (query.author) add(" AND author = ?", number(query.author->value));
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

    Result<void> mark_deleted(ChannelId channel, std::span<const MessageId> ids) override {
        return write([&](Writer& writer) -> Result<void> {
            for (const MessageId& id : ids) {
                writer.mark_deleted.bind(1, id_bytes(id));
                writer.mark_deleted.bind(2, number(channel.value));
                if (auto done = writer.mark_deleted.step(); !done)
                    return tl::unexpected(done.error());
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
        reader->find.bind(1, id_bytes(id));
        reader->find.bind(2, number(channel.value));
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
        auto done = statement.step();
        if (done) return {};
        if (done.error().code == std::errc::file_exists) {
            done.error().detail = fmt::format("channel {} has another message at position {}",
                                              message.channel.value, message.position.sequence);
        }
        return tl::unexpected(std::move(done.error()));
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
