// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "chat/event.h"

namespace clamor::bench {

/// What most of chat is like: a subscriber's line of sixty characters with an emote.
inline chat::Event typical_message() {
    chat::Message m;
    m.id = MessageId::from_random(1, 2);
    m.sent_at = wall_from_unix_ms(1790000000000);
    m.author_id = UserId(123456);
    m.author_login = "some_viewer";
    m.author_display_name = "Some_Viewer";
    m.author_color = "#8A2BE2";
    m.badges = {{"subscriber", "12"}};
    m.badge_info = {{"subscriber", "14"}};
    m.subscriber = true;
    m.text = "that was the best Kappa play of the whole evening, well done";
    m.emotes = {{.emote_id = "25", .first = 18, .last = 22}};
    return {.channel = ChannelId(1000), .channel_login = "dallas", .position = {}, .body = m};
}

}  // namespace clamor::bench
