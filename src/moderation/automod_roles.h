// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "automod/settings.h"
#include "base/time.h"
#include "chat/people.h"

namespace clamor::moderation {

/// What the chatter is for AutoMod. A regular is who has spoken in the channel and follows it, or
/// subscribes to it, for some weeks.
automod::Roles roles_of(const chat::Chatter& chatter, WallTime now);

}  // namespace clamor::moderation
