// SPDX-License-Identifier: Apache-2.0
#include "auth/claims.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/memory_catalog.h"

namespace clamor::auth {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(ClaimsText, IsReadWhole) {
    const auto claims = parse_claims(R"({
        "sub": "u-17", "jti": "x", "login": "Alice", "display_name": "AliceÄ",
        "client_id": "bot", "azp": "other", "scope": "chat:read  chat:edit", "type": "admin",
        "turbo": true, "prime": true, "verified_bot": true,
        "created_at": "2019-05-01T12:00:00Z", "something": {"else": 1},
        "channels": {"Lobby": {"role": "moderator", "subscriber": {"tier": 2, "months": 14},
                               "founder": true, "badges": ["founder/0", "my-badge/1"], "bits_total": 500,
                               "follow": "2024-02-29T12:00:01.5Z"}}})");
    ASSERT_TRUE(claims) << claims.error().detail;
    EXPECT_EQ(claims->login, "alice");
    EXPECT_EQ(claims->display_name, "AliceÄ");
    EXPECT_EQ(claims->client_id, "bot");
    EXPECT_THAT(claims->scopes, ElementsAre("chat:read", "chat:edit"));
    EXPECT_EQ(claims->type, chat::AccountType::admin);
    EXPECT_TRUE(claims->turbo && claims->prime && claims->verified_bot);
    ASSERT_EQ(claims->channels.size(), 1u);
    const auto& lobby = claims->channels[0];
    EXPECT_EQ(lobby.channel, "lobby");
    EXPECT_EQ(lobby.role, chat::Role::moderator);
    EXPECT_EQ(lobby.subscriber_tier, 2);
    EXPECT_EQ(lobby.subscriber_months, 14u);
    EXPECT_THAT(lobby.badges,
                ElementsAre(chat::Badge{"founder", "0"}, chat::Badge{"my-badge", "1"}));
    EXPECT_TRUE(lobby.founder);
    EXPECT_EQ(claims->created_at, wall_from_unix_ms(1'556'712'000'000));
    EXPECT_EQ(lobby.bits_total, 500u);
    EXPECT_EQ(lobby.follow, wall_from_unix_ms(1'709'208'001'000));
}

TEST(ClaimsText, MayLeaveEverythingOut) {
    const auto claims = parse_claims(R"({"azp":"bot","scopes":["a:b"],"login":null})");
    ASSERT_TRUE(claims);
    EXPECT_EQ(claims->login, "");
    EXPECT_EQ(claims->client_id, "bot");
    EXPECT_THAT(claims->scopes, ElementsAre("a:b"));
    EXPECT_THAT(claims->channels, IsEmpty());
    EXPECT_FALSE(claims->type);
}

