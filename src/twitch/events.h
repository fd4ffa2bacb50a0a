// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "chat/event.h"

namespace clamor::twitch {

/// The capabilities that change lines.
struct Shows {
    bool tags = false;
    bool commands = false;
    bool membership = false;
};

/// The lines of an event; none where the capabilities do not show such events.
void append_event(std::string& out, const chat::Event& event, Shows shows);

/// The line of a message as the recent-messages API gives it: with all tags and `historical=1`,
/// `rm-received-ts` and, for a removed one, `rm-deleted=1` (spec twitch-chat 13). Nothing for other
/// events.
void append_history_line(std::string& out, const chat::Event& event, bool deleted);

}  // namespace clamor::twitch
