// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/catalog.h"
#include "store/checks.h"
#include "store/grants.h"

namespace clamor::store {

/// What every catalog has to do. `Fixture` is default-constructible and has `Catalog& catalog()`,
/// empty at first.
template <class Fixture>
class CatalogContract : public testing::Test {
  protected:
    Catalog& catalog() { return fixture_.catalog(); }

    static Emote emote(int number, std::string code, ChannelId channel = {}) {
        return {.id = MessageId::from_random(0, static_cast<std::uint64_t>(number)).to_string(),
                .code = std::move(code),
                .type = channel ? EmoteType::channel : EmoteType::global,
                .channel = channel,
                .tier_required = 0,
                .image_url = "/1.svg",
                .image_url_2x = "/2.svg",
                .image_url_4x = "/4.svg",
                .created_at = wall_from_unix_ms(1700000000000)};
    }
    template <class T>
    static std::error_code code_of(const Result<T>& result) {
        return result ? std::error_code() : result.error().code;
    }

    Fixture fixture_;
    const std::error_code kInvalid = std::make_error_code(std::errc::invalid_argument);
    const std::error_code kMissing = std::make_error_code(std::errc::no_such_file_or_directory);
    const std::error_code kExists = std::make_error_code(std::errc::file_exists);
};

TYPED_TEST_SUITE_P(CatalogContract);

TYPED_TEST_P(CatalogContract, MakesAUserOnceWithAnIdOf1000OrMore) {
    const auto first = this->catalog().ensure_user("alice").value();
    EXPECT_GE(first.id.value, 1000u);
    EXPECT_EQ(first.login, "alice");
    EXPECT_EQ(first.display_name, "alice");
    EXPECT_EQ(this->catalog().ensure_user("alice").value().id, first.id);
    EXPECT_NE(this->catalog().ensure_user("bob").value().id, first.id);
    EXPECT_EQ(this->catalog().find_user(first.id).value()->login, "alice");
    EXPECT_FALSE(this->catalog().find_user("carol").value());
    EXPECT_FALSE(this->catalog().find_user(UserId{1}).value());
}

TYPED_TEST_P(CatalogContract, RefusesWhatIsNoLoginAndSaysWhatIs) {
    const std::vector<std::string> bad{
        "",     "Alice", "a b", "x'; DROP TABLE users; --", std::string("a\0b", 3),
        "\xff", "höhe",  "a-b", std::string(26, 'a'),       std::string(1 << 20, 'a')};
    for (const std::string& login : bad) {
        const auto user = this->catalog().ensure_user(login);
        EXPECT_EQ(this->code_of(user), this->kInvalid);
        ASSERT_FALSE(user);
        EXPECT_THAT(user.error().detail,
                    testing::HasSubstr("a login is 1 to 25 of a-z, 0-9 and _"));
        EXPECT_LT(user.error().detail.size(), 200u);
        EXPECT_EQ(this->code_of(this->catalog().find_user(login)), this->kInvalid);
        EXPECT_EQ(this->code_of(this->catalog().ensure_channel(login)), this->kInvalid);
        EXPECT_EQ(this->code_of(this->catalog().find_channel(login)), this->kInvalid);
    }
    EXPECT_TRUE(this->catalog().ensure_user(std::string(25, '_')));
    EXPECT_TRUE(this->catalog().ensure_user("0"));
    EXPECT_EQ(this->catalog().list_users({}, 10).value().size(), 2u);
}

TYPED_TEST_P(CatalogContract, NobodyHasTheLoginOfAnAnonymousReader) {
    for (const char* login : {"justinfan1", "justinfan0123456789"}) {
        EXPECT_EQ(this->code_of(this->catalog().ensure_user(login)), this->kInvalid) << login;
        EXPECT_EQ(this->code_of(this->catalog().ensure_channel(login)), this->kInvalid) << login;
        EXPECT_FALSE(this->catalog().find_user(login).value()) << login;
    }
    EXPECT_TRUE(this->catalog().ensure_user("justinfan"));
    EXPECT_TRUE(this->catalog().ensure_user("justinfan1x"));
}

TYPED_TEST_P(CatalogContract, KeepsHostileTextsAsTheyAre) {
    auto user = this->catalog().ensure_user("alice").value();
    auto channel = this->catalog().ensure_channel("alice").value();
    for (const std::string& text :
         {std::string("'; DROP TABLE users; --"),
          std::string("\"quoted\" `and` \\ :login ?1 $1 %s"),
          std::string("zalgo \xcc\xb6 \xf0\x9f\x98\x80\r\n\t"), std::string(1 << 20, 'x')}) {
        user.display_name = text;
        channel.title = text;
        ASSERT_TRUE(this->catalog().update_user(user));
        ASSERT_TRUE(this->catalog().update_channel(channel));
        EXPECT_EQ(this->catalog().find_user("alice").value()->display_name, text);
        EXPECT_EQ(this->catalog().find_channel("alice").value()->title, text);
    }
    user.display_name = std::string("a\0b", 3);
    channel.title = std::string("a\0b", 3);
    EXPECT_EQ(this->code_of(this->catalog().update_user(user)), this->kInvalid);
    EXPECT_EQ(this->code_of(this->catalog().update_channel(channel)), this->kInvalid);
}

TYPED_TEST_P(CatalogContract, ChangesAUserAndNeverTakesTheLoginOfAnother) {
    auto alice = this->catalog().ensure_user("alice").value();
    this->catalog().ensure_user("bob").value();
    alice.login = "alice2";
    alice.display_name = "Alice2";
    alice.color = "#0D4200";
    alice.verified_bot = true;
    ASSERT_TRUE(this->catalog().update_user(alice));
    EXPECT_FALSE(this->catalog().find_user("alice").value());
    const auto found = this->catalog().find_user("alice2").value().value();
    EXPECT_EQ(found.id, alice.id);
    EXPECT_EQ(found.display_name, "Alice2");
    EXPECT_EQ(found.color, "#0D4200");
    EXPECT_TRUE(found.verified_bot);

    auto thief = alice;
    thief.login = "bob";
    EXPECT_EQ(this->code_of(this->catalog().update_user(thief)), this->kExists);
    thief = alice;
    thief.id = UserId{7};
    thief.login = "nobody";
    EXPECT_EQ(this->code_of(this->catalog().update_user(thief)), this->kMissing);
    for (const char* color : {"red", "#12345", "#12345g", "0D42000"}) {
        thief = alice;
        thief.color = color;
        EXPECT_EQ(this->code_of(this->catalog().update_user(thief)), this->kInvalid) << color;
    }
    thief = alice;
    thief.display_name.clear();
    EXPECT_EQ(this->code_of(this->catalog().update_user(thief)), this->kInvalid);
}

TYPED_TEST_P(CatalogContract, GivesAChannelTheIdOfItsBroadcaster) {
    const auto user = this->catalog().ensure_user("alice").value();
    EXPECT_FALSE(this->catalog().find_channel("alice").value());
    const auto mine = this->catalog().ensure_channel("alice").value();
    const auto other = this->catalog().ensure_channel("music").value();
    EXPECT_EQ(mine.id.value, user.id.value);
    EXPECT_EQ(other.id.value, this->catalog().find_user("music").value()->id.value);
    EXPECT_EQ(this->catalog().ensure_channel("music").value().id, other.id);
    EXPECT_EQ(this->catalog().find_channel(other.id).value()->login, "music");
    EXPECT_EQ(mine.modes, chat::RoomState{});
}

TYPED_TEST_P(CatalogContract, KeepsTitleAndModesOfAChannel) {
    auto channel = this->catalog().ensure_channel("alice").value();
    channel.title = "Late night";
    channel.modes = {.emote_only = true,
                     .followers_only_minutes = 0,
                     .unique_chat = true,
                     .slow_seconds = 4000000000u,
                     .subscribers_only = true,
                     .delay_seconds = 4};
    ASSERT_TRUE(this->catalog().update_channel(channel));
    const auto found = this->catalog().find_channel("alice").value().value();
    EXPECT_EQ(found.title, channel.title);
    EXPECT_EQ(found.modes, channel.modes);
    channel.id = ChannelId{5};
    EXPECT_EQ(this->code_of(this->catalog().update_channel(channel)), this->kMissing);
}

TYPED_TEST_P(CatalogContract, ShowsTheBroadcastersNewNameOnTheChannel) {
    this->catalog().ensure_channel("alice").value();
    auto user = this->catalog().find_user("alice").value().value();
    user.login = "alicia";
    user.display_name = "Alicia";
    ASSERT_TRUE(this->catalog().update_user(user));
    EXPECT_FALSE(this->catalog().find_channel("alice").value());
    EXPECT_EQ(this->catalog().find_channel("alicia").value()->display_name, "Alicia");
}

TYPED_TEST_P(CatalogContract, ListsInPagesByAscendingId) {
    for (int i = 0; i < 7; ++i) this->catalog().ensure_channel("c" + std::to_string(6 - i)).value();
    std::vector<std::string> logins;
    ChannelId after;
    for (;;) {
        const auto page = this->catalog().list_channels(after, 3).value();
        for (const auto& channel : page) logins.push_back(channel.login);
        if (page.size() < 3) break;
        after = page.back().id;
    }
    EXPECT_THAT(logins, testing::ElementsAre("c6", "c5", "c4", "c3", "c2", "c1", "c0"));
    EXPECT_EQ(this->catalog().list_users({}, 100).value().size(), 7u);
    EXPECT_TRUE(this->catalog().list_users({}, 0).value().empty());
}

TYPED_TEST_P(CatalogContract, KnowsTheStandingOfAUser) {
    const auto channel = this->catalog().ensure_channel("alice").value().id;
    const auto bob = this->catalog().ensure_user("bob").value().id;
    EXPECT_EQ(this->catalog().standing(channel, UserId{channel.value}).value().role,
              chat::Role::broadcaster);
    EXPECT_EQ(this->catalog().standing(channel, bob).value().role, chat::Role::viewer);
    EXPECT_FALSE(this->catalog().standing(channel, bob).value().subscribed());

    ASSERT_TRUE(this->catalog().set_role(channel, bob, chat::Role::vip));
    ASSERT_TRUE(this->catalog().set_role(channel, bob, chat::Role::moderator));
    ASSERT_TRUE(this->catalog().set_subscription(channel, bob, 2, 14));
    const auto standing = this->catalog().standing(channel, bob).value();
    EXPECT_EQ(standing.role, chat::Role::moderator);
    EXPECT_EQ(standing.subscriber_tier, 2);
    EXPECT_EQ(standing.subscriber_months, 14u);
    EXPECT_TRUE(standing.founder);

    ASSERT_TRUE(this->catalog().set_role(channel, bob, chat::Role::viewer));
    ASSERT_TRUE(this->catalog().set_subscription(channel, bob, 0, 0));
    EXPECT_EQ(this->catalog().standing(channel, bob).value().role, chat::Role::viewer);
    EXPECT_FALSE(this->catalog().standing(channel, bob).value().subscribed());
    EXPECT_FALSE(this->catalog().standing(channel, bob).value().founder);
}

TYPED_TEST_P(CatalogContract, KnowsTheStandingsOfSeveralInTheirOrder) {
    Catalog& catalog = this->catalog();
    const auto channel = catalog.ensure_channel("alice").value().id;
    std::vector<UserId> users;
    for (int i = 0; i < 97; ++i)
        users.push_back(catalog.ensure_user("user" + std::to_string(i)).value().id);
    ASSERT_TRUE(catalog.set_role(channel, users[5], chat::Role::vip));
    ASSERT_TRUE(catalog.set_subscription(channel, users[90], 2, 14));
    std::ranges::reverse(users);
    users.push_back(UserId{999'999});
    users.push_back(UserId{channel.value});
    users.push_back(users[6]);
    const auto standings = catalog.standings(channel, users).value();
    ASSERT_EQ(standings.size(), users.size());
    for (std::size_t i = 0; i < users.size(); ++i) {
        const auto alone = catalog.standing(channel, users[i]).value();
        EXPECT_EQ(standings[i].role, alone.role) << i;
        EXPECT_EQ(standings[i].subscriber_months, alone.subscriber_months) << i;
    }
    EXPECT_EQ(standings[91].role, chat::Role::vip);
    EXPECT_EQ(standings[6].subscriber_months, 14u);
    EXPECT_EQ(standings[98].role, chat::Role::broadcaster);
    EXPECT_TRUE(catalog.standings(channel, {}).value().empty());
    users.push_back(users.front());
    EXPECT_EQ(catalog.standings(channel, users).error().code, std::errc::invalid_argument);
}

TYPED_TEST_P(CatalogContract, GivesNoStandingThatCannotBe) {
    const auto channel = this->catalog().ensure_channel("alice").value().id;
    const auto bob = this->catalog().ensure_user("bob").value().id;
    const UserId alice{channel.value};
    EXPECT_EQ(this->code_of(this->catalog().set_role(channel, bob, chat::Role::broadcaster)),
              this->kInvalid);
    EXPECT_EQ(this->code_of(this->catalog().set_role(channel, alice, chat::Role::viewer)),
              this->kInvalid);
    EXPECT_EQ(this->code_of(this->catalog().set_role(ChannelId{5}, bob, chat::Role::vip)),
              this->kMissing);
    EXPECT_EQ(this->code_of(this->catalog().set_role(channel, UserId{5}, chat::Role::vip)),
              this->kMissing);
    EXPECT_EQ(this->code_of(this->catalog().set_subscription(channel, bob, 4, 1)), this->kInvalid);
    EXPECT_EQ(this->code_of(this->catalog().set_subscription(channel, bob, 1, 0)), this->kInvalid);
    EXPECT_EQ(this->code_of(this->catalog().set_subscription(channel, UserId{5}, 1, 1)),
              this->kMissing);
    EXPECT_EQ(this->catalog().standing(ChannelId{5}, UserId{5}).value().role, chat::Role::viewer);
}

TYPED_TEST_P(CatalogContract, MakesOnlyTheFirstSubscribersFounders) {
    const auto channel = this->catalog().ensure_channel("alice").value().id;
    const auto other = this->catalog().ensure_channel("music").value().id;
    std::vector<UserId> users;
    for (std::size_t i = 0; i <= kFoundersPerChannel; ++i) {
        users.push_back(this->catalog().ensure_user("u" + std::to_string(i)).value().id);
        ASSERT_TRUE(this->catalog().set_subscription(channel, users.back(), 1, 1));
    }
    EXPECT_TRUE(this->catalog().standing(channel, users[kFoundersPerChannel - 1]).value().founder);
    EXPECT_FALSE(this->catalog().standing(channel, users[kFoundersPerChannel]).value().founder);
    ASSERT_TRUE(this->catalog().set_subscription(channel, users[0], 3, 2));
    EXPECT_TRUE(this->catalog().standing(channel, users[0]).value().founder);
    ASSERT_TRUE(this->catalog().set_subscription(other, users[kFoundersPerChannel], 1, 1));
    EXPECT_TRUE(this->catalog().standing(other, users[kFoundersPerChannel]).value().founder);
}

TYPED_TEST_P(CatalogContract, IsToldWhoIsAFounderOfThoseWhoSubscribe) {
    Catalog& catalog = this->catalog();
    const auto channel = catalog.ensure_channel("alice").value().id;
    const auto bob = catalog.ensure_user("bob").value().id;
    const auto founder = [&] { return catalog.standing(channel, bob).value().founder; };
    EXPECT_EQ(this->code_of(catalog.set_founder(channel, bob, true)), this->kMissing);
    ASSERT_TRUE(catalog.set_subscription(channel, bob, 1, 1));
    ASSERT_TRUE(catalog.set_founder(channel, bob, false));
    EXPECT_FALSE(founder()) << "the first subscriber";
    ASSERT_TRUE(catalog.set_subscription(channel, bob, 1, 2));
    EXPECT_FALSE(founder()) << "another month changes nothing";
    ASSERT_TRUE(catalog.set_founder(channel, bob, true));
    ASSERT_TRUE(catalog.set_founder(channel, bob, true)) << "as it was";
    EXPECT_TRUE(founder());
    EXPECT_EQ(this->code_of(catalog.set_founder(ChannelId{5}, bob, true)), this->kMissing);
    ASSERT_TRUE(catalog.set_subscription(channel, bob, 0, 0));
    EXPECT_FALSE(founder());
}

TYPED_TEST_P(CatalogContract, FindsATokenByItsTextInAnyCaseUntilItExpires) {
    const auto user = this->catalog().ensure_user("alice").value().id;
    const auto now = wall_from_unix_ms(1700000000000);
    const TokenRecord record{.user = user,
                             .scopes = {"chat:read", "chat:edit"},
                             .created_at = now,
                             .expires_at = wall_from_unix_ms(1700000001000),
                             .label = "it's \"mine\""};
    ASSERT_TRUE(this->catalog().add_token("abc123", record));
    const auto found = this->catalog().find_token("ABC123", now).value();
    ASSERT_TRUE(found);
    EXPECT_EQ(found->user, user);
    EXPECT_EQ(found->scopes, record.scopes);
    EXPECT_EQ(found->created_at, record.created_at);
    EXPECT_EQ(found->expires_at, record.expires_at);
    EXPECT_EQ(found->label, record.label);
    EXPECT_FALSE(this->catalog().find_token("abc124", now).value());
    EXPECT_TRUE(this->catalog().find_token("abc123", wall_from_unix_ms(1700000000999)).value());
    EXPECT_FALSE(this->catalog().find_token("abc123", wall_from_unix_ms(1700000001000)).value());
    const std::string hash = hex_of(*hash_token("abc123"));
    EXPECT_TRUE(this->catalog().has_token(hash, now).value());
    EXPECT_FALSE(this->catalog().has_token(hash, wall_from_unix_ms(1700000001000)).value());
    EXPECT_FALSE(this->catalog().has_token("abc123", now).value());
    EXPECT_FALSE(this->catalog().has_token("", now).value());
}

TYPED_TEST_P(CatalogContract, RevokesATokenOnce) {
    ASSERT_TRUE(this->catalog().add_token("abc", {}));
    EXPECT_EQ(this->code_of(this->catalog().add_token("ABC", {})), this->kExists);
    EXPECT_TRUE(this->catalog().revoke_token("aBc").value());
    EXPECT_FALSE(this->catalog().revoke_token("abc").value());
    EXPECT_FALSE(this->catalog().find_token("abc", {}).value());
    EXPECT_FALSE(this->catalog().has_token(hex_of(*hash_token("abc")), {}).value());
}

TYPED_TEST_P(CatalogContract, ListsTokensByTheirHolder) {
    const auto user = this->catalog().ensure_user("alice").value().id;
    const auto at = [](int ms) { return wall_from_unix_ms(1700000000000 + ms); };
    const auto record = [&](UserId holder, int ms, std::string label) {
        return TokenRecord{.user = holder,
                           .scopes = {},
                           .created_at = at(ms),
                           .expires_at = {},
                           .label = std::move(label)};
    };
    ASSERT_TRUE(this->catalog().add_token("t2", record(user, 2, "second")));
    ASSERT_TRUE(this->catalog().add_token("t1", record(user, 1, "first")));
    ASSERT_TRUE(this->catalog().add_token("t3", record({}, 3, "app")));
    const auto mine = this->catalog().list_tokens(user).value();
    ASSERT_EQ(mine.size(), 2u);
    EXPECT_EQ(mine[0].label, "first");
    EXPECT_EQ(mine[1].label, "second");
    const auto of_apps = this->catalog().list_tokens({}).value();
    ASSERT_EQ(of_apps.size(), 1u);
    EXPECT_EQ(of_apps[0].label, "app");
    EXPECT_FALSE(of_apps[0].user);
    EXPECT_FALSE(of_apps[0].expires_at);
}

TYPED_TEST_P(CatalogContract, RefusesWhatIsNoToken) {
    for (const std::string& token :
         {std::string(), std::string("a b"), std::string("a'b"), std::string("a\0b", 3),
          std::string("t\xc3\xb6ken"), std::string(1 << 20, 'a')}) {
        EXPECT_EQ(this->code_of(this->catalog().add_token(token, {})), this->kInvalid);
        EXPECT_EQ(this->code_of(this->catalog().find_token(token, {})), this->kInvalid);
        EXPECT_EQ(this->code_of(this->catalog().revoke_token(token)), this->kInvalid);
    }
    EXPECT_EQ(this->code_of(this->catalog().add_token("abc", {.user = {},
                                                              .scopes = {"chat:read chat:edit"},
                                                              .created_at = {},
                                                              .expires_at = {},
                                                              .label = {}})),
              this->kInvalid);
    EXPECT_EQ(
        this->code_of(this->catalog().add_token(
            "abc",
            {.user = UserId{7}, .scopes = {}, .created_at = {}, .expires_at = {}, .label = {}})),
        this->kMissing);
}

TYPED_TEST_P(CatalogContract, KeepsARevocationUntilItsTokenHasExpired) {
    auto& catalog = this->catalog();
    const auto user = catalog.ensure_user("alice").value().id;
    const auto at = [](int ms) { return wall_from_unix_ms(1700000000000 + ms); };
    const std::string first(64, 'a');
    const std::string second(64, 'b');
    ASSERT_TRUE(catalog.add_revocation({.hash = first, .user = user, .until = at(10)}, at(0)));
    ASSERT_TRUE(catalog.add_revocation({.hash = second, .user = {}, .until = at(20)}, at(9)));
    EXPECT_TRUE(catalog.is_revoked(first).value());
    EXPECT_FALSE(catalog.is_revoked(std::string(64, 'c')).value());
    ASSERT_TRUE(catalog.add_revocation({.hash = second, .user = {}, .until = at(20)}, at(10)));
    EXPECT_FALSE(catalog.is_revoked(first).value());
    EXPECT_TRUE(catalog.is_revoked(second).value());
}

TYPED_TEST_P(CatalogContract, KeepsWhatASignedTokenGrantsUntilItsEnd) {
    auto& catalog = this->catalog();
    const auto user = catalog.ensure_user("alice").value().id;
    const auto at = [](int ms) { return wall_from_unix_ms(1700000000000 + ms); };
    const auto grant = [&](char hash, const std::string& client, int end, WallTime now) {
        return catalog.put_grant(std::string(64, hash),
                                 {.user = user,
                                  .client_id = client,
                                  .scopes = {"user:bot", "chat:read"},
                                  .created_at = at(hash),
                                  .expires_at = at(end)},
                                 now);
    };
    const auto scopes = [&](const std::string& client, WallTime now) {
        return granted_scopes(catalog, user, client, now).value().size();
    };
    ASSERT_TRUE(grant('a', "bot", 10, at(0)));
    ASSERT_TRUE(grant('a', "bot", 10, at(0))) << "once more changes nothing";
    ASSERT_TRUE(grant('b', "bot", 20, at(0)));
    ASSERT_TRUE(grant('c', "other", 30, at(0)));
    EXPECT_EQ(catalog.list_grants(user).value().size(), 3u);
    EXPECT_EQ(catalog.list_grants(user).value()[0].client_id, "bot");
    EXPECT_TRUE(catalog.list_tokens(user).value().empty()) << "nobody logs in with a grant";
    EXPECT_EQ(scopes("bot", at(19)), 2u);
    EXPECT_EQ(scopes("bot", at(20)), 0u);
    EXPECT_EQ(scopes("nobody", at(0)), 0u);
    ASSERT_TRUE(catalog.add_revocation({.hash = std::string(64, 'b'), .user = user}, at(0)));
    EXPECT_EQ(scopes("bot", at(10)), 0u);
    EXPECT_EQ(scopes("other", at(10)), 2u);
    ASSERT_TRUE(grant('d', "new", 90, at(50)));
    EXPECT_EQ(catalog.list_grants(user).value().size(), 1u) << "those that ended are forgotten";
    EXPECT_FALSE(catalog.put_grant("short", {.user = user}, at(0)));
    EXPECT_FALSE(catalog.put_grant(std::string(64, 'e'), {.user = UserId(77)}, at(0)));
}
TYPED_TEST_P(CatalogContract, ListsRevocationsInTheirOrder) {
    auto& catalog = this->catalog();
    const auto user = catalog.ensure_user("alice").value().id;
    const auto until = wall_from_unix_ms(1700000000000);
    const std::string first(64, 'a');
    const std::string second(64, 'b');
    EXPECT_TRUE(catalog.list_revocations(0, 10).value().empty());
    ASSERT_TRUE(catalog.add_revocation({.hash = second, .user = user, .until = until}, {}));
    ASSERT_TRUE(catalog.add_revocation({.hash = first, .user = {}, .until = until}, {}));
    ASSERT_TRUE(catalog.add_revocation({.hash = second, .user = user, .until = until}, {}));
    const auto all = catalog.list_revocations(0, 10).value();
    ASSERT_EQ(all.size(), 2u) << "once more changes nothing";
    EXPECT_EQ(all[0].hash, second);
    EXPECT_EQ(all[0].user, user);
    EXPECT_EQ(all[0].until, until);
    EXPECT_EQ(all[1].hash, first);
    EXPECT_FALSE(all[1].user);
    EXPECT_LT(all[0].number, all[1].number);
    EXPECT_EQ(catalog.list_revocations(all[0].number, 10).value(), std::vector{all[1]});
    EXPECT_EQ(catalog.list_revocations(0, 1).value(), std::vector{all[0]});
    EXPECT_TRUE(catalog.list_revocations(all[1].number, 10).value().empty());
}

TYPED_TEST_P(CatalogContract, RefusesWhatIsNoHashOfAToken) {
    for (const std::string& hash : {std::string(), std::string(63, 'a'), std::string(65, 'a'),
                                    std::string(64, 'A'), std::string(64, '\'')}) {
        EXPECT_EQ(this->code_of(this->catalog().add_revocation({.hash = hash}, {})),
                  this->kInvalid);
        EXPECT_EQ(this->code_of(this->catalog().is_revoked(hash)), this->kInvalid);
    }
}

TYPED_TEST_P(CatalogContract, ShowsGlobalEmotesEverywhereAndOthersInTheirChannel) {
    const auto alice = this->catalog().ensure_channel("alice").value().id;
    const auto music = this->catalog().ensure_channel("music").value().id;
    ASSERT_TRUE(this->catalog().add_emote(this->emote(1, "Wave")));
    ASSERT_TRUE(this->catalog().add_emote(this->emote(2, "aliceHi", alice)));
    auto paid = this->emote(3, "musicBeat", music);
    paid.tier_required = 2;
    ASSERT_TRUE(this->catalog().add_emote(paid));

    const auto in_alice = this->catalog().emotes_for(alice).value();
    ASSERT_EQ(in_alice.size(), 2u);
    EXPECT_EQ(in_alice[0].code, "Wave");
    EXPECT_EQ(in_alice[0].type, EmoteType::global);
    EXPECT_FALSE(in_alice[0].channel);
    EXPECT_EQ(in_alice[1].code, "aliceHi");
    const auto in_music = this->catalog().emotes_for(music).value();
    ASSERT_EQ(in_music.size(), 2u);
    EXPECT_EQ(in_music[1].id, paid.id);
    EXPECT_EQ(in_music[1].type, EmoteType::channel);
    EXPECT_EQ(in_music[1].channel, music);
    EXPECT_EQ(in_music[1].tier_required, 2);
    EXPECT_EQ(in_music[1].image_url, "/1.svg");
    EXPECT_EQ(in_music[1].image_url_2x, "/2.svg");
    EXPECT_EQ(in_music[1].image_url_4x, "/4.svg");
    EXPECT_EQ(in_music[1].created_at, paid.created_at);
    EXPECT_EQ(this->catalog().emotes_for({}).value().size(), 1u);
}

TYPED_TEST_P(CatalogContract, KeepsEmoteCodesAndIdsUnique) {
    ASSERT_TRUE(this->catalog().add_emote(this->emote(1, "Wave")));
    EXPECT_EQ(this->code_of(this->catalog().add_emote(this->emote(2, "Wave"))), this->kExists);
    EXPECT_EQ(this->code_of(this->catalog().add_emote(this->emote(1, "Other"))), this->kExists);
    EXPECT_TRUE(this->catalog().add_emote(this->emote(3, "wave")));
    EXPECT_EQ(this->catalog().emotes_for({}).value().size(), 2u);
}

TYPED_TEST_P(CatalogContract, RefusesEmotesThatCannotBe) {
    const auto alice = this->catalog().ensure_channel("alice").value().id;
    for (const std::string& code :
         {std::string(), std::string("two words"), std::string("a\0b", 3), std::string("a\n"),
          std::string(51, 'a'), std::string(1 << 20, 'a')}) {
        EXPECT_EQ(this->code_of(this->catalog().add_emote(this->emote(1, code))), this->kInvalid);
    }
    auto bad = this->emote(1, "Wave");
    bad.id = "1; DROP TABLE emotes";
    EXPECT_EQ(this->code_of(this->catalog().add_emote(bad)), this->kInvalid);
    bad = this->emote(1, "Wave");
    bad.tier_required = 4;
    EXPECT_EQ(this->code_of(this->catalog().add_emote(bad)), this->kInvalid);
    bad = this->emote(1, "Wave");
    bad.image_url.clear();
    EXPECT_EQ(this->code_of(this->catalog().add_emote(bad)), this->kInvalid);
    bad = this->emote(1, "Wave");
    bad.channel = alice;
    EXPECT_EQ(this->code_of(this->catalog().add_emote(bad)), this->kInvalid);
    bad = this->emote(1, "Wave");
    bad.type = EmoteType::channel;
    EXPECT_EQ(this->code_of(this->catalog().add_emote(bad)), this->kInvalid);
    EXPECT_EQ(this->code_of(this->catalog().add_emote(this->emote(1, "Wave", ChannelId{5}))),
              this->kMissing);
    EXPECT_TRUE(this->catalog().add_emote(this->emote(1, ":-)")));
    std::string fifty;
    for (int i = 0; i < 50; ++i) fifty += "\xc3\xa4";
    EXPECT_TRUE(this->catalog().add_emote(this->emote(2, fifty)));
}

TYPED_TEST_P(CatalogContract, GrantsAnEmoteUntilItIsRemoved) {
    const auto bob = this->catalog().ensure_user("bob").value().id;
    const auto wave = this->emote(1, "Wave");
    ASSERT_TRUE(this->catalog().add_emote(wave));
    ASSERT_TRUE(this->catalog().grant_emote(bob, wave.id, wall_from_unix_ms(1)));
    ASSERT_TRUE(this->catalog().grant_emote(bob, wave.id, wall_from_unix_ms(2)));
    EXPECT_THAT(this->catalog().granted_emotes(bob).value(), testing::ElementsAre(wave.id));
    EXPECT_EQ(this->code_of(this->catalog().grant_emote(UserId{5}, wave.id, {})), this->kMissing);
    EXPECT_EQ(this->code_of(this->catalog().grant_emote(bob, this->emote(2, "x").id, {})),
              this->kMissing);
    EXPECT_EQ(this->code_of(this->catalog().grant_emote(bob, "' OR 1=1", {})), this->kInvalid);
    EXPECT_EQ(this->catalog().find_emote(wave.id).value()->code, wave.code);
    EXPECT_TRUE(this->catalog().remove_emote(wave.id).value());
    EXPECT_FALSE(this->catalog().find_emote(wave.id).value());
    EXPECT_EQ(this->code_of(this->catalog().find_emote("25")), this->kInvalid);
    EXPECT_FALSE(this->catalog().remove_emote(wave.id).value());
    EXPECT_TRUE(this->catalog().granted_emotes(bob).value().empty());
}

TYPED_TEST_P(CatalogContract, KeepsOnePictureForABadgeVersion) {
    const auto alice = this->catalog().ensure_channel("alice").value().id;
    const auto badge = [](ChannelId channel, std::string version, std::string title) {
        return BadgeImage{.channel = channel,
                          .badge = {"subscriber", std::move(version)},
                          .title = std::move(title),
                          .image_url = "/1.svg",
                          .image_url_2x = "/2.svg",
                          .image_url_4x = "/4.svg"};
    };
    ASSERT_TRUE(this->catalog().put_badge(badge({}, "0", "old")));
    ASSERT_TRUE(this->catalog().put_badge(badge({}, "0", "Subscriber")));
    ASSERT_TRUE(this->catalog().put_badge(badge(alice, "0", "Alice's")));
    const auto everywhere = this->catalog().badges_for({}).value();
    ASSERT_EQ(everywhere.size(), 1u);
    EXPECT_EQ(everywhere[0].title, "Subscriber");
    EXPECT_EQ(everywhere[0].badge, (chat::Badge{"subscriber", "0"}));
    const auto here = this->catalog().badges_for(alice).value();
    ASSERT_EQ(here.size(), 2u);
    EXPECT_FALSE(here[0].channel);
    EXPECT_EQ(here[1].title, "Alice's");
    EXPECT_EQ(here[1].channel, alice);
    EXPECT_EQ(here[1].image_url_4x, "/4.svg");
    EXPECT_EQ(this->code_of(this->catalog().put_badge(badge(ChannelId{5}, "0", "x"))),
              this->kMissing);
    EXPECT_EQ(this->code_of(this->catalog().put_badge(badge({}, "", "x"))), this->kInvalid);
    EXPECT_EQ(this->code_of(this->catalog().put_badge(badge({}, "0/1", "x"))), this->kInvalid);
}

TYPED_TEST_P(CatalogContract, CountsStartsUpwards) {
    const auto first = this->catalog().next_epoch().value();
    EXPECT_GT(first, 0u);
    EXPECT_EQ(this->catalog().next_epoch().value(), first + 1);
}

TYPED_TEST_P(CatalogContract, MakesAChannelOnceWhenManyThreadsAskForIt) {
    constexpr int kThreads = 4;
    constexpr int kChannels = 25;
    std::vector<std::vector<std::uint64_t>> ids(kThreads);
    std::vector<std::thread> threads;
    for (auto& mine : ids) {
        threads.emplace_back([this, &mine] {
            for (int i = 0; i < kChannels; ++i) {
                mine.push_back(
                    this->catalog().ensure_channel("c" + std::to_string(i)).value().id.value);
            }
        });
    }
    for (auto& thread : threads) thread.join();
    for (const auto& mine : ids) EXPECT_EQ(mine, ids[0]);
    EXPECT_EQ(this->catalog().list_channels({}, 100).value().size(), std::size_t{kChannels});
}

REGISTER_TYPED_TEST_SUITE_P(
    CatalogContract, MakesAUserOnceWithAnIdOf1000OrMore, RefusesWhatIsNoLoginAndSaysWhatIs,
    NobodyHasTheLoginOfAnAnonymousReader, KeepsHostileTextsAsTheyAre,
    ChangesAUserAndNeverTakesTheLoginOfAnother, GivesAChannelTheIdOfItsBroadcaster,
    KeepsTitleAndModesOfAChannel, ShowsTheBroadcastersNewNameOnTheChannel,
    ListsInPagesByAscendingId, KnowsTheStandingOfAUser, KnowsTheStandingsOfSeveralInTheirOrder,
    GivesNoStandingThatCannotBe, MakesOnlyTheFirstSubscribersFounders,
    IsToldWhoIsAFounderOfThoseWhoSubscribe, FindsATokenByItsTextInAnyCaseUntilItExpires,
    RevokesATokenOnce, ListsTokensByTheirHolder, RefusesWhatIsNoToken,
    KeepsARevocationUntilItsTokenHasExpired, KeepsWhatASignedTokenGrantsUntilItsEnd,
    ListsRevocationsInTheirOrder, RefusesWhatIsNoHashOfAToken,
    ShowsGlobalEmotesEverywhereAndOthersInTheirChannel, KeepsEmoteCodesAndIdsUnique,
    RefusesEmotesThatCannotBe, GrantsAnEmoteUntilItIsRemoved, KeepsOnePictureForABadgeVersion,
    CountsStartsUpwards, MakesAChannelOnceWhenManyThreadsAskForIt);

}  // namespace clamor::store
