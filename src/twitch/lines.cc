// SPDX-License-Identifier: Apache-2.0
#include "twitch/lines.h"

#include <algorithm>
#include <initializer_list>

#include <fmt/format.h>

#include "twitch/values.h"
#include "wire/irc/writer.h"

namespace clamor::twitch {
namespace {

using wire::irc::TagWriter;

/// Pieces of a line that need no care: constants, logins, numbers.
void append_all(std::string& out, std::initializer_list<std::string_view> pieces) {
    for (const std::string_view piece : pieces) out += piece;
}

void append_numeric(std::string& out, std::string_view code, std::string_view login,
                    std::string_view text) {
    append_all(out, {":", kServer, " ", code, " ", login, " :", text, "\r\n"});
}

void append_membership(std::string& out, std::string_view login, std::string_view verb,
                       std::string_view channel) {
    append_all(
        out, {":", login, "!", login, "@", login, ".", kServer, " ", verb, " #", channel, "\r\n"});
}

}  // namespace

void append_welcome(std::string& out, std::string_view login) {
    append_numeric(out, "001", login, "Welcome, GLHF!");
    append_numeric(out, "002", login, "Your host is tmi.twitch.tv");
    append_numeric(out, "003", login, "This server is rather new");
    append_numeric(out, "004", login, "-");
    append_numeric(out, "375", login, "-");
    append_numeric(out, "372", login, "You are in a maze of twisty passages, all alike.");
    append_numeric(out, "376", login, ">");
}

void append_global_user_state(std::string& out, const chat::User& user, bool with_tags) {
    if (with_tags) {
        const chat::Chatter outside_of_channels{user, {}};
        TagWriter tags(out);
        tags.add_raw("badge-info", {});
        add_badges(tags, out, "badges", chat::badges_of(outside_of_channels));
        tags.add("color", user.color);
        tags.add("display-name", user.display_name);
        tags.add_raw("emote-sets", "0");
        tags.add("user-id", user.id.value);
        tags.add_raw("user-type", user_type(user.type, chat::Role::viewer));
        tags.finish();
    }
    append_all(out, {":", kServer, " GLOBALUSERSTATE\r\n"});
}

void append_user_state(std::string& out, std::string_view channel, const chat::Chatter& self,
                       bool with_tags, const Echo* echo) {
    if (with_tags) {
        const chat::Role role = self.standing.role;
        TagWriter tags(out);
        add_badges(tags, out, "badge-info", chat::badge_info_of(self));
        add_badges(tags, out, "badges", chat::badges_of(self));
        if (echo != nullptr && !echo->client_nonce.empty())
            tags.add("client-nonce", echo->client_nonce);
        tags.add("color", self.user.color);
        tags.add("display-name", self.user.display_name);
        tags.add_raw("emote-sets", "0");
        if (echo != nullptr) tags.add_raw("id", Uuid(echo->id));
        tags.add("mod", role == chat::Role::moderator);
        tags.add("subscriber", self.standing.subscribed());
        tags.add_raw("user-type", user_type(self.user.type, role));
        if (role == chat::Role::vip) tags.add_raw("vip", "1");
        tags.finish();
    }
    append_all(out, {":", kServer, " USERSTATE #", channel, "\r\n"});
}

void append_room_state(std::string& out, std::string_view channel, ChannelId id,
                       const chat::RoomState& modes, bool with_tags) {
    if (with_tags) {
        TagWriter tags(out);
        tags.add("emote-only", modes.emote_only);
        tags.add("followers-only", modes.followers_only_minutes);
        tags.add("r9k", modes.unique_chat);
        tags.add("room-id", id.value);
        tags.add("slow", modes.slow_seconds);
        tags.add("subs-only", modes.subscribers_only);
        tags.finish();
    }
    append_all(out, {":", kServer, " ROOMSTATE #", channel, "\r\n"});
}

void append_join(std::string& out, std::string_view login, std::string_view channel) {
    append_membership(out, login, "JOIN", channel);
}

void append_part(std::string& out, std::string_view login, std::string_view channel) {
    append_membership(out, login, "PART", channel);
}

void append_names(std::string& out, std::string_view login, std::string_view channel,
                  const std::vector<std::string>& others) {
    std::size_t line_start = out.size();
    const auto start_line = [&] {
        line_start = out.size();
        append_all(out, {":", login, ".", kServer, " 353 ", login, " = #", channel, " :"});
    };
    start_line();
    bool first_name = true;
    const auto add = [&](std::string_view name) {
        if (!first_name && out.size() - line_start + 1 + name.size() + 2 > kNamesLineBytes) {
            out += "\r\n";
            start_line();
            first_name = true;
        }
        if (!first_name) out += ' ';
        out += name;
        first_name = false;
    };
    for (const std::string& name : others) {
        if (name != login) add(name);
    }
    add(login);
    append_all(out, {"\r\n:", login, ".", kServer, " 366 ", login, " #", channel,
                     " :End of /NAMES list\r\n"});
}

void append_notice(std::string& out, std::string_view target, std::string_view msg_id,
                   std::string_view text, bool with_tags, UserId about) {
    if (with_tags) {
        TagWriter tags(out);
        tags.add_raw("msg-id", msg_id);
        if (about) tags.add("target-user-id", about.value);
        tags.finish();
    }
    append_all(out, {":", kServer, " NOTICE ", target, " :"});
    append_text(out, text);
    out += "\r\n";
}

void append_whisper(std::string& out, const Whisper& whisper, bool with_tags) {
    if (with_tags) {
        const chat::Chatter outside_of_channels{whisper.from, {}};
        TagWriter tags(out);
        add_badges(tags, out, "badges", chat::badges_of(outside_of_channels));
        tags.add("color", whisper.from.color);
        tags.add("display-name", whisper.from.display_name);
        tags.add_raw("emotes", {});
        append_emotes(out, whisper.emotes);
        tags.add("message-id", whisper.number);
        const auto [least, most] = std::minmax(whisper.from.id.value, whisper.to.id.value);
        tags.add_raw("thread-id", fmt::format("{}_{}", least, most));
        tags.add("turbo", whisper.from.turbo);
        tags.add("user-id", whisper.from.id.value);
        tags.add_raw("user-type", user_type(whisper.from.type, chat::Role::viewer));
        tags.finish();
    }
    const std::string& login = whisper.from.login;
    append_all(out,
               {":", login, "!", login, "@", login, ".", kServer, " WHISPER ", whisper.to.login,
                whisper.action ? " :\x01"
                                 "ACTION "
                               : " :"});
    append_text(out, whisper.text);
    out += whisper.action ? "\x01\r\n" : "\r\n";
}

void append_bare_notice(std::string& out, std::string_view text) {
    append_all(out, {":", kServer, " NOTICE * :"});
    append_text(out, text);
    out += "\r\n";
}

void append_ping(std::string& out) {
    append_all(out, {"PING :", kServer, "\r\n"});
}

void append_bare_pong(std::string& out) {
    append_all(out, {"PONG :", kServer, "\r\n"});
}

void append_pong(std::string& out, std::string_view argument) {
    append_all(out, {":", kServer, " PONG ", kServer, " :"});
    append_text(out, argument);
    out += "\r\n";
}

void append_unknown_command(std::string& out, std::string_view nick, std::string_view command) {
    append_all(out, {":", kServer, " 421 ", nick, " "});
    append_text(out, command);
    out += " :Unknown command\r\n";
}

void append_missing_parameters(std::string& out, std::string_view nick, std::string_view command) {
    append_all(out, {":", kServer, " 461 ", nick, " "});
    append_text(out, command);
    out += " :Not enough parameters\r\n";
}

void append_cap(std::string& out, std::string_view subcommand, std::string_view list) {
    append_all(out, {":", kServer, " CAP * ", subcommand, " :"});
    append_text(out, list);
    out += "\r\n";
}

void append_invalid_cap(std::string& out, std::string_view nick, std::string_view subcommand) {
    append_all(out, {":", kServer, " 410 ", nick, " "});
    append_text(out, subcommand);
    out += " :Invalid CAP command\r\n";
}

void append_reconnect(std::string& out) {
    append_all(out, {":", kServer, " RECONNECT\r\n"});
}

}  // namespace clamor::twitch
