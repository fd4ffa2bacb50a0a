// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "api/helix/helix_fixture.h"
#include "store/fact_changes.h"

namespace clamor::api::helix {
namespace {

class PlatformTest : public HelixFixture {
  protected:
    wire::http::Response event(const nlohmann::json& body) {
        return call("POST", "/api/platform/channels/dallas/events", "app", body.dump());
    }
    wire::http::Response bulk(const nlohmann::json& body) {
        return call("POST", "/api/channels/dallas/moderation", "mo", body.dump());
    }
};

TEST_F(PlatformTest, IsForItsOwnTokensOnly) {
    const auto* target = "/api/platform/users/alice";
    EXPECT_EQ(call("PUT", target, "", "{}").status, 401);
    EXPECT_EQ(call("PUT", target, "dallas", "{}").status, 401);
    EXPECT_EQ(call("PUT", target, "alice:clamor:platform", "{}").status, 401);
    const auto unlimited = call("PUT", target, "app", "{}");
    EXPECT_EQ(unlimited.status, 200);
    EXPECT_EQ(header_of(unlimited, "Ratelimit-Limit"), "");
    leave_dev_mode();
    router = Router(Router::Options{});
    add_routes();
    ASSERT_TRUE(catalog.add_token("plainapp", {.created_at = live.now.wall}));
    ASSERT_TRUE(catalog.add_token("platform",
                                  {.scopes = {"clamor:platform"}, .created_at = live.now.wall}));
    EXPECT_EQ(said(call("PUT", target, "plainapp", "{}")), "401: Missing scope: clamor:platform");
    EXPECT_EQ(call("PUT", target, "platform", "{}").status, 200);
    EXPECT_EQ(call("PUT", target, "app", "{}").status, 401);
}

TEST_F(PlatformTest, HasChannelsShareTheirChats) {
    for (const char* login : {"austin", "boise"}) ASSERT_TRUE(catalog.ensure_channel(login));
    const auto put = [&](const std::string& host, const std::string& body) {
        return call("PUT", "/api/platform/channels/" + host + "/shared-chat", "app", body);
    };
    const auto remove = [&](const std::string& login) {
        return call("DELETE", "/api/platform/channels/" + login + "/shared-chat", "app");
    };
    const auto session = [&] {
        return data(call("GET", "/helix/shared_chat/session?" + broadcaster(), "bob"));
    };
    EXPECT_EQ(session().size(), 0u);
    const auto begun = json(put("dallas", R"({"participants":["austin"]})"));
    ASSERT_EQ(session().size(), 1u);
    const auto shown = session()[0];
    EXPECT_EQ(shown["session_id"], begun["session_id"]);
    EXPECT_EQ(shown["host_broadcaster_id"], id(dallas));
    EXPECT_EQ(shown["participants"].size(), 2u);
    EXPECT_EQ(shown["participants"][0]["broadcaster_id"], id(dallas));
    ASSERT_EQ(live.shared_chats.size(), 1u);
    EXPECT_TRUE(live.shared_chats[0].before.participants.empty());
    EXPECT_EQ(live.shared_chats[0].after.participants.size(), 2u);
    // The same once more changes nothing; others do.
    EXPECT_EQ(put("dallas", R"({"participants":["austin","dallas"]})").status, 200);
    EXPECT_EQ(live.shared_chats.size(), 1u);
    EXPECT_EQ(json(put("dallas", R"({"participants":["austin","boise"]})"))["session_id"],
              begun["session_id"]);
    EXPECT_EQ(live.shared_chats.size(), 2u);
    const auto line = catalog.list_audit(channel.id, 0, {}, 1).value().at(0);
    EXPECT_EQ(line.action, "shared_chat");
    EXPECT_EQ(line.before, R"({"participants":["dallas","austin"]})");
    EXPECT_EQ(line.after, R"({"participants":["dallas","austin","boise"]})");
    EXPECT_EQ(line.origin, "api");

    EXPECT_EQ(said(put("austin", R"({"participants":["boise"]})")),
              "409: 'austin' is in the shared chat of 'dallas'");
    ASSERT_TRUE(catalog.ensure_channel("cairo"));
    EXPECT_EQ(put("cairo", R"({"participants":["boise"]})").status, 409);
    for (const auto* wrong :
         {"{}", R"({"participants":[]})", R"({"participants":["dallas"]})",
          R"({"participants":[5]})", R"({"participants":["no name"]})",
          R"({"participants":["a","b","c","d","e","f"]})", R"({"participants":{}})", "[]"})
        EXPECT_EQ(put("dallas", wrong).status, 400) << wrong;
    EXPECT_EQ(call("PUT", "/api/platform/channels/dallas/shared-chat", "dallas", "{}").status, 401);
    EXPECT_EQ(live.shared_chats.size(), 2u);

    // One leaves, then the host.
    EXPECT_EQ(remove("austin").status, 204);
    EXPECT_EQ(session()[0]["participants"].size(), 2u);
    EXPECT_EQ(said(remove("austin")), "404: 'austin' shares its chat with nobody");
    EXPECT_EQ(remove("dallas").status, 204);
    EXPECT_EQ(session().size(), 0u);
    EXPECT_TRUE(live.shared_chats.back().after.participants.empty());
    leave_dev_mode();
    router = Router(Router::Options{});
    add_routes();
    ASSERT_TRUE(catalog.add_token("platform",
                                  {.scopes = {"clamor:platform"}, .created_at = live.now.wall}));
    EXPECT_EQ(said(call("PUT", "/api/platform/channels/dallas/shared-chat", "platform",
                        R"({"participants":["nowhere"]})")),
              "404: there is no channel 'nowhere'");
}

TEST_F(PlatformTest, SaysWhoPeopleAre) {
    const auto done = json(call(
        "PUT", "/api/platform/users/alice", "app",
        R"({"display_name":"Alice","color":"#ABCDEF","type":"staff","turbo":true,"partner":true,
            "verified_bot":true,"description":"hi","broadcaster_type":"affiliate",
            "created_at":"2019-05-01T12:00:00Z"})"));
    EXPECT_EQ(done["display_name"], "Alice");
    EXPECT_EQ(done["type"], "staff");
    EXPECT_EQ(done["prime"], false);
    EXPECT_EQ(done["created_at"], "2019-05-01T12:00:00Z");
    const auto user = catalog.find_user("alice").value().value();
    EXPECT_TRUE(user.turbo && user.partner && user.verified_bot);
    EXPECT_EQ(live.changed_accounts.at(0), alice.id);
    EXPECT_EQ(data(call("GET", "/helix/users", "alice"))[0]["broadcaster_type"], "affiliate");
    EXPECT_EQ(data(call("GET", "/helix/users", "alice"))[0]["created_at"], "2019-05-01T12:00:00Z");
    EXPECT_EQ(json(call("PUT", "/api/platform/users/alice", "app", "{}"))["created_at"],
              "2019-05-01T12:00:00Z");
    for (const auto* wrong : {R"({"color":"red"})", R"({"type":"boss"})", R"({"turbo":1})",
                              R"({"display_name":""})", R"({"display_name":5})", "[]",
                              R"({"created_at":1556712000000})", R"({"created_at":"2019-05-01"})"})
        EXPECT_EQ(call("PUT", "/api/platform/users/alice", "app", wrong).status, 400) << wrong;
    EXPECT_EQ(call("PUT", "/api/platform/users/no%20name", "app", "{}").status, 400);
}

TEST_F(PlatformTest, SaysWhatPeopleAreInAChannel) {
    const auto* target = "/api/platform/channels/dallas/standings/alice";
    const auto done = json(call("PUT", target, "app",
                                R"({"role":"vip","subscription_tier":2,"subscription_months":7,
            "artist":true,"bits":1200,"sub_gifts":5,"follow":true,
            "custom_badges":[{"name":"event","version":"1"}]})"));
    EXPECT_EQ(done["role"], "vip");
    EXPECT_EQ(done["subscription_tier"], 2);
    EXPECT_EQ(done["subscription_months"], 7);
    EXPECT_EQ(done["founder"], true) << "one of the first ten";
    EXPECT_EQ(done["bits"], 1200);
    EXPECT_EQ(done["custom_badges"].size(), 1u);
    EXPECT_EQ(done["following_since"], 1'700'000'000'000);
    EXPECT_EQ(live.changed_standings.size(), 1u);
    const auto less = json(
        call("PUT", target, "app", R"({"subscription_tier":0,"follow":false,"custom_badges":[]})"));
    EXPECT_EQ(less["role"], "vip") << "what is not named stays";
    EXPECT_EQ(less["bits"], 1200);
    EXPECT_EQ(less["subscription_tier"], 0);
    EXPECT_EQ(less["following_since"], nullptr);
    for (const auto* wrong :
         {R"({"role":"broadcaster"})", R"({"subscription_tier":4})", R"({"subscription_months":3})",
          R"({"bits":-1})", R"({"custom_badges":[{"name":"x y","version":"1"}]})",
          R"({"custom_badges":[1]})", R"({"follow":"yes"})"})
        EXPECT_EQ(call("PUT", target, "app", wrong).status, 400) << wrong;
    EXPECT_EQ(
        call("PUT", "/api/platform/channels/dallas/standings/dallas", "app", R"({"role":"vip"})")
            .status,
        400);
}

TEST_F(PlatformTest, GivesRolesAsInChatAndLogsEveryOtherFact) {
    const auto* target = "/api/platform/channels/dallas/standings/alice";
    const auto audit = [&] { return catalog.list_audit(channel.id, 0, {}, 100).value(); };
    const auto role = [&](const char* body) {
        return json(call("PUT", target, "app", body))["role"];
    };
    EXPECT_EQ(role(R"({"role":"moderator"})"), "moderator");
    EXPECT_EQ(role(R"({"role":"moderator"})"), "moderator");
    ASSERT_EQ(live.acts.size(), 1u) << "is so already";
    EXPECT_EQ(live.acts[0].origin, "api");
    EXPECT_EQ(live.acts[0].actor.id, user_of(channel.id));
    EXPECT_EQ(role(R"({"role":"vip","bits":7})"), "vip");
    EXPECT_EQ(role(R"({"role":"viewer"})"), "viewer");
    const auto entries = audit();
    ASSERT_EQ(entries.size(), 5u);
    const char* const actions[] = {"unvip", "standing", "vip", "unmod", "mod"};
    for (std::size_t i = 0; i < entries.size(); ++i) {
        EXPECT_EQ(entries[i].action, actions[i]);
        EXPECT_EQ(entries[i].origin, "api");
        EXPECT_EQ(entries[i].target, alice.id);
    }
    EXPECT_EQ(entries[1].before, R"({"bits":0})");
    EXPECT_EQ(entries[1].after, R"({"bits":7})");
    EXPECT_EQ(entries[1].at, live.now.wall);
    call("PUT", target, "app", R"({"bits":7})");
    EXPECT_EQ(audit().size(), 5u) << "nothing changed";

    const store::Change ban =
        store::change::PutBan{{.channel = channel.id, .user = alice.id, .moderator = mo.id}};
    ASSERT_TRUE(catalog.apply(std::span(&ban, 1), {}));

    call("PUT", "/api/platform/users/dallas", "app", R"({"type":"staff"})");
    const auto account = audit().front();
    EXPECT_EQ(account.action, "account");
    EXPECT_EQ(account.after, R"({"type":"staff"})");
    call("PUT", "/api/platform/users/dallas", "app",
         R"({"description":"hi","email":"d@example.org"})");
    EXPECT_EQ(audit().front().after, R"({"description":"hi"})") << "mail is nobody's business";
}

TEST_F(PlatformTest, WritesNothingWhereTheRoleIsDenied) {
    const auto* target = "/api/platform/channels/dallas/standings/alice";
    const auto facts = [&] {
        return store::facts_of(catalog.standing(channel.id, alice.id).value()).dump();
    };
    const auto give = [&](const char* role) {
        return call("PUT", target, "app",
                    R"({"subscription_tier":2,"bits":9,"artist":true,"follow":true,"role":")" +
                        std::string(role) + "\"}");
    };
    const store::Change ban =
        store::change::PutBan{{.channel = channel.id, .user = alice.id, .moderator = mo.id}};
    ASSERT_TRUE(catalog.apply(std::span(&ban, 1), {}));
    for (const chat::Role has : {chat::Role::viewer, chat::Role::moderator}) {
        ASSERT_TRUE(catalog.set_role(channel.id, alice.id, has));
        const auto before = facts();
        EXPECT_GE(give("vip").status, 400);
        EXPECT_EQ(facts(), before) << "also the role that would have been taken first";
    }
    EXPECT_TRUE(live.follows.empty());
    EXPECT_TRUE(live.changed_standings.empty());
    EXPECT_TRUE(catalog.list_audit(channel.id, 0, {}, 10)->empty());
    EXPECT_EQ(json(give("viewer"))["bits"], 9) << "a role may always be taken";

