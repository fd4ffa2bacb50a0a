// SPDX-License-Identifier: Apache-2.0
#include "store/checks.h"
#include "store/sql/catalog.h"
#include "store/sql/many.h"
#include "store/sql/rows.h"

namespace clamor::store {
namespace {

struct AuditRow {
    long long id = 0, channel = 0, at = 0, actor = 0, target = 0;
    std::string action, before, after, reason, origin, batch;

    void into(soci::statement& statement) {
        statement.exchange(soci::into(id));
        statement.exchange(soci::into(channel));
        statement.exchange(soci::into(at));
        statement.exchange(soci::into(actor));
        statement.exchange(soci::into(action));
        statement.exchange(soci::into(target));
        statement.exchange(soci::into(before));
        statement.exchange(soci::into(after));
        statement.exchange(soci::into(reason));
        statement.exchange(soci::into(origin));
        statement.exchange(soci::into(batch));
    }
    AuditEntry value() const {
        return {.id = static_cast<std::uint64_t>(id),
                .channel = id_of<ChannelId>(channel),
                .at = wall_from_unix_ms(at),
                .actor = id_of<UserId>(actor),
                .action = action,
                .target = id_of<UserId>(target),
                .before = before,
                .after = after,
                .reason = reason,
                .origin = origin,
                .batch = batch};
    }
};

const std::string kInsert =
    "INSERT INTO audit_log (audit_id, channel_id, at, actor_id, action, target_id, state_before, "
    "state_after, reason, origin, batch)";

std::string select_entries(const char* condition) {
    return fmt::format(
        "SELECT audit_id, channel_id, at, actor_id, action, target_id, state_before, state_after, "
        "reason, origin, batch FROM audit_log WHERE channel_id = :channel AND {}audit_id < :before "
        "ORDER BY audit_id DESC LIMIT :limit",
        condition);
}

const std::string kEntries = select_entries("");
// The second condition says no more than the first, but only it leads to the index.
const std::string kEntriesOfBatch = select_entries("batch = :batch AND batch <> '' AND ");

const std::string kUndone =
    "SELECT a.audit_id, a.channel_id, a.at, a.actor_id, a.action, a.target_id, a.state_before, "
    "a.state_after, a.reason, a.origin, a.batch FROM audit_log u JOIN audit_log a "
    "ON a.channel_id = u.channel_id AND a.batch = SUBSTR(u.batch, 6) AND a.batch <> '' "
    "AND a.audit_id < u.audit_id WHERE u.channel_id = :channel AND u.action = 'undo' "
    "AND u.at >= :since ORDER BY a.audit_id DESC LIMIT :limit";

}  // namespace

void write_audit(Session& sql, std::span<const AuditEntry> entries, long long last_id) {
    long long id = last_id - static_cast<long long>(entries.size());
    std::vector<Cells> rows;
    for (const AuditEntry& entry : entries) {
        rows.push_back({std::to_string(++id), cell(entry.channel), cell(entry.at),
                        cell(entry.actor), entry.action, cell(entry.target), entry.before,
                        entry.after, entry.reason, entry.origin, entry.batch});
    }
    insert_rows(sql, kInsert, rows);
}

Result<std::vector<AuditEntry>> SqlCatalog::list_audit(ChannelId channel, std::uint64_t before_id,
                                                       std::string_view batch, std::size_t limit) {
    if (auto fine = check_text("batch", batch); !fine) return tl::unexpected(fine.error());
    const auto end = static_cast<std::uint64_t>(std::numeric_limits<long long>::max());
    const auto before = static_cast<long long>(before_id == 0 ? end : std::min(before_id, end));
    const auto most = static_cast<long long>(limit);
    return database_->run(
        "reading the audit log", [&](Session& sql) -> Result<std::vector<AuditEntry>> {
            if (batch.empty())
                return sql.fetch_all<AuditRow>(kEntries, number(channel), before, most);
            return sql.fetch_all<AuditRow>(kEntriesOfBatch, number(channel), std::string(batch),
                                           before, most);
        });
}

Result<std::vector<AuditEntry>> SqlCatalog::list_undone(ChannelId channel, WallTime since,
                                                        std::size_t limit) {
    return database_->run(
        "reading what was undone", [&](Session& sql) -> Result<std::vector<AuditEntry>> {
            return sql.fetch_all<AuditRow>(kUndone, number(channel), number(since),
                                           static_cast<long long>(limit));
        });
}

}  // namespace clamor::store
