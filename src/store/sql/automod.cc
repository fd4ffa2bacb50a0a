// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "store/checks.h"
#include "store/moderation_checks.h"
#include "store/sql/catalog.h"
#include "store/sql/rows.h"

namespace clamor::store {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

std::string to_hex(std::string_view bytes) {
    std::string hex;
    hex.reserve(bytes.size() * 2);
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        hex += kDigits[byte >> 4];
        hex += kDigits[byte & 15];
    }
    return hex;
}

std::string from_hex(std::string_view hex) {
    std::string bytes;
    bytes.reserve(hex.size() / 2);
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
        bytes += static_cast<char>((kDigits.find(hex[i]) << 4 | kDigits.find(hex[i + 1])) & 255);
    }
    return bytes;
}

std::optional<chat::HoldStatus> status_of(std::string_view name) {
    for (int i = 0; i <= static_cast<int>(chat::HoldStatus::expired); ++i) {
        const auto status = static_cast<chat::HoldStatus>(i);
        if (chat::name_of(status) == name) return status;
    }
    return std::nullopt;
}

struct HeldRow {
    static constexpr const char* kColumns =
        "channel_id, message_id, author_id, event, held_at, status, COALESCE(moderator_id, 0), "
        "COALESCE(decided_at, 9223372036854775807)";
    long long channel = 0, author = 0, held_at = 0, moderator = 0, decided_at = 0;
    std::string id, event, status;

    void into(soci::statement& statement) {
        statement.exchange(soci::into(channel));
        statement.exchange(soci::into(id));
        statement.exchange(soci::into(author));
        statement.exchange(soci::into(event));
        statement.exchange(soci::into(held_at));
        statement.exchange(soci::into(status));
        statement.exchange(soci::into(moderator));
        statement.exchange(soci::into(decided_at));
    }
    Held value() const {
        return {.channel = id_of<ChannelId>(channel),
                .id = MessageId::parse(id).value_or(MessageId()),
                .author = id_of<UserId>(author),
                .event = from_hex(event),
                .held_at = wall_from_unix_ms(held_at),
                .status = status_of(status).value_or(chat::HoldStatus::pending),
                .moderator = id_of<UserId>(moderator),
                .decided_at = time_of(decided_at)};
    }
};

struct VerdictRow {
    static constexpr const char* kColumns =
        "v.channel_id, v.message_id, v.author_id, v.at, v.action, v.message, v.findings, "
        "COALESCE(h.status, '')";
    long long channel = 0, author = 0, at = 0;
    int action = 0;
    std::string id, text, findings, status;

    void into(soci::statement& statement) {
        statement.exchange(soci::into(channel));
        statement.exchange(soci::into(id));
        statement.exchange(soci::into(author));
        statement.exchange(soci::into(at));
        statement.exchange(soci::into(action));
        statement.exchange(soci::into(text));
        statement.exchange(soci::into(findings));
        statement.exchange(soci::into(status));
    }
    VerdictRecord value() const {
        return {.channel = id_of<ChannelId>(channel),
                .message = MessageId::parse(id).value_or(MessageId()),
                .author = id_of<UserId>(author),
                .at = wall_from_unix_ms(at),
                .action = static_cast<std::uint8_t>(action),
                .text = text,
                .findings = findings,
                .status = status_of(status)};
    }
};

struct RaidTripRow {
    long long channel = 0, at = 0, until = 0;
    int shadow = 0, over = 0;
    std::string batch, details;

    void into(soci::statement& statement) {
        statement.exchange(soci::into(channel));
        statement.exchange(soci::into(batch));
        statement.exchange(soci::into(at));
        statement.exchange(soci::into(until));
        statement.exchange(soci::into(shadow));
        statement.exchange(soci::into(over));
        statement.exchange(soci::into(details));
    }
    RaidTrip value() const {
        return {.channel = id_of<ChannelId>(channel),
                .batch = batch,
                .at = wall_from_unix_ms(at),
                .until = wall_from_unix_ms(until),
                .shadow = shadow != 0,
                .over = over != 0,
                .details = details};
    }
};

struct ChannelIdRow {
    long long channel = 0;

    void into(soci::statement& statement) { statement.exchange(soci::into(channel)); }
    ChannelId value() const { return id_of<ChannelId>(channel); }
};

const std::string kPending =
    "SELECT COUNT(*) FROM held_messages WHERE channel_id = :channel AND status = 'pending'";
const std::string kHold =
    "INSERT INTO held_messages (channel_id, message_id, author_id, event, held_at, status) VALUES "
    "(:channel, :id, :author, :event, :held_at, 'pending')";
const std::string kFind =
    fmt::format("SELECT {} FROM held_messages WHERE message_id = :id", HeldRow::kColumns);
const std::string kList = fmt::format(
    "SELECT {} FROM held_messages WHERE channel_id = :channel AND status = :status AND message_id "
    "> :after ORDER BY message_id LIMIT :limit",
    HeldRow::kColumns);
const std::string kChannels =
    "SELECT channel_id FROM held_messages WHERE status = 'pending' UNION "
    "SELECT channel_id FROM raid_trips WHERE ended = 0 ORDER BY channel_id";
