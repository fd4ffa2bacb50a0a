// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "automod/raid_breaker.h"

/// What the raid breaker did, as the catalog keeps it (store::RaidTrip::details).
namespace clamor::moderation {

/// Signs, changes and newcomers; when it was and until when, the catalog keeps itself.
std::string trip_details(const automod::Trip& trip);
/// What can be read of it.
automod::Trip read_trip(std::string_view details);

}  // namespace clamor::moderation
