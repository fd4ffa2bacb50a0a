// SPDX-License-Identifier: Apache-2.0
#include "auth/checker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "auth/auth_fixture.h"
#include "auth/revoke.h"
#include "auth/scopes.h"
#include "store/grants.h"
#include "store/memory_catalog.h"

namespace clamor::auth {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class CheckerTest : public ::testing::Test {
  protected:
    CheckerTest() { make_checker({}); }

    void make_checker(Checker::Options options) {
        checker.emplace(
            catalog, keys, std::move(options),
            Listener{.account_changed = [this](UserId user) { accounts.push_back(user); },
                     .standing_changed = [this](ChannelId channel,
                                                UserId) { standings.push_back(channel); },
                     .token_revoked = [this](UserId,
                                             const std::string& hash) { revoked.push_back(hash); },
                     .token_expired =
                         [this](UserId, const std::string& hash) { expired.push_back(hash); }});
    }

    std::optional<Caller> check(std::string_view token) {
        return checker->check(token, now).value();
    }

    /// A token that lasts `seconds` from now, with more claims as `,"name":value`.
    std::string jwt(const std::string& more, int seconds = 100) const {
        const auto end = unix_ms(now) / 1000 + seconds;
        return make_jwt("{\"exp\":" + std::to_string(end) + more + "}", signing_secret(kSecret),
                        "s");
    }
    std::string jwt_of_alice(const std::string& more = {}, int seconds = 100) const {
        return jwt(R"(,"login":"alice","client_id":"bot","scope":"chat:read chat:edit")" + more,
                   seconds);
    }
    std::uint64_t refused(JwtRefusal why) const {
        return checker->counters().refused[static_cast<std::size_t>(why)];
    }
    void add_opaque(std::string_view token, UserId user, std::optional<WallTime> expires = {}) {
        ASSERT_TRUE(catalog.add_token(token, {.user = user,
                                              .client_id = "bot",
                                              .scopes = {"chat:read"},
                                              .created_at = now,
                                              .expires_at = expires}));
    }

