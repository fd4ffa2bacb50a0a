// SPDX-License-Identifier: Apache-2.0
#include "eventsub/payload.h"

#include <algorithm>
#include <set>

#include "eventsub/payload_fixture.h"

namespace clamor::eventsub {
namespace {

using chat::ModAction;
using Json = nlohmann::ordered_json;

constexpr std::string_view kBroadcaster =
    R"("broadcaster_user_id":"1971641","broadcaster_user_login":"streamer","broadcaster_user_name":"Streamer")";
constexpr std::string_view kNoSource =
    R"("source_broadcaster_user_id":null,"source_broadcaster_user_login":null,"source_broadcaster_user_name":null)";
constexpr std::string_view kModerator =
    R"("moderator_user_id":"1001","moderator_user_login":"alice","moderator_user_name":"Alice")";
constexpr std::string_view kUser = R"("user_id":"1002","user_login":"bob","user_name":"Bob")";
constexpr std::string_view kTarget =
    R"("target_user_id":"1002","target_user_login":"bob","target_user_name":"Bob")";
constexpr std::string_view kAt = R"("2023-11-14T22:13:20.123000000Z")";

/// An object of these members.
template <class... Parts>
std::string object(const Parts&... parts) {
    std::string out;
    ((out += out.empty() ? "" : ",", out += parts), ...);
    return "{" + out + "}";
}

class PayloadTest : public PayloadFixture {
  protected:
    Json fragments(const chat::Message& message) {
        const auto told = tell(Type::chat_message, message);
        std::string text;
        for (const auto& fragment : (*told)["message"]["fragments"])
            text += fragment["text"].get<std::string>();
        EXPECT_EQ((*told)["message"]["text"], text);
        return (*told)["message"]["fragments"];
    }
};

TEST_F(PayloadTest, TellsAMessageAsTheExampleOfTheSpec) {
    EXPECT_EQ(
        text_of(Type::chat_message, message("Hi chat")),
        object(
            kBroadcaster, kNoSource,
            R"("chatter_user_id":"4145994","chatter_user_login":"viewer32","chatter_user_name":"Viewer32")",
            R"("message_id":"cc106a89-1814-919d-454c-f4f2f970aae7","source_message_id":null,"is_source_only":null)",
            R"("message":{"text":"Hi chat","fragments":[{"type":"text","text":"Hi chat","cheermote":null,"emote":null,"mention":null}]})",
            R"("color":"#00FF7F","badges":[{"set_id":"moderator","id":"1","info":""},{"set_id":"subscriber","id":"12","info":"16"}])",
            R"("source_badges":null,"message_type":"text","cheer":null,"reply":null)",
            R"("channel_points_custom_reward_id":null,"channel_points_animation_id":null)"));
}

TEST_F(PayloadTest, SaysWhereInASharedChatAMessageWasSaid) {
    auto said = message("Hi chat");
    said.source = chat::Source{.broadcaster = {UserId(77), "next", "Next"},
                               .message = MessageId::from_random(1, 2),
                               .badges = {{"vip", "1"}},
                               .badge_info = {}};
    auto told = *tell(Type::chat_message, said);
    EXPECT_EQ(told["source_broadcaster_user_id"], "77");
    EXPECT_EQ(told["source_broadcaster_user_login"], "next");
    EXPECT_EQ(told["source_broadcaster_user_name"], "Next");
    EXPECT_EQ(told["source_message_id"], said.source->message.to_string());
    EXPECT_EQ(told["source_badges"].dump(), R"([{"set_id":"vip","id":"1","info":""}])");
    EXPECT_EQ(told["is_source_only"], false);
    // In its own channel there is nothing to say but that it was shown in the others.
    said.source->broadcaster = broadcaster;
    said.source_only = true;
    told = *tell(Type::chat_message, said);
    EXPECT_EQ(told["source_broadcaster_user_id"], nullptr);
    EXPECT_EQ(told["source_message_id"], nullptr);
    EXPECT_EQ(told["source_badges"], nullptr);
    EXPECT_EQ(told["is_source_only"], true);
}

TEST_F(PayloadTest, NamesNoticesOfOtherChannelsAsShared) {
    for (const auto& [kind, type] : {std::pair("sub", "sub"),
                                     {"resub", "resub"},
                                     {"subgift", "sub_gift"},
                                     {"submysterygift", "community_sub_gift"},
                                     {"giftpaidupgrade", "gift_paid_upgrade"},
                                     {"primepaidupgrade", "prime_paid_upgrade"},
                                     {"communitypayforward", "pay_it_forward"},
                                     {"raid", "raid"},
                                     {"announcement", "announcement"},
                                     {"modiversary", "modiversary"}}) {
        EXPECT_TRUE(chat::is_shared(kind));
        auto shared = notice(kind, {});
        shared.message.source = chat::Source{.broadcaster = {UserId(77), "next", "Next"},
                                             .message = MessageId::from_random(1, 2),
                                             .badges = {},
                                             .badge_info = {}};
        const auto told = *tell(Type::chat_notification, shared);
        const std::string name = std::string("shared_chat_") + type;
        EXPECT_EQ(told["notice_type"], name);
        EXPECT_TRUE(told[name].is_object()) << kind;
        EXPECT_EQ(told[type], nullptr);
        EXPECT_EQ(told["source_broadcaster_user_login"], "next");
    }
    EXPECT_FALSE(chat::is_shared("bitsbadgetier"));
}

TEST_F(PayloadTest, CutsATextIntoFragmentsAsTheExampleOfTheSpec) {
    auto said = message("Hi @Bob Kappa Cheer100");
    said.emotes = {{"25", 8, 12}};
    said.bits = 100;
    EXPECT_EQ(
        fragments(said).dump(),
        R"([{"type":"text","text":"Hi ","cheermote":null,"emote":null,"mention":null},)"
        R"({"type":"mention","text":"@Bob","cheermote":null,"emote":null,"mention":{"user_id":"1002","user_login":"bob","user_name":"Bob"}},)"
        R"({"type":"text","text":" ","cheermote":null,"emote":null,"mention":null},)"
        R"({"type":"emote","text":"Kappa","cheermote":null,"emote":{"id":"25","emote_set_id":"0","owner_id":"0","format":["static"]},"mention":null},)"
        R"({"type":"text","text":" ","cheermote":null,"emote":null,"mention":null},)"
        R"({"type":"cheermote","text":"Cheer100","cheermote":{"prefix":"cheer","bits":100,"tier":1},"emote":null,"mention":null}])");
    EXPECT_EQ(tell(Type::chat_message, said)->at("cheer").dump(), R"({"bits":100})");
}

TEST_F(PayloadTest, CountsEmotesInCodePoints) {
    auto said = message("😂 Kappa é Kappa");
    said.emotes = {{"25", 2, 6}, {"25", 10, 14}};
    const Json list = fragments(said);
    ASSERT_EQ(list.size(), 4u);
    EXPECT_EQ(list[0]["text"], "😂 ");
    EXPECT_EQ(list[1]["text"], "Kappa");
    EXPECT_EQ(list[2]["text"], " é ");
    EXPECT_EQ(list[3]["emote"]["id"], "25");
}

TEST_F(PayloadTest, CountsEmotesOfAnActionInItsInnerText) {
    auto said = message("waves Kappa");
    said.action = true;
    said.emotes = {{"25", 6, 10}};
    const Json list = fragments(said);
    ASSERT_EQ(list.size(), 3u);
    EXPECT_EQ(list[0]["text"],
              "\x01"
              "ACTION waves ");
    EXPECT_EQ(list[1]["text"], "Kappa");
    EXPECT_EQ(list[2]["text"], "\x01");
}

TEST_F(PayloadTest, SurvivesOccurrencesThatAreNotInTheText) {
    auto said = message("Kappa");
    said.emotes = {{"25", 3, 1}, {"25", 2, 900}, {"25", 0, 4}, {"25", 4'000'000'000, 4294967295u}};
    fragments(said);
}

TEST_F(PayloadTest, MentionsOnlyThoseWhoExistAtTheStartOfWords) {
    EXPECT_EQ(fragments(message("a@bob @nobody @ @bob, x")).size(), 3u);
    EXPECT_EQ(fragments(message("@bob_ hi")).size(), 1u);
    EXPECT_EQ(fragments(message("@bob@bob")).size(), 2u);
}

TEST_F(PayloadTest, GivesBitsOnlyWhereTheyWereGiven) {
    EXPECT_EQ(fragments(message("Cheer100")).at(0)["type"], "text");
    auto said = message("nothing99 cheer0 Cheer Kappa1000 x");
    said.bits = 1000;
    const Json list = fragments(said);
    ASSERT_EQ(list.size(), 3u);
    EXPECT_EQ(list[1]["cheermote"].dump(), R"({"prefix":"kappa","bits":1000,"tier":2})");
}

TEST_F(PayloadTest, TellsWhatAReplyAnswers) {
    auto said = message("@Äpfel I agree");
    said.reply = chat::ReplyTo{.parent_id = *MessageId::parse(kMessageId),
                               .parent_user_id = UserId(1001),
                               .parent_login = "alice",
                               .parent_display_name = "Äpfel",
                               .parent_text = "Hello",
                               .thread_id = *MessageId::parse(kMessageId),
                               .thread_user_id = UserId(1002),
                               .thread_login = "bob",
                               .thread_display_name = "Bob"};
    EXPECT_EQ(fragments(said)[0]["mention"].dump(),
              R"({"user_id":"1001","user_login":"alice","user_name":"Äpfel"})");
    EXPECT_EQ(
        tell(Type::chat_message, said)->at("reply").dump(),
        R"({"parent_message_id":"cc106a89-1814-919d-454c-f4f2f970aae7","parent_message_body":"Hello","parent_user_id":"1001","parent_user_name":"Äpfel","parent_user_login":"alice",)"
        R"("thread_message_id":"cc106a89-1814-919d-454c-f4f2f970aae7","thread_user_id":"1002","thread_user_name":"Bob","thread_user_login":"bob"})");
}

TEST_F(PayloadTest, NamesTheKindOfASpecialMessage) {
    auto said = message("wow");
    said.kind = "animated-message";
    said.animation_id = "simmer";
    said.custom_reward_id = "reward";
    const auto told = *tell(Type::chat_message, said);
    EXPECT_EQ(told["message_type"], "power_ups_message_effect");
    EXPECT_EQ(told["channel_points_animation_id"], "simmer");
    EXPECT_EQ(told["channel_points_custom_reward_id"], "reward");
}

TEST_F(PayloadTest, TellsDeletionsAndClears) {
    auto deletion = act(ModAction::delete_message);
    deletion.message_id = *MessageId::parse(kMessageId);
    EXPECT_EQ(
        text_of(Type::chat_message_delete, deletion),
        object(kBroadcaster, kTarget, R"("message_id":"cc106a89-1814-919d-454c-f4f2f970aae7")"));
    EXPECT_EQ(text_of(Type::chat_clear, act(ModAction::clear)), object(kBroadcaster));
    EXPECT_EQ(text_of(Type::chat_clear_user_messages, act(ModAction::ban)),
              object(kBroadcaster, kTarget));
    EXPECT_EQ(text_of(Type::chat_clear_user_messages, act(ModAction::timeout)),
              object(kBroadcaster, kTarget));
    EXPECT_EQ(text_of(Type::chat_clear, act(ModAction::ban)), "");
    EXPECT_EQ(text_of(Type::chat_message_delete, act(ModAction::clear)), "");
    EXPECT_EQ(text_of(Type::chat_message, act(ModAction::clear)), "");
}

TEST_F(PayloadTest, TellsAllModesWhenOneChanges) {
    auto change = act(ModAction::slow);
    change.modes.slow_seconds = 30;
    EXPECT_EQ(
        text_of(Type::chat_settings_update, change),
        object(
            kBroadcaster,
            R"("emote_mode":false,"follower_mode":false,"follower_mode_duration_minutes":null)",
            R"("slow_mode":true,"slow_mode_wait_time_seconds":30,"subscriber_mode":false,"unique_chat_mode":false)"));
    change.action = ModAction::followers;
    change.modes = {.emote_only = true, .followers_only_minutes = 0};
    EXPECT_EQ(tell(Type::chat_settings_update, change)->at("follower_mode_duration_minutes"), 0);
    EXPECT_EQ(text_of(Type::chat_settings_update, act(ModAction::mod)), "");
}

TEST_F(PayloadTest, TellsBans) {
    auto ban = act(ModAction::ban);
    ban.reason = "spam";
    EXPECT_EQ(text_of(Type::ban, ban),
              object(kUser, kBroadcaster, kModerator, R"("reason":"spam")",
                     "\"banned_at\":" + std::string(kAt), R"("ends_at":null,"is_permanent":true)"));
    auto timeout = act(ModAction::timeout);
    timeout.ends_at = timeout.at + std::chrono::seconds(60);
    timeout.number = 60;
    EXPECT_EQ(text_of(Type::ban, timeout),
              object(kUser, kBroadcaster, kModerator, R"("reason":"")",
                     "\"banned_at\":" + std::string(kAt),
                     R"("ends_at":"2023-11-14T22:14:20.123000000Z","is_permanent":false)"));
    EXPECT_EQ(text_of(Type::unban, act(ModAction::untimeout)),
              object(kUser, kBroadcaster, kModerator));
}

TEST_F(PayloadTest, TellsRoles) {
    const auto expected = object(kUser, kBroadcaster);
    EXPECT_EQ(text_of(Type::moderator_add, act(ModAction::mod)), expected);
    EXPECT_EQ(text_of(Type::moderator_remove, act(ModAction::unmod)), expected);
    EXPECT_EQ(text_of(Type::vip_add, act(ModAction::vip)), expected);
    EXPECT_EQ(text_of(Type::vip_remove, act(ModAction::unvip)), expected);
    EXPECT_EQ(text_of(Type::vip_remove, act(ModAction::unmod)), "");
}

TEST_F(PayloadTest, TellsWarnings) {
    EXPECT_EQ(text_of(Type::warning_send, act(ModAction::warn)),
              object(kBroadcaster, kModerator, kUser, R"("reason":null,"chat_rules_cited":null)"));
    auto own = act(ModAction::acknowledge_warning);
    own.moderator = own.target;
    own.target = {};
    EXPECT_EQ(text_of(Type::warning_acknowledge, own), object(kBroadcaster, kUser));
}

TEST_F(PayloadTest, TellsUnbanRequests) {
    auto request = act(ModAction::request_unban);
    request.moderator = request.target;
    request.message_id = *MessageId::parse(kMessageId);
    request.text = "please";
    EXPECT_EQ(text_of(Type::unban_request_create, request),
              object(R"("id":"cc106a89-1814-919d-454c-f4f2f970aae7")", kBroadcaster, kUser,
                     R"("text":"please")", "\"created_at\":" + std::string(kAt)));
    auto answer = act(ModAction::deny_unban_request);
    answer.message_id = *MessageId::parse(kMessageId);
    answer.reason = "no";
    EXPECT_EQ(text_of(Type::unban_request_resolve, answer),
              object(R"("id":"cc106a89-1814-919d-454c-f4f2f970aae7")", kBroadcaster, kModerator,
                     kUser, R"("resolution_text":"no","status":"denied")"));
}

TEST_F(PayloadTest, TellsShieldModeSuspicionAndTerms) {
    EXPECT_EQ(text_of(Type::shield_mode_begin, act(ModAction::shield)),
              object(kBroadcaster, kModerator, "\"started_at\":" + std::string(kAt)));
    EXPECT_EQ(text_of(Type::shield_mode_end, act(ModAction::shield_off)),
              object(kBroadcaster, kModerator, "\"ended_at\":" + std::string(kAt)));
    EXPECT_EQ(text_of(Type::suspicious_user_update, act(ModAction::restrict_user)),
              object(kBroadcaster, kModerator, kUser, R"("low_trust_status":"restricted")"));
    auto term = act(ModAction::add_blocked_term);
    term.text = "bad*";
    EXPECT_EQ(text_of(Type::automod_terms_update, term),
              object(kBroadcaster, kModerator,
                     R"("action":"add_blocked","from_automod":false,"terms":["bad*"])"));
}

TEST_F(PayloadTest, TellsShoutoutsOnBothSides) {
    auto shoutout = act(ModAction::shoutout);
    shoutout.ends_at = shoutout.at + std::chrono::minutes(2);
    EXPECT_EQ(
        text_of(Type::shoutout_create, shoutout),
        object(
            kBroadcaster, kModerator,
            R"("to_broadcaster_user_id":"1002","to_broadcaster_user_login":"bob","to_broadcaster_user_name":"Bob")",
            "\"started_at\":" + std::string(kAt), R"("viewer_count":0)",
            R"("cooldown_ends_at":"2023-11-14T22:15:20.123000000Z")",
            R"("target_cooldown_ends_at":"2023-11-14T23:13:20.123000000Z")"));
    EXPECT_EQ(
        text_of(Type::shoutout_receive, shoutout),
        object(
            R"("broadcaster_user_id":"1002","broadcaster_user_login":"bob","broadcaster_user_name":"Bob")",
            R"("from_broadcaster_user_id":"1971641","from_broadcaster_user_login":"streamer","from_broadcaster_user_name":"Streamer")",
            R"("viewer_count":0)", "\"started_at\":" + std::string(kAt)));
}

TEST_F(PayloadTest, TellsRaidsOnBothSides) {
    auto raid = act(ModAction::raid);
    raid.number = 7;
    EXPECT_EQ(
        text_of(Type::raid, raid),
        object(
            R"("from_broadcaster_user_id":"1971641","from_broadcaster_user_login":"streamer","from_broadcaster_user_name":"Streamer")",
            R"("to_broadcaster_user_id":"1002","to_broadcaster_user_login":"bob","to_broadcaster_user_name":"Bob","viewers":7)"));
    const auto arrived = tell(Type::raid, notice("raid", {{"viewerCount", "7"}}));
    EXPECT_EQ(arrived->at("from_broadcaster_user_login"), "viewer32");
    EXPECT_EQ(arrived->at("to_broadcaster_user_login"), "streamer");
    EXPECT_EQ(arrived->at("viewers"), 7);
}

TEST_F(PayloadTest, ChannelModerateHasAllKeysAndOneValue) {
    const std::vector<std::string> keys{"followers",
                                        "slow",
                                        "vip",
                                        "unvip",
                                        "mod",
                                        "unmod",
                                        "ban",
                                        "unban",
                                        "timeout",
                                        "untimeout",
                                        "raid",
                                        "unraid",
                                        "delete",
                                        "automod_terms",
                                        "unban_request",
                                        "warn",
                                        "shared_chat_ban",
                                        "shared_chat_unban",
                                        "shared_chat_timeout",
                                        "shared_chat_untimeout",
                                        "shared_chat_delete"};
    auto timeout = act(ModAction::timeout);
    timeout.ends_at = timeout.at;
    timeout.reason = "calm down";
    const auto told = *tell(Type::moderate, timeout, 2);
    EXPECT_EQ(told["action"], "timeout");
    std::vector<std::string> found;
    for (const auto& [key, value] : told.items()) {
        if (std::find(keys.begin(), keys.end(), key) == keys.end()) continue;
        found.push_back(key);
        EXPECT_EQ(value.is_null(), key != "timeout") << key;
    }
    EXPECT_EQ(found, keys);
    EXPECT_EQ(told["timeout"].dump(),
              object(kUser, R"("reason":"calm down")", "\"expires_at\":" + std::string(kAt)));
    EXPECT_FALSE(tell(Type::moderate, timeout, 1)->contains("warn"));
}

TEST_F(PayloadTest, ChannelModerateTellsEachAction) {
    const auto value = [&](chat::Moderation of, const std::string& key) {
        const auto told = tell(Type::moderate, std::move(of), 2);
        return told ? told->at(key).dump() : std::string("nothing");
    };
    const auto word = [&](ModAction action) { return value(act(action), "action"); };
    EXPECT_EQ(word(ModAction::clear), "\"clear\"");
    EXPECT_EQ(word(ModAction::emote_only), "\"emoteonly\"");
    EXPECT_EQ(word(ModAction::unique_chat_off), "\"uniquechatoff\"");
    EXPECT_EQ(word(ModAction::followers_off), "\"followersoff\"");
    EXPECT_EQ(word(ModAction::shield), "nothing");
    EXPECT_EQ(word(ModAction::pin), "nothing");
    EXPECT_EQ(value(act(ModAction::unvip), "unvip"), object(kUser));
    EXPECT_EQ(value(act(ModAction::unraid), "unraid"), object(kUser));
    auto slow = act(ModAction::slow);
    slow.modes.slow_seconds = 10;
    EXPECT_EQ(value(slow, "slow"), R"({"wait_time_seconds":10})");
    auto followers = act(ModAction::followers);
    followers.modes.followers_only_minutes = 10;
    EXPECT_EQ(value(followers, "followers"), R"({"follow_duration_minutes":10})");
    auto deletion = act(ModAction::delete_message);
    deletion.message_id = *MessageId::parse(kMessageId);
    deletion.text = "waves";
    deletion.text_is_action = true;
    EXPECT_EQ(value(deletion, "delete"),
              object(kUser, R"("message_id":"cc106a89-1814-919d-454c-f4f2f970aae7")",
                     R"("message_body":"\u0001ACTION waves\u0001")"));
    auto term = act(ModAction::remove_permitted_term);
    term.text = "fine";
    EXPECT_EQ(value(term, "automod_terms"),
              R"({"action":"remove","list":"permitted","terms":["fine"],"from_automod":false})");
    EXPECT_EQ(value(act(ModAction::approve_unban_request), "unban_request"),
              object(R"("is_approved":true)", kUser, R"("moderator_message":"")"));
    EXPECT_EQ(value(act(ModAction::warn), "warn"),
              object(kUser, R"("reason":null,"chat_rules_cited":null)"));
    EXPECT_FALSE(tell(Type::moderate, act(ModAction::warn), 1));
}

TEST_F(PayloadTest, NotificationsHaveAllKeysAndOneValue) {
    auto announcement = notice("announcement", {{"color", "BLUE"}});
    announcement.message.text = "hello";
    announcement.system_text = "";
    const auto told = *tell(Type::chat_notification, announcement);
    EXPECT_EQ(told["notice_type"], "announcement");
    EXPECT_EQ(told["announcement"].dump(), R"({"color":"blue"})");
    EXPECT_EQ(told["message"]["fragments"].size(), 1u);
    EXPECT_EQ(told["chatter_is_anonymous"], false);
    EXPECT_EQ(told["system_message"], "");
    std::set<std::string> values;
    for (const auto& [key, value] : told.items()) {
        if (value.is_object() && key != "message") values.insert(key);
    }
    EXPECT_EQ(values, std::set<std::string>{"announcement"});
    for (const char* key : {"sub", "resub", "raid", "watch_streak", "shared_chat_sub_gift"})
        EXPECT_TRUE(told.at(key).is_null()) << key;
}

TEST_F(PayloadTest, NotificationsTellSubscriptions) {
    const auto value = [&](chat::UserNotice of, const std::string& key) {
        const auto told = tell(Type::chat_notification, std::move(of));
        EXPECT_EQ(told->at("message").dump(), R"({"text":"","fragments":[]})");
        EXPECT_EQ(told->at("notice_type"), key);
        return told->at(key).dump();
    };
    EXPECT_EQ(value(notice("sub", {{"sub-plan", "Prime"}}), "sub"),
              R"({"sub_tier":"1000","is_prime":true,"duration_months":1})");
    EXPECT_EQ(
        value(notice("resub", {{"cumulative-months", "6"},
                               {"sub-plan", "2000"},
                               {"streak-months", "2"},
                               {"was-gifted", "false"}}),
              "resub"),
        R"({"cumulative_months":6,"duration_months":1,"streak_months":2,"sub_tier":"2000","is_prime":false,"is_gift":false,"gifter_is_anonymous":null,"gifter_user_id":null,"gifter_user_login":null,"gifter_user_name":null})");
    EXPECT_EQ(
        value(notice("resub", {{"cumulative-months", "6"},
                               {"sub-plan", "1000"},
                               {"was-gifted", "true"},
                               {"anon-gift", "false"},
                               {"gifter-id", "1002"},
                               {"gifter-login", "bob"},
                               {"gifter-name", "Bob"}}),
              "resub"),
        R"({"cumulative_months":6,"duration_months":1,"streak_months":null,"sub_tier":"1000","is_prime":false,"is_gift":true,"gifter_is_anonymous":false,"gifter_user_id":"1002","gifter_user_login":"bob","gifter_user_name":"Bob"})");
    EXPECT_EQ(
        value(notice("subgift", {{"gift-months", "1"},
                                 {"recipient-id", "1002"},
                                 {"recipient-user-name", "bob"},
                                 {"recipient-display-name", "Bob"},
                                 {"sub-plan", "1000"},
                                 {"sender-count", "5"}}),
              "sub_gift"),
        R"({"duration_months":1,"cumulative_total":5,"recipient_user_id":"1002","recipient_user_login":"bob","recipient_user_name":"Bob","sub_tier":"1000","community_gift_id":null})");
    EXPECT_EQ(value(notice("submysterygift", {{"community-gift-id", "g1"},
                                              {"mass-gift-count", "10"},
                                              {"sub-plan", "3000"}}),
                    "community_sub_gift"),
              R"({"id":"g1","total":10,"sub_tier":"3000","cumulative_total":null})");
    EXPECT_EQ(
        value(notice("giftpaidupgrade", {{"sender-login", "bob"}, {"sender-name", "Bob"}}),
              "gift_paid_upgrade"),
        R"({"gifter_is_anonymous":false,"gifter_user_id":"1002","gifter_user_login":"bob","gifter_user_name":"Bob"})");
    EXPECT_EQ(
        value(notice("anongiftpaidupgrade", {}), "gift_paid_upgrade"),
        R"({"gifter_is_anonymous":true,"gifter_user_id":null,"gifter_user_login":null,"gifter_user_name":null})");
    EXPECT_EQ(value(notice("primepaidupgrade", {{"sub-plan", "1000"}}), "prime_paid_upgrade"),
              R"({"sub_tier":"1000"})");
    EXPECT_EQ(
        value(notice("communitypayforward", {{"prior-gifter-anonymous", "true"}}),
              "pay_it_forward"),
        R"({"gifter_is_anonymous":true,"gifter_user_id":null,"gifter_user_login":null,"gifter_user_name":null,"recipient_user_id":null,"recipient_user_login":null,"recipient_user_name":null})");
}

TEST_F(PayloadTest, NotificationsTellTheRest) {
    const auto value = [&](chat::UserNotice of, const std::string& key) {
        const auto told = tell(Type::chat_notification, std::move(of));
        return told ? told->at(key).dump() : std::string("nothing");
    };
    EXPECT_EQ(
        value(notice("raid", {{"viewerCount", "2"}, {"profileImageURL", "u"}}), "raid"),
        R"({"user_id":"4145994","user_name":"Viewer32","user_login":"viewer32","viewer_count":2,"profile_image_url":"u"})");
    EXPECT_EQ(value(notice("unraid", {}), "unraid"), "{}");
    EXPECT_EQ(value(notice("bitsbadgetier", {{"threshold", "1000"}}), "bits_badge_tier"),
              R"({"tier":1000})");
    EXPECT_EQ(value(notice("charitydonation", {{"charity-name", "C"},
                                               {"donation-amount", "1000"},
                                               {"exponent", "2"},
                                               {"donation-currency", "USD"}}),
                    "charity_donation"),
              R"({"charity_name":"C","amount":{"value":1000,"decimal_place":2,"currency":"USD"}})");
    EXPECT_EQ(value(notice("viewermilestone",
                           {{"category", "watch-streak"}, {"value", "10"}, {"copoReward", "450"}}),
                    "watch_streak"),
              R"({"streak_count":10,"channel_points_awarded":450})");
    EXPECT_EQ(value(notice("modiversary", {{"months", "18"}}), "modiversary"), R"({"months":18})");
    EXPECT_EQ(value(notice("ritual", {}), "sub"), "nothing");
    auto gift = notice("subgift", {{"recipient-id", "1002"}});
    gift.anonymous = true;
    EXPECT_EQ(value(gift, "chatter_user_id"), "null");
    EXPECT_EQ(value(gift, "chatter_is_anonymous"), "true");
}

TEST_F(PayloadTest, TellsWhispersAndAccounts) {
    hub::WhisperReceived whisper;
    whisper.from.id = UserId(1001);
    whisper.from.login = "alice";
    whisper.from.display_name = "Alice";
    whisper.to.id = UserId(1002);
    whisper.to.login = "bob";
    whisper.to.display_name = "Bob";
    whisper.number = 5;
    whisper.text = "psst";
    EXPECT_EQ(
        whisper_payload(whisper).dump(),
        R"({"from_user_id":"1001","from_user_login":"alice","from_user_name":"Alice","to_user_id":"1002","to_user_login":"bob","to_user_name":"Bob","whisper_id":"1001_1002_5","whisper":{"text":"psst"}})");
    EXPECT_EQ(
        user_update_payload(whisper.to, {.description = "me", .email = "b@example.org"}, false)
            .dump(),
        object(kUser, R"("email":"","email_verified":false,"description":"me")"));
}

TEST_F(PayloadTest, TellsModeratorsWhatTheSuspiciousSay) {
    auto said = message("hi @bob Kappa");
    said.emotes = {{"25", 8, 12}};
    const auto told =
        suspicious_message_payload(said, chat::Suspicion::restricted, broadcaster, *this);
    EXPECT_EQ(told["broadcaster_user_id"], "1971641");
    EXPECT_EQ(told["user_id"], "4145994");
    EXPECT_EQ(told["user_login"], "viewer32");
    EXPECT_EQ(told["user_name"], "Viewer32");
    EXPECT_EQ(told["low_trust_status"], "restricted");
    EXPECT_EQ(told["shared_ban_channel_ids"], nullptr);
    EXPECT_EQ(told["types"].dump(), R"(["manually_added"])");
    EXPECT_EQ(told["ban_evasion_evaluation"], "unknown");
    EXPECT_EQ(told["message"]["message_id"], kMessageId);
    EXPECT_EQ(told["message"]["text"], "hi @bob Kappa");
    EXPECT_EQ(told["message"]["fragments"].size(), 4u);
    EXPECT_EQ(suspicious_message_payload(said, chat::Suspicion::monitored, broadcaster,
                                         *this)["low_trust_status"],
              "active_monitoring");
}

TEST_F(PayloadTest, TellsOfFollowers) {
    EXPECT_EQ(
        follow_payload({.channel = ChannelId(1971641),
                        .follower = {UserId(7), "eve", "Eve"},
                        .at = wall_from_unix_ms(1'700'000'000'123)},
                       broadcaster)
            .dump(),
        R"({"user_id":"7","user_login":"eve","user_name":"Eve",)"
        R"("broadcaster_user_id":"1971641","broadcaster_user_login":"streamer",)"
        R"("broadcaster_user_name":"Streamer","followed_at":"2023-11-14T22:13:20.123000000Z"})");
}

}  // namespace
}  // namespace clamor::eventsub
