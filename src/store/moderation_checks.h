// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/automod_store.h"
#include "store/moderation_store.h"

/// What every catalog refuses of moderation and people before it looks at its data; see checks.h.
namespace clamor::store {

Result<void> check_change(const Change& change);
Result<void> check_audit(const AuditEntry& entry);
Result<void> check_held(const Held& held);
Result<void> check_verdict(const VerdictRecord& verdict);
tl::unexpected<Error> not_pending(MessageId message);
tl::unexpected<Error> request_not_pending(std::string_view id);
tl::unexpected<Error> shares_already(UserId broadcaster);
Result<void> check_listed_role(chat::Role role);
Result<void> check_profile(const Profile& profile);
Result<void> check_extras(const chat::Standing& standing);
Result<void> check_asked_users(std::span<const UserId> ids, std::span<const std::string> logins);

/// Whom a change is about: all of them must be known.
struct Named {
    ChannelId channel{};
    std::optional<UserId> user{};
    UserId moderator{};  ///< none: done by nobody in particular
};
Named named_by(const Change& change);

/// The id in lower case; nothing when it is no UUID, and so the id of nothing.
std::optional<std::string> uuid_key(std::string_view id);
/// Where a list by UUID goes on; empty begins it, anything else is a UUID.
Result<std::string> uuid_cursor(std::string_view after_id);

}  // namespace clamor::store
