// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "chat/event.h"
#include "chat/people.h"
#include "chat/shared_chat.h"

/// What moderators decided, and the log of it.
namespace clamor::store {

struct Ban {
    ChannelId channel{};
    UserId user{};
    UserId moderator{};
    std::string reason{};
    WallTime created_at{};
    std::optional<WallTime> expires_at{};  ///< none: for good
    friend bool operator==(const Ban&, const Ban&) = default;
};

/// A word or phrase of a channel that AutoMod looks for, or lets pass.
struct Term {
    std::string id{};  ///< UUID text
    ChannelId channel{};
    UserId moderator{};
    std::string text{};
    bool permitted = false;
    WallTime created_at{};
    WallTime updated_at{};
    std::optional<WallTime> expires_at{};
    bool private_term = false;  ///< its text is for moderators alone
    bool shadow = false;        ///< what it finds is recorded, not acted on
    bool holds = false;         ///< what it finds is held; else it is blocked
    std::string list{};         ///< the list that it came with; empty: typed in
    friend bool operator==(const Term&, const Term&) = default;
};

enum class UnbanRequestStatus : std::uint8_t { pending, approved, denied, acknowledged, canceled };

struct UnbanRequest {
    std::string id{};  ///< UUID text
    ChannelId channel{};
    UserId user{};
    std::string text{};
    UnbanRequestStatus status = UnbanRequestStatus::pending;
    WallTime created_at{};
    std::optional<WallTime> resolved_at{};
    UserId moderator{};  ///< who resolved it
    std::string resolution_text{};
    friend bool operator==(const UnbanRequest&, const UnbanRequest&) = default;
};

struct ShieldMode {
    bool active = false;
    UserId moderator{};  ///< none: never used
    std::optional<WallTime> activated_at{};
    friend bool operator==(const ShieldMode&, const ShieldMode&) = default;
};

struct PinnedMessage {
    MessageId message{};
    UserId moderator{};
    WallTime starts_at{};
    std::optional<WallTime> ends_at{};
    WallTime updated_at{};
    friend bool operator==(const PinnedMessage&, const PinnedMessage&) = default;
};

/// `overall_level` or the eight categories, each 0 to 4, in the order of spec helix-eventsub 7.3:
/// aggression, bullying, disability, misogyny, race, sex terms, sexuality, swearing.
struct AutoModSettings {
    std::optional<std::uint8_t> overall_level = 0;
    std::array<std::uint8_t, 8> categories{};
    /// What Twitch does not have (spam, exemptions, shadow mode, calibration): a document that the
    /// store does not look into; empty: as it is by default.
    std::string rules{};
    std::uint64_t version = 0;  ///< counts the changes
    friend bool operator==(const AutoModSettings&, const AutoModSettings&) = default;
};

struct SuspiciousUser {
    UserId user{};
    UserId moderator{};
    chat::Suspicion suspicion = chat::Suspicion::none;
    WallTime updated_at{};
    friend bool operator==(const SuspiciousUser&, const SuspiciousUser&) = default;
};

/// What the raid breaker of a channel did last.
struct RaidTrip {
    ChannelId channel{};
    std::string batch{};  ///< under which it acted
    WallTime at{};
    WallTime until{};  ///< it is taken back then
    bool shadow = false;
    bool over = false;
    std::string details{};  ///< a document that the store does not look into
    friend bool operator==(const RaidTrip&, const RaidTrip&) = default;
};

/// One line of the audit log. `before` and `after` are JSON documents, empty where nothing was
/// there.
struct AuditEntry {
    std::uint64_t id = 0;  ///< given by the store, ascending
    ChannelId channel{};
    WallTime at{};
    UserId actor{};
    std::string action{};  ///< chat::name_of, or the name of a setting
    UserId target{};
    std::string before{};
    std::string after{};
    std::string reason{};
    std::string origin{};  ///< irc, helix, api, token, cli, system
    std::string batch{};   ///< empty: none
    friend bool operator==(const AuditEntry&, const AuditEntry&) = default;
};

/// One thing to write. Those that name a user or channel which is unknown fail the whole apply();
/// a moderator of none is nobody in particular. Removing what is not there changes nothing.
namespace change {
struct PutBan {
    Ban ban;
};
struct RemoveBan {
    ChannelId channel;
    UserId user;
};
struct PutRole {  ///< viewer takes the role away
    ChannelId channel;
    UserId user;
    chat::Role role;
};
struct PutModes {
    ChannelId channel;
    chat::RoomState modes;
};
struct PutWarning {
    ChannelId channel;
    UserId user;
    UserId moderator;
    std::string reason;
    WallTime at;
};
struct RemoveWarning {
    ChannelId channel;
    UserId user;
};
struct PutSuspicion {  ///< Suspicion::none removes it
    ChannelId channel;
    SuspiciousUser user;
};
struct PutShield {
    ChannelId channel;
    ShieldMode shield;
};
struct PutPin {
    ChannelId channel;
    PinnedMessage pin;
};
struct RemovePin {
    ChannelId channel;
};
struct PutTerm {
    Term term;
};
struct RemoveTerm {
    ChannelId channel;
    std::string id;
};
/// When it resolves a request: fails the whole apply() with file_exists where that is not pending
/// (any more).
struct PutUnbanRequest {
    UnbanRequest request;
    bool resolves = false;
};
struct PutAutoMod {
    ChannelId channel;
    AutoModSettings settings;
};
struct PutRaidTrip {
    RaidTrip trip;
};
/// Whose participants share their chat from now on, in this order; names are not written. Fails the
/// whole apply() with file_exists where one of them is in another session.
struct PutSharedChat {
    chat::SharedChat session;
};
/// Fails the whole apply() with file_exists when it is not pending (any more), or unknown.
struct DecideHeld {
    ChannelId channel;
    MessageId message;
    chat::HoldStatus status;  ///< anything but pending
    UserId moderator;
    WallTime at;
};
}  // namespace change
using Change = std::variant<change::PutBan, change::RemoveBan, change::PutRole, change::PutModes,
                            change::PutWarning, change::RemoveWarning, change::PutSuspicion,
                            change::PutShield, change::PutPin, change::RemovePin, change::PutTerm,
                            change::RemoveTerm, change::PutUnbanRequest, change::PutAutoMod,
                            change::PutRaidTrip, change::PutSharedChat, change::DecideHeld>;

/// Calls block and are for worker threads; every call is safe from any thread. Lists of users are
/// in ascending order of user id, `after` exclusive; other lists say their order. Ids of terms and
/// requests are given back in lower case. Texts hold no NUL byte, as in the rest of the catalog:
/// one that does is std::errc::invalid_argument. Nothing is known of a channel that is unknown.
class ModerationStore {
  public:
    virtual ~ModerationStore() = default;

