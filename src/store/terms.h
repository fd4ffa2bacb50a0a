// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "store/moderation_store.h"

namespace clamor::store {

/// All terms of a channel that have not expired: the blocked ones, then the permitted ones, each by
/// id. Blocks; a channel has at most limits::kTermsMax.
Result<std::vector<Term>> all_terms(ModerationStore& store, ChannelId channel, WallTime now);

}  // namespace clamor::store
