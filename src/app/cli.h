// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "app/config.h"
#include "chat/people.h"
#include "load/bench.h"
#include "load/replay.h"

/// The command line as values: parsing it does nothing else, so that it can be tested.
namespace clamor::app {

struct ServeCommand {
    Config config;
};

struct CheckCommand {
    std::string file;
};

struct TokenCommand {
    enum class Action : std::uint8_t { create, list, revoke };
    Action action = Action::create;
    std::string data;
    std::string user;                 ///< create, list
    std::vector<std::string> scopes;  ///< create
    std::string label;                ///< create
    std::uint32_t days = 0;           ///< create; 0: for good
    std::string token;                ///< revoke
};

struct UserCommand {
    enum class Action : std::uint8_t { add, show, list, set };
    Action action = Action::list;
    std::string data;
    std::string login;
    std::optional<std::string> display_name;
    std::optional<std::string> color;
    std::optional<bool> verified_bot;
};

struct ChannelCommand {
    enum class Action : std::uint8_t { add, show, list, set, role, subscriber };
    Action action = Action::list;
    std::string data;
    std::string login;
    std::optional<std::string> title;
    std::optional<std::uint32_t> slow_seconds;
    std::optional<bool> emote_only;
    std::optional<bool> subscribers_only;
    std::optional<bool> unique_chat;
    std::string user;                      ///< role, subscriber
    chat::Role role = chat::Role::viewer;  ///< role
    std::uint16_t tier = 1;                ///< subscriber; 0 ends it
    std::uint32_t months = 1;              ///< subscriber
};

struct ExportCommand {
    std::string data;
    std::string channel;
};

/// Nothing to run: what to print, and the code to end with (0 for help, 2 for a wrong command
/// line).
struct Done {
    int code = 0;
    std::string output;
};

using Command =
    std::variant<Done, ServeCommand, CheckCommand, TokenCommand, UserCommand, ChannelCommand,
                 ExportCommand, load::ReplayOptions, load::BenchOptions>;

/// `arguments` without the program's name. For serve, the configuration file is read, too.
Command parse_command_line(std::vector<std::string> arguments);

/// Runs a command; the process's exit code. What went wrong is on stderr.
int run_command(const Command& command);

}  // namespace clamor::app