    /// All changes in order and all entries of the audit log, or nothing: one transaction. A put
    /// replaces what is there. The audit log takes whom its entries name as they are, known or not.
    virtual Result<void> apply(std::span<const Change> changes,
                               std::span<const AuditEntry> audit) = 0;

    /// Nothing when not banned or the timeout ended before `now`.
    virtual Result<std::optional<Ban>> find_ban(ChannelId channel, UserId user, WallTime now) = 0;
    virtual Result<std::vector<Ban>> list_bans(ChannelId channel, WallTime now, UserId after,
                                               std::size_t limit) = 0;
    /// The moderators or the VIPs.
    virtual Result<std::vector<chat::User>> list_role(ChannelId channel, chat::Role role,
                                                      UserId after, std::size_t limit) = 0;
    /// The channels in which the user is a moderator, by channel id.
    virtual Result<std::vector<chat::User>> list_moderated(UserId moderator, UserId after,
                                                           std::size_t limit) = 0;

    /// By id, those that have not expired; `after_id` empty: from the first on.
    virtual Result<std::vector<Term>> list_terms(ChannelId channel, bool permitted,
                                                 std::string_view after_id, WallTime now,
                                                 std::size_t limit) = 0;
    /// Expired or not.
    virtual Result<std::optional<Term>> find_term(ChannelId channel, std::string_view id) = 0;

