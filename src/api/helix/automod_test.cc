// SPDX-License-Identifier: Apache-2.0
#include <random>
#include <set>

#include "api/helix/helix_fixture.h"
#include "moderation/automod_findings.h"
#include "moderation/raid_settings.h"
#include "moderation/raid_trip.h"

namespace clamor::api::helix {
namespace {

class AutoModApi : public HelixFixture {
  protected:
    std::string page(const std::string& name) { return "/api/channels/dallas/automod/" + name; }

    MessageId hold(const std::string& text, std::chrono::seconds ago = std::chrono::seconds(0)) {
        chat::HeldMessage held;
        held.message.id = MessageId::at(live.now.wall, ++made_, 1);
        held.message.author_id = alice.id;
        held.message.author_login = alice.login;
        held.message.text = text;
        held.held_at = live.now.wall - ast(ago);
        const chat::Event event{channel.id, channel.login, {}, held};
        EXPECT_TRUE(*catalog.hold({.channel = channel.id,
                                   .id = held.message.id,
                                   .author = alice.id,
                                   .event = chat::encode_event(event),
                                   .held_at = held.held_at},
                                  100));
        automod::Finding finding{};
        finding.source = automod::Source::spam;
        finding.action = automod::Action::hold;
        finding.rule = "capitals";
        finding.spans = {{0, 3}};
        const store::VerdictRecord record{
            .channel = channel.id,
            .message = held.message.id,
            .author = alice.id,
            .at = held.held_at,
            .action = 1,
            .text = text,
            .findings = moderation::findings_document(std::span(&finding, 1))};
        EXPECT_TRUE(catalog.record_verdicts(std::span(&record, 1)));
        return held.message.id;
    }
    wire::http::Response decide(MessageId message, const std::string& action,
                                const std::string& by = "mo") {
        return call("POST", "/helix/moderation/automod/message", by,
                    R"({"user_id":")" + id(make_user(by)) + R"(","msg_id":")" +
                        message.to_string() + R"(","action":")" + action + R"("})");
    }
    static std::chrono::milliseconds ast(std::chrono::seconds time) { return time; }

    std::uint64_t made_ = 0;
};

TEST_F(AutoModApi, DecidesHeldMessagesOnce) {
    const auto held = hold("LOUD");
    EXPECT_EQ(decide(held, "ALLOW", "bob").status, 403);
    EXPECT_EQ(decide(held, "ALLOW").status, 204);
    EXPECT_EQ(said(decide(held, "DENY")),
              "400: The message specified in the msg_id field has been decided already.");
    EXPECT_EQ(decide(hold("LOUDER"), "DENY", "dallas").status, 204);
    EXPECT_EQ(decide(hold("old", std::chrono::minutes(6)), "ALLOW").status, 404);
    EXPECT_EQ(decide(MessageId::from_random(1, 2), "ALLOW").status, 404);
    EXPECT_EQ(decide(held, "allow").status, 400);
    EXPECT_EQ(call("POST", "/helix/moderation/automod/message", "mo",
                   R"({"user_id":")" + id(dallas) + R"(","msg_id":"x","action":"ALLOW"})")
                  .status,
              401);
}

TEST_F(AutoModApi, ListsHeldMessagesWithWhatWasFound) {
    const auto held = hold("LOUD");
    const auto list = json(call("GET", page("held"), "mo"))["held"];
    ASSERT_EQ(list.size(), 1u);
    EXPECT_EQ(list[0]["id"], held.to_string());
    EXPECT_EQ(list[0]["text"], "LOUD");
    EXPECT_EQ(list[0]["author"]["login"], "alice");
    EXPECT_EQ(list[0]["findings"][0]["rule"], "capitals");
    EXPECT_EQ(list[0]["moderator"], nullptr);
    EXPECT_EQ(call("GET", page("held"), "alice").status, 403);
    const auto target = page("held/" + held.to_string());
    EXPECT_EQ(call("POST", target, "mo", R"({"action":"shrug"})").status, 400);
    EXPECT_EQ(call("POST", target, "mo", R"({"action":"approve"})").status, 204);
    EXPECT_EQ(call("POST", target, "mo", R"({"action":"approve"})").status, 400);
    EXPECT_EQ(json(call("GET", page("held"), "mo"))["held"].size(), 0u);
    const auto decided = json(call("GET", page("held?status=approved"), "mo"))["held"];
    EXPECT_EQ(decided[0]["moderator"]["login"], "mo");
    EXPECT_EQ(
        json(call("GET", page("held?status=approved&after=" + held.to_string()), "mo"))["held"]
            .size(),
        0u);
}

