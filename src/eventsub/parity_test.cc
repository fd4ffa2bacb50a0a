// SPDX-License-Identifier: Apache-2.0
// One event, several encodings: what IRC clients read in lines is what EventSub clients and those
// of the REST history read in JSON, and what the bus and the log carry.
#include <map>
#include <set>
#include <sstream>

#include "api/message_json.h"
#include "eventsub/payload_fixture.h"
#include "twitch/events.h"

namespace clamor::eventsub {
namespace {

using chat::ModAction;
using Json = nlohmann::ordered_json;

/// A line with its tags, command and last parameter.
struct Line {
    std::map<std::string, std::string> tags;
    std::string command;
    std::string channel;
    std::string text;
};

std::string unescape(std::string_view value) {
    std::string out;
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (value[i] != '\\' || i + 1 == value.size()) {
            out += value[i];
            continue;
        }
        const char c = value[++i];
        out += c == 's' ? ' ' : c == ':' ? ';' : c;
    }
    return out;
}

std::vector<Line> lines_of(const chat::Event& event) {
    std::string bytes;
    twitch::append_event(bytes, event, {.tags = true, .commands = true, .membership = true});
    std::vector<Line> lines;
    std::istringstream in(bytes);
    for (std::string text; std::getline(in, text);) {
        if (text.ends_with('\r')) text.pop_back();
        Line line;
        if (text.starts_with('@')) {
            std::istringstream tags(text.substr(1, text.find(' ') - 1));
            for (std::string tag; std::getline(tags, tag, ';');) {
                const auto equals = tag.find('=');
                line.tags[tag.substr(0, equals)] = unescape(tag.substr(equals + 1));
            }
            text.erase(0, text.find(' ') + 1);
        }
        const auto trailing = text.find(" :", 1);
        if (trailing != std::string::npos) {
            line.text = text.substr(trailing + 2);
            text.erase(trailing);
        }
        std::istringstream words(text);
        std::string prefix;
        words >> prefix >> line.command >> line.channel;
        lines.push_back(std::move(line));
    }
    return lines;
}

class ParityTest : public PayloadFixture {
  protected:
    template <class Body>
    void compare(Type type, Body body) {
        const chat::Event told = event(std::move(body));
        const auto lines = lines_of(told);
        ASSERT_FALSE(lines.empty());
        line = lines[0];
        const auto encoded = payload(type, 1, told, broadcaster, *this);
        ASSERT_TRUE(encoded);
        json = *encoded;
        EXPECT_EQ(line.channel, "#" + json["broadcaster_user_login"].get<std::string>());
        EXPECT_EQ(line.tags["room-id"], json["broadcaster_user_id"]);
    }

    /// The history over REST, out of the bytes in the log, against the payload.
    void history_agrees(const chat::Message& message) {
        store::StoredMessage stored;
        stored.event = chat::encode_event(event(message));
        const auto read = api::read_message(stored);
        ASSERT_TRUE(read);
        const Json rest = api::message_json(stored, *read);
        EXPECT_EQ(rest["id"], json["message_id"]);
        EXPECT_EQ(rest["author"]["id"], json["chatter_user_id"]);
        EXPECT_EQ(rest["author"]["login"], json["chatter_user_login"]);
        EXPECT_EQ(rest["author"]["display_name"], json["chatter_user_name"]);
        EXPECT_EQ(rest["author"]["color"], json["color"]);
        ASSERT_EQ(rest["author"]["badges"].size(), json["badges"].size());
        for (std::size_t i = 0; i < json["badges"].size(); ++i) {
            EXPECT_EQ(rest["author"]["badges"][i]["name"], json["badges"][i]["set_id"]);
            EXPECT_EQ(rest["author"]["badges"][i]["version"], json["badges"][i]["id"]);
        }
        const std::string text = rest["text"];
        EXPECT_EQ(rest["action"].get<bool>() ? "\x01"
                                               "ACTION " +
                                                   text + "\x01"
                                             : text,
                  json["message"]["text"]);
        std::vector<Json> emotes;
        for (const auto& fragment : json["message"]["fragments"]) {
            if (fragment["type"] == "emote") emotes.push_back(fragment["emote"]["id"]);
        }
        ASSERT_EQ(rest["emotes"].size(), emotes.size());
        for (std::size_t i = 0; i < emotes.size(); ++i)
            EXPECT_EQ(rest["emotes"][i]["id"], emotes[i]);
        EXPECT_EQ(rest["reply"].is_null(), json["reply"].is_null());
        if (rest["reply"].is_null()) return;
        EXPECT_EQ(rest["reply"]["parent_id"], json["reply"]["parent_message_id"]);
        EXPECT_EQ(rest["reply"]["parent_login"], json["reply"]["parent_user_login"]);
        EXPECT_EQ(rest["reply"]["parent_text"], json["reply"]["parent_message_body"]);
        EXPECT_EQ(rest["reply"]["thread_id"], json["reply"]["thread_message_id"]);
    }

