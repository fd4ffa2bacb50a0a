// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "chat/act.h"
#include "chat/people.h"

/// Who may do what in a channel: the one place that IRC, REST and pages ask, and the table that the
/// documentation and the permission test are made from (spec twitch-chat 11.1).
namespace clamor::chat {

struct Permission {
    std::string_view name;  ///< of the act, `ban`
    Rank least;
    bool staff;  ///< whether accounts of the service's own may, in channels where they are nothing
    std::string_view meaning;
};

/// By the order of Act's alternatives.
std::span<const Permission> permissions();
const Permission& permission_of(const Act& act);

bool may(const Chatter& actor, const Act& act);

/// Whom an actor of sufficient rank still cannot ban, time out, warn or restrict: themselves, the
/// broadcaster, accounts of the service, and, for moderators, other moderators. Staff may act on
/// anybody but themselves.
std::optional<Denial> protection(const Chatter& actor, const Chatter& target);

}  // namespace clamor::chat
