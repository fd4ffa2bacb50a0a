// SPDX-License-Identifier: Apache-2.0
#include "load/chat_client.h"

#include <algorithm>

#include <fmt/format.h>

#include "wire/irc/line.h"

namespace clamor::load {
namespace {

// So many answers (about 450 bytes each) stay well below what a server keeps for one connection.
constexpr std::size_t kChannelsPerJoin = 100;

}  // namespace

ChatClient::ChatClient(reactor::Engine& engine, const Target& target,
                       wire::ws::Workspace& workspace, Profile profile)
    : Connection(engine, target, workspace, profile.path), profile_(std::move(profile)) {}

void ChatClient::on_open() {
    state_ = State::logging_in;
    if (profile_.dialect == Dialect::bare) {
        join_more();
        return;
    }
    std::string lines = "CAP REQ :twitch.tv/tags twitch.tv/commands\r\n";
    if (!profile_.is_anonymous())
        lines += fmt::format("PASS oauth:{}\r\n", profile_.token.empty() ? "load" : profile_.token);
    lines += fmt::format("NICK {}\r\n", profile_.login);
    send_text(lines);
}

void ChatClient::on_text(std::string_view text) {
    if (profile_.dialect == Dialect::bare) {
        on_line(text);
        return;
    }
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        std::string_view line = text.substr(0, end);
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.starts_with("PING")) {
            send_text("PONG :tmi.twitch.tv\r\n");
        } else if (state_ != State::ready) {
            on_setup_line(line);
        } else {
            on_line(line);
        }
    }
}

void ChatClient::on_setup_line(std::string_view line) {
    wire::irc::Line parts;
    if (wire::irc::parse_line(line, parts) != wire::irc::ParseError::none) return;
    if (parts.command == "376") {
        state_ = State::joining;
        join_more();
    } else if (parts.command == "ROOMSTATE") {
        if (answers_due_ > 0 && --answers_due_ == 0) join_more();
    } else if (parts.command == "PRIVMSG" || parts.command == "NOTICE") {
        on_line(line);  // of a channel that is already joined, or the reason why a join or the
                        // login failed
    }
}

void ChatClient::join_more() {
    const std::size_t count = std::min(kChannelsPerJoin, profile_.channels.size() - next_channel_);
    if (count == 0) {
        become_ready();
        return;
    }
    const bool bare = profile_.dialect == Dialect::bare;
    std::string line = bare ? "+" : "JOIN ";
    for (std::size_t i = 0; i < count; ++i) {
        if (i > 0) line += ',';
        if (!bare) line += '#';
        line += profile_.channels[next_channel_ + i];
    }
    next_channel_ += count;
    answers_due_ = count;
    if (!bare) line += "\r\n";
    send_text(line);
    if (bare) ping();
}

void ChatClient::on_answered() {
    if (state_ != State::ready) join_more();
}

void ChatClient::become_ready() {
    state_ = State::ready;
    on_ready();
}

void ChatClient::say(std::string_view channel, std::string_view text, std::string_view nonce) {
    if (profile_.dialect == Dialect::bare) {
        send_text(channel.empty() ? std::string(text) : fmt::format("{} {}", channel, text));
    } else if (nonce.empty()) {
        send_text(fmt::format("PRIVMSG #{} :{}\r\n", channel, text));
    } else {
        send_text(fmt::format("@client-nonce={} PRIVMSG #{} :{}\r\n", nonce, channel, text));
    }
}

}  // namespace clamor::load