    const std::string kSecret = std::string(32, 's');
    store::MemoryCatalog catalog;
    KeyRing keys{{checking_secret(kSecret)}};
    std::optional<Checker> checker;
    WallTime now = wall_from_unix_ms(1'700'000'000'000);
    std::vector<UserId> accounts;
    std::vector<ChannelId> standings;
    std::vector<std::string> revoked;
    std::vector<std::string> expired;
};

TEST_F(CheckerTest, KnowsTheCatalogsTokens) {
    const auto alice = catalog.ensure_user("alice").value();
    add_opaque("abc123", alice.id);
    add_opaque("app1", {});
    const auto caller = check("ABC123");
    ASSERT_TRUE(caller);
    EXPECT_EQ(caller->user, alice);
    EXPECT_EQ(caller->client_id, "bot");
    EXPECT_THAT(caller->scopes, ElementsAre("chat:read"));
    EXPECT_EQ(caller->token_hash, token_hash("abc123"));
    ASSERT_TRUE(check("app1"));
    EXPECT_FALSE(check("app1")->user);
    for (const auto* token : {"", "nobody", "alice", "app", "a b", "\xff"})
        EXPECT_FALSE(check(token)) << token;
    EXPECT_GT(checker->counters().unknown, 0u);
}

TEST_F(CheckerTest, TakesAJwtAtItsWord) {
    const auto token =
        jwt_of_alice(R"(,"display_name":"Alice","channels":{"lobby":{"role":"moderator"}})");
    const auto caller = check(token);
    ASSERT_TRUE(caller);
    EXPECT_EQ(caller->user->login, "alice");
    EXPECT_EQ(caller->user->display_name, "Alice");
    EXPECT_EQ(caller->client_id, "bot");
    EXPECT_TRUE(caller->has("chat:edit"));
    EXPECT_FALSE(caller->has("channel:moderate"));
    EXPECT_EQ(caller->expires_at, now + std::chrono::seconds(100));
    EXPECT_EQ(caller->token_hash.size(), 64u);
    const auto lobby = catalog.find_channel("lobby").value()->id;
    EXPECT_EQ(catalog.standing(lobby, caller->user->id)->role, chat::Role::moderator);
    EXPECT_THAT(accounts, ElementsAre(caller->user->id));
    EXPECT_THAT(standings, ElementsAre(lobby));
}

TEST_F(CheckerTest, TakesAJwtWithoutALoginAsAnApps) {
    const auto caller = check(jwt(R"(,"azp":"panel","scopes":["clamor:platform"])"));
    ASSERT_TRUE(caller);
    EXPECT_FALSE(caller->user);
    EXPECT_EQ(caller->client_id, "panel");
    EXPECT_TRUE(caller->has(kPlatformScope));
}

TEST_F(CheckerTest, LetsClaimsCountWhenATokenIsSeenFirst) {
    const auto token = jwt_of_alice(R"(,"channels":{"lobby":{"role":"moderator"}})");
    const auto alice = check(token)->user->id;
    const auto lobby = catalog.find_channel("lobby").value()->id;
    ASSERT_TRUE(catalog.set_role(lobby, alice, chat::Role::viewer));
    ASSERT_TRUE(check(token));
    EXPECT_EQ(catalog.standing(lobby, alice)->role, chat::Role::viewer)
        << "what a broadcaster took away is not given back by every request";
    ASSERT_TRUE(check(jwt_of_alice(R"(,"channels":{"lobby":{"role":"moderator"}})", 101)));
    EXPECT_EQ(catalog.standing(lobby, alice)->role, chat::Role::moderator);
}

TEST_F(CheckerTest, KeepsWhatAJwtLetsItsClientDo) {
    const auto granted = [&](const std::string& client) {
        const auto alice = catalog.find_user("alice").value();
        return alice ? store::granted_scopes(catalog, alice->id, client, now).value()
                     : std::vector<std::string>();
    };
    ASSERT_TRUE(check(jwt(R"(,"login":"alice","client_id":"bot","scope":"chat:read")")));
    EXPECT_THAT(granted("bot"), ElementsAre()) << "nothing that an app token would need";
    const auto token =
        jwt(R"(,"login":"alice","client_id":"bot","scope":"user:bot user:read:chat")");
    const auto caller = check(token);
    ASSERT_TRUE(caller);
    ASSERT_TRUE(check(token)) << "and again";
    EXPECT_THAT(granted("bot"), ElementsAre("user:bot", "user:read:chat"));
    EXPECT_THAT(granted("other"), ElementsAre());
    ASSERT_TRUE(checker->revoke(token, *caller, now));
    EXPECT_THAT(granted("bot"), ElementsAre());
    ASSERT_TRUE(check(jwt(R"(,"login":"alice","client_id":"bot","scope":"channel:bot")")));
    EXPECT_THAT(granted("bot"), ElementsAre("channel:bot"));
    now += std::chrono::seconds(100);
    EXPECT_THAT(granted("bot"), ElementsAre());
}

TEST_F(CheckerTest, RefusesAndCountsByReason) {
    auto bad = jwt_of_alice();
    bad[bad.size() / 2] = bad[bad.size() / 2] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(check(bad));
    EXPECT_EQ(refused(JwtRefusal::signature) + refused(JwtRefusal::malformed), 1u);
    EXPECT_FALSE(check(jwt_of_alice({}, 0)));
    EXPECT_EQ(refused(JwtRefusal::expired), 1u);
    EXPECT_FALSE(check(jwt_of_alice(R"(,"turbo":"yes")")));
    EXPECT_EQ(refused(JwtRefusal::claims), 1u);
    EXPECT_FALSE(catalog.find_user("alice").value()) << "nothing of it was taken over";
    EXPECT_FALSE(check(make_jwt(R"({"exp":4000000000})", signing_secret(kSecret), "other")));
    EXPECT_EQ(refused(JwtRefusal::unknown_key), 1u);
    EXPECT_FALSE(
        check(make_jwt(R"({"exp":4000000000})", signing_secret(std::string(32, 'x')), "s")));
    make_checker({.rules = {.issuer = "us", .audience = {}}});
    EXPECT_FALSE(check(jwt_of_alice()));
    EXPECT_EQ(refused(JwtRefusal::issuer), 1u);
    EXPECT_TRUE(check(jwt_of_alice(R"(,"iss":"us")")));
}

TEST_F(CheckerTest, RefusesAJwtWhenThereAreNoKeys) {
    KeyRing none({});
    Checker other(catalog, none, {});
    EXPECT_FALSE(other.check(jwt_of_alice(), now).value());
}

TEST_F(CheckerTest, LogsInOnlyWhoTheTokenIsFor) {
    const auto login = [&](std::string_view token, std::string_view name) {
        return checker->check_login(token, name, now).value().has_value();
    };
    EXPECT_TRUE(login(jwt_of_alice(), "alice"));
    EXPECT_FALSE(login(jwt_of_alice(), "bob"));
    EXPECT_FALSE(login(jwt(R"(,"client_id":"x")"), "alice")) << "an app's token";
    EXPECT_FALSE(login("anything", "alice"));
    add_opaque("abc", catalog.ensure_user("bob")->id);
    EXPECT_TRUE(login("abc", "bob"));
    EXPECT_FALSE(login("abc", "alice"));
}

TEST_F(CheckerTest, TakesAFoldedJwt) {
    const auto token = jwt_of_alice();
    std::string folded;
    for (const char c : token) {
        folded += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4];
        folded += "0123456789abcdef"[c & 15];
    }
    ASSERT_TRUE(check(folded));
    EXPECT_EQ(check(folded)->token_hash, check(token)->token_hash);
    ASSERT_TRUE(checker->revoke(folded, *check(folded), now));
    EXPECT_FALSE(check(token));
}

