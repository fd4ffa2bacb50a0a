// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/router.h"
#include "api/services.h"

namespace clamor::api::helix {

/// /oauth2 and /auth: who a token stands for, app tokens by a client's secret, and revoking. People
/// log in at the operator's platform, so all flows with people are answered with 400.
void add_oauth_routes(Router& router, const Services& services);

}  // namespace clamor::api::helix
