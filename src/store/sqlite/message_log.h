// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "base/result.h"
#include "store/message_log.h"

namespace clamor::store {

struct SqliteMessageLogOptions {
    std::string path;
    /// For a second process (`clamor export` beside the server): reads what is committed, changes
    /// nothing.
    bool read_only = false;
    /// Connections for reading; history is read beside the writer and never waits for it.
    std::size_t readers = 2;
    std::chrono::milliseconds busy_timeout{5000};
};

/// Opens the log, makes it where there is none (unless for reading only). WAL with a flush of the
/// disk at every commit: what append() has taken survives a power loss. After any error, a full
/// disk too, the log stays usable.
Result<std::unique_ptr<MessageLog>> open_sqlite_message_log(const SqliteMessageLogOptions& options);

}  // namespace clamor::store
