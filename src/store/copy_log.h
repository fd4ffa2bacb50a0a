// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "base/ids.h"
#include "base/result.h"
#include "store/message_log.h"

namespace clamor::store {

/// How far it is: each entry counts when it is copied and when it is verified, so that `total` is
/// twice what the channels' sequences promise. `verifying`: all are copied.
using LogCopyProgress =
    std::function<void(std::uint64_t done, std::uint64_t total, bool verifying)>;

/// Copies the history of the channels into another log, goes on where an earlier copy ended, and
/// compares both by counts and checksums at the end. What is out of sight stays so; acts that took
/// it out of sight before cannot be taken back in the copy, since no log tells which did what.
/// Gives the number of entries.
Result<std::uint64_t> copy_log(MessageLog& from, MessageLog& to,
                               std::span<const ChannelId> channels,
                               const LogCopyProgress& progress);

}  // namespace clamor::store
