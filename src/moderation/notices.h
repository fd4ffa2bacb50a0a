// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "chat/event.h"

namespace clamor::moderation {

/// What the chat of a raided channel is told (spec twitch-chat 8.1).
chat::UserNotice raid_notice(const chat::Chatter& from, std::uint64_t viewers,
                             std::string_view profile_image_url);

}  // namespace clamor::moderation