    const store::Change unban = store::change::RemoveBan{channel.id, alice.id};
    ASSERT_TRUE(catalog.apply(std::span(&unban, 1), {}));
    live.denial = chat::Denied{.why = chat::Denial::busy};
    const auto before = facts();
    EXPECT_GE(give("vip").status, 400);
    EXPECT_EQ(facts(), before);
}

TEST_F(PlatformTest, SaysWhoIsAFounder) {
    const auto* target = "/api/platform/channels/dallas/standings/alice";
    const auto founder = [&](const char* body) -> bool {
        return json(call("PUT", target, "app", body))["founder"];
    };
    EXPECT_EQ(said(call("PUT", target, "app", R"({"founder":true})")),
              "400: The parameter \"founder\" needs a \"subscription_tier\" of 1 to 3");
    EXPECT_FALSE(founder(R"({"founder":false})"));
    EXPECT_FALSE(founder(R"({"subscription_tier":1,"founder":false})"));
    EXPECT_FALSE(founder(R"({"subscription_months":22})")) << "what is not named stays";
    EXPECT_TRUE(founder(R"({"founder":true})"));
    const chat::Chatter shown{alice, catalog.standing(channel.id, alice.id).value()};
    EXPECT_EQ(chat::badges_of(shown), (std::vector<chat::Badge>{{"founder", "0"}}));
    EXPECT_EQ(chat::badge_info_of(shown), (std::vector<chat::Badge>{{"founder", "22"}}));
    EXPECT_FALSE(founder(R"({"subscription_tier":0})"));
    EXPECT_EQ(call("PUT", target, "app", R"({"founder":1})").status, 400);
}

TEST_F(PlatformTest, AnnouncesWhatHappens) {
    const struct {
        nlohmann::json body;
        const char* kind;
        const char* text;
    } kCases[] = {
        {{{"type", "subscription"}, {"user", "alice"}}, "sub", "alice subscribed at Tier 1."},
        {{{"type", "subscription"},
          {"user", "alice"},
          {"months", 3},
          {"prime", true},
          {"text", "Woo\r\nhoo"}},
         "resub",
         "alice subscribed with Prime. They've subscribed for 3 months!"},
        {{{"type", "gift"}, {"user", "alice"}, {"recipient", "bob"}},
         "subgift",
         "alice gifted a Tier 1 sub to bob!"},
        {{{"type", "gift"}, {"recipient", "bob"}},
         "subgift",
         "An anonymous user gifted a Tier 1 sub to bob! "},
        {{{"type", "mystery_gift"}, {"user", "alice"}, {"count", 5}, {"tier", 2}},
         "submysterygift",
         "alice is gifting 5 Tier 2 Subs to dallas's community!"},
        {{{"type", "gift_upgrade"}, {"user", "alice"}, {"gifter", "bob"}},
         "giftpaidupgrade",
         "alice is continuing the Gift Sub they got from bob!"},
        {{{"type", "prime_upgrade"}, {"user", "alice"}},
         "primepaidupgrade",
         "alice converted from a Prime sub to a Tier 1 sub!"},
        {{{"type", "pay_forward"}, {"user", "alice"}},
         "communitypayforward",
         "alice is paying forward the Gift they got from an anonymous user to the community!"},
        {{{"type", "raid"}, {"user", "bob"}, {"viewers", 430}},
         "raid",
         "430 raiders from bob have joined!"},
        {{{"type", "unraid"}}, "unraid", "The raid has been cancelled."},
        {{{"type", "bits_badge_tier"}, {"user", "alice"}, {"threshold", 1000}},
         "bitsbadgetier",
         "bits badge tier notification"},
        {{{"type", "watch_streak"}, {"user", "alice"}, {"streams", 10}, {"reward", 450}},
         "viewermilestone",
         "alice watched 10 consecutive streams and sparked a watch streak!"},
        {{{"type", "modiversary"}, {"user", "mo"}, {"months", 18}},
         "modiversary",
         "has been a moderator for 18 months!"},
        {{{"type", "donation"},
          {"user", "alice"},
          {"charity", "Sea"},
          {"amount", 1000},
          {"currency", "USD"}},
         "charitydonation",
         "alice: Donated USD 10 to support Sea"},
        {{{"type", "extension"}, {"user", "alice"}, {"tier", 2}, {"months", 4}, {"end_month", 12}},
         "extendsub",
         "alice extended their Tier 2 subscription through December!"},
        {{{"type", "reward_gift"},
          {"user", "alice"},
          {"domain", "pride"},
          {"others", 10},
          {"trigger", "cheer"},
          {"amount", 500}},
         "rewardgift",
         "alice's Cheer shared rewards to 10 others in Chat!"},
        {{{"type", "ritual"}, {"user", "alice"}, {"text", "HeyGuys"}},
         "ritual",
         "@alice is new here. Say hello!"},
    };
    for (const auto& [body, kind, text] : kCases) {
        EXPECT_EQ(event(body).status, 204) << body;
        ASSERT_FALSE(live.announced.empty());
        EXPECT_EQ(live.announced.back().first, channel.id);
        EXPECT_EQ(live.announced.back().second.kind, kind);
        EXPECT_EQ(live.announced.back().second.system_text, text);
    }
    EXPECT_EQ(live.announced[1].second.message.text, "Woohoo");
}

TEST_F(PlatformTest, ACheerIsAMessageWithBitsAndCounts) {
    const auto bits = [this] {
        return catalog.standing(channel.id, catalog.find_user("alice")->value().id)->bits;
    };
    live.send_answer = hub::Stored{.id = MessageId::from_random(1, 2), .position = {}, .self = {}};
    const std::string cheer =
        R"({"type":"cheer","user":"alice","bits":100,"message":"Cheer100 great"})";
    const auto sent = event(nlohmann::json::parse(cheer));
    EXPECT_EQ(sent.status, 200) << sent.body;
    EXPECT_NE(sent.body.find("\"is_sent\":true"), std::string::npos);
    ASSERT_EQ(live.messages.size(), 1u);
    EXPECT_EQ(live.messages[0].bits, 100u);
    EXPECT_EQ(live.messages[0].text, "Cheer100 great");
    EXPECT_EQ(bits(), 100u);
    live.send_answer = chat::Refused{.why = chat::Refusal::slow_mode};
    EXPECT_NE(event(nlohmann::json::parse(cheer)).body.find("msg_slowmode"), std::string::npos);
    EXPECT_EQ(bits(), 100u) << "what was not sent does not count";
    EXPECT_EQ(event({{"type", "cheer"}, {"user", "nobody1"}, {"bits", 1}, {"message", "x"}}).status,
              404);
    EXPECT_EQ(event({{"type", "cheer"}, {"user", "alice"}, {"bits", 0}, {"message", "x"}}).status,
              400);
}

TEST_F(PlatformTest, AFollowIsToldOnceHoweverItCame) {
    EXPECT_EQ(event({{"type", "follow"}, {"user", "alice"}}).status, 204);
    ASSERT_EQ(live.follows.size(), 1u);
    EXPECT_EQ(live.follows[0].channel, channel.id);
    EXPECT_EQ(live.follows[0].follower, chat::person_of(alice));
    EXPECT_EQ(live.follows[0].at, live.now.wall);
    EXPECT_EQ(catalog.standing(channel.id, alice.id)->following_since, live.now.wall);
    ASSERT_EQ(live.changed_standings.size(), 1u) << "rooms ask how long somebody follows";

    EXPECT_EQ(event({{"type", "follow"}, {"user", "alice"}, {"followed_at", 5}}).status, 204);
    const auto* target = "/api/platform/channels/dallas/standings/alice";
    EXPECT_EQ(call("PUT", target, "app", R"({"follow":true})").status, 200);
    EXPECT_EQ(live.follows.size(), 1u) << "followed already";
    EXPECT_EQ(catalog.standing(channel.id, alice.id)->following_since, live.now.wall);
    EXPECT_EQ(call("PUT", target, "app", R"({"following_since":1600000000000})").status, 200);
    EXPECT_EQ(live.follows.size(), 1u) << "only the time was put right";
    EXPECT_EQ(catalog.standing(channel.id, alice.id)->following_since,
              wall_from_unix_ms(1'600'000'000'000));

    EXPECT_EQ(call("PUT", target, "app", R"({"follow":false})").status, 200);
    EXPECT_EQ(call("PUT", target, "app", R"({"follow":false})").status, 200);
    EXPECT_EQ(live.follows.size(), 1u);
    EXPECT_EQ(
        event({{"type", "follow"}, {"user", "alice"}, {"followed_at", 1'700'000'000'001}}).status,
        204);
    ASSERT_EQ(live.follows.size(), 2u) << "anew";
    EXPECT_EQ(live.follows[1].at, wall_from_unix_ms(1'700'000'000'001));
    EXPECT_EQ(
        call("PUT", "/api/platform/channels/dallas/standings/bob", "app", R"({"follow":true})")
            .status,
        200);
    EXPECT_EQ(live.follows.size(), 3u);
}

TEST_F(PlatformTest, AsksForWhoeverIsBanned) {
    const nlohmann::json ask{{"type", "unban_request"}, {"user", "alice"}, {"text", "I am sorry"}};
    EXPECT_EQ(event(ask).status, 400) << "not banned";
    const store::Change ban =
        store::change::PutBan{{.channel = channel.id, .user = alice.id, .moderator = mo.id}};
    ASSERT_TRUE(catalog.apply(std::span(&ban, 1), {}));
    const std::string request = json(event(ask))["id"];
    EXPECT_EQ(live.acts.back().actor.id, alice.id);
    EXPECT_EQ(live.acts.back().origin, "api");
    const auto kept = catalog.find_unban_request(channel.id, request).value();
    ASSERT_TRUE(kept);
    EXPECT_EQ(kept->user, alice.id);
    EXPECT_EQ(kept->text, "I am sorry");
    const auto listed =
        data(call("GET", "/helix/moderation/unban_requests?" + by_mo() + "&status=pending", "mo"));
    EXPECT_EQ(listed.at(0)["id"], request);
    EXPECT_EQ(event(ask).status, 400) << "asked already";
    for (const nlohmann::json& text :
         {nlohmann::json(""), nlohmann::json(5), nlohmann::json(std::string(501, 'x'))}) {
        EXPECT_EQ(event({{"type", "unban_request"}, {"user", "alice"}, {"text", text}}).status, 400)
            << text;
    }
}

TEST_F(PlatformTest, RefusesFollowsThatAreNone) {
    for (const auto* wrong :
         {R"({"type":"follow"})", R"({"type":"follow","user":"dallas"})",
          R"({"type":"follow","user":"no name"})", R"({"type":"follow","user":5})",
          R"({"type":"follow","user":"alice","followed_at":-1})",
          R"({"type":"follow","user":"alice","followed_at":1e300})",
          R"({"type":"follow","user":"alice","followed_at":"2020"})"}) {
        EXPECT_EQ(call("POST", "/api/platform/channels/dallas/events", "app", wrong).status, 400)
            << wrong;
    }
    EXPECT_TRUE(live.follows.empty());
}

TEST_F(PlatformTest, RefusesEventsThatAreNone) {
    for (
        const auto* wrong :
        {"{}", R"({"type":"x"})", R"({"type":"subscription"})",
         R"({"type":"subscription","user":"no name"})",
         R"({"type":"subscription","user":"alice","tier":4})",
         R"({"type":"subscription","user":"alice","months":0})",
         R"({"type":"gift","user":"alice"})", R"({"type":"mystery_gift","user":"alice"})",
         R"({"type":"raid","user":"bob"})", R"({"type":"raid","user":"bob","viewers":-1})",
         R"({"type":"donation","user":"a","charity":"x","amount":1,"currency":"usd"})",
         R"({"type":"ritual"})", R"({"type":"extension","user":"alice"})",
         R"({"type":"extension","user":"alice","end_month":13})",
         R"({"type":"reward_gift","user":"a","domain":"x","others":1,"amount":1,"trigger":"x"})"}) {
        EXPECT_EQ(call("POST", "/api/platform/channels/dallas/events", "app", wrong).status, 400)
            << wrong;
    }
    EXPECT_TRUE(live.announced.empty());
}

TEST_F(PlatformTest, DoesNothingOfWhatIsNotUnderstood) {
    const std::string events = "/api/platform/channels/dallas/events";
    const std::string user = "/api/platform/users/newcomer";
    const std::string standing = "/api/platform/channels/dallas/standings/";
    struct Row {
        const char* method;
        std::string target;
        const char* body;
        const char* named;  ///< the parameter that is wrong
    };
    const Row rows[] = {
        {"PUT", user, R"({"display_name":"Newcomer","turbo":"yes"})", "turbo"},
        {"PUT", user, R"({"color":"red"})", "color"},
        {"PUT", standing + "newcomer", R"({"role":"vip","bits":-1})", "bits"},
        {"PUT", standing + "newcomer", R"({"follow":true,"subscription_months":3})",
         "subscription_months"},
        {"PUT", standing + "alice", R"({"role":"vip","subscription_tier":4})", "subscription_tier"},
        {"PUT", standing + "alice", R"({"role":"vip","follow":true,"following_since":-1})",
         "following_since"},
        {"PUT", standing + "alice",
         R"({"subscription_tier":1,"custom_badges":[{"name":"a b","version":"1"}]})",
         "custom_badges"},
        {"PUT", standing + "dallas", R"({"role":"vip","bits":5})", "role"},
        {"POST", events, R"({"type":"subscription","user":"newcomer","tier":4})", "tier"},
        {"POST", events,
         R"({"type":"subscription","user":"newcomer","was_gifted":true,"gift_months":0})",
         "gift_months"},
        {"POST", events, R"({"type":"gift","user":"newcomer","recipient":"no name"})", "recipient"},
        {"POST", events, R"({"type":"mystery_gift","user":"newcomer","count":0})", "count"},
        {"POST", events, R"({"type":"gift_upgrade","user":"newcomer","gifter":"-"})", "gifter"},
        {"POST", events, R"({"type":"prime_upgrade","user":"newcomer","tier":0})", "tier"},
        {"POST", events, R"({"type":"pay_forward","user":"newcomer","recipient":"-"})",
         "recipient"},
        {"POST", events, R"({"type":"raid","user":"newcomer","viewers":-1})", "viewers"},
        {"POST", events, R"({"type":"bits_badge_tier","user":"newcomer"})", "threshold"},
        {"POST", events, R"({"type":"watch_streak","user":"newcomer","streams":1,"text":5})",
         "text"},
        {"POST", events, R"({"type":"modiversary","user":"newcomer","months":0})", "months"},
        {"POST", events,
         R"({"type":"donation","user":"newcomer","charity":"x","amount":1,"currency":"usd"})",
         "currency"},
        {"POST", events, R"({"type":"cheer","user":"\u001b[31m","bits":1,"message":"x"})", "user"},
        {"POST", events, R"({"type":"follow","user":"newcomer","followed_at":"now"})",
         "followed_at"},
    };
    for (const Row& row : rows) {
        const auto told = call(row.method, row.target, "app", row.body);
        EXPECT_EQ(told.status, 400) << row.body;
        EXPECT_NE(message_of(told).find(row.named), std::string::npos)
            << row.body << ": " << message_of(told);
    }
    EXPECT_EQ(
        call("POST", events, "app", R"({"type":"unban_request","user":"newcomer","text":"please"})")
            .status,
        404);
    EXPECT_FALSE(catalog.find_user("newcomer").value()) << "nobody came into being";
    for (const auto& each : {alice, dallas}) {
        const auto left = catalog.standing(channel.id, each.id).value();
        EXPECT_NE(left.role, chat::Role::vip);
        EXPECT_EQ(left.subscriber_tier, 0);
        EXPECT_EQ(left.bits, 0u);
        EXPECT_FALSE(left.following_since);
    }
    EXPECT_TRUE(live.follows.empty());
    EXPECT_TRUE(live.announced.empty());
    EXPECT_TRUE(live.changed_standings.empty());
}

TEST_F(PlatformTest, ModeratesInBulkAndTakesItBack) {
    nlohmann::json acts = nlohmann::json::array();
    acts.push_back({{"action", "ban"}, {"login", "alice"}, {"reason", "raid"}});
    acts.push_back({{"action", "timeout"}, {"user_id", id(bob)}, {"seconds", 600}});
    acts.push_back({{"action", "ban"}, {"login", "dallas"}});
    acts.push_back({{"action", "delete"}, {"message_id", "b34ccfc7-4977-403a-8a94-33c6bac34fb8"}});
    const auto done = json(bulk({{"batch", "raid-1"}, {"acts", acts}}));
    EXPECT_EQ(done["batch"], "raid-1");
    EXPECT_EQ(done["done"], 2);
    ASSERT_EQ(done["refused"].size(), 2u);
    EXPECT_EQ(done["refused"][0]["index"], 2);
    EXPECT_EQ(done["refused"][1]["status"], 404);
    EXPECT_EQ(live.acts.at(0).origin, "api");
    EXPECT_EQ(live.acts.at(0).batch, "raid-1");
    EXPECT_TRUE(catalog.find_ban(channel.id, alice.id, live.now.wall).value());

    const auto audit = json(call("GET", "/api/channels/dallas/audit?batch=raid-1", "mo"));
    ASSERT_EQ(audit["entries"].size(), 2u);
    const auto& entry = audit["entries"][1];
    EXPECT_EQ(entry["action"], "ban");
    EXPECT_EQ(entry["actor"]["login"], "mo");
    EXPECT_EQ(entry["target"]["login"], "alice");
    EXPECT_EQ(entry["reason"], "raid");
    EXPECT_EQ(entry["at"], 1'700'000'000'000);
    EXPECT_EQ(entry["before"], nullptr);
    EXPECT_TRUE(entry["after"].is_object());

    const auto* undo = "/api/channels/dallas/moderation/undo";
    EXPECT_EQ(json(call("POST", undo, "mo", R"({"batch":"raid-1"})"))["events"], 2);
    EXPECT_FALSE(catalog.find_ban(channel.id, alice.id, live.now.wall).value());
    EXPECT_FALSE(catalog.find_ban(channel.id, bob.id, live.now.wall).value());
    EXPECT_EQ(call("POST", undo, "mo", R"({"batch":"never"})").status, 404);
    EXPECT_EQ(call("POST", undo, "mo", "{}").status, 400);
    EXPECT_EQ(call("POST", undo, "alice", R"({"batch":"raid-1"})").status, 403);
}

TEST_F(PlatformTest, DoesNothingOfABatchThatIsNotUnderstood) {
    const auto response =
        bulk({{"acts", {{{"action", "ban"}, {"login", "alice"}}, {{"action", "kick"}}}}});
    EXPECT_EQ(response.status, 400);
    EXPECT_TRUE(message_of(response).starts_with("acts[1]: The parameter \"action\""));
    EXPECT_EQ(bulk({{"acts", nlohmann::json::array()}}).status, 400);
    EXPECT_EQ(bulk(nlohmann::json::object()).status, 400);
    nlohmann::json many = nlohmann::json::array();
    for (int i = 0; i < 10'001; ++i) many.push_back({{"action", "unban"}, {"login", "alice"}});
    EXPECT_EQ(bulk({{"acts", many}}).status, 400);
    EXPECT_TRUE(live.acts.empty());
    many.erase(0);
    const auto all = json(bulk({{"acts", many}}));
    EXPECT_EQ(all["done"], 0);
    EXPECT_EQ(all["refused"].size(), 10'000u);
    EXPECT_EQ(all["batch"].get<std::string>().size(), 36u) << "one is made up where none is given";
}

TEST_F(PlatformTest, ShowsTheAuditLogByThePageToModerators) {
    for (int i = 0; i < 25; ++i) {
        call("PATCH", "/helix/chat/settings?" + by_mo(), "mo",
             i % 2 == 0 ? R"({"emote_mode":true})" : R"({"emote_mode":false})");
    }
    const std::string target = "/api/channels/dallas/audit?limit=10";
    std::set<std::string> seen;
    std::string before;
    while (true) {
        const auto page = json(call("GET", target + before, "mo"))["entries"];
        if (page.empty()) break;
        for (const auto& entry : page) EXPECT_TRUE(seen.insert(entry["id"]).second);
        before = "&before=" + page.back()["id"].get<std::string>();
    }
    EXPECT_EQ(seen.size(), 25u);
    EXPECT_EQ(call("GET", target, "alice").status, 403);
    EXPECT_EQ(call("GET", target, "mo:chat:read").status, 401);
    EXPECT_EQ(call("GET", "/api/channels/nobody/audit", "mo").status, 404);
    EXPECT_EQ(call("GET", "/api/channels/dallas/audit?limit=0", "mo").status, 400);
    EXPECT_EQ(header_of(call("GET", target, "mo"), "Ratelimit-Limit"), "800");
    EXPECT_EQ(header_of(call("GET", target, "nonsense"), "Ratelimit-Limit"), "800");
    EXPECT_EQ(call("GET", "/api/channels/dallas/audit?before=x", "mo").status, 400);
}

}  // namespace
}  // namespace clamor::api::helix
