// SPDX-License-Identifier: Apache-2.0
#include "app/catalog_authenticator.h"

#include <utility>

#include "base/log.h"

namespace clamor::app {

using edge::irc::LoginAnswer;
using edge::irc::LoginFailure;

void CatalogAuthenticator::authenticate(std::string token, std::string login,
                                        std::function<void(LoginAnswer)> done) {
    const WallTime now = scheduler_.now().wall;
    const bool queued =
        workers_.post([this, token = std::move(token), login = std::move(login), done, now] {
            LoginAnswer answer = check(token, login, now);
            scheduler_.post_to(
                scheduler_.shard(), Priority::control,
                [done, answer = std::move(answer)]() mutable { done(std::move(answer)); });
        });
    if (!queued) done(LoginFailure::error);
}

LoginAnswer CatalogAuthenticator::check(const std::string& token, const std::string& login,
                                        WallTime now) {
    auto found = tokens_.check_login(token, login, now);
    if (!found) {
        log::warn("a login could not be checked", {{"error", found.error().to_string()}});
        return LoginFailure::error;
    }
    if (!*found) return LoginFailure::login_failed;
    auth::Caller& caller = **found;
    if (!caller.has("chat:read") && !caller.has("chat:edit")) return LoginFailure::login_failed;
    return hub::Identity{
        .user = *std::move(caller.user),
        .may_write = caller.has("chat:edit"),
        .may_read = caller.has("chat:read"),
        .may_moderate = caller.has("channel:moderate"),
        .may_whisper = caller.has("whispers:edit"),
        .hears_whispers = caller.has("whispers:read"),
        .token = caller.token_hash.empty() ? 0 : hub::token_fingerprint(caller.token_hash)};
}

}  // namespace clamor::app
