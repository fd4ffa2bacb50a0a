// SPDX-License-Identifier: Apache-2.0
// One event, two encodings: what IRC clients read in lines is what EventSub clients read in JSON.
#include <map>
#include <sstream>

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

}  // namespace
}  // namespace clamor::eventsub
