// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/positions.h"

#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

#include "store/sqlite/connection.h"

namespace clamor::store {
namespace {

constexpr std::chrono::milliseconds kBusyTimeout{5000};
constexpr const char* kSchema =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
    "CREATE TABLE IF NOT EXISTS positions ("
    "  log TEXT NOT NULL, channel INTEGER NOT NULL, epoch INTEGER NOT NULL,"
    "  sequence INTEGER NOT NULL, sent_at INTEGER NOT NULL, PRIMARY KEY (log, channel)) WITHOUT "
    "ROWID";
constexpr const char* kPut =
    "INSERT INTO positions (log, channel, epoch, sequence, sent_at) VALUES (?1, ?2, ?3, ?4, ?5) "
    "ON CONFLICT (log, channel) DO UPDATE SET epoch = excluded.epoch, sequence = "
    "excluded.sequence, sent_at = excluded.sent_at WHERE excluded.sequence > sequence";
constexpr const char* kGet =
    "SELECT epoch, sequence, sent_at FROM positions WHERE log = ?1 AND channel = ?2";
constexpr const char* kAny = "SELECT 1 FROM positions WHERE log = ?1 LIMIT 1";

class Kept final : public PositionedLog {
  public:
    Kept(RemoteLog& log, std::string name, Connection connection, Statement put, Statement get)
        : log_(log),
          name_(std::move(name)),
          connection_(std::move(connection)),
          put_(std::move(put)),
          get_(std::move(get)) {}

    Result<void> append(std::span<const StoredMessage> messages) override {
        if (auto appended = log_.append(messages); !appended) return appended;
        return keep(messages);
    }
    Result<LastMessage> last(ChannelId channel) override {
        const auto kept = kept_of(channel);
        if (!kept) return tl::unexpected(kept.error());
        // Without a position of its own, the room would give those out that others have.
        if (!*kept) return log_.last(channel);
        return log_.glance_last(channel).value_or(**kept);
    }
    Result<bool> has_author(ChannelId channel, UserId author) override {
        return log_.glance_author(channel, author).value_or(true);
    }
    Result<std::vector<StoredMessage>> read(const HistoryQuery& query) override {
        return log_.read(query);
    }
    Result<std::optional<StoredMessage>> find(ChannelId channel, MessageId id) override {
        return log_.find(channel, id);
    }
    Result<void> mark_deleted(std::span<const Deletion> deletions) override {
        return log_.mark_deleted(deletions);
    }
    Result<void> restore(ChannelId channel, MessageId by) override {
        return log_.restore(channel, by);
    }

  private:
    Result<std::optional<LastMessage>> kept_of(ChannelId channel) {
        const std::lock_guard lock(mutex_);
        get_.bind(1, std::string_view(name_));
        get_.bind(2, static_cast<std::int64_t>(channel.value));
        const auto row = get_.step();
        if (!row) return tl::unexpected(row.error());
        if (!*row) return std::optional<LastMessage>();
        const LastMessage kept{
            .position = {.epoch = static_cast<std::uint64_t>(get_.integer(0)),
                         .sequence = static_cast<std::uint64_t>(get_.integer(1))},
            .sent_at = wall_from_unix_ms(get_.integer(2))};
        get_.reset();
        return std::optional(kept);
    }
    Result<void> keep(std::span<const StoredMessage> messages) {
        std::unordered_map<ChannelId, LastMessage> newest;
        for (const StoredMessage& message : messages) {
            LastMessage& last = newest[message.channel];
            if (message.position.sequence > last.position.sequence)
                last = {.position = message.position, .sent_at = message.sent_at};
        }
        const std::lock_guard lock(mutex_);
        auto done = connection_.execute("BEGIN IMMEDIATE");
        for (const auto& [channel, last] : newest) {
            if (!done) break;
            put_.bind(1, std::string_view(name_));
            put_.bind(2, static_cast<std::int64_t>(channel.value));
            put_.bind(3, static_cast<std::int64_t>(last.position.epoch));
            put_.bind(4, static_cast<std::int64_t>(last.position.sequence));
            put_.bind(5, unix_ms(last.sent_at));
            if (auto row = put_.step(); !row) done = tl::unexpected(row.error());
        }
        if (done) done = connection_.execute("COMMIT");
        if (!done) connection_.roll_back();
        return done;
    }

    RemoteLog& log_;
    const std::string name_;
    std::mutex mutex_;
    Connection connection_;
    Statement put_, get_;
};

Result<Connection> open_file(const std::string& path) {
    auto connection = Connection::open(path, Connection::Mode::read_write, kBusyTimeout);
    if (!connection) return connection;
    if (auto made = connection->execute(kSchema); !made) return tl::unexpected(made.error());
    return connection;
}

}  // namespace

Result<std::unique_ptr<PositionedLog>> PositionedLog::open(RemoteLog& log, const std::string& path,
                                                           const std::string& name) {
    auto connection = open_file(path);
    if (!connection) return tl::unexpected(connection.error());
    auto put = connection->prepare(kPut);
    if (!put) return tl::unexpected(put.error());
    auto get = connection->prepare(kGet);
    if (!get) return tl::unexpected(get.error());
    return std::make_unique<Kept>(log, name, *std::move(connection), *std::move(put),
                                  *std::move(get));
}

Result<bool> PositionedLog::knows(const std::string& path, const std::string& name) {
    auto connection = open_file(path);
    if (!connection) return tl::unexpected(connection.error());
    auto any = connection->prepare(kAny);
    if (!any) return tl::unexpected(any.error());
    any->bind(1, std::string_view(name));
    const auto row = any->step();
    if (!row) return tl::unexpected(row.error());
    const bool known = *row;
    any->reset();
    return known;
}

}  // namespace clamor::store
