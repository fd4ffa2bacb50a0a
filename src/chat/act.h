// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "chat/event.h"
#include "chat/people.h"

namespace clamor::chat {

/// Somebody whom an act is about, by id or, where there is none, by login in lower case.
struct Target {
    UserId id{};
    std::string login{};
};

/// The modes to change; the others stay.
struct ModesPatch {
    std::optional<bool> emote_only{};
    std::optional<std::int32_t> followers_only_minutes{};  ///< -1 off
    std::optional<bool> unique_chat{};
    std::optional<std::uint32_t> slow_seconds{};  ///< 0 off
    std::optional<bool> subscribers_only{};
    std::optional<std::uint32_t> delay_seconds{};  ///< 2, 4 or 6; 0 off
};

/// What moderators, broadcasters and, where it says so, viewers do in a channel besides talking.
/// One shape for IRC, REST and pages: chat::may() says who may, moderation::Service does it.
namespace act {

struct Ban {
    Target target;
    std::optional<std::uint32_t> seconds{};  ///< of a timeout; none: for good
    std::string reason{};
};
struct Unban {
    Target target;
    bool timeout_only = false;  ///< a ban for good stays
};
struct DeleteMessage {
    MessageId message;
};
struct ClearChat {};
struct ChangeModes {
    ModesPatch patch;
};
/// Moderator or VIP.
struct GiveRole {
    Target target;
    Role role;
};
struct TakeRole {
    Target target;
    Role role;
};
struct Announce {
    std::string text;
    std::string color = "PRIMARY";  ///< PRIMARY, BLUE, GREEN, ORANGE, PURPLE
};
struct Warn {
    Target target;
    std::string reason;
};
/// By the warned themselves.
struct AcknowledgeWarning {};
struct Suspect {
    Target target;
    Suspicion suspicion;
};
struct Shield {
    bool on;
};
struct Raid {
    Target channel;
};
struct CancelRaid {};
struct Shoutout {
    Target channel;
};
/// A message that was sent before.
struct Pin {
    MessageId message;                       ///< none: `text` is said first, and is what is pinned
    std::optional<std::uint32_t> seconds{};  ///< none: until it is unpinned
    bool replace_only = false;               ///< changes the time of what is pinned
    std::string text{};                      ///< only where there is no message
};
struct Unpin {
    MessageId message;  ///< none: whatever is pinned
};
struct AddTerm {
    std::string text;
    bool permitted = false;
    bool private_term = false;             ///< the text is for moderators alone
    bool shadow = false;                   ///< what it finds is recorded, not acted on
    bool holds = false;                    ///< what it finds is held; else it is blocked
    std::string list{};                    ///< the list that it came with; empty: typed in
    std::optional<WallTime> expires_at{};  ///< none: when it is removed
};
struct RemoveTerm {
    std::string id;  ///< or, where it is empty, by text
    std::string text{};
    bool permitted = false;
};
/// By the banned themselves.
struct RequestUnban {
    std::string text;
};
struct ResolveUnban {
    std::string request_id;
    bool approve;
    std::string text{};
};

/// A message that AutoMod holds.
struct DecideHeld {
    MessageId message;
    bool approve;
};

/// Lets links of one user pass AutoMod for a while; or, where there is a phrase, that phrase once,
/// of the user or, where there is none, of anybody.
struct Permit {
    Target target{};
    std::string phrase{};
    std::uint32_t seconds = 60;
};

/// What AutoMod does in the channel; what is not given stays.
struct ChangeAutoMod {
    std::optional<AutoModLevels> levels{};
    std::optional<std::string> rules{};  ///< a document of moderation/automod_rules.h
};

/// The raid breaker's own: a trip begins or, where it is `over`, has ended, so that a restart
/// knows.
struct NoteTrip {
    std::string batch;
    bool over = false;
    bool shadow = false;
    WallTime until{};
    std::string details{};  ///< see moderation/raid_trip.h
};
/// The raid breaker takes back what it did so much later.
struct ExtendTrip {
    std::uint32_t seconds;
};

/// Takes back what was done under this batch id and not taken back before: bans, timeouts,
/// deletions, roles, modes and terms are as they were.
struct Undo {
    std::string batch;
};

}  // namespace act

using Act =
    std::variant<act::Ban, act::Unban, act::DeleteMessage, act::ClearChat, act::ChangeModes,
                 act::GiveRole, act::TakeRole, act::Announce, act::Warn, act::AcknowledgeWarning,
                 act::Suspect, act::Shield, act::Raid, act::CancelRaid, act::Shoutout, act::Pin,
                 act::Unpin, act::AddTerm, act::RemoveTerm, act::RequestUnban, act::ResolveUnban,
                 act::DecideHeld, act::ChangeAutoMod, act::Permit, act::NoteTrip, act::ExtendTrip,
                 act::Undo>;

/// Why an act was not done; twitch and api say it in their own words.
enum class Denial : std::uint8_t {
    no_permission,
    unknown_user,
    self,
    broadcaster,
    moderator,
    staff,  ///< Denied::target_type says which kind
    already_banned,
    not_banned,
    not_timed_out,
    banned_for_good,  ///< untimeout of a ban
    target_banned,    ///< mod or vip of a banned user
    already_moderator,
    not_moderator,
    already_vip,
    not_vip,
    is_moderator,  ///< vip of a moderator
    no_such_message,
    message_of_broadcaster,
    message_of_moderator,
    message_too_old,
    duration_out_of_range,  ///< Denied::number is the most
    already_so,             ///< a mode is as it is wanted; Denied::modes tells the modes
    not_warned,
    already_raiding,
    no_raid,
    cooldown,               ///< Denied::number seconds are left
    too_many_role_changes,  ///< likewise
    too_many_vips,          ///< Denied::number is the most
    already_pinned,
    not_pinned,
    unknown_term,
    unknown_request,
    already_decided,
    already_requested,
    nothing_to_undo,
    no_trip,   ///< of the raid breaker, in force
    bad_text,  ///< empty or too long; Denied::number is the most
    bad_term,  ///< a pattern that cannot be used, or settings that make no sense; Denied::text says
               ///< why
    too_many_terms,  ///< Denied::number is the most
    expired,         ///< a held message that waited too long
    busy,
};

struct Denied {
    Denial why = Denial::no_permission;
    Person target{};
    AccountType target_type = AccountType::ordinary;
    std::uint64_t number = 0;
    RoomState modes{};
    std::string text{};
};

/// What was done: the events that everybody concerned is told of, in order. Empty where nothing
/// changed (modes that were so already come as Denial::already_so instead).
struct Done {
    std::vector<std::variant<Moderation, UserNotice, HeldMessage, Message>> events;
    std::vector<MessageId> undone{};  ///< acts that were taken back: their deletions end, and
                                      ///< nobody need hear of them who has not yet
};

using ActAnswer = std::variant<Done, Denied>;

}  // namespace clamor::chat