TEST_F(AutoModApi, ProvesAVerdict) {
    const auto held = hold("LOUD");
    const auto proof = json(call("GET", page("verdicts/" + held.to_string()), "mo"));
    EXPECT_EQ(proof["action"], "hold");
    EXPECT_EQ(proof["status"], "pending");
    EXPECT_EQ(proof["findings"][0]["source"], "spam");
    EXPECT_EQ(proof["findings"][0]["spans"][0]["last"], 3);
    EXPECT_EQ(
        call("GET", page("verdicts/" + MessageId::from_random(1, 2).to_string()), "mo").status,
        404);
    EXPECT_EQ(call("GET", page("verdicts/x"), "mo").status, 404);
}

TEST_F(AutoModApi, KeepsRules) {
    auto rules = json(call("GET", page("rules"), "mo"));
    EXPECT_EQ(rules["version"], 0);
    EXPECT_EQ(rules["rules"]["model"], true);
    rules = json(call("PATCH", page("rules"), "mo",
                      R"({"rules":{"model":false,"spam":{"links":{"on":true}}},"batch":"b"})"));
    EXPECT_EQ(rules["batch"], "b");
    EXPECT_EQ(rules["version"], 1);
    EXPECT_EQ(rules["rules"]["model"], false);
    EXPECT_EQ(rules["rules"]["spam"]["links"]["on"], true);
    EXPECT_TRUE(message_of(call("PATCH", page("rules"), "mo", R"({"rules":{"spam":{"x":{}}}})"))
                    .find("spam.x") != std::string::npos);
    EXPECT_EQ(call("PATCH", page("rules"), "mo", R"({"rules":[]})").status, 400);
    EXPECT_EQ(call("PATCH", page("rules"), "mo", "{}").status, 400);
    EXPECT_EQ(call("PATCH", page("rules"), "alice", R"({"rules":{}})").status, 403);
    EXPECT_EQ(call("POST", "/api/channels/dallas/moderation/undo", "mo", R"({"batch":"b"})").status,
              200);
    EXPECT_EQ(json(call("GET", page("rules"), "mo"))["rules"]["model"], true);
}