    virtual Result<std::optional<UnbanRequest>> find_unban_request(ChannelId channel,
                                                                   std::string_view id) = 0;
    /// By id, which is in the order of time; `user` none: of everybody.
    virtual Result<std::vector<UnbanRequest>> list_unban_requests(ChannelId channel,
                                                                  UnbanRequestStatus status,
                                                                  UserId user,
                                                                  std::string_view after_id,
                                                                  std::size_t limit) = 0;

    virtual Result<ShieldMode> shield_mode(ChannelId channel) = 0;
    /// The session that the channel is in.
    virtual Result<std::optional<chat::SharedChat>> shared_chat(ChannelId channel) = 0;
    virtual Result<std::optional<PinnedMessage>> find_pin(ChannelId channel, WallTime now) = 0;
    virtual Result<AutoModSettings> automod_settings(ChannelId channel) = 0;
    virtual Result<std::optional<SuspiciousUser>> find_suspicious(ChannelId channel,
                                                                  UserId user) = 0;

    /// The newest first, those before `before_id` (0: from the newest on); `batch` empty: all.
    virtual Result<std::vector<AuditEntry>> list_audit(ChannelId channel, std::uint64_t before_id,
                                                       std::string_view batch,
                                                       std::size_t limit) = 0;
    /// What was taken back at `since` or later, the newest first: an entry "undo" of the batch
    /// "undo:X" takes back those of the batch "X" that are before it.
    virtual Result<std::vector<AuditEntry>> list_undone(ChannelId channel, WallTime since,
                                                        std::size_t limit) = 0;
};

/// Who follows whom, who blocks whom, and what people tell about themselves.
struct Profile {
    std::string description{};
    std::string profile_image_url{};
    std::string offline_image_url{};
    std::string email{};
    std::string broadcaster_type{};  ///< empty, affiliate or partner
    WallTime created_at{};  ///< of the account; until somebody says better, when it was seen first
    friend bool operator==(const Profile&, const Profile&) = default;
};

struct Follow {
    chat::User user{};  ///< the other one
    WallTime since{};
};

/// As ModerationStore in what concerns threads, lists and texts. An unknown user or channel is
/// std::errc::no_such_file_or_directory to whatever changes something and to profile().
class PeopleStore {
  public:
    virtual ~PeopleStore() = default;
    virtual Result<Profile> profile(UserId user) = 0;
    virtual Result<void> update_profile(UserId user, const Profile& profile) = 0;

    /// None ends it. True when this begins it: the user did not follow before.
    virtual Result<bool> set_follow(ChannelId channel, UserId user,
                                    std::optional<WallTime> since) = 0;
    virtual Result<std::vector<Follow>> list_followers(ChannelId channel, UserId after,
                                                       std::size_t limit) = 0;
    /// By channel id.
    virtual Result<std::vector<Follow>> list_followed(UserId user, UserId after,
                                                      std::size_t limit) = 0;
    virtual Result<std::uint64_t> count_followers(ChannelId channel) = 0;
    virtual Result<std::uint64_t> count_followed(UserId user) = 0;

    virtual Result<void> set_block(UserId user, UserId blocked, bool on) = 0;
    virtual Result<bool> has_block(UserId user, UserId blocked) = 0;
    /// Counts a whisper between the two, whoever sends it, and gives its number: 1 is the first.
    virtual Result<std::uint64_t> count_whisper(UserId from, UserId to) = 0;
    virtual Result<std::vector<chat::User>> list_blocks(UserId user, UserId after,
                                                        std::size_t limit) = 0;

    /// The facts of a standing that platforms set: artist, bits, sub_gifts, custom_badges. The
    /// others of `standing` are not looked at.
    virtual Result<void> set_extras(ChannelId channel, UserId user,
                                    const chat::Standing& standing) = 0;
};

}  // namespace clamor::store
