// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "store/message_log.h"

namespace clamor::store {

/// An act that is taken back: what it deleted comes into sight again.
struct Restoration {
    ChannelId channel{};
    MessageId by{};
};

/// One thing for the message log to do; the order of entries counts.
using LogEntry = std::variant<StoredMessage, Deletion, Restoration>;

ChannelId channel_of(const LogEntry& entry);

/// Appends the encoding of an entry as the spool keeps it: docs/spool-format.md.
void encode_log_entry(const LogEntry& entry, std::string& out);
/// Reads exactly one entry; an error says what was wrong. Never reads past `bytes`.
Result<LogEntry> decode_log_entry(std::string_view bytes);

}  // namespace clamor::store
