// SPDX-License-Identifier: Apache-2.0
#include "app/commands.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "auth/checker.h"
#include "auth/key_ring.h"
#include "chat/event.h"
#include "store/memory_catalog.h"
#include "store/memory_message_log.h"
#include "store/regional_log.h"

namespace clamor::app {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

const auto kUntold = [](const ExportProgress&) {};

class CommandsTest : public ::testing::Test {
  protected:
    std::string printed() {
        auto text = out.str();
        out.str({});
        return text;
    }

    store::MemoryCatalog catalog;
    store::MemoryMessageLog log;
    std::ostringstream out;
    const WallTime now = wall_from_unix_ms(1'773'014'400'000);  // 2026-03-09
};

TEST_F(CommandsTest, MakesATokenThatLogsInUntilItIsRevoked) {
    TokenCommand command{.action = TokenCommand::Action::create,
                         .data = {},
                         .user = "alice",
                         .client_id = "mybot",
                         .scopes = {"chat:read"},
                         .label = "bot",
                         .days = 1,
                         .token = {}};
    ASSERT_TRUE(run_token(command, catalog, now, out));
    const auto text = printed();
    const auto token = text.substr(0, text.find('\n'));
    EXPECT_THAT(token, MatchesRegex("[a-z0-9]{30}"));
    EXPECT_THAT(text, HasSubstr("PASS oauth:" + token));
    const auto record = catalog.find_token(token, now).value();
    ASSERT_TRUE(record);
    EXPECT_EQ(record->user, catalog.find_user("alice").value()->id);
    EXPECT_EQ(record->client_id, "mybot");
    EXPECT_EQ(record->scopes, std::vector<std::string>{"chat:read"});
    EXPECT_FALSE(catalog.find_token(token, now + std::chrono::hours(25)).value());

    command.action = TokenCommand::Action::list;
    ASSERT_TRUE(run_token(command, catalog, now, out));
    EXPECT_EQ(printed(), "bot\tmybot\tchat:read\t2026-03-09\texpires 2026-03-10\n");

    command.action = TokenCommand::Action::revoke;
    command.token = token;
    ASSERT_TRUE(run_token(command, catalog, now, out));
    EXPECT_FALSE(catalog.find_token(token, now).value());
    EXPECT_FALSE(run_token(command, catalog, now, out)) << "a second time there is none";
    const auto told = catalog.list_revocations(0, 10).value();
    ASSERT_EQ(told.size(), 1u) << "a running server learns of it";
    EXPECT_EQ(told[0].user, record->user);
}

TEST_F(CommandsTest, MakesAndListsAppTokens) {
    TokenCommand command{.action = TokenCommand::Action::create,
                         .data = {},
                         .user = {},
                         .client_id = "panel",
                         .scopes = {"clamor:platform"},
                         .label = "panel",
                         .days = 0,
                         .token = {}};
    ASSERT_TRUE(run_token(command, catalog, now, out));
    const auto text = printed();
    EXPECT_THAT(text, HasSubstr("app token"));
    const auto record = catalog.find_token(text.substr(0, text.find('\n')), now).value();
    ASSERT_TRUE(record);
    EXPECT_FALSE(record->user);
    command.action = TokenCommand::Action::list;
    ASSERT_TRUE(run_token(command, catalog, now, out));
    EXPECT_EQ(printed(), "panel\tpanel\tclamor:platform\t2026-03-09\tdoes not expire\n");
}

class MintTest : public CommandsTest {
  protected:
    MintTest() {
        command.key_file = testing::TempDir() + "clamor_mint_test.secret";
        std::ofstream(command.key_file) << std::string(32, 's');
        command.user = "alice";
        command.client_id = "mybot";
    }
    ~MintTest() override { std::remove(command.key_file.c_str()); }

    std::string minted() {
        const auto done = run_mint(command, now, out);
        EXPECT_TRUE(done) << done.error().to_string();
        auto text = printed();
        text.pop_back();
        return text;
    }

