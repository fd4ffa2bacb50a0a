// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "auth/jwt.h"
#include "auth/key_ring.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/result.h"
#include "base/time.h"
#include "chat/people.h"
#include "store/catalog.h"

namespace clamor::auth {

struct Claims;

/// Whom a token stands for.
struct Caller {
    std::optional<chat::User> user{};  ///< none: an app token
    std::string client_id{};
    std::vector<std::string> scopes{};
    std::optional<WallTime> expires_at{};
    std::string token_hash{};  ///< see auth::token_hash; empty for a development token

    bool has(std::string_view scope) const;
};

/// What the checker tells the live chat, on whichever thread it runs.
struct Listener {
    std::function<void(UserId)> account_changed = [](UserId) {};
    std::function<void(ChannelId, UserId)> standing_changed = [](ChannelId, UserId) {};
    /// Chat connections and subscriptions with it end.
    std::function<void(UserId, const std::string& token_hash)> token_revoked =
        [](UserId, const std::string&) {};
    /// Chat connections with it end.
    std::function<void(UserId, const std::string& token_hash)> token_expired =
        [](UserId, const std::string&) {};
};

/// How many tokens were checked, and with what result. Any thread reads.
struct CheckerCounters {
    std::atomic<std::uint64_t> opaque{0};
    std::atomic<std::uint64_t> jwt{0};
    std::atomic<std::uint64_t> dev{0};
    std::atomic<std::uint64_t> unknown{0};  ///< opaque, in no catalog, revoked or expired
    std::array<std::atomic<std::uint64_t>, kJwtRefusals> refused{};  ///< JWTs, by JwtRefusal
    std::atomic<std::uint64_t> expired_live{0};   ///< tokens that expired after they were used
    std::atomic<std::uint64_t> revoked_live{0};   ///< revocations that were told to the live chat
    std::atomic<std::uint64_t> watch_dropped{0};  ///< not watched for their end: too many
};

/// The one place that says whom a token stands for: for IRC, REST and, through REST, EventSub. An
/// opaque token is in the catalog; a JWT is the platform's, and its claims go to the catalog when
/// it is seen first (claims.h); dev mode makes tokens up. Calls block and are for worker threads;
/// every call is safe from any of them. One for a node.
class Checker {
  public:
    struct Options {
        bool dev = false;
        JwtRules rules{};
        std::size_t watched_max = limits::kTokensWatched;
    };
    /// What it is given outlives it.
    Checker(store::Catalog& catalog, KeyRing& keys, Options options, Listener listener = {});

    /// Nobody when the token is unknown, revoked, expired or refused for any other reason; an error
    /// only when the catalog fails. In dev mode, besides real tokens: `app` is an app token of the
    /// operator's platform, `login` a user token with all scopes and `login:scope,scope` one with
    /// these, and the user comes into being; `invalid` is refused.
    Result<std::optional<Caller>> check(std::string_view token, WallTime now);
    /// For who says who they are beside the token: nobody unless it is `login`'s. In dev mode every
    /// token but `invalid` and a JWT that is refused logs in as `login`, with all scopes.
    Result<std::optional<Caller>> check_login(std::string_view token, std::string_view login,
                                              WallTime now);

    /// Ends a token that check() took, and its sessions.
    Result<void> revoke(std::string_view token, const Caller& caller, WallTime now);

    /// Tells the live chat of tokens that have expired since they were checked and of those that
    /// others on the catalog revoked, and keeps the keys fresh. To be called about once a second;
    /// not twice at the same time.
    void tick(WallTime now);

    const CheckerCounters& counters() const { return counters_; }
    std::size_t watched() const;

  private:
    using Found = Result<std::optional<Caller>>;
    using Watched = std::tuple<WallTime, UserId, std::string>;

    /// A real token; what is none is nobody.
    Found check_real(std::string_view token, WallTime now);
    Found check_opaque(std::string_view token, WallTime now);
    Found check_jwt(const std::string& token, WallTime now);
    Found check_claims(const Jwt& jwt, Caller caller, WallTime now);
    Found check_dev(std::string_view token);
    Result<chat::User> user_of(const Claims& claims, const Caller& caller, WallTime now);
    /// Keeps what the token lets its client do when the token itself is not shown.
    Result<void> keep_grant(const Caller& caller, UserId user, WallTime now);
    Found refuse(JwtRefusal why);
    /// Whether a JWT must be good, or may be a token that dev mode makes up.
    bool judges_jwt(std::string_view token) const;
    bool is_watched(const Caller& caller) const;
    void watch(const Caller& caller);
    void end_expired(WallTime now);
    void take_revocations(WallTime now);

    store::Catalog& catalog_;
    KeyRing& keys_;
    const Options options_;
    const Listener listener_;
    CheckerCounters counters_;
    mutable std::mutex mutex_;
    std::set<Watched> watched_;                ///< of users, by their end
    std::optional<std::uint64_t> revocation_;  ///< the last one that was taken; tick's alone
    std::optional<WallTime> revocations_at_;   ///< tick's alone
};

}  // namespace clamor::auth
