// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "chat/people.h"

namespace clamor::hub {

/// Who is in a channel, on one node or on several.
struct Present {
    struct Chatter {
        chat::Person person;
        bool moderates = false;
        friend bool operator==(const Chatter&, const Chatter&) = default;
    };
    std::uint64_t sessions = 0;
    std::uint64_t users = 0;  ///< logged-in ones
    /// By login. Above limits::kNamesMax users only those who moderate.
    std::vector<Chatter> chatters;
};

/// One line of text for what a node tells, and back; nothing for what is none.
std::string encode_present(const Present& present);
std::optional<Present> decode_present(std::string_view text);

/// Tells the other nodes who is in a channel here, and asks who is there.
class SharedPresence {
  public:
    using Done = std::function<void(std::optional<Present>)>;

    virtual ~SharedPresence() = default;
    /// Holds for limits::kPresenceKept; nobody here: is forgotten at once. `done` comes once, on
    /// any thread, soon: all other nodes together, or nothing when they could not be asked.
    virtual void report(ChannelId channel, const Present& here, Done done) = 0;
    /// Only asks, for a node that has no room of the channel. As report().
    virtual void ask(ChannelId channel, Done done) = 0;
};

}  // namespace clamor::hub
