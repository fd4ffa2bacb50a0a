// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "chat/people.h"

namespace clamor::chat {

/// An emote in a text: inclusive code-point indexes, as in the `emotes` tag. For an action they
/// count in the inner text.
struct EmoteOccurrence {
    std::string emote_id;
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    friend bool operator==(const EmoteOccurrence&, const EmoteOccurrence&) = default;
};

/// The message that another one answers and the root of its thread (spec twitch-chat 4.6).
struct ReplyTo {
    MessageId parent_id;
    UserId parent_user_id;
    std::string parent_login;
    std::string parent_display_name;
    std::string parent_text;  ///< with its own `@Name ` prefix
    MessageId thread_id;
    UserId thread_user_id;
    std::string thread_login;
    std::string thread_display_name;
    friend bool operator==(const ReplyTo&, const ReplyTo&) = default;
};

/// What a chatter said. Everything that any dialect, the history or REST needs, as it was when it
/// was said.
struct Message {
    MessageId id;
    WallTime sent_at{};
    UserId author_id;
    std::string author_login;
    std::string author_display_name;
    std::string author_color;
    std::vector<Badge> badges;
    std::vector<Badge> badge_info;
    Role author_role = Role::viewer;
    bool subscriber = false;
    bool first_message = false;
    bool action = false;
    bool emote_only = false;
    std::string text;  ///< valid UTF-8 without CR, LF, NUL; the inner text of an action
    std::vector<EmoteOccurrence> emotes;
    std::string client_nonce;  ///< empty: none
    std::optional<ReplyTo> reply;
    friend bool operator==(const Message&, const Message&) = default;
};

/// The announced snapshot of a room's modes.
struct RoomState {
    bool emote_only = false;
    std::int32_t followers_only_minutes = -1;  ///< -1 off, 0 all followers
    bool unique_chat = false;
    std::uint32_t slow_seconds = 0;
    bool subscribers_only = false;
    friend bool operator==(const RoomState&, const RoomState&) = default;
};

/// Logged-in users who came or left since the last such event (spec twitch-chat 3.3).
struct MembershipChanged {
    std::vector<std::string> joined;
    std::vector<std::string> parted;
    friend bool operator==(const MembershipChanged&, const MembershipChanged&) = default;
};

/// Something that happened in a room and that its members are told of.
struct Event {
    ChannelId channel;
    std::string channel_login;
    Position position;  ///< sequence 0: the event has no place of its own (membership)
    std::variant<Message, MembershipChanged> body;
    friend bool operator==(const Event&, const Event&) = default;
};

using EventRef = std::shared_ptr<const Event>;

/// The order in which an overloaded connection sheds; the first to go has the highest number
/// (design, section 4).
enum class ShedClass : std::uint8_t {
    control,  ///< moderation and protocol: never shed
    echo,     ///< the viewer's own echo
    mention,  ///< mentions of and replies to the viewer
    staff,    ///< broadcaster and moderators
    user_notice,
    message,
    membership,
};
inline constexpr int kShedClasses = 7;

/// The class of an event for a viewer whom it does not mention.
ShedClass shed_class(const Event& event);

/// The encoding of events on the bus and in the message log: one version byte, then fields in a
/// fixed order, integers as variable-length little-endian groups of seven bits, strings and lists
/// behind their length. docs/protocol/event-encoding.md. The position is not part of it: the bus
/// gives it.
std::string encode_event(const Event& event);
/// An error says what was wrong; never throws, never reads past `bytes`.
Result<Event> decode_event(std::string_view bytes);

}  // namespace clamor::chat
