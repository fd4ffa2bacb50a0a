// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/router.h"
#include "api/services.h"

namespace clamor::api {

/// GET /api/v2/recent-messages/{login}: the history as raw lines, in the shape that Chatterino
/// reads (spec twitch-chat 13). `limit` above the cap means the cap.
void add_recent_messages_routes(Router& router, const Services& services);

}  // namespace clamor::api
