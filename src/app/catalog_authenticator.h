// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "auth/checker.h"
#include "base/scheduler.h"
#include "edge/irc/authenticator.h"

namespace clamor::app {

/// Logs users in by their tokens, which are checked on a worker (auth::Checker). One for each
/// shard.
class CatalogAuthenticator final : public edge::irc::Authenticator {
  public:
    CatalogAuthenticator(Scheduler& scheduler, Executor& workers, auth::Checker& tokens)
        : scheduler_(scheduler), workers_(workers), tokens_(tokens) {}

    void authenticate(std::string token, std::string login,
                      std::function<void(edge::irc::LoginAnswer)> done) override;

  private:
    edge::irc::LoginAnswer check(const std::string& token, const std::string& login, WallTime now);

    Scheduler& scheduler_;
    Executor& workers_;
    auth::Checker& tokens_;
};

}  // namespace clamor::app
