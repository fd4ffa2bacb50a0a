// SPDX-License-Identifier: Apache-2.0
#include "store/checks.h"
#include "store/sql/catalog.h"
#include "store/sql/rows.h"

namespace clamor::store {
namespace {

struct WebhookRow {
    static constexpr const char* kColumns =
        "webhook_id, type, version, concerns, callback, secret, verified, created_at, cost, "
        "owner_id, client_id, token_hash, token_kept, "
        "COALESCE(token_expires_at, 9223372036854775807), may_read_email";
    std::string id, type, condition, callback, secret, client_id, token_hash;
    long long version = 0, created_at = 0, cost = 0, owner = 0, token_expires_at = 0;
    int verified = 0, token_kept = 0, may_read_email = 0;

    void into(soci::statement& statement) {
        statement.exchange(soci::into(id));
        statement.exchange(soci::into(type));
        statement.exchange(soci::into(version));
        statement.exchange(soci::into(condition));
        statement.exchange(soci::into(callback));
        statement.exchange(soci::into(secret));
        statement.exchange(soci::into(verified));
        statement.exchange(soci::into(created_at));
        statement.exchange(soci::into(cost));
        statement.exchange(soci::into(owner));
        statement.exchange(soci::into(client_id));
        statement.exchange(soci::into(token_hash));
        statement.exchange(soci::into(token_kept));
        statement.exchange(soci::into(token_expires_at));
        statement.exchange(soci::into(may_read_email));
    }
    Webhook value() const {
        return {.id = id,
                .type = type,
                .version = static_cast<std::uint32_t>(version),
                .condition = condition,
                .callback = callback,
                .secret = secret,
                .verified = verified != 0,
                .created_at = wall_from_unix_ms(created_at),
                .cost = static_cast<std::uint32_t>(cost),
                .owner = id_of<UserId>(owner),
                .client_id = client_id,
                .token_hash = token_hash,
                .token_kept = token_kept != 0,
                .token_expires_at = time_of(token_expires_at),
                .may_read_email = may_read_email != 0};
    }
};

const std::string kList = fmt::format(
    "SELECT {} FROM webhooks WHERE webhook_id > :after ORDER BY webhook_id LIMIT :limit",
    WebhookRow::kColumns);
const std::string kFind =
    fmt::format("SELECT {} FROM webhooks WHERE webhook_id = :id", WebhookRow::kColumns);

}  // namespace

Result<void> SqlCatalog::add_webhook(const Webhook& webhook) {
    if (auto fine = check_webhook(webhook); !fine) return fine;
    const std::string id = *check_webhook_id(webhook.id);
    return database_->run("adding a webhook", [&](Session& sql) -> Result<void> {
        const auto added = sql.change(
            "INSERT INTO webhooks (webhook_id, type, version, concerns, callback, secret, "
            "verified, created_at, cost, owner_id, client_id, token_hash, token_kept, "
            "token_expires_at, may_read_email) VALUES (:id, :type, :version, :condition, "
            ":callback, :secret, :verified, :created, :cost, :owner, :client, :hash, :kept, "
            "NULLIF(:expires, 9223372036854775807), :email) ON CONFLICT (webhook_id) DO NOTHING",
            id, webhook.type, static_cast<long long>(webhook.version), webhook.condition,
            webhook.callback, webhook.secret, webhook.verified ? 1 : 0, number(webhook.created_at),
            static_cast<long long>(webhook.cost), number(webhook.owner), webhook.client_id,
            webhook.token_hash, webhook.token_kept ? 1 : 0, number(webhook.token_expires_at),
            webhook.may_read_email ? 1 : 0);
        if (added == 0) return webhook_exists(id);
        return {};
    });
}

Result<bool> SqlCatalog::set_webhook_verified(std::string_view id) {
    const auto key = check_webhook_id(id);
    if (!key) return tl::unexpected(key.error());
    return database_->run("noting a webhook as verified", [&](Session& sql) -> Result<bool> {
        return sql.change("UPDATE webhooks SET verified = 1 WHERE webhook_id = :id", *key) != 0;
    });
}

Result<bool> SqlCatalog::remove_webhook(std::string_view id) {
    const auto key = check_webhook_id(id);
    if (!key) return tl::unexpected(key.error());
    return database_->run("removing a webhook", [&](Session& sql) -> Result<bool> {
        return sql.change("DELETE FROM webhooks WHERE webhook_id = :id", *key) != 0;
    });
}

Result<std::optional<Webhook>> SqlCatalog::find_webhook(std::string_view id) {
    const auto key = check_webhook_id(id);
    if (!key) return tl::unexpected(key.error());
    return database_->run("finding a webhook", [&](Session& sql) -> Result<std::optional<Webhook>> {
        return sql.fetch_one<WebhookRow>(kFind, *key);
    });
}

Result<std::vector<Webhook>> SqlCatalog::list_webhooks(std::string_view after_id,
                                                       std::size_t limit) {
    return database_->run("listing webhooks", [&](Session& sql) -> Result<std::vector<Webhook>> {
        return sql.fetch_all<WebhookRow>(kList, std::string(after_id),
                                         static_cast<long long>(limit));
    });
}

}  // namespace clamor::store
