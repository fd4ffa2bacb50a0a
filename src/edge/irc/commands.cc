// SPDX-License-Identifier: Apache-2.0
#include "edge/irc/commands.h"

#include <algorithm>
#include <array>

#include "text/message.h"
#include "text/utf8.h"
#include "twitch/lines.h"

namespace clamor::edge::irc {
namespace {

constexpr std::array kCommands{
    Command{"PRIVMSG", 2, true, Handlers::privmsg}, Command{"PING", 0, false, Handlers::ping},
    Command{"PONG", 0, false, Handlers::ignore},    Command{"JOIN", 1, true, Handlers::join},
    Command{"PART", 1, true, Handlers::part},       Command{"CAP", 1, false, Handlers::cap},
    Command{"PASS", 1, false, Handlers::pass},      Command{"NICK", 1, false, Handlers::nick},
    Command{"USER", 0, false, Handlers::ignore},    Command{"MODE", 0, true, Handlers::ignore},
    Command{"NAMES", 1, true, Handlers::names},     Command{"QUIT", 0, false, Handlers::quit},
};

constexpr std::array kSlashCommands{
    SlashCommand{"me", Handlers::slash_me},
    SlashCommand{"disconnect", Handlers::slash_disconnect},
    SlashCommand{"color", Handlers::slash_color},
    SlashCommand{"w", Handlers::slash_whisper},
    SlashCommand{"block", Handlers::slash_block},
    SlashCommand{"unblock", Handlers::slash_unblock},
    SlashCommand{"mods", Handlers::slash_mods},
    SlashCommand{"vips", Handlers::slash_vips},
    SlashCommand{"help", Handlers::slash_help},
    SlashCommand{"commercial", Handlers::slash_commercial},
    SlashCommand{"marker", Handlers::slash_marker},
    SlashCommand{"host", Handlers::slash_host},
    SlashCommand{"unhost", Handlers::slash_unhost},
    SlashCommand{"requests", Handlers::slash_unavailable},
    SlashCommand{"user", Handlers::slash_unavailable},
    SlashCommand{"poll", Handlers::slash_unavailable},
    SlashCommand{"endpoll", Handlers::slash_unavailable},
    SlashCommand{"deletepoll", Handlers::slash_unavailable},
    SlashCommand{"cancelpoll", Handlers::slash_unavailable},
    SlashCommand{"vote", Handlers::slash_unavailable},
    SlashCommand{"prediction", Handlers::slash_unavailable},
    SlashCommand{"goal", Handlers::slash_unavailable},
    SlashCommand{"gift", Handlers::slash_unavailable},
};

}  // namespace

const Command* find_command(std::string_view name) {
    const auto* found = std::ranges::find_if(kCommands, [&](const Command& each) {
        return text::equals_ignoring_ascii_case(each.name, name);
    });
    return found == kCommands.end() ? nullptr : found;
}

const SlashCommand* find_slash_command(std::string_view word) {
    const auto* found = std::ranges::find_if(kSlashCommands, [&](const SlashCommand& each) {
        return text::equals_ignoring_ascii_case(each.word, word);
    });
    return found == kSlashCommands.end() ? nullptr : found;
}

void Handlers::ping(IrcSession& session, const Line& line) {
    std::string lines;
    if (line.param(0).empty()) {
        twitch::append_bare_pong(lines);
    } else {
        twitch::append_pong(lines, text::repair_utf8(line.param(0)));
    }
    session.say(lines);
}

void Handlers::quit(IrcSession& session, const Line&) {
    session.close(CloseReason::client_left);
}

void Handlers::ignore(IrcSession&, const Line&) {}

}  // namespace clamor::edge::irc
