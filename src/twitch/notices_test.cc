// SPDX-License-Identifier: Apache-2.0
#include "twitch/notices.h"

#include <gtest/gtest.h>

#include "twitch/events.h"
#include "twitch/moderation.h"

/// Clients without tags know a notice by its text alone, and some read numbers and names out of it:
/// each is here word for word (spec twitch-chat 7).
namespace clamor::twitch {
namespace {

using chat::AccountType;
using chat::Denial;
using chat::ModAction;
using chat::Refusal;
namespace act = chat::act;

const chat::Person kBob{UserId(1002), "bob", "Bob"};
const chat::Act kBan = act::Ban{.target = {}};
const chat::Act kTimeout = act::Ban{.target = {}, .seconds = 10};
const chat::Act kUnban = act::Unban{.target = {}};
const chat::Act kDelete = act::DeleteMessage{};
const chat::Act kMod = act::GiveRole{.target = {}, .role = chat::Role::moderator};
const chat::Act kVip = act::GiveRole{.target = {}, .role = chat::Role::vip};
const chat::Act kRaid = act::Raid{};
const chat::Act kPermit = act::Permit{};

struct Row {
    Notice notice;
    std::string_view id;
    std::string_view text;
    UserId target{};  ///< whom the notice has to name in its tag
};

void expect(std::initializer_list<Row> rows) {
    for (const Row& row : rows) {
        EXPECT_EQ(row.notice.id, row.id) << row.text;
        EXPECT_EQ(row.notice.text, row.text) << row.id;
        EXPECT_EQ(row.notice.target, row.target) << row.id;
    }
}

Notice refused(Refusal why, std::uint32_t seconds = 0) {
    return notice_of(chat::Refused{.why = why, .retry_after_seconds = seconds}, "dallas");
}

Notice for_followers(std::int32_t wanted, std::optional<std::uint32_t> following = {}) {
    return notice_of(chat::Refused{.why = Refusal::followers_only,
                                   .followers_only_minutes = wanted,
                                   .following_minutes = following},
                     "dallas");
}

Notice done(ModAction action, std::uint64_t number = 0) {
    chat::Moderation moderation;
    moderation.action = action;
    moderation.target = kBob;
    moderation.number = number;
    return notice_of(chat::Done{{moderation}}, true);
}

Notice denied(Denial why, const chat::Act& act, std::uint64_t number = 0,
              AccountType type = AccountType::ordinary) {
    return notice_of(
        chat::Denied{.why = why, .target = kBob, .target_type = type, .number = number}, act,
        "dallas");
}

Notice already(const chat::ModesPatch& patch, const chat::RoomState& modes = {}) {
    return notice_of(chat::Denied{.why = Denial::already_so, .modes = modes},
                     act::ChangeModes{patch}, "dallas");
}

TEST(Notices, ToARoomWhoseModesChangeAreWordForWord) {
    struct Mode {
        ModAction action;
        std::uint64_t number;
        std::string id;
        std::string text;
    };
    const Mode modes[] = {
        {ModAction::emote_only, 0, "emote_only_on", "This room is now in emote-only mode."},
        {ModAction::emote_only_off, 0, "emote_only_off",
         "This room is no longer in emote-only mode."},
        {ModAction::subscribers, 0, "subs_on", "This room is now in subscribers-only mode."},
        {ModAction::subscribers_off, 0, "subs_off",
         "This room is no longer in subscribers-only mode."},
        {ModAction::unique_chat, 0, "r9k_on", "This room is now in unique-chat mode."},
        {ModAction::unique_chat_off, 0, "r9k_off", "This room is no longer in unique-chat mode."},
        {ModAction::slow, 30, "slow_on",
         "This room is now in slow mode. You may send messages every 30 seconds."},
        {ModAction::slow_off, 0, "slow_off", "This room is no longer in slow mode."},
        {ModAction::followers, 10, "followers_on",
         "This room is now in 10 minutes followers-only mode."},
        {ModAction::followers, 20160, "followers_on",
         "This room is now in 2 weeks followers-only mode."},
        {ModAction::followers, 0, "followers_on_zero", "This room is now in followers-only mode."},
        {ModAction::followers_off, 0, "followers_off",
         "This room is no longer in followers-only mode."},
    };
    for (const Mode& mode : modes) {
        chat::Moderation moderation;
        moderation.action = mode.action;
        moderation.number = mode.number;
        chat::Event event;
        event.channel_login = "dallas";
        event.body = moderation;
        std::string lines;
        append_event(lines, event, {.tags = true, .commands = true});
        EXPECT_EQ(lines.substr(lines.find("\r\n") + 2),
                  "@msg-id=" + mode.id + " :tmi.twitch.tv NOTICE #dallas :" + mode.text + "\r\n");
        EXPECT_EQ(done(mode.action, mode.number).id, "") << "the room's notice is the answer";
    }
}

TEST(Notices, AboutModesThatAreSoAlreadyAreWordForWord) {
    expect({
        {already({.emote_only = true}), "already_emote_only_on",
         "This room is already in emote-only mode."},
        {already({.emote_only = false}), "already_emote_only_off",
         "This room is not in emote-only mode."},
        {already({.subscribers_only = true}), "already_subs_on",
         "This room is already in subscribers-only mode."},
        {already({.subscribers_only = false}), "already_subs_off",
         "This room is not in subscribers-only mode."},
        {already({.unique_chat = true}), "already_r9k_on",
         "This room is already in unique-chat mode."},
        {already({.unique_chat = false}), "already_r9k_off",
         "This room is not in unique-chat mode."},
        {already({.slow_seconds = 30}, {.slow_seconds = 30}), "already_slow_on",
         "This room is already in 30-second slow mode."},
        {already({.slow_seconds = 0}), "already_slow_off", "This room is not in slow mode."},
        {already({.followers_only_minutes = 10}, {.followers_only_minutes = 10}),
         "already_followers_on", "This room is already in 10 minutes followers-only mode."},
        {already({.followers_only_minutes = 0}, {.followers_only_minutes = 0}),
         "already_followers_on", "This room is already in followers-only mode."},
        {already({.followers_only_minutes = -1}), "already_followers_off",
         "This room is not in followers-only mode."},
        {denied(Denial::duration_out_of_range, act::ChangeModes{{.slow_seconds = 90000}}, 86400),
         "bad_slow_duration", "You cannot set slow delay to more than 86400 seconds."},
        {denied(Denial::duration_out_of_range, act::ChangeModes{{.followers_only_minutes = 200000}},
                129600),
         "usage_followers_on",
         "Usage: \"/followers [duration]\" - The duration is 0 to 129600 minutes."},
    });
}

TEST(Notices, AboutBansAndDeletionAreWordForWord) {
    constexpr UserId kId(1002);
    expect({
        {done(ModAction::ban), "ban_success", "bob is now banned from this channel.", kId},
        {denied(Denial::already_banned, kBan), "already_banned",
         "bob is already banned in this channel.", kId},
        {done(ModAction::unban), "unban_success", "bob is no longer banned from this channel.",
         kId},
        {denied(Denial::not_banned, kUnban), "bad_unban_no_ban",
         "bob is not banned from this channel.", kId},
        {done(ModAction::timeout, 600), "timeout_success", "bob has been timed out for 10 minutes.",
         kId},
        {denied(Denial::not_timed_out, kUnban), "timeout_no_timeout",
         "bob is not timed out from this channel.", kId},
        {done(ModAction::untimeout), "untimeout_success",
         "bob is no longer timed out in this channel.", kId},
        {denied(Denial::banned_for_good, kUnban), "untimeout_banned",
         "bob is permanently banned. Use \"/unban\" to remove a ban.", kId},
        {denied(Denial::self, kBan), "bad_ban_self", "You cannot ban yourself."},
        {denied(Denial::self, kTimeout), "bad_timeout_self", "You cannot timeout yourself."},
        {denied(Denial::broadcaster, kBan), "bad_ban_broadcaster",
         "You cannot ban the broadcaster."},
        {denied(Denial::broadcaster, kTimeout), "bad_timeout_broadcaster",
         "You cannot timeout the broadcaster."},
        {denied(Denial::moderator, kBan), "bad_ban_mod",
         "You cannot ban moderator bob unless you are the owner of this channel."},
        {denied(Denial::moderator, kTimeout), "bad_timeout_mod",
         "You cannot timeout moderator bob unless you are the owner of this channel."},
        {denied(Denial::staff, kBan, 0, AccountType::admin), "bad_ban_admin",
         "You cannot ban admin bob."},
        {denied(Denial::staff, kTimeout, 0, AccountType::admin), "bad_timeout_admin",
         "You cannot timeout admin bob."},
        {denied(Denial::staff, kBan, 0, AccountType::staff), "bad_ban_staff",
         "You cannot ban a staff bob."},
        {denied(Denial::staff, kTimeout, 0, AccountType::staff), "bad_timeout_staff",
         "You cannot timeout a staff bob."},
        {denied(Denial::staff, kBan, 0, AccountType::global_mod), "bad_ban_global_mod",
         "You cannot ban global moderator bob."},
        {denied(Denial::staff, kTimeout, 0, AccountType::global_mod), "bad_timeout_global_mod",
         "You cannot timeout global moderator bob."},
        {denied(Denial::duration_out_of_range, kTimeout, 1209600), "bad_timeout_duration",
         "You cannot time a user out for more than 1209600 seconds."},
        {done(ModAction::delete_message), "delete_message_success",
         "The message from bob is now deleted.", kId},
        {denied(Denial::message_of_broadcaster, kDelete), "bad_delete_message_broadcaster",
         "You cannot delete the broadcaster's messages."},
        {denied(Denial::message_of_moderator, kDelete), "bad_delete_message_mod",
         "You cannot delete messages from another moderator bob.", kId},
        {denied(Denial::no_such_message, kDelete), "bad_delete_message_error",
         "There was a problem deleting the message: this channel has no such message."},
        {denied(Denial::message_too_old, kDelete), "bad_delete_message_error",
         "There was a problem deleting the message: it is older than 6 hours."},
        {done(ModAction::clear), "", ""},
    });
}

TEST(Notices, AboutRolesAndRaidsAreWordForWord) {
    constexpr UserId kId(1002);
    expect({
        {done(ModAction::mod), "mod_success", "You have added bob as a moderator of this channel.",
         kId},
        {done(ModAction::unmod), "unmod_success",
         "You have removed bob as a moderator of this channel.", kId},
        {denied(Denial::already_moderator, kMod), "bad_mod_mod",
         "bob is already a moderator of this channel.", kId},
        {denied(Denial::target_banned, kMod), "bad_mod_banned",
         "bob is banned in this channel. You must unban this user before granting mod status.",
         kId},
        {denied(Denial::not_moderator, kMod), "bad_unmod_mod",
         "bob is not a moderator of this channel.", kId},
        {done(ModAction::vip), "vip_success", "You have added bob as a vip of this channel.", kId},
        {done(ModAction::unvip), "unvip_success", "You have removed bob as a VIP of this channel.",
         kId},
        {denied(Denial::target_banned, kVip), "bad_vip_grantee_banned",
         "bob is banned in this channel. You must unban this user before granting VIP status.",
         kId},
        {denied(Denial::already_vip, kVip), "bad_vip_grantee_already_vip",
         "bob is already a VIP of this channel.", kId},
        {denied(Denial::not_vip, kVip), "bad_unvip_grantee_not_vip",
         "bob is not a VIP of this channel.", kId},
        {denied(Denial::already_raiding, kRaid), "raid_error_already_raiding",
         "You already have a raid in progress."},
        {denied(Denial::self, kRaid), "raid_error_self", "A channel cannot raid itself."},
        {denied(Denial::staff, kRaid), "raid_error_unexpected",
         "There was a problem raiding bob. Please try again in a minute."},
        {done(ModAction::unraid), "unraid_success", "The raid has been canceled."},
        {denied(Denial::no_raid, kRaid), "unraid_error_no_active_raid",
         "You do not have an active raid."},
        {denied(Denial::no_permission, kBan), "no_permission",
         "You don't have permission to perform that action."},
        {denied(Denial::unknown_user, kBan), "invalid_user", "Invalid username: bob"},
    });
}

TEST(Notices, AboutMessagesThatWereNotSentAreWordForWord) {
    expect({
        {refused(Refusal::banned), "msg_banned",
         "You are permanently banned from talking in dallas."},
        {refused(Refusal::timed_out, 12), "msg_timedout", "You are timed out for 12 more seconds."},
        {refused(Refusal::slow_mode, 7), "msg_slowmode",
         "This room is in slow mode and you are sending messages too quickly. You will be able to "
         "talk again in 7 seconds."},
        {refused(Refusal::duplicate), "msg_duplicate",
         "Your message was not sent because it is identical to the previous one you sent, less "
         "than 30 seconds ago."},
        {refused(Refusal::rate_limited), "msg_ratelimit",
         "Your message was not sent because you are sending messages too quickly."},
        {refused(Refusal::rate_limited, 9), "msg_ratelimit",
         "Your message was not sent because you are sending messages too quickly. You can send "
         "again in 9 seconds."},
        {refused(Refusal::emote_only), "msg_emoteonly",
         "This room is in emote-only mode. You can find your currently available emoticons using "
         "the smiley in the chat text area."},
        {for_followers(10), "msg_followersonly",
         "This room is in 10 minutes followers-only mode. Follow dallas to join the community!"},
        {for_followers(20160, 90), "msg_followersonly_followed",
         "This room is in 2 weeks followers-only mode. You have been following for 1 hour 30 "
         "minutes. Continue following to chat!"},
        {for_followers(10, 0), "msg_followersonly_followed",
         "This room is in 10 minutes followers-only mode. You have been following for less than a "
         "minute. Continue following to chat!"},
        {for_followers(0), "msg_followersonly_zero",
         "This room is in followers-only mode. Follow dallas to join the community!"},
        // Twitch adds where to buy one, which clamor cannot know.
        {refused(Refusal::subscribers_only), "msg_subsonly",
         "This room is in subscribers only mode. To talk, purchase a channel subscription."},
        {refused(Refusal::not_unique), "msg_r9k",
         "This room is in unique-chat mode and the message you attempted to send is not unique."},
        {refused(Refusal::held), "msg_rejected",
         "Hey! Your message is being checked by mods and has not been sent."},
        {refused(Refusal::rejected), "msg_rejected_mandatory",
         "Your message wasn't posted due to conflicts with the channel's moderation settings."},
        {channel_suspended(), "msg_channel_suspended",
         "This channel does not exist or has been suspended."},
        {too_many_channels(), "msg_concurrent_channel_limit_reached",
         "You are connected to too many chat channels. Please close some existing chat "
         "connections to join a new chat."},
        {no_permission(), "no_permission", "You don't have permission to perform that action."},
        {invalid_user("ghost"), "invalid_user", "Invalid username: ghost"},
        {unrecognized_command("/nonsense"), "unrecognized_cmd", "Unrecognized command: /nonsense"},
    });
}

TEST(Notices, HaveTheirNumbersWhereLibrariesCountWords) {
    const auto word = [](const std::string& text, std::size_t index) {
        std::size_t begin = 0;
        for (; index != 0; --index) begin = text.find(' ', begin) + 1;
        return text.substr(begin, text.find(' ', begin) - begin);
    };
    EXPECT_EQ(word(refused(Refusal::timed_out, 12).text, 5), "12");
    EXPECT_EQ(word(refused(Refusal::slow_mode, 7).text, 21), "7");
}

}  // namespace
}  // namespace clamor::twitch
