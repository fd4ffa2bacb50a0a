// SPDX-License-Identifier: Apache-2.0
#include "twitch/moderation.h"

#include <gtest/gtest.h>

#include "twitch/events.h"

namespace clamor::twitch {
namespace {

constexpr Shows kAll{.tags = true, .commands = true, .membership = true};

chat::Event event_of(chat::ModAction action) {
    chat::Moderation act;
    act.action = action;
    act.id = MessageId::from_random(7, 8);
    act.at = wall_from_unix_ms(1642719320727);
    act.moderator = {UserId(1003), "mona", "Mona"};
    act.modes = {.slow_seconds = 30};
    chat::Event event;
    event.channel = ChannelId(12345678);
    event.channel_login = "dallas";
    event.body = act;
    return event;
}

chat::Event about_bob(chat::ModAction action, std::uint64_t number = 0) {
    chat::Event event = event_of(action);
    auto& act = std::get<chat::Moderation>(event.body);
    act.target = {UserId(1002), "bob", "Bob"};
    act.number = number;
    return event;
}

std::string lines(const chat::Event& event, Shows shows = kAll) {
    std::string out;
    append_event(out, event, shows);
    return out;
}

TEST(Moderation, HasTwitchsLinesForBansTimeoutsAndClearing) {
    EXPECT_EQ(lines(about_bob(chat::ModAction::ban)),
              "@room-id=12345678;target-user-id=1002;tmi-sent-ts=1642719320727 :tmi.twitch.tv "
              "CLEARCHAT #dallas :bob\r\n");
    EXPECT_EQ(lines(about_bob(chat::ModAction::timeout, 350)),
              "@ban-duration=350;room-id=12345678;target-user-id=1002;tmi-sent-ts=1642719320727 "
              ":tmi.twitch.tv CLEARCHAT #dallas :bob\r\n");
    EXPECT_EQ(lines(event_of(chat::ModAction::clear)),
              "@room-id=12345678;tmi-sent-ts=1642719320727 :tmi.twitch.tv CLEARCHAT #dallas\r\n");
    EXPECT_EQ(lines(about_bob(chat::ModAction::ban), {.commands = true}),
              ":tmi.twitch.tv CLEARCHAT #dallas :bob\r\n");
    EXPECT_EQ(lines(about_bob(chat::ModAction::ban), {.tags = true}), "")
        << "without the commands capability nothing is shown";
}

TEST(Moderation, KeepsTheWrapperOfADeletedAction) {
    chat::Event event = about_bob(chat::ModAction::delete_message);
    auto& act = std::get<chat::Moderation>(event.body);
    act.message_id = MessageId::from_random(1, 2);
    act.text = "waves";
    EXPECT_EQ(lines(event),
              "@login=bob;room-id=12345678;target-msg-id=" + act.message_id.to_string() +
                  ";tmi-sent-ts=1642719320727 :tmi.twitch.tv CLEARMSG #dallas "
                  ":waves\r\n");
    act.text_is_action = true;
    EXPECT_TRUE(
        lines(event).ends_with("CLEARMSG #dallas :\x01"
                               "ACTION waves\x01\r\n"));
}

TEST(Moderation, TellsAChangedModeWithItsOwnTagOnlyAndThenTheNotice) {
    EXPECT_EQ(lines(about_bob(chat::ModAction::slow, 30)),
              "@room-id=12345678;slow=30 :tmi.twitch.tv ROOMSTATE #dallas\r\n"
              "@msg-id=slow_on :tmi.twitch.tv NOTICE #dallas :This room is now in slow mode. You "
              "may send messages every 30 seconds.\r\n");
    EXPECT_EQ(lines(event_of(chat::ModAction::subscribers_off)),
              "@room-id=12345678;subs-only=0 :tmi.twitch.tv ROOMSTATE #dallas\r\n"
              "@msg-id=subs_off :tmi.twitch.tv NOTICE #dallas :This room is no longer in "
              "subscribers-only mode.\r\n");
    EXPECT_EQ(lines(about_bob(chat::ModAction::followers, 10)),
              "@followers-only=-1;room-id=12345678 :tmi.twitch.tv ROOMSTATE #dallas\r\n"
              "@msg-id=followers_on :tmi.twitch.tv NOTICE #dallas :This room is now in 10 minutes "
              "followers-only mode.\r\n");
}

TEST(Moderation, KeepsWhatConcernsModeratorsOnlyFromViewers) {
    for (const auto action :
         {chat::ModAction::warn, chat::ModAction::monitor, chat::ModAction::restrict_user,
          chat::ModAction::shield, chat::ModAction::mod, chat::ModAction::unban,
          chat::ModAction::add_blocked_term, chat::ModAction::request_unban}) {
        EXPECT_EQ(lines(about_bob(action)), "") << chat::name_of(action);
    }
}

TEST(Moderation, MarksLinesOfTheHistory) {
    std::string out;
    append_history_line(out, about_bob(chat::ModAction::ban), false);
    EXPECT_EQ(out,
              "@historical=1;rm-received-ts=1642719320727;room-id=12345678;target-user-id=1002;"
              "tmi-sent-ts=1642719320727 :tmi.twitch.tv CLEARCHAT #dallas :bob\r\n");
    out.clear();
    append_history_line(out, event_of(chat::ModAction::emote_only), false);
    EXPECT_EQ(out,
              "@emote-only=0;historical=1;rm-received-ts=1642719320727;room-id=12345678 "
              ":tmi.twitch.tv ROOMSTATE #dallas\r\n"
              "@historical=1;msg-id=emote_only_on;rm-received-ts=1642719320727 :tmi.twitch.tv "
              "NOTICE #dallas :This room is now in emote-only mode.\r\n");
}

TEST(UserNotices, HaveEveryTagAndEscapeTheirTexts) {
    chat::UserNotice notice;
    notice.kind = "announcement";
    notice.parameters = {{"color", "BLUE"}};
    notice.message.id = MessageId::from_random(3, 4);
    notice.message.sent_at = wall_from_unix_ms(1776510908780);
    notice.message.author_id = UserId(12345678);
    notice.message.author_login = "dallas";
    notice.message.author_display_name = "Dallas";
    notice.message.author_color = "#CC44FF";
    notice.message.badges = {{"broadcaster", "1"}};
    notice.message.author_role = chat::Role::broadcaster;
    notice.message.text = "blue announcement";
    chat::Event event;
    event.channel = ChannelId(12345678);
    event.channel_login = "dallas";
    event.body = notice;
    const std::string id = notice.message.id.to_string();
    EXPECT_EQ(lines(event),
              "@badge-info=;badges=broadcaster/1;color=#CC44FF;display-name=Dallas;emotes=;flags=;"
              "id=" +
                  id +
                  ";login=dallas;mod=0;msg-id=announcement;msg-param-color=BLUE;room-id=12345678;"
                  "subscriber=0;system-msg=;tmi-sent-ts=1776510908780;user-id=12345678;user-type=;"
                  "vip=0 :tmi.twitch.tv USERNOTICE #dallas :blue announcement\r\n");
    auto& body = std::get<chat::UserNotice>(event.body);
    body.system_text = "a; b";
    body.message.text.clear();
    EXPECT_NE(lines(event).find("system-msg=a\\:\\sb;"), std::string::npos);
    EXPECT_TRUE(lines(event).ends_with("USERNOTICE #dallas\r\n"));
}

TEST(UserNoticeLine, OfASharedChatNamesItsSourceAndItsKind) {
    chat::UserNotice notice;
    notice.kind = "announcement";
    notice.parameters = {{"color", "PRIMARY"}};
    notice.message.id = *MessageId::parse("01cd601f-bc3f-49d5-ab4b-136fa9d6ec22");
    notice.message.sent_at = wall_from_unix_ms(1726118378465);
    notice.message.author_id = UserId(1002);
    notice.message.author_login = "bob";
    notice.message.author_display_name = "Bob";
    notice.message.author_color = "#DAA520";
    notice.message.text = "hi from next door";
    notice.message.source =
        chat::Source{.broadcaster = {UserId(87654321), "austin", "Austin"},
                     .message = *MessageId::parse("4083dadc-9f20-40f9-ba92-949ebf6bc294"),
                     .badges = {{"moderator", "1"}},
                     .badge_info = {}};
    chat::Event event;
    event.channel = ChannelId(12345678);
    event.channel_login = "dallas";
    event.body = notice;
    EXPECT_EQ(lines(event),
              "@badge-info=;badges=;color=#DAA520;display-name=Bob;emotes=;flags=;"
              "id=01cd601f-bc3f-49d5-ab4b-136fa9d6ec22;login=bob;mod=0;msg-id=sharedchatnotice;"
              "msg-param-color=PRIMARY;room-id=12345678;source-badge-info=;"
              "source-badges=moderator/1;source-id=4083dadc-9f20-40f9-ba92-949ebf6bc294;"
              "source-msg-id=announcement;source-room-id=87654321;subscriber=0;system-msg=;"
              "tmi-sent-ts=1726118378465;user-id=1002;user-type=;vip=0 :tmi.twitch.tv USERNOTICE "
              "#dallas :hi from next door\r\n");
    // In its own channel it keeps its kind.
    event.channel = ChannelId(87654321);
    EXPECT_NE(lines(event).find(";msg-id=announcement;"), std::string::npos);
    EXPECT_NE(lines(event).find(";source-only=0;source-room-id=87654321;"), std::string::npos);
    EXPECT_EQ(lines(event).find("source-msg-id"), std::string::npos);
}

TEST(ActNotices, HaveTheIdsAndFirstWordsThatLibrariesWaitFor) {
    const auto told = [](chat::ModAction action, std::uint64_t number = 0) {
        const auto event = about_bob(action, number);
        return notice_of(chat::Done{{std::get<chat::Moderation>(event.body)}}, true);
    };
    EXPECT_EQ(told(chat::ModAction::ban).id, "ban_success");
    EXPECT_EQ(told(chat::ModAction::ban).text, "bob is now banned from this channel.");
    EXPECT_EQ(told(chat::ModAction::ban).target, UserId(1002));
    EXPECT_EQ(told(chat::ModAction::timeout, 600).text, "bob has been timed out for 10 minutes.");
    EXPECT_EQ(told(chat::ModAction::untimeout).id, "untimeout_success");
    EXPECT_EQ(told(chat::ModAction::unban).id, "unban_success");
    EXPECT_EQ(told(chat::ModAction::delete_message).id, "delete_message_success");
    EXPECT_EQ(told(chat::ModAction::mod).text,
              "You have added bob as a moderator of this channel.");
    EXPECT_EQ(told(chat::ModAction::unvip).text, "You have removed bob as a VIP of this channel.");
    EXPECT_EQ(told(chat::ModAction::clear).id, "") << "the CLEARCHAT itself is the answer";
    EXPECT_EQ(told(chat::ModAction::slow).id, "");

    const chat::Act ban = chat::act::Ban{.target = {}};
    const chat::Act timeout = chat::act::Ban{.target = {}, .seconds = 10};
    const auto denied = [](chat::Denial why, const chat::Act& act,
                           chat::AccountType type = chat::AccountType::ordinary) {
        return notice_of(
            chat::Denied{.why = why, .target = {UserId(1002), "bob", "Bob"}, .target_type = type},
            act, "dallas");
    };
    EXPECT_EQ(denied(chat::Denial::self, ban).id, "bad_ban_self");
    EXPECT_EQ(denied(chat::Denial::self, timeout).id, "bad_timeout_self");
    EXPECT_EQ(denied(chat::Denial::broadcaster, timeout).id, "bad_timeout_broadcaster");
    EXPECT_EQ(denied(chat::Denial::moderator, ban).id, "bad_ban_mod");
    EXPECT_EQ(denied(chat::Denial::staff, ban, chat::AccountType::admin).id, "bad_ban_admin");
    EXPECT_EQ(denied(chat::Denial::staff, timeout, chat::AccountType::global_mod).id,
              "bad_timeout_global_mod");
    EXPECT_EQ(denied(chat::Denial::already_banned, ban).text,
              "bob is already banned in this channel.");
    EXPECT_EQ(denied(chat::Denial::unknown_user, ban).text, "Invalid username: bob");
    EXPECT_EQ(denied(chat::Denial::no_permission, ban).id, "no_permission");
    const chat::Act vip = chat::act::GiveRole{.target = {}, .role = chat::Role::vip};
    EXPECT_EQ(denied(chat::Denial::target_banned, vip).id, "bad_vip_grantee_banned");
    const chat::Act slow = chat::act::ChangeModes{{.slow_seconds = 30}};
    EXPECT_EQ(denied(chat::Denial::already_so, slow).id, "already_slow_on");
}

TEST(Durations, AreWrittenInWords) {
    EXPECT_EQ(duration_text(0), "0 seconds");
    EXPECT_EQ(duration_text(1), "1 second");
    EXPECT_EQ(duration_text(600), "10 minutes");
    EXPECT_EQ(duration_text(129600), "1 day 12 hours");
    EXPECT_EQ(duration_text(1209600), "2 weeks");
}

}  // namespace
}  // namespace clamor::twitch
