// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/counters.h"
#include "base/result.h"
#include "store/message_log.h"

namespace clamor::store {

/// Entries that a message log never takes since another has their place there, which does not
/// happen unless positions were given out twice. They are set aside in a file, one JSON object a
/// line, so that what is behind them goes on: docs/operations.md. One thread at a time; the count
/// is for any.
class RefusedEntries {
  public:
    /// `path`: of the file, made when it is needed; empty: they are told in the log only.
    explicit RefusedEntries(std::string path) : path_(std::move(path)) {}

    /// Appends all that the log takes, and answers which ones (by index) it never will. On an error
    /// the same call is made again later: what was appended is not appended twice.
    static Result<std::vector<std::size_t>> append_others(MessageLog& log,
                                                          std::span<const StoredMessage> messages);
    /// Never fails: what the file does not take (limits::kRefusedLogBytes) is told in the log.
    void set_aside(const StoredMessage& message);

    const Counter& count() const { return count_; }

  private:
    Result<void> write(const std::string& line) const;

    const std::string path_;
    Counter count_;
};

}  // namespace clamor::store
