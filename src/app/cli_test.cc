// SPDX-License-Identifier: Apache-2.0
#include "app/cli.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clamor::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <class T>
T parsed(std::vector<std::string> arguments) {
    auto command = parse_command_line(std::move(arguments));
    if (const auto* done = std::get_if<Done>(&command)) ADD_FAILURE() << done->output;
    return std::get<T>(command);
}

std::string refused(std::vector<std::string> arguments) {
    const auto command = parse_command_line(std::move(arguments));
    const auto* done = std::get_if<Done>(&command);
    if (done == nullptr) return "it was taken";
    EXPECT_EQ(done->code, 2);
    return done->output;
}

class ConfigFile {
  public:
    explicit ConfigFile(std::string_view text) { std::ofstream(path_) << text; }
    ~ConfigFile() { std::filesystem::remove(path_); }
    const std::string& path() const { return path_; }

  private:
    std::string path_ = ::testing::TempDir() + "clamor_cli_test.toml";
};

TEST(CommandLine, ServesWithTheDefaults) {
    EXPECT_EQ(parsed<ServeCommand>({"serve"}).config, Config{});
}

TEST(CommandLine, TakesTheFlagsOfServe) {
    const auto config =
        parsed<ServeCommand>({"serve", "--dev", "--http", "127.0.0.1:9000", "--irc", "", "--data",
                              "d", "--shards", "3", "--node", "2", "--reactor", "epoll",
                              "--dynamodb", "dynamodb://eu-central-1/clamor"})
            .config;
    EXPECT_TRUE(config.server.dev);
    EXPECT_EQ(config.server.http, "127.0.0.1:9000");
    EXPECT_EQ(config.server.irc, "");
    EXPECT_EQ(config.server.data, "d");
    EXPECT_EQ(config.server.shards, 3);
    EXPECT_EQ(config.server.node, 2);
    EXPECT_EQ(config.server.reactor, reactor::EngineKind::epoll);
    EXPECT_EQ(config.dynamodb.url, "dynamodb://eu-central-1/clamor");
}

TEST(CommandLine, TakesThePlaceOfTheCatalog) {
    const std::string url = "postgresql://clamor@db.example/clamor";
    EXPECT_EQ(parsed<ServeCommand>({"serve", "--postgres", url}).config.catalog.url, url);
    EXPECT_EQ(parsed<UserCommand>({"user", "list", "--postgres", url}).postgres, url);
    EXPECT_EQ(parsed<TokenCommand>({"token", "list", "alice", "--postgres", url}).postgres, url);
    EXPECT_EQ(parsed<ChannelCommand>({"channel", "list", "--postgres", url}).postgres, url);
    EXPECT_EQ(parsed<ChannelCommand>({"channel", "list"}).postgres, "");
    const auto wrong = std::get<Done>(
        parse_command_line({"serve", "--postgres", "postgresql://a:hunter2/@b@h:x/db"}));
    EXPECT_EQ(wrong.code, 2);
    EXPECT_THAT(wrong.output, HasSubstr("catalog.url (--postgres)"));
    EXPECT_THAT(wrong.output, testing::Not(HasSubstr("hunter2")));
}

TEST(CommandLine, TakesImportsAndBackups) {
    const auto import =
        parsed<ImportCommand>({"import", "--data", "d", "--postgres", "u", "--quiet"});
    EXPECT_EQ(import.data, "d");
    EXPECT_EQ(import.postgres, "u");
    EXPECT_EQ(import.dynamodb, "");
    EXPECT_TRUE(import.quiet);
    EXPECT_THAT(std::get<Done>(parse_command_line({"import"})).output,
                HasSubstr("--postgres is required"));
    const auto backup = parsed<BackupCommand>({"backup", "--data", "d", "there"});
    EXPECT_EQ(backup.data, "d");
    EXPECT_EQ(backup.to, "there");
}

TEST(CommandLine, LetsFlagsWinOverTheFile) {
    const ConfigFile file("[server]\nhttp = \"127.0.0.1:1\"\nshards = 7\n");
    const auto config =
        parsed<ServeCommand>({"serve", "--config", file.path(), "--http", "127.0.0.1:2"}).config;
    EXPECT_EQ(config.server.http, "127.0.0.1:2");
    EXPECT_EQ(config.server.shards, 7);
}

