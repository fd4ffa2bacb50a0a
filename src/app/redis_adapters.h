// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bus/redis/link.h"
#include "hub/shared_limits.h"
#include "hub/shared_presence.h"

namespace clamor::app {

/// The windows of accounts, in the Redis that joins the nodes.
class RedisLimits final : public hub::SharedLimits {
  public:
    /// The link outlives it.
    explicit RedisLimits(bus::redis::Link& link) : link_(link) {}

    void check(UserId user, const limits::Window& window, Done done) override;

  private:
    bus::redis::Link& link_;
};

/// Who is where, in the same Redis.
class RedisPresence final : public hub::SharedPresence {
  public:
    /// The link outlives it.
    explicit RedisPresence(bus::redis::Link& link) : link_(link) {}

    void report(ChannelId channel, const hub::Present& here, Done done) override;

  private:
    bus::redis::Link& link_;
};

}  // namespace clamor::app
