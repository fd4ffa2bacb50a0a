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

/// The lines of an event as the recent-messages API gives them: with all tags and `historical=1`,
/// `rm-received-ts` and, for a removed message, `rm-deleted=1` (spec twitch-chat 13). Nothing for
/// events that viewers do not see.
void append_history_line(std::string& out, const chat::Event& event, bool deleted);

/// A ban, timeout, clearing or deletion as a NOTICE of the history: `rm-permaban`, `rm-timeout`,
/// `rm-clearchat`; a deletion stays the CLEARMSG that it is. Nothing for other events.
void append_clearing_as_notice(std::string& out, const chat::Event& event);

}  // namespace clamor::twitch
