// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/router.h"
#include "api/services.h"

namespace clamor::api {

/// GET /api/server (what this server is) and GET /api/channels?after&limit (all channels by number,
/// a page at a time; `after` is the number of the last one seen).
void add_channel_routes(Router& router, const Services& services);

}  // namespace clamor::api
