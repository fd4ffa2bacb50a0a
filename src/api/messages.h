// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/router.h"
#include "api/services.h"

namespace clamor::api {

/// GET /api/channels/{login}/messages?limit&before_seq&after_seq&before&after: a channel's history,
/// oldest first. The bounds are exclusive, by sequence or by time in Unix milliseconds; with a
/// lower bound alone it pages forward, else it gives the newest.
void add_message_routes(Router& router, const Services& services);

}  // namespace clamor::api