    void author_agrees() {
        EXPECT_EQ(line.tags["id"], json["message_id"]);
        EXPECT_EQ(line.tags["user-id"], json["chatter_user_id"]);
        EXPECT_EQ(line.tags["display-name"], json["chatter_user_name"]);
        EXPECT_EQ(line.tags["color"], json["color"]);
        std::string badges;
        for (const auto& badge : json["badges"]) {
            if (!badges.empty()) badges += ',';
            badges += badge["set_id"].get<std::string>() + "/" + badge["id"].get<std::string>();
        }
        EXPECT_EQ(line.tags["badges"], badges);
    }

    Line line;
    Json json;
};

TEST_F(ParityTest, OfMessages) {
    for (const bool action : {false, true}) {
        auto said = message("Hi @bob Kappa");
        said.action = action;
        said.emotes = {{"25", 8, 12}};
        compare(Type::chat_message, said);
        author_agrees();
        EXPECT_EQ(line.command, "PRIVMSG");
        EXPECT_EQ(line.text, json["message"]["text"]);
        EXPECT_EQ(line.tags["emotes"], "25:8-12");
        history_agrees(said);
    }
}

TEST_F(ParityTest, OfReplies) {
    auto said = message("@Bob I agree");
    said.reply = chat::ReplyTo{.parent_id = *MessageId::parse(kMessageId),
                               .parent_user_id = UserId(1002),
                               .parent_login = "bob",
                               .parent_display_name = "Bob",
                               .parent_text = "Hello; you",
                               .thread_id = *MessageId::parse(kMessageId),
                               .thread_user_id = UserId(1001),
                               .thread_login = "alice",
                               .thread_display_name = "Alice"};
    compare(Type::chat_message, said);
    author_agrees();
    const Json& reply = json["reply"];
    EXPECT_EQ(line.tags["reply-parent-msg-id"], reply["parent_message_id"]);
    EXPECT_EQ(line.tags["reply-parent-msg-body"], reply["parent_message_body"]);
    EXPECT_EQ(line.tags["reply-parent-user-id"], reply["parent_user_id"]);
    EXPECT_EQ(line.tags["reply-parent-user-login"], reply["parent_user_login"]);
    EXPECT_EQ(line.tags["reply-parent-display-name"], reply["parent_user_name"]);
    EXPECT_EQ(line.tags["reply-thread-parent-msg-id"], reply["thread_message_id"]);
    EXPECT_EQ(line.tags["reply-thread-parent-user-login"], reply["thread_user_login"]);
    history_agrees(said);
}

TEST_F(ParityTest, OfUserNotices) {
    auto announced = notice("announcement", {{"color", "GREEN"}});
    announced.message.text = "read this";
    compare(Type::chat_notification, announced);
    author_agrees();
    EXPECT_EQ(line.command, "USERNOTICE");
    EXPECT_EQ(line.tags["msg-id"], json["notice_type"]);
    EXPECT_EQ(line.tags["system-msg"], json["system_message"]);
    EXPECT_EQ(line.text, json["message"]["text"]);
    EXPECT_EQ(line.tags["msg-param-color"], "GREEN");
    EXPECT_EQ(json["announcement"]["color"], "green");

    compare(Type::chat_notification, notice("raid", {{"viewerCount", "7"}, {"login", "viewer32"}}));
    author_agrees();
    EXPECT_EQ(line.tags["msg-param-viewerCount"],
              std::to_string(json["raid"]["viewer_count"].get<int>()));
    EXPECT_EQ(line.tags["msg-param-login"], json["raid"]["user_login"]);
    EXPECT_EQ(line.text, json["message"]["text"]);
}

TEST_F(ParityTest, OfClearedUsers) {
    for (const ModAction action : {ModAction::ban, ModAction::timeout}) {
        auto ban = act(action);
        if (action == ModAction::timeout) {
            ban.number = 60;
            ban.ends_at = ban.at + std::chrono::seconds(60);
        }
        compare(Type::chat_clear_user_messages, ban);
        EXPECT_EQ(line.command, "CLEARCHAT");
        EXPECT_EQ(line.text, json["target_user_login"]);
        EXPECT_EQ(line.tags["target-user-id"], json["target_user_id"]);
    }
}

TEST_F(ParityTest, OfClears) {
    auto clear = act(ModAction::clear);
    clear.target = {};
    compare(Type::chat_clear, clear);
    EXPECT_EQ(line.command, "CLEARCHAT");
    EXPECT_EQ(line.text, "");
}

TEST_F(ParityTest, OfDeletions) {
    auto deletion = act(ModAction::delete_message);
    deletion.message_id = *MessageId::parse("94e6c7ff-bf98-4faa-af5d-7ad633a158a9");
    deletion.text = "waves";
    deletion.text_is_action = true;
    // room-id is empty in this line, as on Twitch: compare() would not like it.
    const auto lines = lines_of(event(deletion));
    ASSERT_EQ(lines.size(), 1u);
    line = lines[0];
    json = *tell(Type::chat_message_delete, deletion);
    EXPECT_EQ(line.command, "CLEARMSG");
    EXPECT_EQ(line.tags["login"], json["target_user_login"]);
    EXPECT_EQ(line.tags["target-msg-id"], json["message_id"]);
    EXPECT_EQ(line.text, tell(Type::moderate, deletion, 2)->at("delete")["message_body"]);
}

TEST_F(ParityTest, OfModes) {
    auto change = act(ModAction::slow);
    change.modes.slow_seconds = 30;
    compare(Type::chat_settings_update, change);
    ASSERT_EQ(line.command, "ROOMSTATE");
    EXPECT_EQ(line.tags["slow"], std::to_string(json["slow_mode_wait_time_seconds"].get<int>()));
}

TEST_F(ParityTest, OfWhatIrcDoesNotShow) {
    for (const ModAction action : {ModAction::unban, ModAction::mod, ModAction::warn,
                                   ModAction::add_blocked_term, ModAction::shield}) {
        for (const Type type : {Type::chat_message, Type::chat_clear, Type::chat_notification,
                                Type::chat_clear_user_messages, Type::chat_message_delete})
            EXPECT_FALSE(tell(type, act(action)));
    }
}

/// An act with everything that any action has.
chat::Moderation full_act(chat::Moderation act) {
    act.reason = "because";
    act.ends_at = act.at + std::chrono::minutes(10);
    act.number = 600;
    act.message_id = *MessageId::parse("94e6c7ff-bf98-4faa-af5d-7ad633a158a9");
    act.text = act.action == ModAction::change_automod ? "-01234012" : "a text";
    act.modes = {.emote_only = true,
                 .followers_only_minutes = 30,
                 .unique_chat = true,
                 .slow_seconds = 5,
                 .subscribers_only = true};
    return act;
}

/// Everybody whom a payload names, by the ids in it and in the objects of its actions.
void collect_people(const Json& json, std::set<std::string>& ids) {
    for (const auto& [key, value] : json.items()) {
        if (value.is_object()) collect_people(value, ids);
        if (key.ends_with("user_id") && value.is_string()) ids.insert(value.get<std::string>());
    }
}

/// The subscription types that tell of an event, with the versions; `same` is called with each
/// payload and that of the event as it comes out of the bus or the log.
template <class Check>
std::string tellers(const chat::Event& event, const chat::Person& broadcaster, const Names& names,
                    Check check) {
    const auto carried = chat::decode_event(chat::encode_event(event));
    EXPECT_TRUE(carried);
    if (!carried) return {};
    std::string told;
    for (const TypeInfo& info : types()) {
        for (std::uint8_t version = info.first_version; version <= info.last_version; ++version) {
            const auto here = payload(info.type, version, event, broadcaster, names);
            const auto there = payload(info.type, version, *carried, broadcaster, names);
            EXPECT_EQ(here, there) << info.name << ": the encoding loses something";
            if (!here) continue;
            check(*here);
            if (!told.empty()) told += ' ';
            told += std::string(info.name) + "/" + std::to_string(version);
        }
    }
    return told;
}

TEST_F(ParityTest, OfEveryActInEveryTypeThatTellsOfIt) {
    const std::string moderate = "channel.moderate/1 channel.moderate/2";
    const std::string settings = "channel.chat_settings.update/1 " + moderate;
    const std::string terms = "automod.terms.update/1 " + moderate;
    const std::string unban = "channel.unban/1 " + moderate;
    const std::string ban = "channel.chat.clear_user_messages/1 channel.ban/1 " + moderate;
    const std::string suspicious = "channel.suspicious_user.update/1";
    const std::string resolve = moderate + " channel.unban_request.resolve/1";
    const std::map<ModAction, std::string> expected = {
        {ModAction::ban, ban},
        {ModAction::timeout, ban},
        {ModAction::unban, unban},
        {ModAction::untimeout, unban},
        {ModAction::delete_message, "channel.chat.message_delete/1 " + moderate},
        {ModAction::clear, "channel.chat.clear/1 " + moderate},
        {ModAction::emote_only, settings},
        {ModAction::emote_only_off, settings},
        {ModAction::followers, settings},
        {ModAction::followers_off, settings},
        {ModAction::slow, settings},
        {ModAction::slow_off, settings},
        {ModAction::subscribers, settings},
        {ModAction::subscribers_off, settings},
        {ModAction::unique_chat, settings},
        {ModAction::unique_chat_off, settings},
        {ModAction::mod, moderate + " channel.moderator.add/1"},
        {ModAction::unmod, moderate + " channel.moderator.remove/1"},
        {ModAction::vip, moderate + " channel.vip.add/1"},
        {ModAction::unvip, moderate + " channel.vip.remove/1"},
        {ModAction::raid, moderate + " channel.raid/1"},
        {ModAction::unraid, moderate},
        {ModAction::warn, "channel.moderate/2 channel.warning.send/1"},
        {ModAction::acknowledge_warning, "channel.warning.acknowledge/1"},
        {ModAction::monitor, suspicious},
        {ModAction::restrict_user, suspicious},
        {ModAction::trust, suspicious},
        {ModAction::shield, "channel.shield_mode.begin/1"},
        {ModAction::shield_off, "channel.shield_mode.end/1"},
        {ModAction::shoutout, "channel.shoutout.create/1 channel.shoutout.receive/1"},
        {ModAction::pin, ""},
        {ModAction::unpin, ""},
        {ModAction::add_blocked_term, terms},
        {ModAction::remove_blocked_term, terms},
        {ModAction::add_permitted_term, terms},
        {ModAction::remove_permitted_term, terms},
        {ModAction::request_unban, "channel.unban_request.create/1"},
        {ModAction::approve_unban_request, resolve},
        {ModAction::deny_unban_request, resolve},
        {ModAction::change_automod, "automod.settings.update/1"},
        {ModAction::permit_links, ""},
        {ModAction::allow_once, ""},
        {ModAction::raid_countdown, ""},
        {ModAction::chat_delay, ""},
        {ModAction::chat_delay_off, ""},
    };
    ASSERT_EQ(expected.size(), static_cast<std::size_t>(chat::kModActions));
    for (const auto& [action, types] : expected) {
        SCOPED_TRACE(chat::name_of(action));
        auto done = full_act(act(action));
        if (action == ModAction::clear) done.target = {};
        const auto told = event(done);
        const std::set<std::string> everybody = {"1971641", "1001", "1002"};
        std::set<std::string> named;
        EXPECT_EQ(tellers(told, broadcaster, *this,
                          [&](const Json& payload) {
                              std::set<std::string> ids;
                              collect_people(payload, ids);
                              EXPECT_TRUE(ids.contains("1971641")) << "the channel";
                              named.insert(ids.begin(), ids.end());
                          }),
                  types);
        // Nobody but those of the event, and the line names the same target.
        for (const auto& id : named) EXPECT_TRUE(everybody.contains(id)) << id;
        for (const auto& one : lines_of(told)) {
            const auto target = one.tags.find("target-user-id");
            if (target != one.tags.end()) {
                EXPECT_TRUE(named.contains(target->second));
            }
        }
    }
}

TEST_F(ParityTest, OfEveryNoticeInTheTypesThatTellOfIt) {
    for (const char* kind :
         {"sub", "resub", "subgift", "submysterygift", "giftpaidupgrade", "anongiftpaidupgrade",
          "primepaidupgrade", "standardpayforward", "communitypayforward", "raid", "unraid",
          "announcement", "bitsbadgetier", "charitydonation", "viewermilestone", "modiversary"}) {
        SCOPED_TRACE(kind);
        const auto told = event(notice(kind, {{"category", "watch-streak"}}));
        const auto lines = lines_of(told);
        ASSERT_EQ(lines.size(), 1u);
        EXPECT_EQ(lines[0].command, "USERNOTICE");
        EXPECT_EQ(tellers(told, broadcaster, *this,
                          [&](const Json& payload) {
                              if (!payload.contains("notice_type")) return;
                              EXPECT_EQ(lines[0].tags.at("id"), payload["message_id"]);
                              EXPECT_EQ(lines[0].tags.at("system-msg"), payload["system_message"]);
                          }),
                  std::string("channel.chat.notification/1") +
                      (std::string_view(kind) == "raid" ? " channel.raid/1" : ""));
    }
}

TEST_F(ParityTest, OfWhatSuspiciousUsersSay) {
    auto said = message("hello");
    const auto told = [&](chat::Suspicion suspicion) {
        said.author_suspicion = suspicion;
        return tellers(event(said), broadcaster, *this, [](const Json&) {});
    };
    EXPECT_EQ(told(chat::Suspicion::monitored),
              "channel.chat.message/1 channel.suspicious_user.message/1");
    // IRC and the REST history leave out what a restricted user says, too.
    EXPECT_EQ(told(chat::Suspicion::restricted), "channel.suspicious_user.message/1");
    EXPECT_TRUE(chat::for_moderators_only(said));
}

TEST_F(ParityTest, OfAMessageInTheTypesThatTellOfIt) {
    EXPECT_EQ(tellers(event(message("hello")), broadcaster, *this, [](const Json&) {}),
              "channel.chat.message/1");
    EXPECT_EQ(tellers(event(chat::MembershipChanged{{"alice"}, {}}), broadcaster, *this,
                      [](const Json&) {}),
              "");
}

TEST_F(ParityTest, OfHeldMessages) {
    const auto tell = [&](chat::HoldStatus status) {
        const auto told = event(held(status));
        // Spec twitch-chat 9: no line to the channel.
        EXPECT_TRUE(lines_of(told).empty());
        std::set<std::string> ids, texts;
        const auto types = tellers(told, broadcaster, *this, [&](const Json& payload) {
            ids.insert(payload["message_id"]);
            texts.insert(payload["message"]["text"]);
        });
        EXPECT_EQ(ids, std::set<std::string>{std::string(kMessageId)});
        EXPECT_EQ(texts, std::set<std::string>{"you ass Kappa"});
        return types;
    };
    EXPECT_EQ(tell(chat::HoldStatus::pending),
              "channel.chat.user_message_hold/1 automod.message.hold/1 automod.message.hold/2");
    for (const auto status :
         {chat::HoldStatus::approved, chat::HoldStatus::denied, chat::HoldStatus::expired}) {
        EXPECT_EQ(tell(status),
                  "channel.chat.user_message_update/1 automod.message.update/1 "
                  "automod.message.update/2");
    }
}

TEST_F(ParityTest, NamesTheTypesThatNoEventOfAChannelIsToldBy) {
    // They have roads of their own.
    const std::set<Type> without = {
        Type::follow,
        Type::whisper_message,
        Type::user_update,
        Type::shared_chat_begin,
        Type::shared_chat_update,
        Type::shared_chat_end,
    };
    std::set<Type> told;
    const auto ask = [&](const chat::Event& one) {
        for (const TypeInfo& info : types()) {
            if (payload(info.type, info.last_version, one, broadcaster, *this))
                told.insert(info.type);
        }
    };
    auto suspicious = message("hello");
    suspicious.author_suspicion = chat::Suspicion::monitored;
    ask(event(suspicious));
    ask(event(notice("raid", {})));
    for (const auto status : {chat::HoldStatus::pending, chat::HoldStatus::denied})
        ask(event(held(status)));
    for (int i = 0; i < chat::kModActions; ++i)
        ask(event(full_act(act(static_cast<ModAction>(i)))));
    for (const TypeInfo& info : types())
        EXPECT_NE(told.contains(info.type), without.contains(info.type)) << info.name;
}

}  // namespace
}  // namespace clamor::eventsub
