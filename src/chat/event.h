// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
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

/// What AutoMod found in a text that it let pass, as the `flags` tag has it: inclusive code-point
/// indexes, one of the letters A, I, P, S, and a score of one digit.
struct TextMark {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    char letter = 'P';
    std::uint8_t score = 0;
    friend bool operator==(const TextMark&, const TextMark&) = default;
};

/// Where a message of a shared chat was said, and who its author is there (spec twitch-chat 9.7).
struct Source {
    Person broadcaster;
    MessageId message;
    std::vector<Badge> badges;
    std::vector<Badge> badge_info;
    friend bool operator==(const Source&, const Source&) = default;
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
    AccountType author_type = AccountType::ordinary;
    bool subscriber = false;
    bool turbo = false;
    bool first_message = false;
    bool returning_chatter = false;
    bool action = false;
    bool emote_only = false;
    std::string text;  ///< valid UTF-8 without CR, LF, NUL; the inner text of an action
    std::vector<EmoteOccurrence> emotes;
    std::string client_nonce;  ///< empty: none
    std::optional<ReplyTo> reply;
    std::uint32_t bits = 0;          ///< cheered with it
    std::string kind{};              ///< the `msg-id` tag of a special message, else empty
    std::string custom_reward_id{};  ///< of a channel-points reward, else empty
    std::string animation_id{};      ///< with kind animated-message
    Suspicion author_suspicion = Suspicion::none;
    std::vector<TextMark> marks{};   ///< ascending by place
    std::optional<Source> source{};  ///< where the channel shares its chat
    bool source_only = false;        ///< other channels of a shared chat are not shown it
    friend bool operator==(const Message&, const Message&) = default;
};

/// Whether it was said in another channel of a shared chat than the one that it is shown in.
inline bool is_copy(const Message& message, ChannelId shown_in) {
    return message.source && message.source->broadcaster.id.value != shown_in.value;
}

/// Writes down who the author is at this moment.
void set_author(Message& message, const Chatter& author);

/// What a restricted user says is for moderators alone; they read it by EventSub
/// (channel.suspicious_user.message), since Twitch's IRC carries it to nobody.
inline bool for_moderators_only(const Message& message) {
    return message.author_suspicion == Suspicion::restricted;
}

/// The announced snapshot of a room's modes.
struct RoomState {
    bool emote_only = false;
    std::int32_t followers_only_minutes = -1;  ///< -1 off, 0 all followers
    bool unique_chat = false;
    std::uint32_t slow_seconds = 0;
    bool subscribers_only = false;
    std::uint32_t delay_seconds = 0;  ///< until those who are no moderators see what is said
    friend bool operator==(const RoomState&, const RoomState&) = default;
};

/// What moderators do; the words of EventSub's channel.moderate and a few that it does not have.
enum class ModAction : std::uint8_t {
    ban,
    timeout,
    unban,
    untimeout,
    delete_message,
    clear,
    emote_only,
    emote_only_off,
    followers,
    followers_off,
    slow,
    slow_off,
    subscribers,
    subscribers_off,
    unique_chat,
    unique_chat_off,
    mod,
    unmod,
    vip,
    unvip,
    raid,
    unraid,
    warn,
    acknowledge_warning,
    monitor,
    restrict_user,
    trust,  ///< neither monitored nor restricted any more
    shield,
    shield_off,
    shoutout,
    pin,
    unpin,
    add_blocked_term,
    remove_blocked_term,
    add_permitted_term,
    remove_permitted_term,
    request_unban,
    approve_unban_request,
    deny_unban_request,
    change_automod,  ///< `text` tells the levels: AutoModLevels
    permit_links,    ///< of one user, until `ends_at`
    allow_once,      ///< the phrase `text`, of one user or of anybody, until `ends_at`
    raid_countdown,  ///< the raid breaker takes back what it did at `ends_at`, or has done so
    chat_delay,      ///< by `number` seconds
    chat_delay_off,
};
inline constexpr int kModActions = 45;
/// `ban`, `delete_message` and so on: as the audit log has it.
std::string_view name_of(ModAction action);
/// Emote-only, followers-only, slow, subscribers-only, unique chat and the delay, on and off.
bool changes_modes(ModAction action);
/// Whether the messages of the act's target, or one of them, or all, are taken out of sight.
bool hides_messages(ModAction action);

/// What a moderator did. Fields that an action has no use for are empty.
struct Moderation {
    ModAction action = ModAction::ban;
    MessageId id;  ///< names the act itself
    WallTime at{};
    Person moderator;
    Person target;       ///< a user; of a raid or shoutout the other channel
    std::string reason;  ///< of a ban, timeout or warning; how an unban request was resolved
    std::optional<WallTime> ends_at;  ///< of a timeout, a pin, a shoutout's cooldown
    std::uint64_t number = 0;  ///< seconds of a timeout or slow mode, minutes of following, viewers
                               ///< of a raid
    MessageId message_id;      ///< deleted or pinned; an unban request's id
    std::string text;          ///< of that message, the request, or the term
    bool text_is_action = false;
    RoomState modes;  ///< the room's after the act, where it changes them
    friend bool operator==(const Moderation&, const Moderation&) = default;
};

