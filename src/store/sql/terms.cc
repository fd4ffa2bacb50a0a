// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "store/moderation_checks.h"
#include "store/sql/catalog.h"
#include "store/sql/rows.h"

namespace clamor::store {
namespace {

constexpr std::array<const char*, 5> kStatusNames{"pending", "approved", "denied", "acknowledged",
                                                  "canceled"};

struct TermRow {
    static constexpr const char* kColumns =
        "term_id, channel_id, COALESCE(moderator_id, 0), term, permitted, created_at, updated_at, "
        "COALESCE(expires_at, 9223372036854775807), is_private, shadow, holds, list";
    std::string id, text, list;
    long long channel = 0, moderator = 0, created_at = 0, updated_at = 0, expires_at = 0;
    int permitted = 0, private_term = 0, shadow = 0, holds = 0;

    void into(soci::statement& statement) {
        statement.exchange(soci::into(id));
        statement.exchange(soci::into(channel));
        statement.exchange(soci::into(moderator));
        statement.exchange(soci::into(text));
        statement.exchange(soci::into(permitted));
        statement.exchange(soci::into(created_at));
        statement.exchange(soci::into(updated_at));
        statement.exchange(soci::into(expires_at));
        statement.exchange(soci::into(private_term));
        statement.exchange(soci::into(shadow));
        statement.exchange(soci::into(holds));
        statement.exchange(soci::into(list));
    }
    Term value() const {
        return {.id = id,
                .channel = id_of<ChannelId>(channel),
                .moderator = id_of<UserId>(moderator),
                .text = text,
                .permitted = permitted != 0,
                .created_at = wall_from_unix_ms(created_at),
                .updated_at = wall_from_unix_ms(updated_at),
                .expires_at = time_of(expires_at),
                .private_term = private_term != 0,
                .shadow = shadow != 0,
                .holds = holds != 0,
                .list = list};
    }
};

struct UnbanRequestRow {
    static constexpr const char* kColumns =
        "request_id, channel_id, user_id, request, status, created_at, "
        "COALESCE(resolved_at, 9223372036854775807), COALESCE(moderator_id, 0), resolution";
    std::string id, text, status, resolution;
    long long channel = 0, user = 0, created_at = 0, resolved_at = 0, moderator = 0;

    void into(soci::statement& statement) {
        statement.exchange(soci::into(id));
        statement.exchange(soci::into(channel));
        statement.exchange(soci::into(user));
        statement.exchange(soci::into(text));
        statement.exchange(soci::into(status));
        statement.exchange(soci::into(created_at));
        statement.exchange(soci::into(resolved_at));
        statement.exchange(soci::into(moderator));
        statement.exchange(soci::into(resolution));
    }
    UnbanRequest value() const {
        const auto kind = std::ranges::find(kStatusNames, status) - kStatusNames.begin();
        return {.id = id,
                .channel = id_of<ChannelId>(channel),
                .user = id_of<UserId>(user),
                .text = text,
                .status = static_cast<UnbanRequestStatus>(kind),
                .created_at = wall_from_unix_ms(created_at),
                .resolved_at = time_of(resolved_at),
                .moderator = id_of<UserId>(moderator),
                .resolution_text = resolution};
    }
};

std::string select_terms(const char* condition) {
    return fmt::format("SELECT {} FROM terms WHERE channel_id = :channel AND {}", TermRow::kColumns,
                       condition);
}

std::string select_requests(const char* condition) {
    return fmt::format("SELECT {} FROM unban_requests WHERE channel_id = :channel AND {}",
                       UnbanRequestRow::kColumns, condition);
}

const std::string kTerm = select_terms("term_id = :id");
const std::string kTerms = select_terms(
    "permitted = :permitted AND term_id > :after AND (expires_at IS NULL OR expires_at > :now) "
    "ORDER BY term_id LIMIT :limit");
const std::string kRequest = select_requests("request_id = :id");
const std::string kRequests =
    select_requests("status = :status AND request_id > :after ORDER BY request_id LIMIT :limit");
const std::string kRequestsOfUser = select_requests(
    "user_id = :user AND status = :status AND request_id > :after ORDER BY request_id LIMIT "
    ":limit");

}  // namespace

const char* name_of(UnbanRequestStatus status) {
    return kStatusNames[static_cast<std::size_t>(status)];
}

Result<std::vector<Term>> SqlCatalog::list_terms(ChannelId channel, bool permitted,
                                                 std::string_view after_id, WallTime now,
                                                 std::size_t limit) {
    const auto after = uuid_cursor(after_id);
    if (!after) return tl::unexpected(after.error());
    return database_->run("listing terms", [&](Session& sql) -> Result<std::vector<Term>> {
        return sql.fetch_all<TermRow>(kTerms, number(channel), int{permitted}, *after, number(now),
                                      static_cast<long long>(limit));
    });
}

Result<std::optional<Term>> SqlCatalog::find_term(ChannelId channel, std::string_view id) {
    const auto key = uuid_key(id);
    if (!key) return std::nullopt;
    return database_->run("looking up a term", [&](Session& sql) -> Result<std::optional<Term>> {
        return sql.fetch_one<TermRow>(kTerm, number(channel), *key);
    });
}

Result<std::optional<UnbanRequest>> SqlCatalog::find_unban_request(ChannelId channel,
                                                                   std::string_view id) {
    const auto key = uuid_key(id);
    if (!key) return std::nullopt;
    return database_->run(
        "looking up an unban request", [&](Session& sql) -> Result<std::optional<UnbanRequest>> {
            return sql.fetch_one<UnbanRequestRow>(kRequest, number(channel), *key);
        });
}

Result<std::vector<UnbanRequest>> SqlCatalog::list_unban_requests(ChannelId channel,
                                                                  UnbanRequestStatus status,
                                                                  UserId user,
                                                                  std::string_view after_id,
                                                                  std::size_t limit) {
    const auto after = uuid_cursor(after_id);
    if (!after) return tl::unexpected(after.error());
    const std::string status_name = name_of(status);
    const auto most = static_cast<long long>(limit);
    return database_->run(
        "listing unban requests", [&](Session& sql) -> Result<std::vector<UnbanRequest>> {
            if (!user) {
                return sql.fetch_all<UnbanRequestRow>(kRequests, number(channel), status_name,
                                                      *after, most);
            }
            return sql.fetch_all<UnbanRequestRow>(kRequestsOfUser, number(channel), number(user),
                                                  status_name, *after, most);
        });
}

}  // namespace clamor::store
