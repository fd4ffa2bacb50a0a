// SPDX-License-Identifier: Apache-2.0
#include "auth/checker.h"

#include <algorithm>
#include <utility>

#include "auth/claims.h"
#include "auth/revoke.h"
#include "auth/scopes.h"
#include "base/log.h"
#include "chat/anonymous.h"
#include "store/checks.h"
#include "text/message.h"

namespace clamor::auth {

namespace {

/// What stands for nobody.
std::optional<Caller> nobody() {
    return std::nullopt;
}

std::vector<std::string> split(std::string_view list, char separator) {
    std::vector<std::string> parts;
    while (!list.empty()) {
        const auto end = list.find(separator);
        if (end != 0) parts.emplace_back(list.substr(0, end));
        if (end == std::string_view::npos) break;
        list.remove_prefix(end + 1);
    }
    return parts;
}

std::vector<std::string> full_scopes() {
    return {all_scopes().begin(), all_scopes().end()};
}

constexpr std::size_t kRevocationsAtOnce = 1000;

}  // namespace

bool Caller::has(std::string_view scope) const {
    return std::ranges::find(scopes, scope) != scopes.end();
}

Checker::Checker(store::Catalog& catalog, KeyRing& keys, Options options, Listener listener)
    : catalog_(catalog),
      keys_(keys),
      options_(std::move(options)),
      listener_(std::move(listener)) {}

Checker::Found Checker::check(std::string_view token, WallTime now) {
    auto caller = check_real(token, now);
    if (!caller || *caller || !options_.dev || judges_jwt(token)) return caller;
    return check_dev(token);
}

Checker::Found Checker::check_login(std::string_view token, std::string_view login, WallTime now) {
    auto caller = check_real(token, now);
    if (!caller) return caller;
    if (*caller && (*caller)->user && (*caller)->user->login == login) return caller;
    if (!options_.dev || token == "invalid" || judges_jwt(token) || chat::is_anonymous_login(login))
        return nobody();
    auto user = catalog_.ensure_user(login);
    if (!user) return tl::unexpected(user.error());
    ++counters_.dev;
    return Caller{.user = *std::move(user), .scopes = full_scopes()};
}

Checker::Found Checker::check_real(std::string_view token, WallTime now) {
    const std::string jwt = unfold_jwt(token);
    auto caller = looks_like_jwt(jwt) ? check_jwt(jwt, now) : check_opaque(token, now);
    if (caller && *caller) watch(**caller);
    return caller;
}

Checker::Found Checker::check_opaque(std::string_view token, WallTime now) {
    // What cannot be a token is unknown, not a mistake of ours.
    const auto hash = store::hash_token(token);
    auto record = hash ? catalog_.find_token(token, now) : std::optional<store::TokenRecord>();
    if (!record) return tl::unexpected(record.error());
    if (!*record) {
        if (!options_.dev) ++counters_.unknown;
        return nobody();
    }
    Caller caller{.client_id = (*record)->client_id,
                  .scopes = (*record)->scopes,
                  .expires_at = (*record)->expires_at,
                  .token_hash = store::hex_of(*hash)};
    if ((*record)->user) {
        auto user = catalog_.find_user((*record)->user);
        if (!user) return tl::unexpected(user.error());
        if (!*user) return nobody();
        caller.user = *std::move(user);
    }
    ++counters_.opaque;
    return caller;
}

Checker::Found Checker::check_jwt(const std::string& token, WallTime now) {
    const auto jwt = parse_jwt(token);
    if (!jwt) return refuse(jwt.error());
    if (const auto why = check_signature(*jwt, keys_.find(jwt->key_id, now))) return refuse(*why);
    const auto expires_at = check_registered_claims(jwt->payload, options_.rules, now);
    if (!expires_at) return refuse(expires_at.error());
    Caller caller{.expires_at = *expires_at, .token_hash = token_hash(token)};
    const auto revoked = catalog_.is_revoked(caller.token_hash);
    if (!revoked) return tl::unexpected(revoked.error());
    if (*revoked) return refuse(JwtRefusal::revoked);
    return check_claims(*jwt, std::move(caller), now);
}

Checker::Found Checker::check_claims(const Jwt& jwt, Caller caller, WallTime now) {
    const auto claims = parse_claims(jwt.payload);
    if (!claims) {
        // Only who has a key of the platform's can fill the log with it.
        log::warn("a signed token was refused for what it says",
                  {{"error", claims.error().detail}, {"key", jwt.key_id}});
        return refuse(JwtRefusal::claims);
    }
    caller.client_id = claims->client_id;
    caller.scopes = claims->scopes;
    if (!claims->login.empty()) {
        auto user = user_of(*claims, caller, now);
        if (!user) return tl::unexpected(user.error());
        caller.user = *std::move(user);
    }
    ++counters_.jwt;
    return caller;
}

Result<chat::User> Checker::user_of(const Claims& claims, const Caller& caller, WallTime now) {
    // A token's claims count when it is seen first: a role that was taken away since is not given
    // back by every request.
    auto known = catalog_.find_user(claims.login);
    if (!known) return tl::unexpected(known.error());
    if (*known &&
        is_watched(
            {.user = **known, .expires_at = caller.expires_at, .token_hash = caller.token_hash}))
        return **std::move(known);
    auto applied = apply_claims(claims, catalog_, now);
    if (!applied) return tl::unexpected(applied.error());
    if (auto kept = keep_grant(caller, applied->user.id, now); !kept)
        return tl::unexpected(kept.error());
    if (applied->account) listener_.account_changed(applied->user.id);
    for (const ChannelId channel : applied->standings)
        listener_.standing_changed(channel, applied->user.id);
    return std::move(applied->user);
}

Result<void> Checker::keep_grant(const Caller& caller, UserId user, WallTime now) {
    if (caller.client_id.empty() || !(caller.has("user:bot") || caller.has("channel:bot")))
        return {};
    return catalog_.put_grant(caller.token_hash,
                              {.user = user,
                               .client_id = caller.client_id,
                               .scopes = caller.scopes,
                               .created_at = now,
                               .expires_at = caller.expires_at},
                              now);
}

Checker::Found Checker::check_dev(std::string_view token) {
    if (token == "invalid") return nobody();
    Caller caller;
    if (token == "app") {
        caller.scopes.emplace_back(kPlatformScope);
        ++counters_.dev;
        return caller;
    }
    const auto colon = token.find(':');
    const auto login = text::fold_ascii(token.substr(0, colon));
    if (!text::is_valid_login(login) || chat::is_anonymous_login(login)) return nobody();
    caller.scopes =
        colon == std::string_view::npos ? full_scopes() : split(token.substr(colon + 1), ',');
    auto user = catalog_.ensure_user(login);
    if (!user) return tl::unexpected(user.error());
    caller.user = *std::move(user);
    ++counters_.dev;
    return caller;
}

Checker::Found Checker::refuse(JwtRefusal why) {
    ++counters_.refused[static_cast<std::size_t>(why)];
    log::debug("a JWT was refused", {{"why", name_of(why)}});
    return nobody();
}

bool Checker::judges_jwt(std::string_view token) const {
    return !keys_.empty() && looks_like_jwt(unfold_jwt(token));
}

Result<void> Checker::revoke(std::string_view token, const Caller& caller, WallTime now) {
    const UserId user = caller.user ? caller.user->id : UserId();
    // What dev mode makes up is in no catalog: its sessions end all the same.
    if (!caller.token_hash.empty()) {
        if (auto done = auth::revoke(catalog_, token, user, caller.expires_at, now); !done)
            return done;
    }
    const auto hash = token_hash(token);
    if (user && !hash.empty()) listener_.token_revoked(user, hash);
    return {};
}

std::size_t Checker::watched() const {
    const std::lock_guard lock(mutex_);
    return watched_.size();
}

bool Checker::is_watched(const Caller& caller) const {
    const std::lock_guard lock(mutex_);
    return watched_.contains({*caller.expires_at, caller.user->id, caller.token_hash});
}

void Checker::watch(const Caller& caller) {
    if (!caller.user || !caller.expires_at) return;
    const std::lock_guard lock(mutex_);
    const auto [place, added] =
        watched_.emplace(*caller.expires_at, caller.user->id, caller.token_hash);
    if (!added || watched_.size() <= options_.watched_max) return;
    watched_.erase(std::prev(watched_.end()));
    ++counters_.watch_dropped;
}

void Checker::tick(WallTime now) {
    keys_.refresh_when_due(now);
    end_expired(now);
    take_revocations(now);
}

void Checker::end_expired(WallTime now) {
    std::vector<Watched> ended;
    {
        const std::lock_guard lock(mutex_);
        const auto alive = std::ranges::find_if(
            watched_, [now](const Watched& one) { return std::get<WallTime>(one) > now; });
        ended.assign(watched_.begin(), alive);
        watched_.erase(watched_.begin(), alive);
    }
    for (const auto& [at, user, hash] : ended) listener_.token_expired(user, hash);
    counters_.expired_live += ended.size();
}

void Checker::take_revocations(WallTime now) {
    const bool due = !revocations_at_ || now < *revocations_at_ ||
                     now - *revocations_at_ >= limits::kRevocationsEvery;
    if (!due) return;
    revocations_at_ = now;
    // Those that are there at the start concern nobody who is connected.
    const bool first = !revocation_;
    std::uint64_t last = revocation_.value_or(0);
    while (true) {
        const auto page = catalog_.list_revocations(last, kRevocationsAtOnce);
        if (!page) {
            log::warn("revoked tokens could not be read", {{"error", page.error().to_string()}});
            return;
        }
        for (const store::Revocation& one : *page) {
            last = one.number;
            if (first || !one.user) continue;
            listener_.token_revoked(one.user, one.hash);
            ++counters_.revoked_live;
        }
        revocation_ = last;
        if (page->size() < kRevocationsAtOnce) return;
    }
}

}  // namespace clamor::auth
