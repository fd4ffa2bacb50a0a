// SPDX-License-Identifier: Apache-2.0
#include "store/checks.h"
#include "store/sql/catalog.h"
#include "store/sql/rows.h"

namespace clamor::store {
namespace {

/// No token for app tokens and no expiry are NULL in the table and 0 in a row.
struct TokenRow {
    static constexpr const char* kColumns =
        "COALESCE(user_id, 0), scopes, created_at, COALESCE(expires_at, 0), label, "
        "client_id";
    long long user = 0, created_at = 0, expires_at = 0;
    std::string scopes, label, client_id;

    void into(soci::statement& statement) {
        statement.exchange(soci::into(user));
        statement.exchange(soci::into(scopes));
        statement.exchange(soci::into(created_at));
        statement.exchange(soci::into(expires_at));
        statement.exchange(soci::into(label));
        statement.exchange(soci::into(client_id));
    }
    TokenRecord value() const {
        TokenRecord record{.user = UserId(static_cast<std::uint64_t>(user)),
                           .client_id = client_id,
                           .scopes = {},
                           .created_at = wall_from_unix_ms(created_at),
                           .expires_at = {},
                           .label = label};
        if (expires_at != 0) record.expires_at = wall_from_unix_ms(expires_at);
        for (std::size_t begin = 0; begin < scopes.size();) {
            const std::size_t end = std::min(scopes.find(' ', begin), scopes.size());
            record.scopes.push_back(scopes.substr(begin, end - begin));
            begin = end + 1;
        }
        return record;
    }
};

struct RevocationRow {
    static constexpr const char* kColumns = "revocation_id, token_hash, user_id, kept_until";
    long long id = 0, user = 0, until = 0;
    std::string hash;