const std::string kRaidTrip =
    "SELECT channel_id, batch, at, ends_at, shadow, ended, details FROM raid_trips WHERE "
    "channel_id = :channel";
const std::string kRecord =
    "INSERT INTO automod_verdicts (channel_id, message_id, author_id, at, action, message, "
    "findings) VALUES (:channel, :id, :author, :at, :action, :message, :findings) ON CONFLICT "
    "(channel_id, message_id) DO NOTHING";
const std::string kVerdicts = fmt::format(
    "SELECT {} FROM automod_verdicts v LEFT JOIN held_messages h ON h.channel_id = v.channel_id "
    "AND h.message_id = v.message_id WHERE v.channel_id = :channel AND ",
    VerdictRow::kColumns);
const std::string kVerdict = kVerdicts + "v.message_id = :id";
const std::string kVerdictList =
    kVerdicts + "v.message_id > :after ORDER BY v.message_id LIMIT :limit";

}  // namespace

Result<bool> SqlCatalog::hold(const Held& held, std::size_t most) {
    if (auto fine = check_held(held); !fine) return tl::unexpected(fine.error());
    return database_->run("holding a message", [&](Session& sql) -> Result<bool> {
        Transaction transaction(sql);
        next_number(sql, "audit_id", 0);  // takes the write lock: see there
        if (!channel_exists(sql, held.channel)) return no_such_channel(held.channel);
        if (!user_exists(sql, held.author)) return no_such_user(held.author);
        const auto pending = sql.fetch_one<NumberRow>(kPending, number(held.channel)).value_or(0);
        if (static_cast<std::size_t>(pending) >= most) return false;
        sql.change(kHold, number(held.channel), held.id.to_string(), number(held.author),
                   to_hex(held.event), number(held.held_at));
        transaction.commit();
        return true;
    });
}

Result<std::optional<Held>> SqlCatalog::find_held(ChannelId channel, MessageId id) {
    return database_->run("looking up a held message",
                          [&](Session& sql) -> Result<std::optional<Held>> {
                              auto held = sql.fetch_one<HeldRow>(kFind, id.to_string());
                              if (held && channel && held->channel != channel) held.reset();
                              return held;
                          });
}

Result<std::vector<Held>> SqlCatalog::list_held(ChannelId channel, chat::HoldStatus status,
                                                MessageId after, std::size_t limit) {
    return database_->run("listing held messages", [&](Session& sql) -> Result<std::vector<Held>> {
        return sql.fetch_all<HeldRow>(kList, number(channel), std::string(chat::name_of(status)),
                                      after.to_string(), static_cast<long long>(limit));
    });
}

Result<std::optional<RaidTrip>> SqlCatalog::raid_trip(ChannelId channel) {
    return database_->run("looking up a raid trip",
                          [&](Session& sql) -> Result<std::optional<RaidTrip>> {
                              return sql.fetch_one<RaidTripRow>(kRaidTrip, number(channel));
                          });
}

Result<std::vector<ChannelId>> SqlCatalog::channels_to_wake() {
    return database_->run("listing channels to wake",
                          [&](Session& sql) -> Result<std::vector<ChannelId>> {
                              return sql.fetch_all<ChannelIdRow>(kChannels);
                          });
}

Result<void> SqlCatalog::record_verdicts(std::span<const VerdictRecord> verdicts) {
    for (const VerdictRecord& verdict : verdicts) {
        if (auto fine = check_verdict(verdict); !fine) return fine;
    }
    return database_->run("recording verdicts", [&](Session& sql) -> Result<void> {
        Transaction transaction(sql);
        for (const VerdictRecord& verdict : verdicts) {
            sql.change(kRecord, number(verdict.channel), verdict.message.to_string(),
                       number(verdict.author), number(verdict.at), int{verdict.action},
                       verdict.text, verdict.findings);
        }
        transaction.commit();
        return {};
    });
}

Result<std::optional<VerdictRecord>> SqlCatalog::find_verdict(ChannelId channel,
                                                              MessageId message) {
    return database_->run(
        "looking up a verdict", [&](Session& sql) -> Result<std::optional<VerdictRecord>> {
            return sql.fetch_one<VerdictRow>(kVerdict, number(channel), message.to_string());
        });
}

Result<std::vector<VerdictRecord>> SqlCatalog::list_verdicts(ChannelId channel, MessageId after,
                                                             std::size_t limit) {
    return database_->run(
        "listing verdicts", [&](Session& sql) -> Result<std::vector<VerdictRecord>> {
            return sql.fetch_all<VerdictRow>(kVerdictList, number(channel), after.to_string(),
                                             static_cast<long long>(limit));
        });
}

Result<void> SqlCatalog::forget_automod(WallTime before) {
    return database_->run("forgetting old verdicts", [&](Session& sql) -> Result<void> {
        sql.change("DELETE FROM automod_verdicts WHERE at < :before", number(before));
        sql.change("DELETE FROM held_messages WHERE status <> 'pending' AND held_at < :before",
                   number(before));
        return {};
    });
}

}  // namespace clamor::store