TEST_F(CheckerTest, RevokesForGood) {
    const auto alice = catalog.ensure_user("alice").value();
    add_opaque("abc", alice.id);
    const auto token = jwt_of_alice();
    for (const std::string& one : {std::string("abc"), token}) {
        const auto caller = check(one);
        ASSERT_TRUE(caller);
        ASSERT_TRUE(checker->revoke(one, *caller, now));
        EXPECT_FALSE(check(one));
        EXPECT_EQ(revoked.back(), caller->token_hash);
    }
    EXPECT_EQ(refused(JwtRefusal::revoked), 1u);
    EXPECT_TRUE(check(jwt_of_alice({}, 101))) << "another token of the same user";
    now += std::chrono::seconds(50);
    ASSERT_TRUE(catalog.add_revocation({.hash = std::string(64, 'a'), .until = now}, now));
    EXPECT_FALSE(check(token)) << "it is kept as long as the token would be good";
}

TEST_F(CheckerTest, TellsWhatOthersRevoked) {
    checker->tick(now);
    const auto alice = catalog.ensure_user("alice").value();
    add_opaque("abc", alice.id);
    ASSERT_TRUE(revoke_unchecked(catalog, "abc", now));
    const auto token = jwt_of_alice();
    ASSERT_TRUE(check(token));
    ASSERT_TRUE(revoke_unchecked(catalog, token, now));
    checker->tick(now);
    EXPECT_THAT(revoked, IsEmpty()) << "it was looked just now";
    now += limits::kRevocationsEvery;
    checker->tick(now);
    EXPECT_THAT(revoked, ElementsAre(token_hash("abc"), token_hash(token)));
    now += limits::kRevocationsEvery;
    checker->tick(now);
    EXPECT_THAT(revoked, SizeIs(2));
    make_checker({});
    checker->tick(now);
    EXPECT_THAT(revoked, SizeIs(2)) << "what was revoked before the start has no sessions";
    EXPECT_FALSE(check(token));
}

TEST_F(CheckerTest, TellsWhenATokenThatWasUsedExpires) {
    const auto alice = catalog.ensure_user("alice").value();
    add_opaque("short", alice.id, now + std::chrono::seconds(10));
    add_opaque("forever", alice.id);
    add_opaque("app", {}, now + std::chrono::seconds(10));
    const auto token = jwt_of_alice({}, 20);
    for (const std::string& one :
         {std::string("short"), std::string("forever"), std::string("app"), token, token})
        ASSERT_TRUE(check(one));
    EXPECT_EQ(checker->watched(), 2u);
    now += std::chrono::seconds(9);
    checker->tick(now);
    EXPECT_THAT(expired, IsEmpty());
    now += std::chrono::seconds(1);
    checker->tick(now);
    EXPECT_THAT(expired, ElementsAre(token_hash("short")));
    now += std::chrono::seconds(10);
    checker->tick(now);
    EXPECT_THAT(expired, ElementsAre(token_hash("short"), token_hash(token)));
    EXPECT_EQ(checker->watched(), 0u);
}

