// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "store/catalog.h"

/// Lines of the audit log for facts that are set outside of chat. Their actor is nobody in
/// particular; the origin says who it was.
namespace clamor::store {

/// Facts of a standing (its channel's log, action `standing`). Nothing where none differs. Only
/// those that differ are in the entry; bans, warnings and suspicion are not looked at.
std::optional<AuditEntry> standing_change(ChannelId channel, UserId user,
                                          const chat::Standing& before, const chat::Standing& after,
                                          WallTime at, std::string origin);
/// The same for an account, in the log of its own channel: action `account`.
std::optional<AuditEntry> account_change(const chat::User& before, const chat::User& after,
                                         WallTime at, std::string origin);
/// Writes the entry, where there is one.
Result<void> write(ModerationStore& store, const std::optional<AuditEntry>& entry);

}  // namespace clamor::store
