// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tl/expected.hpp>

#include "base/time.h"
#include "eventsub/registry.h"

namespace clamor::eventsub {

/// Whether somebody may subscribe, as far as request, token and catalog tell (spec helix-eventsub
/// 9.1 and 11): the subscription without its id and without what its session adds. For worker
/// threads.
tl::expected<Subscription, Failure> check_request(const CreateRequest& request,
                                                  const Caller& caller, store::Catalog& catalog,
                                                  const Registry::Options& options, WallTime now);

}  // namespace clamor::eventsub
