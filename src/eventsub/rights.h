// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include <tl/expected.hpp>

#include "base/result.h"
#include "base/time.h"
#include "eventsub/registry.h"

namespace clamor::eventsub {

/// Whether somebody may subscribe, as far as request, token and catalog tell (spec helix-eventsub
/// 9.1 and 11): the subscription without its id and without what its session adds. For worker
/// threads.
tl::expected<Subscription, Failure> check_request(const CreateRequest& request,
                                                  const Caller& caller, store::Catalog& catalog,
                                                  const Registry::Options& options, WallTime now);

/// Why a subscription that lives has no right to any more: the token is gone or has expired, the
/// users concerned have, the role, the ban, or the version. For worker threads.
Result<std::optional<Status>> lost_right(const Subscription& subscription, store::Catalog& catalog,
                                         WallTime now);

}  // namespace clamor::eventsub