TEST_F(AutoModApi, ImportsAndExportsTerms) {
    const auto first = json(
        call("POST", page("terms"), "mo",
             R"({"terms":[{"text":"secret word","private":true,"action":"hold","expires_in_s":60},
                     {"text":"fine","permitted":true},{"text":"/(broken/"}],"batch":"b"})"));
    EXPECT_EQ(first["added"].size(), 2u);
    ASSERT_EQ(first["refused"].size(), 1u);
    EXPECT_EQ(first["refused"][0]["text"], "/(broken/");
    const auto second =
        json(call("POST", page("terms"), "mo",
                  R"({"text":"# ours\nsecret word\n\nother\tshadow\n","list":"ours"})"));
    EXPECT_EQ(second["known"], 1);
    EXPECT_EQ(second["added"][0]["text"], "other");
    const auto terms = json(call("GET", page("terms"), "mo"))["terms"];
    ASSERT_EQ(terms.size(), 3u);
    const auto named = [&](const std::string& text) {
        for (const auto& term : terms) {
            if (term["text"] == text) return term;
        }
        return nlohmann::json();
    };
    EXPECT_EQ(named("secret word")["private"], true);
    EXPECT_EQ(named("secret word")["action"], "hold");
    EXPECT_EQ(named("secret word")["expires_at"], 1'700'000'060'000);
    EXPECT_EQ(named("other")["list"], "ours");
    EXPECT_EQ(named("other")["shadow"], true);
    const auto text = call("GET", page("terms?format=text"), "mo").body;
    EXPECT_NE(text.find("other\tshadow\n"), std::string::npos) << text;
    EXPECT_NE(text.find("fine\tpermitted\n"), std::string::npos) << text;
    EXPECT_EQ(call("POST", page("terms"), "mo", R"({"text":"word\tnonsense"})").status, 400);
    // Twitch's endpoint lists the public ones.
    const auto listed = data(call("GET", "/helix/moderation/blocked_terms?" + by_mo(), "mo"));
    ASSERT_EQ(listed.size(), 1u);
    EXPECT_EQ(listed[0]["text"], "other");
    const std::string other = named("other")["id"];
    EXPECT_EQ(call("DELETE", page("terms/" + other), "mo").status, 200);
    EXPECT_EQ(call("DELETE", page("terms/" + other), "mo").status, 404);
    EXPECT_EQ(call("POST", page("terms"), "mo", R"({"terms":[{"text":"x"}]})").status, 400);
    EXPECT_EQ(call("POST", page("terms"), "mo", "{}").status, 400);
}

TEST_F(AutoModApi, LooksBack) {
    store_text(channel, 1, "a pineapple");
    store_text(channel, 2, "an apple");
    live.now.wall = wall_from_unix_ms(60'000);
    const auto seen =
        json(call("POST", page("preview"), "mo", R"({"hours":1,"terms":[{"text":"pineapple"}]})"));
    EXPECT_EQ(seen["messages"], 2);
    EXPECT_EQ(seen["blocked"], 1);
    EXPECT_EQ(seen["people"], 1);
    EXPECT_EQ(seen["regulars"], 0);
    EXPECT_EQ(seen["authors"][0]["login"], "alice");
    EXPECT_EQ(seen["hits"][0]["text"], "a pineapple");
    EXPECT_EQ(seen["hits"][0]["findings"][0]["spans"][0]["first"], 2);
    EXPECT_EQ(call("POST", page("preview"), "mo", R"({"hours":0})").status, 400);
    EXPECT_EQ(call("POST", page("preview"), "mo", R"({"terms":[{"text":"/(/"}]})").status, 400);
    EXPECT_EQ(call("POST", page("preview"), "mo", R"({"rules":{"no":1}})").status, 400);
}

TEST_F(AutoModApi, ShowsAppliesAndRevertsACalibration) {
    auto shown = json(call("GET", page("calibration"), "mo"));
    EXPECT_EQ(shown["decisions"], 0);
    EXPECT_EQ(shown["enough"], false);
    EXPECT_EQ(call("POST", page("calibration"), "mo").status, 409);
    for (int i = 0; i < 30; ++i) {
        const auto message = hold("words");
        automod::Finding finding{};
        finding.source = automod::Source::classifier;
        finding.action = automod::Action::hold;
        finding.score = 0.72f;
        const store::VerdictRecord record{
            .channel = channel.id,
            .message = MessageId::at(live.now.wall, ++made_, 2),
            .author = alice.id,
            .at = live.now.wall,
            .action = 1,
            .text = "words",
            .findings = moderation::findings_document(std::span(&finding, 1))};
        ASSERT_TRUE(catalog.record_verdicts(std::span(&record, 1)));
        ASSERT_TRUE(*catalog.hold({.channel = channel.id,
                                   .id = record.message,
                                   .author = alice.id,
                                   .held_at = live.now.wall},
                                  1000));
        for (const MessageId id : {message, record.message}) {
            const store::Change change = store::change::DecideHeld{
                channel.id, id, chat::HoldStatus::approved, mo.id, live.now.wall};
            ASSERT_TRUE(catalog.apply(std::span(&change, 1), {}));
        }
    }
    shown = json(call("GET", page("calibration"), "mo"));
    EXPECT_EQ(shown["decisions"], 30);
    EXPECT_EQ(shown["present"]["layer"]["offset"], 0.0);
    EXPECT_NE(shown["proposed"]["layer"], shown["present"]["layer"]);
    EXPECT_EQ(call("POST", page("calibration"), "mo").status, 200);
    EXPECT_EQ(json(call("GET", page("calibration"), "mo"))["present"]["layer"],
              shown["proposed"]["layer"]);
    EXPECT_EQ(call("DELETE", page("calibration"), "mo").status, 200);
    EXPECT_EQ(json(call("GET", page("calibration"), "mo"))["present"]["layer"],
              shown["present"]["layer"]);
}

TEST_F(AutoModApi, Reports) {
    decide(hold("LOUD"), "ALLOW");
    decide(hold("LOUDER"), "DENY");
    const auto report = json(call("GET", page("report?days=7"), "mo"));
    ASSERT_EQ(report["rules"].size(), 1u);
    EXPECT_EQ(report["rules"][0]["source"], "spam");
    EXPECT_EQ(report["rules"][0]["rule"], "capitals");
    EXPECT_EQ(report["rules"][0]["held"], 2);
    EXPECT_EQ(report["rules"][0]["approved"], 1);
    EXPECT_EQ(report["rules"][0]["false_hold_rate"], 0.5);
}

TEST_F(AutoModApi, PermitsLinksAndPhrases) {
    EXPECT_EQ(call("POST", page("permits"), "mo", R"({"user_id":")" + id(alice) + R"("})").status,
              204);
    EXPECT_EQ(call("POST", page("permits"), "mo", R"({"phrase":"a bad word"})").status, 204);
    EXPECT_EQ(call("POST", page("permits"), "mo", "{}").status, 400);
    EXPECT_EQ(call("POST", page("permits"), "mo", R"({"phrase":"x","seconds":100000})").status,
              400);
    EXPECT_EQ(call("POST", page("permits"), "alice", R"({"phrase":"x"})").status, 403);
}

/// Terms of every kind, some of which have little to do with words.
nlohmann::json any_terms(std::mt19937& random, WallTime now) {
    nlohmann::json terms = nlohmann::json::array();
    for (const char* word : {"spoon@", "#@", "# @", "дурак@", "a@ b", "*xx@ yy*", "\"q\"@", "c++@",
                             "/a+b@/", "permitted@"}) {
        std::string text = word;
        text.replace(text.find('@'), 1, std::to_string(random() % 10));
        nlohmann::json term{{"text", text},
                            {"permitted", random() % 3 == 0},
                            {"private", random() % 2 == 0},
                            {"shadow", random() % 2 == 0},
                            {"action", random() % 2 == 0 ? "hold" : "block"},
                            {"list", ""}};
        // Whole seconds, which are all that text keeps.
        if (random() % 2 == 0)
            term["expires_at"] = (unix_ms(now) / 1000 + 60 + random() % 5'000'000) * 1000;
        terms.push_back(std::move(term));
    }
    return terms;
}

/// What the channel has, without what differs from channel to channel.
std::set<std::string> told(const nlohmann::json& terms) {
    std::set<std::string> told;
    for (nlohmann::json term : terms) {
        for (const char* own : {"id", "moderator_id", "created_at"}) term.erase(own);
        told.insert(term.dump());
    }
    return told;
}

TEST_F(AutoModApi, ExportsTermsAsTheyWereImported) {
    std::mt19937 random(11);
    const std::string other = "/api/channels/alice/automod/terms";
    ASSERT_TRUE(catalog.ensure_channel("alice"));
    for (int round = 0; round < 20; ++round) {
        for (const std::string& channel_page : {page("terms"), other}) {
            const std::string by = channel_page == other ? "alice" : "dallas";
            const auto there = json(call("GET", channel_page, by));
            for (const auto& term : there["terms"])
                call("DELETE", channel_page + "/" + term["id"].get<std::string>(), by);
        }
        const auto wanted = any_terms(random, live.now.wall);
        ASSERT_EQ(
            call("POST", page("terms"), "dallas", nlohmann::json{{"terms", wanted}}.dump()).status,
            200);
        live.now.wall += std::chrono::milliseconds(1 + random() % 1000);
        const auto mine = json(call("GET", page("terms"), "dallas"))["terms"];
        ASSERT_EQ(mine.size(), wanted.size());
        if (round % 2 == 0) {
            call("POST", other, "alice", nlohmann::json{{"terms", mine}}.dump());
        } else {
            const auto text = call("GET", page("terms?format=text"), "dallas").body;
            call("POST", other, "alice", nlohmann::json{{"text", text}}.dump());
        }
        EXPECT_EQ(told(json(call("GET", other, "alice"))["terms"]), told(mine));
    }
}

TEST_F(AutoModApi, LeavesOutTermsThatHaveExpired) {
    const auto imported = json(call(
        "POST", page("terms"), "mo",
        R"({"terms":[{"text":"old","expires_at":1},{"text":"new","expires_at":253402300799999}]})"));
    ASSERT_EQ(imported["added"].size(), 1u);
    EXPECT_EQ(imported["added"][0]["text"], "new");
    EXPECT_EQ(call("POST", page("terms"), "mo", R"({"terms":[{"text":"ab","expires_at":"soon"}]})")
                  .status,
              400);
}

TEST_F(AutoModApi, HandsOutTheListsThatComeWithClamor) {
    const auto lists = json(call("GET", page("lists"), "mo"))["lists"];
    ASSERT_EQ(lists.size(), static_cast<std::size_t>(automod::kLists));
    for (const auto& list : lists) {
        const std::string name = list["name"];
        std::set<std::string> texts;
        nlohmann::json next = 0;
        for (int pages = 0; !next.is_null(); ++pages) {
            ASSERT_LT(pages, 100);
            const auto part = json(call(
                "GET", page("lists/" + name + "?limit=20&after=" + std::to_string(next.get<int>())),
                "mo"));
            EXPECT_LE(part["terms"].size(), 20u);
            for (const auto& term : part["terms"]) texts.insert(term["text"]);
            next = part["next"];
        }
        EXPECT_EQ(texts.size(), list["terms"]) << name;
    }
    EXPECT_EQ(json(call("GET", page("lists/sexual"), "mo"))["terms"][0]["category"],
              "sex_based_terms");
    EXPECT_EQ(json(call("GET", page("lists/fraud"), "mo"))["terms"][0]["category"], nullptr);
    EXPECT_EQ(call("GET", page("lists/nonsense"), "mo").status, 404);
    EXPECT_EQ(call("GET", page("lists/fraud?limit=101"), "mo").status, 400);
    EXPECT_EQ(call("GET", page("lists/fraud"), "alice").status, 403);
    const std::string first = json(call("GET", page("lists/fraud"), "mo"))["terms"][0]["text"];
    EXPECT_EQ(
        json(
            call("POST", page("terms"), "mo",
                 nlohmann::json{{"terms", {{{"text", first}, {"list", "fraud"}}}}}.dump()))["added"]
            .size(),
        1u);
}

class RaidApi : public AutoModApi {
  protected:
    /// As the room has it done.
    void trip() {
        automod::Trip trip;
        trip.signs = {{automod::RaidSign::alike_names, 12, 8}};
        trip.changes = {{automod::Measure::shield, 0, 1},
                        {automod::Measure::followers_only, -1, 10}};
        trip.newcomers = {alice.id};
        live.act({.channel = channel.id,
                  .actor = dallas,
                  .origin = "system",
                  .batch = batch,
                  .acts = {chat::act::NoteTrip{.batch = batch,
                                               .until = live.now.wall + std::chrono::seconds(600),
                                               .details = moderation::trip_details(trip)},
                           chat::act::Shield{true},
                           chat::act::ChangeModes{{.followers_only_minutes = 10}}}},
                 [](const hub::ActAnswers&) {});
        live.give_answers();
    }
    nlohmann::json last() { return json(call("GET", page("raid"), "mo"))["last"]; }

    const std::string batch = std::string(moderation::kRaidBatch) + "1";
};

TEST_F(RaidApi, TellsWhatTheRaidBreakerDidAndWhy) {
    EXPECT_EQ(last(), nullptr);
    trip();
    live.now.wall += std::chrono::seconds(1);
    const auto state = json(call("GET", page("raid"), "mo"));
    EXPECT_EQ(state["shield"], true);
    EXPECT_EQ(state["last"]["batch"], batch);
    EXPECT_EQ(state["last"]["over"], false);
    EXPECT_EQ(state["last"]["shadow"], false);
    EXPECT_EQ(state["last"]["seconds_left"], 599);
    EXPECT_EQ(state["last"]["signs"],
              nlohmann::json::parse(R"([{"sign":"alike_names","measured":12.0,"limit":8.0}])"));
    EXPECT_EQ(state["last"]["changes"][1],
              nlohmann::json::parse(R"({"measure":"followers_only","before":-1,"after":10})"));
    EXPECT_EQ(state["last"]["newcomers"], nlohmann::json::array({id(alice)}));
}

TEST_F(RaidApi, TakesItBackHoweverMuchWasDoneSince) {
    EXPECT_EQ(call("POST", page("raid/revert"), "mo").status, 404);
    trip();
    std::vector<store::AuditEntry> others(2000);
    for (auto& entry : others) entry = {.channel = channel.id, .action = "ban"};
    ASSERT_TRUE(catalog.apply({}, others));
    EXPECT_EQ(call("POST", page("raid/revert"), "mo").status, 204);
    EXPECT_FALSE(catalog.shield_mode(channel.id)->active);
    EXPECT_EQ(catalog.find_channel(channel.id).value()->modes.followers_only_minutes, -1);
    EXPECT_EQ(last()["over"], true);
    EXPECT_EQ(last()["seconds_left"], 0);
    EXPECT_EQ(call("POST", page("raid/revert"), "mo").status, 404);
}

TEST_F(RaidApi, GivesItMoreTime) {
    const auto extend = [&](const std::string& seconds, const std::string& by = "mo") {
        return call("POST", page("raid/extend"), by, R"({"seconds":)" + seconds + "}").status;
    };
    EXPECT_EQ(extend("60"), 404);
    trip();
    EXPECT_EQ(extend("60", "alice"), 403);
    EXPECT_EQ(extend("0"), 400);
    EXPECT_EQ(extend("86401"), 400);
    EXPECT_EQ(extend("86400"), 400) << "with what is left of it";
    EXPECT_EQ(extend("60"), 204);
    EXPECT_EQ(last()["seconds_left"], 660);
    const auto audit = catalog.list_audit(channel.id, 0, {}, 1).value();
    EXPECT_EQ(audit[0].action, "raid_countdown");
    EXPECT_EQ(audit[0].actor, mo.id);
}

}  // namespace
}  // namespace clamor::api::helix
