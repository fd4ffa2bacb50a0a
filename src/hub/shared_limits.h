// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "base/ids.h"
#include "base/limits.h"
#include "chat/rate_limiter.h"

namespace clamor::hub {

/// The windows of accounts over all nodes: what AccountLimits is on one.
class SharedLimits {
  public:
    /// What is counted, each by itself.
    enum class Act : std::uint8_t { message, join, login, whisper };

    using Done = std::function<void(std::optional<chat::LimitAnswer>)>;

    virtual ~SharedLimits() = default;
    /// Counts one such act of `user` against `window`, now. Any thread; `done` comes once, on any
    /// thread, soon: nothing when the others could not be asked, and this node's own windows count.
    virtual void check(Act act, UserId user, const limits::Window& window, Done done) = 0;
};

}  // namespace clamor::hub
