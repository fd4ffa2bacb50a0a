// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chat/permissions.h"
#include "edge/irc/session.h"
#include "edge/irc/slash_commands.h"
#include "tests/fakes/irc_world.h"

/// What is typed to moderate, from the line to the lines.
namespace clamor::edge::irc {
namespace {

using fakes::IrcClient;
using fakes::IrcWorld;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using namespace std::chrono_literals;

constexpr const char* kCaps = "CAP REQ :twitch.tv/tags twitch.tv/commands";

/// A client of `login` that has joined, with nothing left to read.
struct Typist : IrcClient {
    Typist(IrcWorld& world, const std::string& login, const std::string& join = "dallas")
        : IrcClient(world) {
        send(kCaps).send("PASS oauth:" + login).send("NICK " + login);
        if (!join.empty()) send("JOIN #" + join);
        take();
    }
    std::string type(const std::string& text, const std::string& channel = "dallas") {
        send("PRIVMSG #" + channel + " :" + text);
        return take();
    }
};

TEST(SlashCommands, ABanIsSeenByAllThenAnsweredAndTheBannedAreOut) {
    IrcWorld world;
    Typist mona(world, "mona"), bob(world, "bob"), alice(world, "alice");
    const std::string answer = mona.type("/ban @Bob spamming links");
    EXPECT_THAT(answer, HasSubstr(":tmi.twitch.tv CLEARCHAT #dallas :bob\r\n"));
    EXPECT_THAT(answer, HasSubstr("@msg-id=ban_success;target-user-id="));
    EXPECT_THAT(answer, EndsWith(":tmi.twitch.tv NOTICE #dallas :bob is now banned from this "
                                 "channel.\r\n"));
    EXPECT_THAT(alice.take(), EndsWith(":tmi.twitch.tv CLEARCHAT #dallas :bob\r\n"));
    const std::string told = bob.take();
    EXPECT_THAT(told, HasSubstr("CLEARCHAT #dallas :bob\r\n:bob!bob@bob.tmi.twitch.tv PART "
                                "#dallas\r\n"));
    EXPECT_THAT(bob.type("hello?"),
                HasSubstr("msg-id=msg_banned :tmi.twitch.tv NOTICE #dallas :You are permanently "
                          "banned from talking in dallas."));
    bob.send("JOIN #dallas");
    EXPECT_THAT(bob.take(), StartsWith("@msg-id=msg_banned "));
    EXPECT_THAT(mona.type("/unban bob"), HasSubstr("msg-id=unban_success"));
    EXPECT_THAT(mona.type("/unban bob"), HasSubstr("msg-id=bad_unban_no_ban"));
    EXPECT_THAT(bob.type("hello!"), HasSubstr("USERSTATE #dallas"));
}

TEST(SlashCommands, TimeoutsTakeDurationsInWords) {
    IrcWorld world;
    Typist mona(world, "mona"), bob(world, "bob");
    EXPECT_THAT(mona.type("/timeout bob "), HasSubstr("@ban-duration=600;"));
    EXPECT_THAT(bob.take(), HasSubstr("CLEARCHAT #dallas :bob"));
    EXPECT_THAT(bob.type("x"), HasSubstr("You are timed out for 600 more seconds."));
    EXPECT_THAT(mona.type("/timeout bob 1 hour too loud"), HasSubstr("@ban-duration=3600;"));
    EXPECT_THAT(mona.type(".timeout BOB 1"), HasSubstr("@ban-duration=1;"));
    EXPECT_THAT(mona.type("/timeout bob 3 weeks"),
                HasSubstr("msg-id=bad_timeout_duration :tmi.twitch.tv NOTICE #dallas :You cannot "
                          "time a user out for more than 1209600 seconds."));
    for (const std::string far : {"99999999999999999999", "99999999999999999999s",
                                  "1d 99999999999999999999h", "9007199254740993 weeks spam"}) {
        const std::string answer = mona.type("/timeout bob " + far);
        EXPECT_THAT(answer, HasSubstr("msg-id=bad_timeout_duration ")) << far;
        EXPECT_THAT(answer, Not(HasSubstr("CLEARCHAT"))) << far;
    }
    EXPECT_THAT(mona.type("/untimeout bob"), HasSubstr("msg-id=untimeout_success"));
    EXPECT_THAT(mona.type("/untimeout bob"), HasSubstr("msg-id=timeout_no_timeout"));
}

TEST(SlashCommands, ModesAreConfirmedToWhoIsNotInTheRoom) {
    IrcWorld world;
    Typist mona(world, "mona");
    mona.send("PART #dallas");
    mona.take();
    EXPECT_EQ(mona.type("/slow 300"),
              "@msg-id=slow_on :tmi.twitch.tv NOTICE #dallas :This room is now in slow mode. You "
              "may send messages every 300 seconds.\r\n");
    EXPECT_THAT(mona.type("/slow 300"), HasSubstr("msg-id=already_slow_on"));
}

TEST(SlashCommands, ModesAnswerWithThePartialRoomState) {
    IrcWorld world;
    Typist mona(world, "mona"), alice(world, "alice");
    const std::string on = mona.type("/slow 300");
    EXPECT_THAT(on, HasSubstr(";slow=300 :tmi.twitch.tv ROOMSTATE #dallas\r\n"));
    EXPECT_THAT(on, Not(HasSubstr("subs-only")));
    EXPECT_THAT(alice.take(), HasSubstr("msg-id=slow_on"));
    const std::string again = mona.type("/slow 300");
    EXPECT_THAT(again, HasSubstr(";slow=300 :tmi.twitch.tv ROOMSTATE #dallas\r\n"))
        << "tmi.js does not know that it was on before";
    EXPECT_THAT(again, HasSubstr("msg-id=already_slow_on"));
    EXPECT_THAT(alice.take(), IsEmpty());
    EXPECT_THAT(mona.type("/slowoff"), HasSubstr(";slow=0 :tmi.twitch.tv ROOMSTATE"));
    EXPECT_THAT(mona.type("/followers 30"), HasSubstr("@followers-only=30;"));
    EXPECT_THAT(mona.type("/followers 2 hours"), HasSubstr("@followers-only=120;"));
    EXPECT_THAT(mona.type("/followersoff"), HasSubstr("@followers-only=-1;"));
    EXPECT_THAT(mona.type("/emoteonly"), HasSubstr("msg-id=emote_only_on"));
    EXPECT_THAT(mona.type("/emoteonlyoff"), HasSubstr("msg-id=emote_only_off"));
    EXPECT_THAT(mona.type("/subscribers"), HasSubstr("msg-id=subs_on"));
    EXPECT_THAT(mona.type("/subscribersoff"), HasSubstr("msg-id=subs_off"));
    EXPECT_THAT(mona.type("/r9kbeta"), HasSubstr("msg-id=r9k_on"));
    EXPECT_THAT(mona.type("/uniquechatoff"), HasSubstr("msg-id=r9k_off"));
}

TEST(SlashCommands, WrongArgumentsAreAnsweredWithTheUsage) {
    IrcWorld world;
    Typist mona(world, "mona");
    EXPECT_THAT(mona.type("/ban"), HasSubstr("msg-id=usage_ban "));
    EXPECT_THAT(mona.type("/ban   "), HasSubstr("msg-id=usage_ban "));
    EXPECT_THAT(mona.type("/delete not-an-id"), HasSubstr("msg-id=usage_delete "));
    EXPECT_THAT(mona.type("/slow soon"), HasSubstr("msg-id=usage_slow_on "));
    EXPECT_THAT(mona.type("/slow 5 5"), HasSubstr("msg-id=usage_slow_on "));
    EXPECT_THAT(mona.type("/warn bob"), HasSubstr("msg-id=usage_warn "));
    EXPECT_THAT(mona.type("/ban ghost"), HasSubstr("msg-id=invalid_user"));
    EXPECT_THAT(mona.type("/ban ';--"), HasSubstr("msg-id=invalid_user"));
    EXPECT_THAT(mona.type("/ban \xff\xfe"), HasSubstr("msg-id=invalid_user"));
    EXPECT_THAT(mona.type("/slow 99999999999999999999"), HasSubstr("msg-id=bad_slow_duration "));
    EXPECT_THAT(mona.type("/followers 99999999999999999999"),
                HasSubstr("msg-id=usage_followers_on "));
    EXPECT_THAT(mona.type("/pin --duration=99999999999999999999 x"),
                HasSubstr("msg-id=usage_pin "));
    EXPECT_THAT(mona.type("/permit bob 99999999999999999999"),
                HasSubstr("NOTICE #dallas :At most "));
    EXPECT_THAT(mona.type("/slow 86401"), HasSubstr("msg-id=bad_slow_duration"));
    EXPECT_THAT(mona.type("/nonsense bob"),
                HasSubstr("msg-id=unrecognized_cmd :tmi.twitch.tv NOTICE #dallas :Unrecognized "
                          "command: /nonsense"));
    EXPECT_THAT(mona.type("/help timeout"), HasSubstr("Usage: \"/timeout <username>"));
    EXPECT_THAT(mona.type("/help"), HasSubstr("msg-id=cmds_available"));
    EXPECT_THAT(mona.type("/poll x"), HasSubstr("msg-id=unavailable_command"));
}

TEST(SlashCommands, AnswersThatAreNoActsAreWordForWord) {
    IrcWorld world;
    Typist dallas(world, "dallas"), alice(world, "alice");
    ASSERT_THAT(dallas.type("/mod carol"), HasSubstr("msg-id=mod_success"));
    ASSERT_THAT(dallas.type("/vip bob"), HasSubstr("msg-id=vip_success"));
    alice.take();
    struct Row {
        std::string typed;
        std::string id;
        std::string text;
        std::string channel = "dallas";
    };
    const Row rows[] = {
        {"/mods", "room_mods", "The moderators of this channel are: carol, mona"},
        {"/mods", "no_mods", "There are no moderators of this channel.", "austin"},
        {"/vips", "vips_success", "The VIPs of this channel are: bob, vera."},
        {"/vips", "no_vips", "This channel does not have any VIPs.", "austin"},
        {"/me", "usage_me", "Usage: \"/me <message>\" - Express an action in the third-person."},
        {"/ban", "usage_ban", "Usage: \"/ban <username> [reason]\" - Permanently bans a user."},
        {"/help x", "no_help", "No help available."},
        {"/nonsense bob", "unrecognized_cmd", "Unrecognized command: /nonsense"},
        {".Poll x", "unavailable_command",
         "Sorry, \"/Poll\" is not available through this client."},
        {"/marker x", "bad_marker_client", "Sorry, /marker is not available through this client."},
        {"/host austin", "bad_host_error",
         "There was a problem hosting austin. Please try again in a minute."},
        {"/unhost", "not_hosting", "No channel is currently being hosted."},
        {"/clear", "no_permission", "You don't have permission to perform that action."},
        {"/color", "usage_color",
         "Usage: \"/color <color>\" - Changes the colour of your name. Colours: Blue, BlueViolet, "
         "CadetBlue, Chocolate, Coral, DodgerBlue, Firebrick, GoldenRod, Green, HotPink, "
         "OrangeRed, Red, SeaGreen, SpringGreen, YellowGreen, or #RRGGBB."},
        {"/color red", "color_changed", "Your color has been changed."},
        {"/w nobody hi", "whisper_invalid_login", "No user matching that login."},
        {"/w alice hi", "whisper_invalid_self", "You cannot whisper to yourself."},
        {"/w bob", "whisper_invalid_args", "Usage: <login> <message>"},
        {"/block nobody", "invalid_user", "Invalid username: nobody"},
        {"hello", "msg_channel_suspended", "This channel does not exist or has been suspended.",
         "nowhere"},
    };
    for (const Row& row : rows) {
        EXPECT_THAT(alice.type(row.typed, row.channel),
                    StartsWith("@msg-id=" + row.id + " :tmi.twitch.tv NOTICE #" + row.channel +
                               " :" + row.text + "\r\n"))
            << row.typed;
    }
}

TEST(SlashCommands, CommercialsAreAnsweredAndNotShown) {
    IrcWorld world;
    Typist dallas(world, "dallas"), mona(world, "mona");
    EXPECT_THAT(dallas.type("/commercial 60 "),
                HasSubstr("msg-id=commercial_success :tmi.twitch.tv NOTICE #dallas :Initiating 60 "
                          "second commercial break."));
    EXPECT_THAT(dallas.type("/commercial"), HasSubstr("Initiating 30 second"));
    EXPECT_THAT(mona.type("/commercial 60"), HasSubstr("msg-id=no_permission"));
    for (const std::string wrong : {"31", "0", "-30", "210", "soon", "30 30"})
        EXPECT_THAT(dallas.type("/commercial " + wrong), HasSubstr("msg-id=usage_commercial "));
}

TEST(SlashCommands, RolesChangeWhatTheNamedSees) {
    IrcWorld world;
    Typist dallas(world, "dallas"), bob(world, "bob");
    EXPECT_THAT(dallas.type("/mods"),
                EndsWith("NOTICE #dallas :The moderators of this channel are: mona\r\n"));
    EXPECT_THAT(dallas.type("/vips"), EndsWith("NOTICE #dallas :The VIPs of this channel are: "
                                               "vera.\r\n"));
    EXPECT_THAT(dallas.type("/mod bob"),
                HasSubstr("NOTICE #dallas :You have added bob as a moderator of this channel."));
    EXPECT_THAT(bob.take(), HasSubstr("mod=1;subscriber=0;user-type=mod :tmi.twitch.tv USERSTATE "
                                      "#dallas\r\n"));
    EXPECT_THAT(dallas.type("/mod bob"), HasSubstr("msg-id=bad_mod_mod"));
    EXPECT_THAT(dallas.type("/unmod bob"), HasSubstr("msg-id=unmod_success"));
    EXPECT_THAT(bob.take(), HasSubstr("mod=0;"));
    EXPECT_THAT(dallas.type("/vip bob"), HasSubstr("You have added bob as a vip of this channel."));
    EXPECT_THAT(bob.take(), HasSubstr("vip=1 :tmi.twitch.tv USERSTATE #dallas"));
    EXPECT_THAT(dallas.type("/unvip mona"), HasSubstr("msg-id=bad_unvip_grantee_not_vip"));
    EXPECT_THAT(dallas.type("/mods", "austin"), HasSubstr("msg-id=no_mods"));
}

TEST(SlashCommands, ColourAndWhisperWorkInChannelsThatDoNotExist) {
    IrcWorld world;
    Typist alice(world, "alice", ""), bob(world, "bob", "");
    const std::string changed = alice.type("/color hotPink", "tmijs");
    EXPECT_THAT(changed, HasSubstr("@msg-id=color_changed :tmi.twitch.tv NOTICE #tmijs :Your color "
                                   "has been changed.\r\n"));
    EXPECT_THAT(changed, HasSubstr("color=#FF69B4;"));
    EXPECT_THAT(alice.type("/color #12ab9f", "tmijs"), HasSubstr("color=#12AB9F;"));
    EXPECT_THAT(alice.type("/color mauve", "tmijs"), HasSubstr("msg-id=usage_color"));
    EXPECT_THAT(alice.type("/color", "tmijs"), HasSubstr("msg-id=usage_color"));

    EXPECT_THAT(alice.type("/w bob psst, Kappa", "jtv"), IsEmpty());
    const std::string whispered = bob.take();
    EXPECT_THAT(whispered, HasSubstr(";emotes=25252525-0000-4000-8000-000000000025:6-10;"));
    EXPECT_THAT(whispered,
                EndsWith(":alice!alice@alice.tmi.twitch.tv WHISPER bob :psst, Kappa\r\n"));
    EXPECT_THAT(alice.type("/w nobody hi", "jtv"), HasSubstr("msg-id=whisper_invalid_login"));
    EXPECT_THAT(alice.type("/w alice hi", "jtv"), HasSubstr("msg-id=whisper_invalid_self"));
    EXPECT_THAT(alice.type("/w bob", "jtv"), HasSubstr("msg-id=whisper_invalid_args"));
    world.cluster.advance(1s);
    EXPECT_THAT(bob.type("/block alice", "jtv"), HasSubstr("You have blocked alice."));
    alice.type("/w bob again", "jtv");
    EXPECT_THAT(bob.take(), IsEmpty());
}

TEST(SlashCommands, AnAnnouncementIsAUserNotice) {
    IrcWorld world;
    Typist mona(world, "mona"), alice(world, "alice");
    mona.type("/announceblue doors open");
    const std::string heard = alice.take();
    EXPECT_THAT(heard, HasSubstr("msg-id=announcement;msg-param-color=BLUE;"));
    EXPECT_THAT(heard, EndsWith(":tmi.twitch.tv USERNOTICE #dallas :doors open\r\n"));
    mona.type("/announce open Kappa");
    EXPECT_THAT(alice.take(), HasSubstr(";emotes=25252525-0000-4000-8000-000000000025:5-9;"));
    EXPECT_THAT(alice.type("/announce me too"), HasSubstr("msg-id=no_permission"));
}

TEST(SlashCommands, DeletesByIdAndClears) {
    IrcWorld world;
    Typist mona(world, "mona"), alice(world, "alice");
    const std::string echo = alice.type("delete me");
    const std::string id = echo.substr(echo.find(";id=") + 4, 36);
    EXPECT_THAT(mona.take(), HasSubstr("PRIVMSG #dallas :delete me"));
    const std::string answer = mona.type("/delete " + id);
    EXPECT_THAT(answer, HasSubstr("target-msg-id=" + id));
    EXPECT_THAT(answer, HasSubstr("CLEARMSG #dallas :delete me\r\n"));
    EXPECT_THAT(answer, HasSubstr("NOTICE #dallas :The message from alice is now deleted."));
    EXPECT_THAT(mona.type("/clear"), EndsWith(":tmi.twitch.tv CLEARCHAT #dallas\r\n"));
}

TEST(SlashCommands, AWarnedUserAcknowledgesBeforeTheySpeak) {
    IrcWorld world;
    Typist mona(world, "mona"), bob(world, "bob");
    EXPECT_THAT(mona.type("/warn bob be kind"), HasSubstr("bob has been warned"));
    EXPECT_THAT(bob.type("what?"), HasSubstr("msg-id=msg_warned"));
    EXPECT_THAT(bob.type("/acknowledge"), HasSubstr("You have acknowledged the warning"));
    EXPECT_THAT(bob.type("sorry"), HasSubstr("USERSTATE #dallas"));
}

/// What a test types for each command, so that it fails for no other reason than permission.
std::string sample(std::string_view word) {
    static const std::map<std::string_view, std::string> kArguments = {
        {"ban", " carol"},
        {"unban", " carol"},
        {"timeout", " carol 5"},
        {"untimeout", " carol"},
        {"mod", " carol"},
        {"unmod", " carol"},
        {"vip", " carol"},
        {"unvip", " carol"},
        {"announce", " hello"},
        {"warn", " carol x"},
        {"monitor", " carol"},
        {"unmonitor", " carol"},
        {"restrict", " carol"},
        {"unrestrict", " carol"},
        {"raid", " austin"},
        {"shoutout", " austin"},
        {"addblockedterm", " ab"},
        {"removeblockedterm", " ab"},
        {"addpermittedterm", " ab"},
        {"removepermittedterm", " ab"},
        {"announceblue", " a"},
        {"announcegreen", " a"},
        {"announceorange", " a"},
        {"announcepurple", " a"},
        {"delete", " 00000000-0000-4000-8000-000000000000"},
        {"approve", " 00000000-0000-4000-8000-000000000000"},
        {"deny", " 00000000-0000-4000-8000-000000000000"},
        {"permit", " carol"},
        {"allowonce", " ab"},
        {"pin", " 00000000-0000-4000-8000-000000000000"}};
    const auto found = kArguments.find(word);
    return fmt::format("/{}{}", word, found == kArguments.end() ? "" : found->second);
}

struct RoleColumn {
    const char* title;
    const char* login;
};
constexpr RoleColumn kRoles[] = {
    {"viewer", "alice"},       {"subscriber", "sue"},     {"VIP", "vera"},
    {"moderator", "mona"},     {"broadcaster", "dallas"}, {"staff", "stan"},
    {"verified bot", "robot"},
};

bool allowed(const chat::Permission& permission, std::string_view role) {
    using chat::Rank;
    const std::map<std::string_view, Rank> ranks = {{"viewer", Rank::viewer},
                                                    {"subscriber", Rank::subscriber},
                                                    {"VIP", Rank::vip},
                                                    {"moderator", Rank::moderator},
                                                    {"broadcaster", Rank::broadcaster},
                                                    {"verified bot", Rank::viewer}};
    return role == "staff" ? permission.staff : ranks.at(role) >= permission.least;
}

TEST(PermissionMatrix, EveryCommandByEveryRoleIsAllowedOrRefusedAsTheTableSays) {
    for (const ActCommand& command : act_commands()) {
        const auto act = command.parse(sample(command.word).substr(command.word.size() + 1));
        ASSERT_TRUE(act) << command.word;
        for (const RoleColumn& role : kRoles) {
            IrcWorld world;
            chat::User stan = *world.catalog.ensure_user("stan");
            stan.type = chat::AccountType::staff;
            ASSERT_TRUE(world.catalog.update_user(stan));
            Typist typist(world, role.login);
            const std::string answer = typist.type(sample(command.word));
            const bool refused = answer.find("msg-id=no_permission") != std::string::npos;
            EXPECT_FALSE(answer.empty()) << command.word << " by " << role.title;
            EXPECT_EQ(refused, !allowed(chat::permission_of(*act), role.title))
                << command.word << " by " << role.title << ": " << answer;
        }
    }
}

TEST(PermissionMatrix, IsWhatTheDocumentationShows) {
    std::string table = "| command | what it does |";
    for (const RoleColumn& role : kRoles) table += fmt::format(" {} |", role.title);
    table += "\n|---|---|";
    for (std::size_t i = 0; i < std::size(kRoles); ++i) table += ":-:|";
    table += "\n";
    for (const ActCommand& command : act_commands()) {
        const auto act = command.parse(sample(command.word).substr(command.word.size() + 1));
        table +=
            fmt::format("| `/{}{}{}` | {} |", command.word, command.arguments.empty() ? "" : " ",
                        command.arguments, command.meaning);
        for (const RoleColumn& role : kRoles)
            table += allowed(chat::permission_of(*act), role.title) ? " yes |" : " - |";
        table += "\n";
    }
    const std::string path = std::string(CLAMOR_SOURCE_DIR) + "/docs/protocol/commands.md";
    std::ifstream in(path);
    std::stringstream document;
    document << in.rdbuf();
    std::string text = document.str();
    constexpr std::string_view kBegin = "<!-- generated: the table of commands -->\n";
    constexpr std::string_view kEnd = "<!-- end -->";
    const auto begin = text.find(kBegin);
    const auto end = text.find(kEnd);
    ASSERT_NE(begin, std::string::npos) << path;
    ASSERT_NE(end, std::string::npos);
    const std::string shown = text.substr(begin + kBegin.size(), end - begin - kBegin.size());
    if (shown != table && std::getenv("CLAMOR_UPDATE_SNAPSHOTS") != nullptr) {
        text.replace(begin + kBegin.size(), shown.size(), table);
        std::ofstream(path) << text;
        return;
    }
    EXPECT_EQ(shown, table) << "CLAMOR_UPDATE_SNAPSHOTS=1 writes it anew";
}

}  // namespace
}  // namespace clamor::edge::irc