TEST(ClaimsText, IsRefusedForOneWrongClaim) {
    const std::pair<const char*, const char*> kWrong[] = {
        {"login", R"({"login":"not a login"})"},
        {"login", R"({"login":""})"},
        {"login", R"({"login":"JustinFan12"})"},
        {"login", R"({"login":7})"},
        {"login", R"({"login":"abcdefghijklmnopqrstuvwxyz"})"},
        {"display_name", R"({"display_name":"a\nb"})"},
        {"display_name",
         R"({"display_name":"012345678901234567890123456789012345678901234567890"})"},
        {"sub", R"({"sub":17})"},
        {"jti", R"({"jti":["x"]})"},
        {"client_id", R"({"client_id":{}})"},
        {"azp", R"({"azp":1})"},
        {"scope", R"({"scope":["chat:read"]})"},
        {"scope", R"({"scope":"chat:read CHAT"})"},
        {"scopes", R"({"scopes":"chat:read"})"},
        {"scopes", R"({"scopes":["chat:read chat:edit"]})"},
        {"scopes", R"({"scopes":[1]})"},
        {"type", R"({"type":"king"})"},
        {"turbo", R"({"turbo":1})"},
        {"verified_bot", R"({"verified_bot":"true"})"},
        {"channels", R"({"channels":[]})"},
        {"channels", R"({"channels":{"not a login":{}}})"},
        {"channels", R"({"channels":{"lobby":"moderator"}})"},
        {"role", R"({"channels":{"lobby":{"role":"owner"}}})"},
        {"role", R"({"channels":{"lobby":{"role":2}}})"},
        {"role", R"({"login":"alice","channels":{"lobby":{"role":"broadcaster"}}})"},
        {"subscriber", R"({"channels":{"lobby":{"subscriber":true}}})"},
        {"subscriber", R"({"channels":{"lobby":{"subscriber":{"months":3}}}})"},
        {"tier", R"({"channels":{"lobby":{"subscriber":{"tier":4}}}})"},
        {"tier", R"({"channels":{"lobby":{"subscriber":{"tier":1.5}}}})"},
        {"tier", R"({"channels":{"lobby":{"subscriber":{"tier":-1}}}})"},
        {"months", R"({"channels":{"lobby":{"subscriber":{"tier":1,"months":0}}}})"},
        {"months", R"({"channels":{"lobby":{"subscriber":{"tier":1,"months":1e9}}}})"},
        {"badges", R"({"channels":{"lobby":{"badges":"founder/0"}}})"},
        {"badges", R"({"channels":{"lobby":{"badges":["founder"]}}})"},
        {"badges", R"({"channels":{"lobby":{"badges":["a/b/c"]}}})"},
        {"badges", R"({"channels":{"lobby":{"badges":["a/1;b/2"]}}})"},
        {"badges",
         R"({"channels":{"lobby":{"badges":["a/1","a/1","a/1","a/1","a/1","a/1","a/1","a/1","a/1","a/1","a/1"]}}})"},
        {"follow", R"({"channels":{"lobby":{"follow":1700000000}}})"},
        {"follow", R"({"channels":{"lobby":{"follow":"2023-02-29T00:00:00Z"}}})"},
        {"follow", R"({"channels":{"lobby":{"follow":"2023-02-28T24:00:00Z"}}})"},
        {"follow", R"({"channels":{"lobby":{"follow":"2023-02-28T00:00:00+02:00"}}})"},
        {"follow", R"({"channels":{"lobby":{"follow":"2023-02-28T00:00:00.Z"}}})"},
        {"follow", R"({"channels":{"lobby":{"follow":"20 3-02-28T00:00:00Z"}}})"},
        {"founder", R"({"channels":{"lobby":{"founder":"yes"}}})"},
        {"created_at", R"({"created_at":1556712000})"},
        {"created_at", R"({"created_at":"2019-05-01"})"},
        {"bits_total", R"({"channels":{"lobby":{"bits_total":-5}}})"},
    };
    for (const auto& [name, payload] : kWrong) {
        const auto claims = parse_claims(payload);
        ASSERT_FALSE(claims) << payload;
        EXPECT_EQ(claims.error().code, std::errc::invalid_argument);
        EXPECT_THAT(claims.error().detail, HasSubstr(std::string("'") + name + "' must be"))
            << payload;
    }
    EXPECT_FALSE(parse_claims("[]"));
    EXPECT_FALSE(parse_claims(""));
}

class ApplyTest : public ::testing::Test {
  protected:
    Applied apply(std::string_view payload) {
        const auto claims = parse_claims(payload);
        EXPECT_TRUE(claims) << claims.error().detail;
        const auto applied = apply_claims(claims.value(), catalog, now);
        EXPECT_TRUE(applied) << applied.error().to_string();
        return applied.value();
    }
    chat::Standing standing() {
        return catalog
            .standing(catalog.find_channel("lobby").value()->id,
                      catalog.find_user("alice").value()->id)
            .value();
    }
    store::MemoryCatalog catalog;
    const WallTime now = wall_from_unix_ms(1'700'000'000'000);
};

