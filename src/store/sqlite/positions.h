// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "store/message_log.h"

namespace clamor::store {

/// In front of a message log on another machine: keeps the last position of each channel on this
/// one, so that rooms come to life while the log is away or slow: for a channel that is known here,
/// last() takes no longer than a glance. has_author() neither: then everybody counts as known, so
/// that nobody is kept from speaking. What else needs the log gets its error.
class PositionedLog : public MessageLog {
  public:
    /// `name` says which log it is: what is known of another one does not count. `path` is a file,
    /// made where there is none. `log` outlives this.
    static Result<std::unique_ptr<PositionedLog>> open(RemoteLog& log, const std::string& path,
                                                       const std::string& name);
    /// Whether this machine has written to the log before.
    static Result<bool> knows(const std::string& path, const std::string& name);
};

}  // namespace clamor::store
