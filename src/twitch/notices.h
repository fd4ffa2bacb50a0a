// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/ids.h"
#include "chat/room.h"

namespace clamor::twitch {

/// A stable id and Twitch's text for it; some clients read numbers out of the text by word
/// position.
struct Notice {
    std::string_view id;
    std::string text;
    UserId target{};  ///< the `target-user-id` tag, where there is one
};

/// Why a message was not sent to `channel` (spec twitch-chat 7.4).
Notice notice_of(const chat::Refused& refused, std::string_view channel);

Notice channel_suspended();
Notice banned_from(std::string_view channel);
Notice too_many_channels();
Notice no_permission();
Notice invalid_user(std::string_view login);
Notice unrecognized_command(std::string_view command_with_slash);

/// `10 minutes`, `1 day 12 hours`; `0 seconds` for nothing.
std::string duration_text(std::uint64_t seconds);

}  // namespace clamor::twitch
