// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/helix/replies.h"
#include "chat/act.h"

namespace clamor::api::helix {

/// What Helix says when an act is denied: status and text depend on what was asked (spec
/// helix-eventsub 2.4, 7, 8). Chatterino looks for these texts.
Refusal refusal_of(const chat::Act& act, const chat::Denied& denied);

}  // namespace clamor::api::helix
