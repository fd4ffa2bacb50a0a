// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/router.h"
#include "api/services.h"

namespace clamor::api {

/// GET /api/emotes/{channelId} and GET /api/badges/{channelId}: the pictures that a page needs to
/// draw a channel's chat, the global ones and the channel's own.
void add_emote_routes(Router& router, const Services& services);

}  // namespace clamor::api
