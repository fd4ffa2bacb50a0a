// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "chat/people.h"

namespace clamor::chat {

/// Channels whose chats are one for a while: what is said in one of them is shown in all (spec
/// twitch-chat 9.7).
struct SharedChat {
    std::string id;                      ///< of the session: a UUID
    Person host;                         ///< whose channel began it; a participant, too
    std::vector<Person> participants{};  ///< the broadcasters, in the order in which they came;
                                         ///< empty: it is over
    WallTime created_at{};
    WallTime updated_at{};
    friend bool operator==(const SharedChat&, const SharedChat&) = default;

    bool has(ChannelId channel) const {
        return std::ranges::any_of(
            participants, [&](const Person& one) { return one.id.value == channel.value; });
    }
};

/// Whether a notice, by its kind, is shown in all channels of a shared chat.
bool is_shared(std::string_view notice_kind);

}  // namespace clamor::chat
