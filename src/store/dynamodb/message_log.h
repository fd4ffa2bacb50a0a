// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/limits.h"
#include "store/dynamodb/address.h"
#include "store/dynamodb/counters.h"
#include "store/dynamodb/credentials.h"
#include "store/message_log.h"

namespace clamor::store::dynamodb {

struct Options {
    Address address;
    std::size_t requests = limits::kDynamoRequests;  ///< at a time, of one caller
    std::chrono::milliseconds read_timeout = limits::kDynamoReadTimeout;  ///< of all that one asks
    /// How long a channel's entries are kept; none: for good. Asked by writers and readers, on
    /// their threads.
    std::function<std::optional<std::chrono::seconds>(ChannelId)> keep_for{};
    bool expiring = false;  ///< keep_for may give something
    std::shared_ptr<CredentialSource> credentials = std::make_shared<CredentialSource>();
    CredentialSource::Clock clock = CredentialSource::system_time;
};

/// The message log in a table of DynamoDB, which several servers may write: docs/adr/0015. What
/// append() was given is seen by readers as a whole, for each channel. While DynamoDB does not
/// answer, readers get an error within limits::kDynamoReadTimeout, and at once when that is known;
/// a glance takes limits::kDynamoGlance at most, and nothing for a second after one was in vain.
///
/// Two things differ from SQLite, since several servers write: a message of another epoch at a
/// stored sequence is kept beside it; and a message that two acts took out of sight comes back when
/// both are taken back.
class DynamoMessageLog : public RemoteLog {
  public:
    /// Makes or checks the table, and says what is wrong with address, credentials, rights or keys.
    static Result<std::unique_ptr<DynamoMessageLog>> open(Options options);
    /// For an import of `source`, a name for where the messages come from: into a table that has
    /// none, or that an import of the same began to fill. Until finish_import() servers refuse it.
    static Result<std::unique_ptr<DynamoMessageLog>> open_for_import(Options options,
                                                                     std::string source);
    /// Without asking anybody: for a start while DynamoDB is away. The table is checked as soon as
    /// it can be, before the first entry is written.
    static std::unique_ptr<DynamoMessageLog> unchecked(Options options);

    virtual Result<void> finish_import() = 0;
    virtual const Counters& counters() const = 0;
    /// Nobody answers there.
    virtual bool away() const = 0;
};

}  // namespace clamor::store::dynamodb
