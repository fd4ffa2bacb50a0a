// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/helix/values.h"
#include "chat/event.h"

namespace clamor::api::helix {

/// `{"text","fragments"}` (spec helix-eventsub 12.1): the fragments' texts make up the text. An
/// action is wrapped as on IRC.
Json message_object(const chat::Message& message);

}  // namespace clamor::api::helix