TEST_F(ApplyTest, LogsWhatItChanges) {
    constexpr auto kPayload = R"({"login":"alice","display_name":"Alice","type":"staff",
        "channels":{"lobby":{"role":"vip","subscriber":{"tier":2,"months":3},
                             "badges":["event/1"],"bits_total":100}}})";
    const auto alice = apply(kPayload).user.id;
    const auto lobby = catalog.find_channel("lobby").value()->id;
    const auto audit = [&](ChannelId channel) {
        return catalog.list_audit(channel, 0, {}, 10).value();
    };
    auto entries = audit(lobby);
    ASSERT_EQ(entries.size(), 1u);
    EXPECT_EQ(entries[0].action, "standing");
    EXPECT_EQ(entries[0].target, alice);
    EXPECT_EQ(entries[0].actor, UserId());
    EXPECT_EQ(entries[0].origin, "token");
    EXPECT_EQ(entries[0].at, now);
    EXPECT_EQ(entries[0].before,
              R"({"role":"viewer","subscription_tier":0,"subscription_months":0,"founder":false,)"
              R"("bits":0,"custom_badges":[]})");
    EXPECT_EQ(entries[0].after,
              R"({"role":"vip","subscription_tier":2,"subscription_months":3,"founder":true,)"
              R"("bits":100,"custom_badges":[{"name":"event","version":"1"}]})");
    entries = audit(ChannelId(alice.value));
    ASSERT_EQ(entries.size(), 1u);
    EXPECT_EQ(entries[0].action, "account");
    EXPECT_EQ(entries[0].origin, "token");
    EXPECT_EQ(entries[0].before, R"({"display_name":"alice","type":""})");
    EXPECT_EQ(entries[0].after, R"({"display_name":"Alice","type":"staff"})");

    auto profile = catalog.profile(alice).value();
    profile.created_at = now;  // when it was seen first
    ASSERT_TRUE(catalog.update_profile(alice, profile));
    apply(R"({"login":"alice","created_at":"2019-05-01T12:00:00Z"})");
    entries = audit(ChannelId(alice.value));
    EXPECT_EQ(entries[0].before, R"({"created_at":1700000000000})");
    EXPECT_EQ(entries[0].after, R"({"created_at":1556712000000})");

    apply(kPayload);
    EXPECT_EQ(audit(lobby).size() + audit(ChannelId(alice.value)).size(), 3u) << "nothing changed";
}

TEST_F(ApplyTest, MakesWhoIsNotThere) {
    const auto applied = apply(R"({"login":"alice","display_name":"Alice","type":"global_mod",
        "channels":{"lobby":{"role":"vip","subscriber":{"tier":1,"months":3},
                             "badges":["founder/0"],"follow":"2024-01-01T00:00:00Z",
                             "bits_total":100}}})");
    EXPECT_TRUE(applied.account);
    EXPECT_EQ(applied.standings.size(), 1u);
    const auto alice = catalog.find_user("alice").value().value();
    EXPECT_EQ(applied.user, alice);
    EXPECT_EQ(alice.display_name, "Alice");
    EXPECT_EQ(alice.type, chat::AccountType::global_mod);
    const auto now = standing();
    EXPECT_EQ(now.role, chat::Role::vip);
    EXPECT_EQ(now.subscriber_tier, 1);
    EXPECT_EQ(now.subscriber_months, 3u);
    EXPECT_EQ(now.bits, 100u);
    EXPECT_THAT(now.custom_badges, ElementsAre(chat::Badge{"founder", "0"}));
    EXPECT_EQ(now.following_since, wall_from_unix_ms(1'704'067'200'000));
}

TEST_F(ApplyTest, WritesNothingThatIsSoAlready) {
    constexpr auto kPayload = R"({"login":"alice","display_name":"Alice","turbo":true,
        "channels":{"lobby":{"role":"vip","subscriber":{"tier":1,"months":3},
                             "badges":["founder/0"],"follow":"2024-01-01T00:00:00Z",
                             "bits_total":100}}})";
    apply(kPayload);
    const auto again = apply(kPayload);
    EXPECT_FALSE(again.account);
    EXPECT_THAT(again.standings, IsEmpty());
}

