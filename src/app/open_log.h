// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "base/limits.h"
#include "base/result.h"
#include "store/catalog.h"
#include "store/message_log.h"

namespace clamor::store::dynamodb {
class DynamoMessageLog;
}

namespace clamor::app {

/// Where the message log is, and how long it keeps what.
struct LogPlace {
    std::filesystem::path data;
    std::string dynamodb;  ///< empty: SQLite in the data folder
    std::size_t requests = limits::kDynamoRequests;
    std::chrono::seconds keep_for{0};                                ///< 0: for good
    std::map<std::string, std::chrono::seconds> keep_for_channel{};  ///< by login
    unsigned region = 0;                                             ///< this node's
    unsigned regions = 1;
};

/// A message log with what it is made of.
struct OpenLog {
    std::unique_ptr<store::MessageLog> own;  ///< SQLite's
    std::unique_ptr<store::dynamodb::DynamoMessageLog> remote;
    std::unique_ptr<store::MessageLog> positions;  ///< in front of the remote one

    std::unique_ptr<store::MessageLog> regional;  ///< in front of all, where there are regions

    store::MessageLog& log() const { return regional ? *regional : positions ? *positions : *own; }
    OpenLog();
    OpenLog(OpenLog&&) noexcept;
    OpenLog& operator=(OpenLog&&) noexcept;
    ~OpenLog();
};

/// Opens the log for a server; `catalog` outlives it. A DynamoDB that does not answer is an error,
/// unless this data folder has been used with it before: then it is known to be right, and away.
Result<OpenLog> open_log(const LogPlace& place, store::Catalog& catalog);

}  // namespace clamor::app