    void into(soci::statement& statement) {
        statement.exchange(soci::into(id));
        statement.exchange(soci::into(hash));
        statement.exchange(soci::into(user));
        statement.exchange(soci::into(until));
    }
    Revocation value() const {
        return {.number = static_cast<std::uint64_t>(id),
                .hash = hash,
                .user = id_of<UserId>(user),
                .until = wall_from_unix_ms(until)};
    }
};

}  // namespace

Result<void> SqlCatalog::add_token(std::string_view token, const TokenRecord& record) {
    const auto hash = hash_token(token);
    if (!hash) return tl::unexpected(hash.error());
    if (auto fine = check_token_record(record); !fine) return fine;
    return database_->run("adding a token", [&](Session& sql) -> Result<void> {
        if (record.user && !user_exists(sql, record.user)) return no_such_user(record.user);
        const long long expires_at = record.expires_at ? unix_ms(*record.expires_at) : 0;
        const auto added = sql.change(
            "INSERT INTO tokens (token_hash, user_id, scopes, created_at, expires_at, label, "
            "client_id) VALUES (:hash, NULLIF(CAST(:user AS BIGINT), 0), :scopes, :created, "
            "NULLIF(CAST(:expires AS BIGINT), 0), "
            ":label, :client) "
            "ON CONFLICT (token_hash) DO NOTHING",
            hex_of(*hash), number(record.user), fmt::format("{}", fmt::join(record.scopes, " ")),
            static_cast<long long>(unix_ms(record.created_at)), expires_at, record.label,
            record.client_id);
        if (added == 0) return fail(std::errc::file_exists, "the token exists");
        return {};
    });
}

Result<std::optional<TokenRecord>> SqlCatalog::find_token(std::string_view token, WallTime now) {
    const auto hash = hash_token(token);
    if (!hash) return tl::unexpected(hash.error());
    return database_->run("looking up a token",
                          [&](Session& sql) -> Result<std::optional<TokenRecord>> {
                              return sql.fetch_one<TokenRow>(
                                  fmt::format("SELECT {} FROM tokens WHERE token_hash = :hash AND "
                                              "(expires_at IS NULL OR expires_at > :now)",
                                              TokenRow::kColumns),
                                  hex_of(*hash), static_cast<long long>(unix_ms(now)));
                          });
}

Result<bool> SqlCatalog::has_token(std::string_view hash, WallTime now) {
    return database_->run("looking for a token", [&](Session& sql) -> Result<bool> {
        return sql
            .fetch_one<NumberRow>(
                "SELECT 1 FROM tokens WHERE token_hash = :hash AND "
                "(expires_at IS NULL OR expires_at > :now)",
                std::string(hash), static_cast<long long>(unix_ms(now)))
            .has_value();
    });
}

Result<bool> SqlCatalog::revoke_token(std::string_view token) {
    const auto hash = hash_token(token);
    if (!hash) return tl::unexpected(hash.error());
    return database_->run("revoking a token", [&](Session& sql) -> Result<bool> {
        return sql.change("DELETE FROM tokens WHERE token_hash = :hash", hex_of(*hash)) != 0;
    });
}

Result<std::vector<TokenRecord>> SqlCatalog::list_tokens(UserId user) {
    return database_->run("listing tokens", [&](Session& sql) -> Result<std::vector<TokenRecord>> {
        if (!user) {
            return sql.fetch_all<TokenRow>(
                fmt::format("SELECT {} FROM tokens WHERE user_id IS NULL "
                            "ORDER BY created_at, token_hash",
                            TokenRow::kColumns));
        }
        return sql.fetch_all<TokenRow>(
            fmt::format(
                "SELECT {} FROM tokens WHERE user_id = :user ORDER BY created_at, token_hash",
                TokenRow::kColumns),
            number(user));
    });
}

Result<void> SqlCatalog::put_grant(std::string_view hash, const TokenRecord& grant, WallTime now) {
    if (auto fine = check_token_digest(hash); !fine) return fine;
    if (auto fine = check_token_record(grant); !fine) return fine;
    return database_->run("keeping what a token grants", [&](Session& sql) -> Result<void> {
        Transaction transaction(sql);
        if (!user_exists(sql, grant.user)) return no_such_user(grant.user);
        sql.change("DELETE FROM token_grants WHERE expires_at <= :now", number(now));
        sql.change(
            "INSERT INTO token_grants (token_hash, user_id, scopes, created_at, expires_at, label, "
            "client_id) VALUES (:hash, :user, :scopes, :created, NULLIF(CAST(:expires AS BIGINT), "
            "0), :label, "
            ":client) ON CONFLICT (token_hash) DO NOTHING",
            std::string(hash), number(grant.user), fmt::format("{}", fmt::join(grant.scopes, " ")),
            number(grant.created_at),
            grant.expires_at ? static_cast<long long>(unix_ms(*grant.expires_at)) : 0LL,
            grant.label, grant.client_id);
        transaction.commit();
        return {};
    });
}

Result<std::vector<TokenRecord>> SqlCatalog::list_grants(UserId user) {
    return database_->run(
        "listing what tokens grant", [&](Session& sql) -> Result<std::vector<TokenRecord>> {
            return sql.fetch_all<TokenRow>(
                fmt::format("SELECT {} FROM token_grants WHERE user_id = :user ORDER BY "
                            "created_at, token_hash",
                            TokenRow::kColumns),
                number(user));
        });
}

Result<void> SqlCatalog::add_revocation(const Revocation& revocation, WallTime now) {
    if (auto fine = check_token_digest(revocation.hash); !fine) return fine;
    return database_->run("revoking a token", [&](Session& sql) -> Result<void> {
        Transaction transaction(sql);
        const long long id = next_number(sql, "revocation_id");
        sql.change("DELETE FROM token_grants WHERE token_hash = :hash", revocation.hash);
        sql.change("DELETE FROM revocations WHERE kept_until <= :now", number(now));
        sql.change(
            "INSERT INTO revocations (revocation_id, token_hash, user_id, kept_until) "
            "VALUES (:id, :hash, :user, :until) ON CONFLICT (token_hash) DO NOTHING",
            id, revocation.hash, number(revocation.user), number(revocation.until));
        transaction.commit();
        return {};
    });
}

Result<bool> SqlCatalog::is_revoked(std::string_view hash) {
    if (auto fine = check_token_digest(hash); !fine) return tl::unexpected(fine.error());
    return database_->run("looking up a revocation", [&](Session& sql) -> Result<bool> {
        return sql
            .fetch_one<NumberRow>("SELECT revocation_id FROM revocations WHERE token_hash = :hash",
                                  std::string(hash))
            .has_value();
    });
}

Result<std::vector<Revocation>> SqlCatalog::list_revocations(std::uint64_t after,
                                                             std::size_t limit) {
    return database_->run(
        "listing revocations", [&](Session& sql) -> Result<std::vector<Revocation>> {
            return sql.fetch_all<RevocationRow>(
                fmt::format("SELECT {} FROM revocations WHERE revocation_id > :after "
                            "ORDER BY revocation_id LIMIT :limit",
                            RevocationRow::kColumns),
                static_cast<long long>(after), static_cast<long long>(limit));
        });
}

}  // namespace clamor::store
