// SPDX-License-Identifier: Apache-2.0
#include <ostream>
#include <random>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "app/commands.h"
#include "auth/claims.h"
#include "auth/jwt.h"
#include "auth/key.h"
#include "auth/revoke.h"
#include "base/limits.h"

namespace clamor::app {

namespace {

/// 30 letters and digits: 155 bits of the system's randomness.
std::string new_token() {
    static constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
    std::random_device random;
    std::uniform_int_distribution<std::size_t> pick(0, kAlphabet.size() - 1);
    std::string token;
    for (int i = 0; i < 30; ++i) token.push_back(kAlphabet[pick(random)]);
    return token;
}

/// `2026-03-09`
std::string date_of(WallTime time) {
    const auto days = std::chrono::floor<std::chrono::days>(time.time_since_epoch());
    const std::chrono::year_month_day date{std::chrono::sys_days(days)};
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

/// What a token may do when nothing is said: a user chats, an app only asks.
std::vector<std::string> scopes_or_default(const std::vector<std::string>& scopes, bool of_user) {
    if (!scopes.empty() || !of_user) return scopes;
    return {"chat:read", "chat:edit"};
}

Result<void> create_token(const TokenCommand& command, store::Catalog& catalog, WallTime now,
                          std::ostream& out) {
    store::TokenRecord record;
    if (!command.user.empty()) {
        const auto user = catalog.ensure_user(command.user);
        if (!user) return tl::unexpected(user.error());
        record.user = user->id;
    }
    record.client_id = command.client_id;
    record.scopes = scopes_or_default(command.scopes, !command.user.empty());
    record.created_at = now;
    if (command.days != 0) record.expires_at = now + std::chrono::days(command.days);
    record.label = command.label;
    const auto token = new_token();
    if (const auto added = catalog.add_token(token, record); !added) return added;
    out << token << "\n\n";
    if (record.user) {
        out << "log in with it as " << command.user << ": PASS oauth:" << token << '\n';
    } else {
        out << "an app token: it asks REST, and logs nobody in\n";
    }
    out << "it is kept as a hash and cannot be shown again\n";
    return {};
}

Result<void> list_tokens(const TokenCommand& command, store::Catalog& catalog, std::ostream& out) {
    UserId holder;
    if (!command.user.empty()) {
        const auto user = existing_user(catalog, command.user);
        if (!user) return tl::unexpected(user.error());
        holder = user->id;
    }
    const auto tokens = catalog.list_tokens(holder);
    if (!tokens) return tl::unexpected(tokens.error());
    const auto or_dash = [](const std::string& text) { return text.empty() ? "-" : text; };
    for (const auto& token : *tokens) {
        out << fmt::format(
            "{}\t{}\t{}\t{}\t{}\n", or_dash(token.label),
            token.client_id.empty() ? "any client" : token.client_id,
            or_dash(fmt::format("{}", fmt::join(token.scopes, ","))), date_of(token.created_at),
            token.expires_at ? "expires " + date_of(*token.expires_at) : "does not expire");
    }
    return {};
}

std::string in_hex(std::string_view text) {
    std::string digits;
    for (const char c : text) digits += fmt::format("{:02x}", static_cast<unsigned char>(c));
    return digits;
}

}  // namespace

Result<void> run_token(const TokenCommand& command, store::Catalog& catalog, WallTime now,
                       std::ostream& out) {
    switch (command.action) {
        case TokenCommand::Action::create:
            return create_token(command, catalog, now, out);
        case TokenCommand::Action::list:
            return list_tokens(command, catalog, out);
        case TokenCommand::Action::revoke:
            break;
    }
    if (auto revoked = auth::revoke_unchecked(catalog, command.token, now); !revoked)
        return revoked;
    out << "revoked\n";
    return {};
}

Result<void> run_mint(const MintCommand& command, WallTime now, std::ostream& out) {
    using std::chrono::seconds;
    const auto key = auth::load_signing_key(command.key_file);
    if (!key) return tl::unexpected(key.error());
    const auto unix_s = std::chrono::floor<seconds>(now.time_since_epoch()).count();
    nlohmann::json claims{{"exp", unix_s + command.seconds}};
    claims["iat"] = std::min(unix_s, unix_s + command.seconds);
    const auto put = [&](const char* name, const std::string& value) {
        if (!value.empty()) claims[name] = value;
    };
    put("login", command.user);
    put("client_id", command.client_id);
    put("display_name", command.display_name);
    put("iss", command.issuer);
    put("aud", command.audience);
    const auto scopes = scopes_or_default(command.scopes, !command.user.empty());
    if (!scopes.empty()) claims["scope"] = fmt::format("{}", fmt::join(scopes, " "));
    if (!command.claims.empty()) {
        const auto more = nlohmann::json::parse(command.claims, nullptr, false);
        if (!more.is_object())
            return fail(std::errc::invalid_argument, "--claims is no object of JSON");
        claims.update(more);
    }
    const auto payload = claims.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    // Whoever tries claims out learns here what is wrong with them; the server only refuses.
    if (const auto fine = auth::parse_claims(payload); !fine) return tl::unexpected(fine.error());
    const auto token = auth::make_jwt(payload, *key, command.key_id);
    if (token.size() > limits::kJwtBytes) {
        return fail(std::errc::invalid_argument,
                    fmt::format("the JWT would have {} bytes; servers take {}", token.size(),
                                limits::kJwtBytes));
    }
    out << (command.folded ? in_hex(token) : token) << '\n';
    return {};
}

}  // namespace clamor::app
