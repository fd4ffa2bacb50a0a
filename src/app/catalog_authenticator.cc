// SPDX-License-Identifier: Apache-2.0
#include "app/catalog_authenticator.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "store/checks.h"

namespace clamor::app {

using edge::irc::LoginAnswer;
using edge::irc::LoginFailure;

namespace {

LoginAnswer catalog_failed(const Error& error) {
    log::warn("a login could not be checked", {{"error", error.to_string()}});
    return LoginFailure::error;
}

}  // namespace

void CatalogAuthenticator::authenticate(std::string token, std::string login,
                                        std::function<void(LoginAnswer)> done) {
    const WallTime now = scheduler_.now().wall;
    const bool queued =
        workers_.post([this, token = std::move(token), login = std::move(login), done, now] {
            LoginAnswer answer = dev_ ? check_dev(token, login) : check(token, login, now);
            scheduler_.post_to(
                scheduler_.shard(), Priority::control,
                [done, answer = std::move(answer)]() mutable { done(std::move(answer)); });
        });
    if (!queued) done(LoginFailure::error);
}

LoginAnswer CatalogAuthenticator::check_dev(const std::string& token, const std::string& login) {
    if (token == "invalid") return LoginFailure::login_failed;
    auto user = catalog_.ensure_user(login);
    if (!user) return catalog_failed(user.error());
    return hub::Identity{.user = *std::move(user)};
}

LoginAnswer CatalogAuthenticator::check(const std::string& token, const std::string& login,
                                        WallTime now) {
    const auto record = catalog_.find_token(token, now);
    if (!record) return catalog_failed(record.error());
    if (!*record) return LoginFailure::login_failed;
    auto user = catalog_.find_user((*record)->user);
    if (!user) return catalog_failed(user.error());
    if (!*user || (*user)->login != login) return LoginFailure::login_failed;
    const auto& scopes = (*record)->scopes;
    const auto has = [&](std::string_view scope) {
        return std::find(scopes.begin(), scopes.end(), scope) != scopes.end();
    };
    if (!has("chat:read") && !has("chat:edit")) return LoginFailure::login_failed;
    const auto hash = store::hash_token(token);
    return hub::Identity{.user = **std::move(user),
                         .may_write = has("chat:edit"),
                         .may_read = has("chat:read"),
                         .may_moderate = has("channel:moderate"),
                         .may_whisper = has("whispers:edit"),
                         .hears_whispers = has("whispers:read"),
                         .token = hash ? hub::token_fingerprint(store::hex_of(*hash)) : 0};
}

}  // namespace clamor::app