TEST_F(CheckerTest, WatchesTheTokensThatEndFirst) {
    make_checker({.watched_max = 2});
    for (const int seconds : {30, 10, 20, 40}) ASSERT_TRUE(check(jwt_of_alice({}, seconds)));
    EXPECT_EQ(checker->watched(), 2u);
    EXPECT_EQ(checker->counters().watch_dropped, 2u);
    now += std::chrono::seconds(25);
    checker->tick(now);
    EXPECT_THAT(expired, SizeIs(2));
}

TEST_F(CheckerTest, SaysWhyAnOperatorCannotRevoke) {
    const auto why = [&](std::string_view token) {
        const auto done = revoke_unchecked(catalog, token, now);
        return done ? std::string() : done.error().detail;
    };
    EXPECT_EQ(why("nothing"), "there is no such token");
    EXPECT_EQ(why("not a token"), "there is no such token");
    EXPECT_EQ(why("eyJ.eyJ.x"), "there is no such token");
    EXPECT_EQ(why(jwt_of_alice({}, -5)), "the token has expired already");
    EXPECT_EQ(why(jwt_of_alice()), "") << "nobody has used it yet";
    EXPECT_FALSE(check(jwt_of_alice()));
}

class DevCheckerTest : public CheckerTest {
  protected:
    DevCheckerTest() { make_checker({.dev = true}); }
};

TEST_F(DevCheckerTest, MakesTokensUp) {
    EXPECT_THAT(check("app")->scopes, ElementsAre(kPlatformScope));
    EXPECT_FALSE(check("app")->user);
    EXPECT_EQ(check("Alice")->user->login, "alice");
    EXPECT_EQ(check("alice")->scopes.size(), all_scopes().size());
    EXPECT_THAT(check("alice:chat:read,chat:edit")->scopes, ElementsAre("chat:read", "chat:edit"));
    EXPECT_EQ(check("alice")->token_hash, "");
    EXPECT_FALSE(check("invalid"));
    EXPECT_FALSE(check("not a login"));
    EXPECT_FALSE(check("justinfan1:chat:read")) << "an anonymous reader is nobody";
    EXPECT_FALSE(checker->check_login("x", "justinfan1", now).value());
    EXPECT_FALSE(catalog.find_user("justinfan1").value());
}

TEST_F(DevCheckerTest, LogsAnybodyInAsAnybody) {
    const auto login = [&](std::string_view token) {
        return checker->check_login(token, "carol", now).value();
    };
    ASSERT_TRUE(login("anything at all"));
    EXPECT_EQ(login("anything at all")->user->login, "carol");
    EXPECT_TRUE(login("x")->has("whispers:read"));
    EXPECT_FALSE(login("invalid"));
    add_opaque("abc", catalog.ensure_user("carol")->id);
    EXPECT_FALSE(login("abc")->has("chat:edit")) << "a real token is what it is";
    EXPECT_EQ(login("abc")->token_hash, token_hash("abc"));
}

TEST_F(DevCheckerTest, JudgesJwtsWhenThereAreKeys) {
    EXPECT_TRUE(checker->check_login(jwt_of_alice(), "alice", now).value());
    EXPECT_FALSE(checker->check_login(jwt_of_alice(), "bob", now).value());
    EXPECT_FALSE(checker->check_login(jwt_of_alice({}, 0), "alice", now).value());
    EXPECT_FALSE(check(jwt_of_alice({}, 0)));
    KeyRing none({});
    Checker other(catalog, none, {.dev = true});
    EXPECT_TRUE(other.check_login(jwt_of_alice({}, 0), "alice", now).value())
        << "without keys it is a token as any other";
}

}  // namespace
}  // namespace clamor::auth
