// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "edge/irc/session.h"
#include "wire/irc/line.h"

namespace clamor::edge::irc {

/// One IRC command that clients may send. The session checks the two conditions before it calls
/// `run`.
struct Command {
    std::string_view name;
    std::uint8_t params_min;  ///< fewer: 461
    bool needs_login;         ///< before: 421, as for an unknown one
    void (*run)(IrcSession& session, const wire::irc::Line& line);
};
/// Null for a command that nobody knows; case does not matter.
const Command* find_command(std::string_view name);

/// A command typed as chat text, `/word rest` or `.word rest`, that is not an act in the channel
/// (those are in slash_commands.h).
struct SlashCommand {
    std::string_view word;
    void (*run)(IrcSession& session, const wire::irc::Line& line, std::string_view rest);
};
const SlashCommand* find_slash_command(std::string_view word);

struct Handlers {
    using Line = wire::irc::Line;
    // registration.cc
    static void cap(IrcSession& session, const Line& line);
    static void pass(IrcSession& session, const Line& line);
    static void nick(IrcSession& session, const Line& line);
    // channels.cc
    static void join(IrcSession& session, const Line& line);
    static void part(IrcSession& session, const Line& line);
    static void names(IrcSession& session, const Line& line);
    // messages.cc
    static void privmsg(IrcSession& session, const Line& line);
    static void slash_me(IrcSession& session, const Line& line, std::string_view rest);
    static void slash_disconnect(IrcSession& session, const Line& line, std::string_view rest);
    // moderation.cc
    static void slash_color(IrcSession& session, const Line& line, std::string_view rest);
    static void slash_whisper(IrcSession& session, const Line& line, std::string_view rest);
    static void slash_block(IrcSession& session, const Line& line, std::string_view rest);
    static void slash_unblock(IrcSession& session, const Line& line, std::string_view rest);
    static void slash_mods(IrcSession& session, const Line& line, std::string_view rest);
    static void slash_vips(IrcSession& session, const Line& line, std::string_view rest);
    static void slash_help(IrcSession& session, const Line& line, std::string_view rest);
    static void slash_unavailable(IrcSession& session, const Line& line, std::string_view rest);
    static void slash_commercial(IrcSession& session, const Line& line, std::string_view rest);
    static void slash_marker(IrcSession& session, const Line& line, std::string_view rest);
    static void slash_host(IrcSession& session, const Line& line, std::string_view rest);
    static void slash_unhost(IrcSession& session, const Line& line, std::string_view rest);
    // commands.cc
    static void ping(IrcSession& session, const Line& line);
    static void quit(IrcSession& session, const Line& line);
    static void ignore(IrcSession& session, const Line& line);

  private:
    /// What follows '#' in the line's target, in lower case and fit to be repeated.
    static std::string channel_of(const Line& line);
    static void send(IrcSession& session, const Line& line, std::string_view text, bool action);
    /// False when the word is no act.
    static bool slash_act(IrcSession& session, std::string channel, std::string_view word,
                          std::string_view arguments);
    static void block(IrcSession& session, const Line& line, std::string_view rest, bool on);
};

}  // namespace clamor::edge::irc