TEST(CommandLine, RefusesToServeWithAWrongFile) {
    const ConfigFile file("[server]\nhtp = \"127.0.0.1:1\"\n");
    EXPECT_THAT(refused({"serve", "--config", file.path()}),
                HasSubstr(":2: unknown setting 'server.htp'; did you mean 'server.http'?"));
    EXPECT_THAT(refused({"serve", "--config", "nowhere.toml"}), HasSubstr("cannot be read"));
}

TEST(CommandLine, KeepsDevModeOnLoopback) {
    EXPECT_THAT(refused({"serve", "--dev", "--http", "0.0.0.0:80"}),
                HasSubstr("--dev-beyond-loopback"));
    EXPECT_TRUE(
        parsed<ServeCommand>({"serve", "--dev", "--http", "0.0.0.0:80", "--dev-beyond-loopback"})
            .config.server.dev);
}

TEST(CommandLine, ReadsTokenCommands) {
    const auto create =
        parsed<TokenCommand>({"token", "create", "alice", "--scope", "chat:read,chat:edit",
                              "--label", "bot", "--days", "30", "--data", "d"});
    EXPECT_EQ(create.action, TokenCommand::Action::create);
    EXPECT_EQ(create.user, "alice");
    EXPECT_THAT(create.scopes, ElementsAre("chat:read", "chat:edit"));
    EXPECT_EQ(create.label, "bot");
    EXPECT_EQ(create.days, 30u);
    EXPECT_EQ(create.data, "d");
    EXPECT_EQ(parsed<TokenCommand>({"token", "list", "alice"}).action, TokenCommand::Action::list);
    EXPECT_EQ(parsed<TokenCommand>({"token", "list", "alice"}).data, "data");
    EXPECT_EQ(parsed<TokenCommand>({"token", "revoke", "abc"}).token, "abc");
    const auto app = parsed<TokenCommand>(
        {"token", "create", "--app", "--client-id", "panel", "--scopes", "clamor:platform"});
    EXPECT_EQ(app.user, "");
    EXPECT_EQ(app.client_id, "panel");
    EXPECT_THAT(app.scopes, ElementsAre("clamor:platform"));
    const auto mint = parsed<MintCommand>({"token", "mint-jwt", "alice", "--key", "k.pem", "--kid",
                                           "k", "--seconds", "-5", "--claims", "{}", "--folded"});
    EXPECT_EQ(mint.key_file, "k.pem");
    EXPECT_EQ(mint.key_id, "k");
    EXPECT_EQ(mint.seconds, -5);
    EXPECT_TRUE(mint.folded);
    EXPECT_EQ(parsed<MintCommand>({"token", "mint-jwt", "--app", "--key", "k"}).user, "");
}

TEST(CommandLine, ReadsUserCommands) {
    const auto set = parsed<UserCommand>(
        {"user", "set", "alice", "--color", "#1E90FF", "--verified-bot", "true"});
    EXPECT_EQ(set.action, UserCommand::Action::set);
    EXPECT_EQ(set.login, "alice");
    EXPECT_EQ(set.color, "#1E90FF");
    EXPECT_EQ(set.verified_bot, true);
    EXPECT_FALSE(set.display_name.has_value());
    EXPECT_EQ(parsed<UserCommand>({"user", "list"}).action, UserCommand::Action::list);
    EXPECT_EQ(parsed<UserCommand>({"user", "set", "alice", "--created-at", "2024-01-01T00:00:00Z"})
                  .created_at,
              wall_from_unix_ms(1'704'067'200'000));
    const auto wrong =
        std::get<Done>(parse_command_line({"user", "set", "alice", "--created-at", "2024-01-01"}));
    EXPECT_EQ(wrong.code, 2);
    EXPECT_THAT(wrong.output, HasSubstr("--created-at: must be a time as 2024-01-01T00:00:00Z"));
}

