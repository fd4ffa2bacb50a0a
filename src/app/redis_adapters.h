// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "bus/redis/link.h"
#include "hub/shared_limits.h"
#include "hub/shared_presence.h"

namespace clamor::app {

/// The windows of accounts, in the Redis that joins the nodes.
class RedisLimits final : public hub::SharedLimits {
  public:
    /// The link outlives it.
    explicit RedisLimits(bus::redis::Link& link) : link_(link) {}

    void check(Act act, UserId user, const limits::Window& window, Done done) override;

  private:
    bus::redis::Link& link_;
};

/// Who is where, in the same Redis.
class RedisPresence final : public hub::SharedPresence {
  public:
    /// The link outlives it.
    explicit RedisPresence(bus::redis::Link& link) : link_(link) {}

    void report(ChannelId channel, const hub::Present& here, Done done) override;
    void ask(ChannelId channel, Done done) override;

  private:
    bus::redis::Link& link_;
};

/// Whether this node is the first of all to ask this callback within limits::kWebhooksLookedAt;
/// nothing when Redis cannot be asked. `done` comes on the link's thread.
void claim_webhook(bus::redis::Link& link, const std::string& id,
                   std::function<void(std::optional<bool>)> done);

}  // namespace clamor::app