TEST_F(ApplyTest, TakesNothingAway) {
    apply(R"({"login":"alice","type":"staff","turbo":true,"prime":true,"verified_bot":true,
        "channels":{"lobby":{"role":"moderator","subscriber":{"tier":3,"months":30},
                             "badges":["a/1"],"follow":"2024-01-01T00:00:00Z","bits_total":9}}})");
    const auto user = catalog.find_user("alice").value();
    const auto before = standing();
    const auto applied = apply(R"({"login":"alice","type":"","turbo":false,
        "channels":{"lobby":{"role":"viewer","subscriber":{"tier":1,"months":1},
                             "badges":[],"follow":"2025-01-01T00:00:00Z","bits_total":1}}})");
    EXPECT_FALSE(applied.account);
    EXPECT_THAT(applied.standings, IsEmpty());
    EXPECT_EQ(catalog.find_user("alice").value(), user);
    EXPECT_EQ(standing().role, chat::Role::moderator);
    EXPECT_EQ(standing().subscriber_tier, 3);
    EXPECT_EQ(standing().subscriber_months, 30u);
    EXPECT_EQ(standing().bits, 9u);
    EXPECT_EQ(standing().following_since, before.following_since);
    apply(R"({"login":"alice"})");
    EXPECT_EQ(standing().role, chat::Role::moderator);
}

TEST_F(ApplyTest, AddsBadgesAndChangesTheirVersion) {
    apply(R"({"login":"alice","channels":{"lobby":{"badges":["a/1","b/1"]}}})");
    apply(R"({"login":"alice","channels":{"lobby":{"badges":["a/2","c/1"]}}})");
    EXPECT_THAT(standing().custom_badges,
                ElementsAre(chat::Badge{"a", "2"}, chat::Badge{"b", "1"}, chat::Badge{"c", "1"}));
    for (int i = 0; i < 20; ++i)
        apply(R"({"login":"alice","channels":{"lobby":{"badges":["x)" + std::to_string(i) +
              R"(/1"]}}})");
    EXPECT_EQ(standing().custom_badges.size(), 10u) << "no more than the platform may set";
}

TEST_F(ApplyTest, TakesTheOldestAgeOfAnAccount) {
    catalog.set_time(wall_from_unix_ms(1'700'000'000'000));
    const auto made = [&](const char* created_at) {
        const auto applied =
            apply(std::string(R"({"login":"alice","created_at":")") + created_at + "\"}");
        return std::pair(applied.account, catalog.profile(applied.user.id).value().created_at);
    };
    EXPECT_EQ(made("2024-01-01T00:00:00Z"), std::pair(false, wall_from_unix_ms(1'700'000'000'000)))
        << "was seen before that";
    EXPECT_EQ(made("2019-05-01T12:00:00Z"), std::pair(true, wall_from_unix_ms(1'556'712'000'000)));
    EXPECT_FALSE(made("2019-05-01T12:00:00Z").first) << "known";
}

TEST_F(ApplyTest, MakesFoundersOfThoseWhoSubscribe) {
    apply(R"({"login":"alice","channels":{"lobby":{"founder":true}}})");
    EXPECT_FALSE(standing().founder);
    apply(R"({"login":"alice","channels":{"lobby":{"subscriber":{"tier":1}}}})");
    const auto lobby = catalog.find_channel("lobby").value()->id;
    const auto alice = catalog.find_user("alice").value()->id;
    ASSERT_TRUE(catalog.set_founder(lobby, alice, false));
    EXPECT_EQ(apply(R"({"login":"alice","channels":{"lobby":{"founder":true}}})").standings.size(),
              1u);
    EXPECT_TRUE(standing().founder);
    EXPECT_THAT(apply(R"({"login":"alice","channels":{"lobby":{"founder":false}}})").standings,
                IsEmpty());
    EXPECT_TRUE(standing().founder) << "claims take nothing away";
}

TEST_F(ApplyTest, LeavesTheBroadcasterInTheirOwnChannel) {
    const auto applied = apply(R"({"login":"lobby","channels":{"lobby":{"role":"broadcaster",
        "follow":"2024-01-01T00:00:00Z","subscriber":{"tier":3,"months":2}}}})");
    const auto lobby = catalog.find_channel("lobby").value()->id;
    const auto now = catalog.standing(lobby, applied.user.id).value();
    EXPECT_EQ(now.role, chat::Role::broadcaster);
    EXPECT_EQ(now.subscriber_tier, 3);
    EXPECT_FALSE(now.following_since);
}

}  // namespace
}  // namespace clamor::auth