TEST(CommandLine, ReadsChannelCommands) {
    const auto set = parsed<ChannelCommand>(
        {"channel", "set", "lobby", "--title", "Hi all", "--slow", "5", "--emote-only", "false"});
    EXPECT_EQ(set.title, "Hi all");
    EXPECT_EQ(set.slow_seconds, 5u);
    EXPECT_EQ(set.emote_only, false);
    const auto role = parsed<ChannelCommand>({"channel", "role", "lobby", "bob", "moderator"});
    EXPECT_EQ(role.login, "lobby");
    EXPECT_EQ(role.user, "bob");
    EXPECT_EQ(role.role, chat::Role::moderator);
    const auto subscriber = parsed<ChannelCommand>(
        {"channel", "subscriber", "lobby", "bob", "--tier", "2", "--months", "14"});
    EXPECT_EQ(subscriber.action, ChannelCommand::Action::subscriber);
    EXPECT_EQ(subscriber.tier, 2);
    EXPECT_EQ(subscriber.months, 14u);
    EXPECT_FALSE(subscriber.founder);
    EXPECT_EQ(
        parsed<ChannelCommand>({"channel", "subscriber", "lobby", "bob", "--founder", "false"})
            .founder,
        false);
}

TEST(CommandLine, ReadsTheRest) {
    EXPECT_EQ(parsed<CheckCommand>({"check", "c.toml"}).file, "c.toml");
    EXPECT_EQ(parsed<ExportCommand>({"export", "--channel", "lobby"}).channel, "lobby");
}

TEST(CommandLine, ReadsReplayAndBench) {
    const auto replay = parsed<load::ReplayOptions>(
        {"replay", "chat.jsonl", "--channel", "lobby", "--speed", "10"});
    EXPECT_EQ(replay.file, "chat.jsonl");
    EXPECT_EQ(replay.channel, "lobby");
    EXPECT_EQ(replay.speed, 10);
    EXPECT_EQ(replay.server, "ws://127.0.0.1:8080");
    EXPECT_THAT(
        refused({"replay", "chat.jsonl", "--channel", "lobby", "--speed", "10", "--rate", "5"}),
        HasSubstr("--speed"));
    const auto bench = parsed<load::BenchOptions>(
        {"bench", "--viewers", "500", "--channel", "a,b", "--rate", "2.5"});
    EXPECT_EQ(bench.viewers, 500u);
    EXPECT_THAT(bench.channels, ElementsAre("a", "b"));
    EXPECT_EQ(bench.rate, 2.5);
    EXPECT_THAT(parsed<load::BenchOptions>({"bench", "--server", "ws://a:1,tcp://b:2"}).servers,
                ElementsAre("ws://a:1", "tcp://b:2"));
    EXPECT_THAT(parsed<load::BenchOptions>({"bench"}).channels, ElementsAre("bench"));
}

TEST(CommandLine, EndsWithTwoAndSaysWhatToDo) {
    EXPECT_THAT(refused({}), HasSubstr("subcommand"));
    EXPECT_THAT(refused({"sevre"}),
                HasSubstr("there is no command 'sevre'; did you mean 'serve'?"));
    EXPECT_THAT(refused({"serve", "--shards", "many"}), HasSubstr("--shards"));
    EXPECT_THAT(refused({"serve", "--reactor", "kqueue"}), HasSubstr("io_uring"));
    EXPECT_THAT(refused({"channel", "role", "lobby", "bob", "owner"}), HasSubstr("ROLE"));
    EXPECT_THAT(refused({"token", "create"}), HasSubstr("USER"));
    EXPECT_THAT(refused({"token", "create", "alice", "--app"}), HasSubstr("excludes"));
    EXPECT_THAT(refused({"token", "mint-jwt", "alice"}), HasSubstr("--key"));
    EXPECT_THAT(refused({"channel", "set", "lobby", "--emote-only", "maybe"}),
                HasSubstr("--emote-only"));
}

TEST(CommandLine, PrintsHelpAndVersion) {
    const auto help = std::get<Done>(parse_command_line({"--help"}));
    EXPECT_EQ(help.code, 0);
    EXPECT_THAT(help.output, HasSubstr("serve"));
    EXPECT_EQ(std::get<Done>(parse_command_line({"--version"})).output, "clamor 0.1.0\n");
}

}  // namespace
}  // namespace clamor::app
