// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "app/config.h"
#include "base/time.h"
#include "chat/people.h"
#include "load/bench.h"
#include "load/replay.h"

/// The command line as values: parsing it does nothing else, so that it can be tested.
namespace clamor::app {

struct ServeCommand {
    Config config;
    std::function<LoadedConfig()> read_again;  ///< file and flags, as they were given
    std::optional<std::string> take_over{};    ///< data folder of the server to take over from
};

struct CheckCommand {
    std::string file;
};

struct TokenCommand {
    enum class Action : std::uint8_t { create, list, revoke };
    Action action = Action::create;
    std::string data;
    std::string postgres{};           ///< its URL; empty: the catalog is in the data folder
    std::string user;                 ///< create, list; empty: app tokens
    std::string client_id;            ///< create
    std::vector<std::string> scopes;  ///< create
    std::string label;                ///< create
    std::uint32_t days = 0;           ///< create; 0: for good
    std::string token;                ///< revoke
};

/// Signs a JWT as the platform would.
struct MintCommand {
    std::string key_file;
    std::string key_id;
    std::string user;  ///< empty: an app token
    std::string client_id;
    std::vector<std::string> scopes;
    std::string display_name;
    std::string issuer;
    std::string audience;
    std::int64_t seconds = 3600;  ///< until it expires; may be negative, to try that
    std::string claims;           ///< further ones, as a JSON object
    bool folded = false;          ///< in hexadecimal digits, for clients that fold case
};

struct UserCommand {
    enum class Action : std::uint8_t { add, show, list, set };
    Action action = Action::list;
    std::string data;
    std::string postgres{};  ///< its URL; empty: the catalog is in the data folder
    std::string login;
    std::optional<std::string> display_name;
    std::optional<std::string> color;
    std::optional<bool> verified_bot;
    std::optional<WallTime> created_at;
};

struct ChannelCommand {
    enum class Action : std::uint8_t { add, show, list, set, role, subscriber };
    Action action = Action::list;
    std::string data;
    std::string postgres{};  ///< its URL; empty: the catalog is in the data folder
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
    std::optional<bool> founder;           ///< subscriber; none: by the order of subscriptions
};

struct ExportCommand {
    std::string data;
    std::string postgres{};  ///< its URL; empty: the catalog is in the data folder
    std::string channel;
    std::string dynamodb{};  ///< where the message log is; empty: in the data folder
    bool quiet = false;
};

/// Speaks to the server that runs in a data folder.
struct AdminCommand {
    std::string data;
    std::string command;  ///< status, reconnect, drain
};

/// Moves a data folder's catalog to PostgreSQL, and its messages, when they have a place to go to.
struct ImportCommand {
    std::string data;
    std::string postgres;
    std::string dynamodb;  ///< empty: the messages stay
    bool quiet = false;
};

struct BackupCommand {
    std::string data;
    std::string to;
};

/// Nothing to run: what to print, and the code to end with (0 for help, 2 for a wrong command
/// line).
struct Done {
    int code = 0;
    std::string output;
};

using Command = std::variant<Done, ServeCommand, CheckCommand, TokenCommand, MintCommand,
                             UserCommand, ChannelCommand, ExportCommand, AdminCommand,
                             ImportCommand, BackupCommand, load::ReplayOptions, load::BenchOptions>;

/// `arguments` without the program's name. For serve, the configuration file is read, too.
Command parse_command_line(std::vector<std::string> arguments);

/// Runs a command; the process's exit code. What went wrong is on stderr.
int run_command(const Command& command);

}  // namespace clamor::app