    MintCommand command;
};

TEST_F(MintTest, SignsWhatAServerWithTheKeyTakes) {
    command.claims = R"({"channels":{"lobby":{"role":"vip"}}})";
    auth::KeyRing keys({auth::load_secret(command.key_file).value()});
    auth::Checker checker(catalog, keys, {});
    for (const bool folded : {false, true}) {
        command.folded = folded;
        const auto caller = checker.check(minted(), now).value();
        ASSERT_TRUE(caller);
        EXPECT_EQ(caller->user->login, "alice");
        EXPECT_EQ(caller->client_id, "mybot");
        EXPECT_TRUE(caller->has("chat:edit"));
    }
    const auto lobby = catalog.find_channel("lobby").value().value();
    const auto alice = catalog.find_user("alice").value().value();
    EXPECT_EQ(catalog.standing(lobby.id, alice.id)->role, chat::Role::vip);
}

TEST_F(MintTest, IsRevokedWithoutTheKey) {
    TokenCommand revoke;
    revoke.action = TokenCommand::Action::revoke;
    revoke.token = minted();
    ASSERT_TRUE(run_token(revoke, catalog, now, out));
    auth::KeyRing keys({auth::load_secret(command.key_file).value()});
    auth::Checker checker(catalog, keys, {});
    EXPECT_FALSE(checker.check(revoke.token, now).value());
    printed();
    command.seconds = -10;
    revoke.token = minted();
    EXPECT_THAT(run_token(revoke, catalog, now, out).error().detail, HasSubstr("expired already"));
}

TEST_F(MintTest, SaysWhatIsWrong) {
    command.claims = "nothing";
    EXPECT_THAT(run_mint(command, now, out).error().detail, HasSubstr("--claims"));
    command.claims = R"({"channels":{"lobby":{"role":"king"}}})";
    EXPECT_THAT(run_mint(command, now, out).error().detail, HasSubstr("the claim 'role' must be"));
    command.claims = R"({"display_name":")" + std::string(4000, 'x') + R"("})";
    EXPECT_FALSE(run_mint(command, now, out));
    command.key_file += ".gone";
    EXPECT_THAT(run_mint(command, now, out).error().detail, HasSubstr(".gone"));
}

TEST_F(CommandsTest, MakesEveryTokenAnew) {
    const TokenCommand command{.action = TokenCommand::Action::create,
                               .data = {},
                               .user = "alice",
                               .client_id = {},
                               .scopes = {},
                               .label = {},
                               .days = 0,
                               .token = {}};
    ASSERT_TRUE(run_token(command, catalog, now, out));
    const auto first = printed();
    ASSERT_TRUE(run_token(command, catalog, now, out));
    EXPECT_NE(first, printed());
}

TEST_F(CommandsTest, MakesAndChangesUsers) {
    UserCommand command;
    command.action = UserCommand::Action::add;
    command.login = "alice";
    command.color = "#1E90FF";
    ASSERT_TRUE(run_user(command, catalog, now, out));
    command.action = UserCommand::Action::set;
    command.color.reset();
    command.display_name = "Alice";
    command.verified_bot = true;
    command.created_at = wall_from_unix_ms(1'556'712'000'000);
    ASSERT_TRUE(run_user(command, catalog, now, out));
    const auto alice = catalog.find_user("alice").value().value();
    EXPECT_EQ(alice.color, "#1E90FF");
    EXPECT_EQ(alice.display_name, "Alice");
    EXPECT_TRUE(alice.verified_bot);
    EXPECT_EQ(catalog.profile(alice.id)->created_at, command.created_at);
    printed();
    command.action = UserCommand::Action::list;
    ASSERT_TRUE(run_user(command, catalog, now, out));
    EXPECT_EQ(printed(),
              std::to_string(alice.id.value) + "\talice\tAlice\t#1E90FF\tverified bot\n");
}

TEST_F(CommandsTest, SaysWhatToDoAboutUnknownNames) {
    UserCommand user;
    user.action = UserCommand::Action::show;
    user.login = "nobody";
    EXPECT_THAT(run_user(user, catalog, now, out).error().detail,
                HasSubstr("`clamor user add nobody` makes one"));
    ChannelCommand channel;
    channel.action = ChannelCommand::Action::set;
    channel.login = "nowhere";
    EXPECT_THAT(run_channel(channel, catalog, now, out).error().detail,
                HasSubstr("`clamor channel add nowhere` makes one"));
    EXPECT_FALSE(run_export({.data = {}, .channel = "nowhere"}, catalog, log, 1, out, kUntold));
    user.action = UserCommand::Action::add;
    user.login = "not a login";
    EXPECT_FALSE(run_user(user, catalog, now, out));
}

TEST_F(CommandsTest, SetsModesRolesAndSubscriptions) {
    const auto bob = catalog.ensure_user("bob").value();
    ChannelCommand command;
    command.action = ChannelCommand::Action::add;
    command.login = "lobby";
    command.title = "Hello";
    command.slow_seconds = 5;
    ASSERT_TRUE(run_channel(command, catalog, now, out));
    const auto lobby = catalog.find_channel("lobby").value().value();
    EXPECT_EQ(lobby.title, "Hello");
    EXPECT_EQ(lobby.modes.slow_seconds, 5u);
    EXPECT_THAT(printed(), HasSubstr("slow 5"));

    command.user = "bob";
    command.action = ChannelCommand::Action::role;
    command.role = chat::Role::moderator;
    ASSERT_TRUE(run_channel(command, catalog, now, out));
    EXPECT_EQ(catalog.standing(lobby.id, bob.id)->role, chat::Role::moderator);

    command.action = ChannelCommand::Action::subscriber;
    command.tier = 2;
    command.months = 14;
    ASSERT_TRUE(run_channel(command, catalog, now, out));
    EXPECT_EQ(catalog.standing(lobby.id, bob.id)->subscriber_months, 14u);
    EXPECT_TRUE(catalog.standing(lobby.id, bob.id)->founder) << "the first one";
    command.founder = false;
    ASSERT_TRUE(run_channel(command, catalog, now, out));
    EXPECT_FALSE(catalog.standing(lobby.id, bob.id)->founder);
    command.tier = 0;
    command.founder.reset();
    ASSERT_TRUE(run_channel(command, catalog, now, out));
    EXPECT_FALSE(catalog.standing(lobby.id, bob.id)->subscribed());
}

TEST_F(CommandsTest, LogsWhatItChanges) {
    UserCommand user;
    user.action = UserCommand::Action::add;
    user.login = "bob";
    ASSERT_TRUE(run_user(user, catalog, now, out));
    user.action = UserCommand::Action::set;
    user.verified_bot = true;
    ASSERT_TRUE(run_user(user, catalog, now, out));
    ASSERT_TRUE(run_user(user, catalog, now, out)) << "changes nothing";
    const auto bob = catalog.find_user("bob").value().value();
    ChannelCommand channel;
    channel.action = ChannelCommand::Action::add;
    channel.login = "lobby";
    channel.slow_seconds = 5;
    ASSERT_TRUE(run_channel(channel, catalog, now, out));
    channel.action = ChannelCommand::Action::role;
    channel.user = "bob";
    channel.role = chat::Role::moderator;
    ASSERT_TRUE(run_channel(channel, catalog, now, out));
    channel.action = ChannelCommand::Action::subscriber;
    channel.tier = 2;
    channel.months = 14;
    channel.founder = false;
    ASSERT_TRUE(run_channel(channel, catalog, now, out));

    const auto lobby = catalog.find_channel("lobby").value()->id;
    const auto in_lobby = catalog.list_audit(lobby, 0, {}, 10).value();
    const auto account = catalog.list_audit(ChannelId(bob.id.value), 0, {}, 10).value();
    const struct {
        const store::AuditEntry& entry;
        const char* action;
        UserId target;
        const char* before;
        const char* after;
    } kLines[] = {
        {in_lobby.at(0), "standing", bob.id, R"({"subscription_tier":0,"subscription_months":0})",
         R"({"subscription_tier":2,"subscription_months":14})"},
        {in_lobby.at(1), "standing", bob.id, R"({"role":"viewer"})", R"({"role":"moderator"})"},
        {in_lobby.at(2), "channel", {}, R"({"slow_seconds":0})", R"({"slow_seconds":5})"},
        {account.at(0), "account", bob.id, R"({"verified_bot":false})", R"({"verified_bot":true})"},
    };
    EXPECT_EQ(in_lobby.size(), 3u);
    EXPECT_EQ(account.size(), 1u);
    for (const auto& line : kLines) {
        EXPECT_EQ(line.entry.action, line.action);
        EXPECT_EQ(line.entry.target, line.target);
        EXPECT_EQ(line.entry.actor, UserId());
        EXPECT_EQ(line.entry.origin, "cli");
        EXPECT_EQ(line.entry.at, now);
        EXPECT_EQ(line.entry.before, line.before);
        EXPECT_EQ(line.entry.after, line.after);
    }
}

/// As the server of its region appends it.
store::StoredMessage said_in(unsigned region, ChannelId channel, std::uint64_t number, WallTime at,
                             const std::string& text) {
    chat::Message said;
    said.id = MessageId::from_random(region + 1, number);
    said.author_id = UserId(1001);
    said.author_login = "alice";
    said.text = text;
    const Position position{.epoch = 1,
                            .sequence = Position::before_first(region).sequence + number};
    const chat::Event event{channel, "lobby", position, said};
    return {channel, position, said.id, at, said.author_id, chat::encode_event(event), false};
}

TEST_F(CommandsTest, ExportsEveryStoredMessageInOrder) {
    const auto lobby = catalog.ensure_channel("lobby").value();
    constexpr std::uint64_t kCount = 2 * limits::kHistoryPage + 1;
    std::vector<store::StoredMessage> messages;
    for (std::uint64_t i = 1; i <= kCount; ++i)
        messages.push_back(
            said_in(0, lobby.id, i, wall_from_unix_ms(1), "line " + std::to_string(i)));
    ASSERT_TRUE(log.append(messages));
    ASSERT_TRUE(run_export({.data = {}, .channel = "lobby"}, catalog, log, 1, out, kUntold));
    std::istringstream lines(printed());
    std::uint64_t expected = 0;
    for (std::string line; std::getline(lines, line);) {
        const auto message = nlohmann::json::parse(line);
        ASSERT_EQ(message["seq"], ++expected);
        EXPECT_EQ(message["text"], "line " + std::to_string(expected));
    }
    EXPECT_EQ(expected, kCount);
}

TEST_F(CommandsTest, ExportsAllRegionsAsOneHistoryAndTellsHowFarItIs) {
    const auto lobby = catalog.ensure_channel("lobby").value();
    store::RegionalLog regional(log, 0, limits::kRegions);
    const auto at = [](std::uint64_t second) {
        return wall_from_unix_ms(1'773'014'400'000 + static_cast<std::int64_t>(second) * 1000);
    };
    // Pages end at other places in each region, and some moments are the same.
    constexpr std::uint64_t kFirst = limits::kHistoryPage + 5;
    constexpr std::uint64_t kThird = 2 * limits::kHistoryPage + 3;
    std::vector<store::StoredMessage> messages;
    for (std::uint64_t i = 1; i <= kFirst; ++i)
        messages.push_back(said_in(0, lobby.id, i, at(3 * i), "first"));
    for (std::uint64_t i = 1; i <= kThird; ++i)
        messages.push_back(said_in(2, lobby.id, i, at(2 * i), "third"));
    messages.push_back(said_in(15, lobby.id, 1, at(6), "last"));
    ASSERT_TRUE(regional.append(messages));
    std::vector<ExportProgress> told;
    ASSERT_TRUE(run_export({.data = {}, .channel = "lobby"}, catalog, regional, limits::kRegions,
                           out, [&told](const ExportProgress& now) { told.push_back(now); }));
    std::ranges::sort(messages, {}, [](const store::StoredMessage& one) {
        return std::pair(one.sent_at, one.position.sequence);
    });
    std::istringstream lines(printed());
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line); ++count) {
        ASSERT_LT(count, messages.size());
        ASSERT_EQ(nlohmann::json::parse(line)["id"], messages[count].id.to_string());
    }
    EXPECT_EQ(count, messages.size());
    ASSERT_EQ(told.size(), count);
    EXPECT_EQ(told.front().done.count(), 0);
    EXPECT_EQ(told.back().done, told.back().whole);
    EXPECT_EQ(told.back().whole, std::chrono::seconds(2 * kThird - 2));
    EXPECT_EQ(told.back().messages, count);
}

}  // namespace
}  // namespace clamor::app
