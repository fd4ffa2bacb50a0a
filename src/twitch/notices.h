// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "chat/room.h"

namespace clamor::twitch {

/// A stable id and Twitch's text for it; some clients read numbers out of the text by word
/// position.
struct Notice {
    std::string_view id;
    std::string text;
};

/// Why a message was not sent (spec twitch-chat 7.4).
Notice notice_of(const chat::Refused& refused);

Notice channel_suspended();
Notice banned_from(std::string_view channel);
Notice too_many_channels();
Notice no_permission();
Notice unrecognized_command(std::string_view command_with_slash);

}  // namespace clamor::twitch
