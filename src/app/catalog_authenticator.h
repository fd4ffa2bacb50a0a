// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/scheduler.h"
#include "edge/irc/authenticator.h"
#include "reactor/clock.h"
#include "store/catalog.h"

namespace clamor::app {

/// Logs users in by the tokens of the catalog, on a worker. With `dev`, every token logs in as the
/// login that came with it, which comes into being, except `invalid`, which is always refused so
/// that failure can be tried (design, section 8). One for each shard.
class CatalogAuthenticator final : public edge::irc::Authenticator {
  public:
    CatalogAuthenticator(Scheduler& scheduler, Executor& workers, store::Catalog& catalog, bool dev)
        : scheduler_(scheduler), workers_(workers), catalog_(catalog), dev_(dev) {}

    void authenticate(std::string token, std::string login,
                      std::function<void(edge::irc::LoginAnswer)> done) override;

  private:
    edge::irc::LoginAnswer check_dev(const std::string& token, const std::string& login);
    edge::irc::LoginAnswer check(const std::string& token, const std::string& login, WallTime now);

    Scheduler& scheduler_;
    Executor& workers_;
    store::Catalog& catalog_;
    const bool dev_;
};

}  // namespace clamor::app
