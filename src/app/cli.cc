// SPDX-License-Identifier: Apache-2.0
#include "app/cli.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <sstream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/suggestion.h"
#include "app/version.h"
#include "text/rfc3339.h"

namespace clamor::app {

namespace {

constexpr int kUsage = 2;

/// Registers a subcommand's options and says how to make the Command once it was chosen.
using Make = std::function<Command()>;
using Makers = std::map<const CLI::App*, Make>;

void add_data_option(CLI::App& app, std::string& data) {
    app.add_option("--data", data, "The server's data folder")->default_val("data");
}

/// Where the catalog is.
void add_catalog_options(CLI::App& app, std::string& data, std::string& postgres) {
    add_data_option(app, data);
    app.add_option("--postgres", postgres, "The server's PostgreSQL, where it has one")
        ->type_name("URL");
}

/// What `serve` was given; flags win over the file.
struct ServeFlags {
    std::string config_file;
    std::optional<std::string> http, irc, data, postgres, dynamodb, redis, reactor;
    std::optional<std::uint16_t> shards, node;
    bool dev = false;
    bool dev_beyond_loopback = false;
    bool redis_only_node = false;
    std::optional<std::string> take_over;  // empty: of the same data folder
};

LoadedConfig read_config(const ServeFlags& flags) {
    LoadedConfig loaded;
    if (!flags.config_file.empty()) loaded = load_config(flags.config_file);
    auto& server = loaded.config.server;
    if (flags.http) server.http = *flags.http;
    if (flags.irc) server.irc = *flags.irc;
    if (flags.data) server.data = *flags.data;
    if (flags.dynamodb) loaded.config.dynamodb.url = *flags.dynamodb;
    if (flags.postgres) loaded.config.catalog.url = *flags.postgres;
    if (flags.shards) server.shards = *flags.shards;
    if (flags.node) server.node = *flags.node;
    if (flags.reactor == "auto") server.reactor = reactor::EngineKind::automatic;
    if (flags.reactor == "io_uring") server.reactor = reactor::EngineKind::io_uring;
    if (flags.reactor == "epoll") server.reactor = reactor::EngineKind::epoll;
    if (flags.redis) loaded.config.redis.url = *flags.redis;
    loaded.config.redis.only_node |= flags.redis_only_node;
    server.dev |= flags.dev;
    server.dev_beyond_loopback |= flags.dev_beyond_loopback;
    if (loaded.problems.empty()) loaded.problems = check_config(loaded.config);
    return loaded;
}

Command make_serve(const ServeFlags& flags) {
    auto loaded = read_config(flags);
    if (loaded.problems.empty()) {
        auto take_over = flags.take_over;
        if (take_over && take_over->empty()) take_over = loaded.config.server.data;
        return ServeCommand{.config = std::move(loaded.config),
                            .read_again = [flags] { return read_config(flags); },
                            .take_over = std::move(take_over)};
    }
    return Done{kUsage, fmt::format("{}\n", fmt::join(loaded.problems, "\n"))};
}

void add_serve(CLI::App& app, Makers& makers) {
    auto& serve = *app.add_subcommand("serve", "Run the server until Ctrl-C or SIGTERM");
    auto flags = std::make_shared<ServeFlags>();
    serve.add_option("--config", flags->config_file,
                     "Settings file; config/clamor.example.toml is its manual");
    serve.add_flag("--dev", flags->dev, "Development: everybody logs in as anybody; loopback only");
    serve.add_flag("--dev-beyond-loopback", flags->dev_beyond_loopback,
                   "Let --dev listen where others can reach it");
    serve.add_option("--http", flags->http, "Where the page, REST and IRC over WebSocket are")
        ->type_name("HOST:PORT");
    serve.add_option("--irc", flags->irc, "Where IRC over TCP is; '' for nowhere")
        ->type_name("HOST:PORT");
    serve.add_option("--data", flags->data, "Folder for everything that is kept")->type_name("DIR");
    serve.add_option("--postgres", flags->postgres, "A PostgreSQL database for the catalog")
        ->type_name("URL");
    serve.add_option("--shards", flags->shards, "Threads that serve; 0: one for each core")
        ->check(CLI::Range(0, 256));
    serve
        .add_option("--node", flags->node,
                    "This node's number, in its log, metrics and the list of nodes; 0 for none")
        ->check(CLI::Range(0, 1023));
    serve.add_option("--redis", flags->redis, "The Redis that joins this node to others")
        ->type_name("URL");
    serve.add_flag("--redis-only-node", flags->redis_only_node,
                   "No other node uses that Redis, so the data may be in this machine's folder");
    serve.add_option("--reactor", flags->reactor, "How the network is driven")
        ->check(CLI::IsMember({"auto", "io_uring", "epoll"}));
    serve
        .add_option("--take-over", flags->take_over,
                    "Take the listening sockets of the server that runs in this data folder (this "
                    "one's, when none is named), which then ends")
        ->type_name("[DIR]")
        ->expected(0, 1);
    serve.add_option("--dynamodb", flags->dynamodb, "Keep the message log in a DynamoDB table")
        ->type_name("URL");
    makers[&serve] = [flags] { return make_serve(*flags); };
}

void add_check(CLI::App& app, Makers& makers) {
    auto& check = *app.add_subcommand("check", "Say what is wrong in a settings file, and where");
    auto command = std::make_shared<CheckCommand>();
    check.add_option("FILE", command->file, "The settings file")->required();
    makers[&check] = [command] { return *command; };
}

/// USER or --app, which says that it is about no user.
void add_holder_options(CLI::App& action, std::string& user, bool& app, const char* help) {
    auto* given = action.add_option("USER", user, help);
    action.add_flag("--app", app, "An app token: of no user")->excludes(given);
}

void check_holder(const std::string& user, bool app) {
    if (user.empty() && !app)
        throw CLI::ValidationError("USER", "a user's login, or --app, is needed");
}

void add_mint(CLI::App& token, Makers& makers) {
    auto& mint = *token.add_subcommand(
        "mint-jwt", "Sign a JWT as the platform would, for tests and trials; print it");
    auto command = std::make_shared<MintCommand>();
    auto app = std::make_shared<bool>(false);
    add_holder_options(mint, command->user, *app, "The user's login");
    mint.add_option("--key", command->key_file,
                    "A private key in PEM (RSA, Ed25519), or the secret of HS256")
        ->required()
        ->type_name("FILE");
    mint.add_option("--kid", command->key_id, "The key's name, by which the server finds it");
    mint.add_option("--client-id", command->client_id, "The application that it is for");
    mint.add_option("--scope,--scopes", command->scopes,
                    "A scope, as chat:read; several with commas")
        ->delimiter(',')
        ->default_str("chat:read,chat:edit; none for --app");
    mint.add_option("--display-name", command->display_name, "The name as it is shown");
    mint.add_option("--issuer", command->issuer, "The claim iss");
    mint.add_option("--audience", command->audience, "The claim aud");
    mint.add_option("--seconds", command->seconds, "Seconds until it expires")
        ->check(CLI::Range(-86400, 315360000))
        ->capture_default_str();
    mint.add_option("--claims", command->claims, "Further claims, as a JSON object")
        ->type_name("JSON");
    mint.add_flag("--folded", command->folded,
                  "Print it in hexadecimal digits, for clients that make tokens lower case");
    makers[&mint] = [command, app] {
        check_holder(command->user, *app);
        return *command;
    };
}

void add_token(CLI::App& app, Makers& makers) {
    using Action = TokenCommand::Action;
    auto& token =
        *app.add_subcommand("token", "Make, list and revoke the tokens that users log in with");
    token.require_subcommand(1);
    auto command = std::make_shared<TokenCommand>();
    auto of_app = std::make_shared<bool>(false);
    const auto make = [&makers, command, of_app](CLI::App& action, Action which) {
        makers[&action] = [command, of_app, which] {
            command->action = which;
            if (which != Action::revoke) check_holder(command->user, *of_app);
            return *command;
        };
        add_catalog_options(action, command->data, command->postgres);
    };
    auto& create = *token.add_subcommand("create", "Make a token and print it, once");
    add_holder_options(create, command->user, *of_app,
                       "The user's login; made where it is missing");
    create.add_option("--client-id", command->client_id,
                      "The application that may use it; any when there is none");
    create
        .add_option("--scope,--scopes", command->scopes,
                    "A scope, as chat:read; several with commas")
        ->delimiter(',')
        ->default_str("chat:read,chat:edit; none for --app");
    create.add_option("--label", command->label, "What it is for, to know it again in the list");
    create.add_option("--days", command->days, "Days until it expires; 0: never")
        ->check(CLI::Range(0, 36500));
    make(create, Action::create);
    auto& list = *token.add_subcommand("list", "List tokens (never themselves)");
    add_holder_options(list, command->user, *of_app, "The user's login");
    make(list, Action::list);
    auto& revoke = *token.add_subcommand("revoke", "End a token, and the sessions that use it");
    revoke.add_option("TOKEN", command->token, "The token, opaque or a JWT")->required();
    make(revoke, Action::revoke);
    add_mint(token, makers);
}

void add_user(CLI::App& app, Makers& makers) {
    using Action = UserCommand::Action;
    auto& user = *app.add_subcommand("user", "Make, show and change accounts");
    user.require_subcommand(1);
    auto command = std::make_shared<UserCommand>();
    const auto add = [&](const char* name, const char* help, Action which) -> CLI::App& {
        auto& action = *user.add_subcommand(name, help);
        makers[&action] = [command, which] {
            command->action = which;
            return *command;
        };
        add_catalog_options(action, command->data, command->postgres);
        if (which != Action::list)
            action.add_option("LOGIN", command->login, "The user's login")->required();
        return action;
    };
    auto& made = add("add", "Make an account", Action::add);
    auto& changed = add("set", "Change an account", Action::set);
    for (auto* action : {&made, &changed}) {
        action->add_option("--display-name", command->display_name, "The name as it is shown");
        action->add_option("--color", command->color, "The name's colour, as #1E90FF; '' for none");
        action->add_option("--verified-bot", command->verified_bot,
                           "Whether it has a bot's wider limits: true or false");
        action
            ->add_option_function<std::string>(
                "--created-at",
                [command](const std::string& text) {
                    command->created_at = text::parse_rfc3339(text);
                    if (!command->created_at) {
                        throw CLI::ValidationError("--created-at",
                                                   "must be a time as 2024-01-01T00:00:00Z");
                    }
                },
                "Since when there is the account, as 2024-01-01T00:00:00Z")
            ->type_name("TIME");
    }
    add("show", "Show an account", Action::show);
    add("list", "List all accounts", Action::list);
}

void add_channel(CLI::App& app, Makers& makers) {
    using Action = ChannelCommand::Action;
    auto& channel =
        *app.add_subcommand("channel", "Make, show and change channels and who is what in them");
    channel.require_subcommand(1);
    auto command = std::make_shared<ChannelCommand>();
    const auto add = [&](const char* name, const char* help, Action which) -> CLI::App& {
        auto& action = *channel.add_subcommand(name, help);
        makers[&action] = [command, which] {
            command->action = which;
            return *command;
        };
        add_catalog_options(action, command->data, command->postgres);
        if (which != Action::list)
            action.add_option("CHANNEL", command->login, "The channel's login")->required();
        return action;
    };
    auto& made = add("add", "Make a channel, with its broadcaster's account", Action::add);
    auto& changed = add("set", "Change a channel", Action::set);
    for (auto* action : {&made, &changed}) {
        action->add_option("--title", command->title, "What is on");
        action
            ->add_option("--slow", command->slow_seconds,
                         "Seconds between two messages of a chatter; 0: off")
            ->check(CLI::Range(0, 86400));
        action->add_option("--emote-only", command->emote_only, "true or false");
        action->add_option("--subscribers-only", command->subscribers_only, "true or false");
        action->add_option("--unique-chat", command->unique_chat, "true or false");
    }
    add("show", "Show a channel", Action::show);
    add("list", "List all channels", Action::list);
    auto& role = add("role", "Say what a user is in a channel", Action::role);
    role.add_option("USER", command->user, "The user's login")->required();
    role.add_option("ROLE", command->role, "moderator, vip or viewer")
        ->required()
        ->transform(CLI::CheckedTransformer(
            std::map<std::string, chat::Role>{{"moderator", chat::Role::moderator},
                                              {"vip", chat::Role::vip},
                                              {"viewer", chat::Role::viewer}}));
    auto& subscriber =
        add("subscriber", "Make a user a channel's subscriber, or end it", Action::subscriber);
    subscriber.add_option("USER", command->user, "The user's login")->required();
    subscriber.add_option("--tier", command->tier, "1, 2 or 3; 0 ends the subscription")
        ->check(CLI::Range(0, 3));
    subscriber.add_option("--months", command->months, "Months so far")->check(CLI::Range(1, 1200));
    subscriber.add_option(
        "--founder", command->founder,
        "Whether they are a founder: true or false; by their order where not said");
}

void add_export(CLI::App& app, Makers& makers) {
    auto& exporter = *app.add_subcommand(
        "export", "Print a channel's stored messages as JSON lines; works beside a running server");
    auto command = std::make_shared<ExportCommand>();
    add_catalog_options(exporter, command->data, command->postgres);
    exporter.add_option("--channel", command->channel, "The channel's login")->required();
    exporter
        .add_option("--dynamodb", command->dynamodb,
                    "Where the message log is, as serve was given it")
        ->type_name("URL");
    exporter.add_flag("--quiet", command->quiet, "No progress bar");
    makers[&exporter] = [command] { return *command; };
}

void add_admin(CLI::App& app, Makers& makers) {
    auto& admin = *app.add_subcommand("admin", "Speak to the server that runs in a data folder");
    admin.require_subcommand(1);
    auto command = std::make_shared<AdminCommand>();
    const std::pair<const char*, const char*> actions[] = {
        {"status", "Print how it is, as JSON"},
        {"reconnect", "Have it ask all clients to connect again, at its pace"},
        {"drain", "Have it ask them, let them go, write what is left and end: as SIGTERM"}};
    for (const auto& [name, help] : actions) {
        auto& action = *admin.add_subcommand(name, help);
        add_data_option(action, command->data);
        makers[&action] = [command, name = std::string(name)] {
            command->command = name;
            return *command;
        };
    }
}

void add_import(CLI::App& app, Makers& makers) {
    auto& import = *app.add_subcommand(
        "import", "Move a data folder's catalog to PostgreSQL; goes on where it was interrupted");
    auto command = std::make_shared<ImportCommand>();
    add_data_option(import, command->data);
    import.add_option("--postgres", command->postgres, "An empty database, as for serve")
        ->required()
        ->type_name("URL");
    import.add_option("--dynamodb", command->dynamodb, "Where the messages go; they stay without")
        ->type_name("URL");
    import.add_flag("--quiet", command->quiet, "No progress bar");
    makers[&import] = [command] { return *command; };
}

void add_backup(CLI::App& app, Makers& makers) {
    auto& backup = *app.add_subcommand(
        "backup", "Copy a data folder to a new folder; works beside a running server");
    auto command = std::make_shared<BackupCommand>();
    add_data_option(backup, command->data);
    backup.add_option("TO", command->to, "The new folder")->required();
    makers[&backup] = [command] { return *command; };
}

void add_replay(CLI::App& app, Makers& makers) {
    auto& replay =
        *app.add_subcommand("replay", "Play a recorded chat into a server, as its authors");
    auto options = std::make_shared<load::ReplayOptions>();
    replay.add_option("FILE", options->file, "JSON lines of {\"t_ms\", \"user\", \"text\"}")
        ->required();
    replay.add_option("--channel", options->channel, "The channel to speak in")->required();
    replay
        .add_option("--server", options->server,
                    "Where to: ws://HOST:PORT or tcp://HOST:PORT; with TLS wss:// or tls://")
        ->capture_default_str();
    replay.add_option("--token", options->token,
                      "The authors' token, where a development login is not possible");
    auto* speed = replay.add_option("--speed", options->speed, "Times the recorded speed")
                      ->check(CLI::PositiveNumber);
    replay.add_option("--rate", options->rate, "Messages a second instead of the recorded times")
        ->check(CLI::PositiveNumber)
        ->excludes(speed);
    replay.add_option("--limit", options->limit, "Play so many messages only")
        ->check(CLI::PositiveNumber);
    replay.add_option("--authors", options->authors_max, "Most connections at the same time")
        ->check(CLI::Range(1, 100'000))
        ->capture_default_str();
    replay.add_flag("--skip-bad", options->skip_bad, "Leave out lines that cannot be read");
    replay.add_flag("--quiet", options->quiet, "No progress bar");
    makers[&replay] = [options] { return *options; };
}

void add_bench(CLI::App& app, Makers& makers) {
    auto& bench =
        *app.add_subcommand("bench", "Load a server of your own and measure what viewers get");
    auto options = std::make_shared<load::BenchOptions>();
    bench
        .add_option("--server", options->servers,
                    "Where to: ws://HOST:PORT or tcp://HOST:PORT (with TLS wss://, tls://); the "
                    "nodes of one chat with commas")
        ->delimiter(',')
        ->capture_default_str();
    bench.add_option("--channel", options->channels, "A channel; several with commas")
        ->delimiter(',')
        ->capture_default_str();
    bench.add_option("--token", options->token,
                     "The senders' token, where a development login is not possible");
    bench.add_option("--viewers", options->viewers, "Connections that read")
        ->check(CLI::Range(1, 1'000'000))
        ->capture_default_str();
    bench.add_option("--rate", options->rate, "Messages a second over all channels")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    bench.add_option("--seconds", options->seconds, "How long")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    bench.add_option("--seed", options->seed, "What the arrivals are drawn from")
        ->capture_default_str();
    bench.add_option("--plot", options->plot, "An SVG file for the latencies, second by second");
    bench.add_flag("--quiet", options->quiet, "No progress");
    makers[&bench] = [options] { return *options; };
}

/// The subcommand that was chosen last: `user` of `user add` has no maker.
Command make_chosen(const CLI::App& app, const Makers& makers) {
    const CLI::App* chosen = &app;
    while (!chosen->get_subcommands().empty()) chosen = chosen->get_subcommands().front();
    return makers.at(chosen)();
}

/// CLI11 would only say that a command is missing.
std::optional<Done> unknown_command(const CLI::App& app,
                                    const std::vector<std::string>& arguments) {
    if (arguments.empty() || arguments.front().starts_with('-')) return std::nullopt;
    std::vector<std::string> names;
    for (const auto* command : app.get_subcommands(nullptr)) names.push_back(command->get_name());
    const auto& given = arguments.front();
    if (std::find(names.begin(), names.end(), given) != names.end()) return std::nullopt;
    return Done{kUsage, fmt::format("there is no command '{}'{}\nthe commands are: {}\n", given,
                                    suggestion(given, names), fmt::join(names, ", "))};
}

}  // namespace

Command parse_command_line(std::vector<std::string> arguments) {
    CLI::App app("clamor: a chat server for live streams that speaks as Twitch does", "clamor");
    app.set_version_flag("--version", std::string("clamor ") + kVersion);
    app.require_subcommand(1);
    app.option_defaults()->always_capture_default(false);
    Makers makers;
    add_serve(app, makers);
    add_check(app, makers);
    add_token(app, makers);
    add_user(app, makers);
    add_channel(app, makers);
    add_export(app, makers);
    add_admin(app, makers);
    add_import(app, makers);
    add_backup(app, makers);
    add_replay(app, makers);
    add_bench(app, makers);
    if (const auto wrong = unknown_command(app, arguments)) return *wrong;
    std::reverse(arguments.begin(), arguments.end());
    try {
        app.parse(std::move(arguments));
        return make_chosen(app, makers);
    } catch (const CLI::ParseError& error) {
        std::ostringstream out;
        const int code = app.exit(error, out, out);
        return Done{code == 0 ? 0 : kUsage, out.str()};
    }
}

}  // namespace clamor::app
