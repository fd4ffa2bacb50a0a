// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "base/result.h"
#include "eventsub/subscription.h"
#include "store/catalog.h"

namespace clamor::eventsub {

/// A webhook's subscription as the catalog keeps it.
store::Webhook record_of(const Subscription& subscription);

/// And back, with the names that its channel has now. Nothing when there is no such type (any
/// more). For worker threads.
Result<std::optional<Subscription>> subscription_of(const store::Webhook& webhook,
                                                    store::Catalog& catalog);

}  // namespace clamor::eventsub
