// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "chat/act.h"
#include "chat/event.h"
#include "twitch/notices.h"
#include "twitch/values.h"

/// What moderators do, in Twitch's lines and words (spec twitch-chat 6 to 8).
namespace clamor::twitch {

/// CLEARCHAT, CLEARMSG, or a partial ROOMSTATE and its NOTICE; nothing for acts that a room's
/// viewers are not told of.
void append_moderation(std::string& out, const chat::Event& event, const chat::Moderation& act,
                       bool tags, const History* history);
void append_user_notice(std::string& out, const chat::Event& event, const chat::UserNotice& notice,
                        bool tags, const History* history);
/// Only `room-id` and the tag of the mode that the action changes.
void append_changed_mode(std::string& out, std::string_view channel, ChannelId id,
                         chat::ModAction action, const chat::RoomState& modes, bool tags);

/// What the acting moderator is told; no text where the lines to everybody say it to a session that
/// hears the room.
Notice notice_of(const chat::Done& done, bool hears_room);
/// Why an act was not done. `act` is what was wanted.
Notice notice_of(const chat::Denied& denied, const chat::Act& act, std::string_view channel);

}  // namespace clamor::twitch