/// Whether the act takes the message, said before it, out of sight.
bool hides(const Moderation& act, const Message& message);
/// What the act changes of what the channel knows about its target.
void apply(const Moderation& act, Standing& target);

/// The levels of AutoMod as an act tells them: the overall one, and the eight categories in the
/// order of Helix (spec helix-eventsub 7.3).
struct AutoModLevels {
    std::optional<std::uint8_t> overall = 0;
    std::array<std::uint8_t, 8> categories{};
    friend bool operator==(const AutoModLevels&, const AutoModLevels&) = default;
};
/// Nine characters: the overall level or `-`, then the categories'.
std::string to_text(const AutoModLevels& levels);
std::optional<AutoModLevels> parse_levels(std::string_view text);

/// Why AutoMod holds a message, as moderators are told.
struct HoldReason {
    /// `automod`: what a model found; `term`: a blocked term; `spam`: a rule about spam.
    enum class Kind : std::uint8_t { automod, term, spam };
    Kind kind = Kind::automod;
    std::string name{};      ///< of the category, the term's id, or of the rule
    std::uint8_t level = 0;  ///< 1 to 4, of automod
    std::vector<std::pair<std::uint32_t, std::uint32_t>>
        spans{};  ///< inclusive code-point indexes in the text
    friend bool operator==(const HoldReason&, const HoldReason&) = default;
};

enum class HoldStatus : std::uint8_t { pending, approved, denied, expired };
std::string_view name_of(HoldStatus status);

/// A message that AutoMod keeps back for the moderators, or what became of it. Members are not
/// told: an approved one follows as a message of its own.
struct HeldMessage {
    MessageId id;  ///< names this event itself
    WallTime at{};
    Message message;  ///< as it is to be published
    WallTime held_at{};
    HoldStatus status = HoldStatus::pending;
    Person moderator;  ///< who decided; nobody while it is pending, and when it expired
    std::vector<HoldReason> reasons;
    friend bool operator==(const HeldMessage&, const HeldMessage&) = default;
};

/// A line about something that happened, with or without words of the user whom it is about (spec
/// twitch-chat 8): an announcement, a raid, a subscription.
struct UserNotice {
    Message message;   ///< who, when, its id; `text` may be empty
    std::string kind;  ///< the `msg-id` tag
    std::string system_text;
    bool anonymous = false;  ///< a gift whose giver is not named
    /// Without `msg-param-`, in the order of the line.
    std::vector<std::pair<std::string, std::string>> parameters;
    friend bool operator==(const UserNotice&, const UserNotice&) = default;
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
    std::variant<Message, MembershipChanged, Moderation, UserNotice, HeldMessage> body;
    /// Where there are other regions: the newest of each that was handed out before it.
    std::vector<Position> beside{};
    /// Another node published it, and does what is to be done once in the whole cluster. Like the
    /// position it comes from the bus and is not encoded.
    bool elsewhere = false;
    friend bool operator==(const Event&, const Event&) = default;
};

using EventRef = std::shared_ptr<const Event>;

/// What somebody says with it: a message, or the text of a notice; null: nobody says anything.
/// `AnyEvent`: Event, const or not.
template <class AnyEvent>
auto said_in(AnyEvent& event) -> decltype(&std::get<Message>(event.body)) {
    if (auto* message = std::get_if<Message>(&event.body)) return message;
    auto* notice = std::get_if<UserNotice>(&event.body);
    return notice != nullptr ? &notice->message : nullptr;
}

/// When it happened; null: such an event is not stored. `AnyEvent`: Event, const or not.
template <class AnyEvent>
auto time_of(AnyEvent& event) -> decltype(&std::get<Message>(event.body).sent_at) {
    if (auto* message = std::get_if<Message>(&event.body)) return &message->sent_at;
    if (auto* act = std::get_if<Moderation>(&event.body)) return &act->at;
    if (auto* notice = std::get_if<UserNotice>(&event.body)) return &notice->message.sent_at;
    if (auto* held = std::get_if<HeldMessage>(&event.body)) return &held->at;
    return nullptr;
}

/// What it is known by; none: such an event is not stored.
inline MessageId id_of(const Event& event) {
    if (const auto* message = std::get_if<Message>(&event.body)) return message->id;
    if (const auto* act = std::get_if<Moderation>(&event.body)) return act->id;
    if (const auto* notice = std::get_if<UserNotice>(&event.body)) return notice->message.id;
    if (const auto* held = std::get_if<HeldMessage>(&event.body)) return held->id;
    return {};
}

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

/// As metrics and gap notices say it: `user_notice`.
std::string_view name_of(ShedClass shed_class);

/// The class of an event for a viewer whom it does not mention.
ShedClass shed_class(const Event& event);

/// The encoding of events on the bus and in the message log: one version byte, then fields in a
/// fixed order, integers as variable-length little-endian groups of seven bits, strings and lists
/// behind their length. docs/protocol/event-encoding.md. The position and `elsewhere` are not part
/// of it: the bus gives them.
std::string encode_event(const Event& event);
/// An error says what was wrong; never throws, never reads past `bytes`.
Result<Event> decode_event(std::string_view bytes);

}  // namespace clamor::chat
