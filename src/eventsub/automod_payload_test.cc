// SPDX-License-Identifier: Apache-2.0
#include "eventsub/payload_fixture.h"

namespace clamor::eventsub {
namespace {

using chat::HoldReason;
using chat::HoldStatus;

constexpr auto kPeople =
    R"("broadcaster_user_id":"1971641","broadcaster_user_login":"streamer",)"
    R"("broadcaster_user_name":"Streamer","user_id":"4145994","user_login":"viewer32",)"
    R"("user_name":"Viewer32",)";
constexpr auto kMessage =
    R"("message_id":"cc106a89-1814-919d-454c-f4f2f970aae7","message":{"text":"you ass Kappa",)"
    R"("fragments":[{"type":"text","text":"you ","cheermote":null,"emote":null},)"
    R"({"type":"text","text":"ass","cheermote":null,"emote":null},)"
    R"({"type":"text","text":" ","cheermote":null,"emote":null},)"
    R"({"type":"emote","text":"Kappa","cheermote":null,"emote":{"id":"25","emote_set_id":"0"}}]},)";

class AutoModPayload : public PayloadFixture {};

TEST_F(AutoModPayload, TellsModeratorsWhatIsHeld) {
    EXPECT_EQ(text_of(Type::automod_message_hold, held(HoldStatus::pending), 2),
              std::string("{") + kPeople + kMessage +
                  R"("reason":"automod","automod":{"category":"racism","level":2,)"
                  R"("boundaries":[{"start_pos":4,"end_pos":6}]},"blocked_term":null,)"
                  R"("held_at":"2023-11-14T22:13:20.123000000Z"})");
    EXPECT_EQ(text_of(Type::automod_message_hold, held(HoldStatus::pending), 1),
              std::string("{") + kPeople + kMessage +
                  R"("category":"racism","level":2,"held_at":"2023-11-14T22:13:20.123000000Z"})");
    EXPECT_EQ(text_of(Type::automod_message_update, held(HoldStatus::pending), 2), "");
}

TEST_F(AutoModPayload, TellsWhatBecameOfIt) {
    const auto moderator =
        R"("moderator_user_id":"1001","moderator_user_login":"alice","moderator_user_name":"Alice",)";
    const auto nobody =
        R"("moderator_user_id":null,"moderator_user_login":null,"moderator_user_name":null,)";
    for (const auto status : {HoldStatus::approved, HoldStatus::denied, HoldStatus::expired}) {
        EXPECT_EQ(text_of(Type::automod_message_update, held(status), 1),
                  std::string("{") + kPeople +
                      (status == HoldStatus::expired ? nobody : moderator) + kMessage +
                      R"("category":"racism","level":2,"status":")" +
                      std::string(chat::name_of(status)) +
                      R"(","held_at":"2023-11-14T22:13:20.123000000Z"})");
        EXPECT_EQ(text_of(Type::automod_message_hold, held(status), 2), "");
    }
}

TEST_F(AutoModPayload, NamesTheTermsThatWereFound) {
    auto message = held(HoldStatus::pending);
    message.message.action = true;
    message.reasons = {
        {.kind = HoldReason::Kind::term, .name = "t-1", .level = 0, .spans = {{0, 2}, {4, 6}}}};
    const auto told = *tell(Type::automod_message_hold, message, 2);
    EXPECT_EQ(told["reason"], "blocked_term");
    EXPECT_EQ(told["automod"], nullptr);
    const auto& terms = told["blocked_term"]["terms_found"];
    ASSERT_EQ(terms.size(), 2u);
    EXPECT_EQ(terms[1].dump(),
              R"({"term_id":"t-1","boundary":{"start_pos":12,"end_pos":14},)"
              R"("owner_broadcaster_user_id":"1971641","owner_broadcaster_user_login":"streamer",)"
              R"("owner_broadcaster_user_name":"Streamer"})");
    std::string text;
    for (const auto& fragment : told["message"]["fragments"])
        text += fragment["text"].get<std::string>();
    EXPECT_EQ(text, told["message"]["text"]);
    EXPECT_EQ(told["message"]["fragments"][1]["text"], "you");
    EXPECT_EQ(tell(Type::automod_message_hold, message, 1)->at("category"), "blocked_term");
}

TEST_F(AutoModPayload, CallsSpamByItsName) {
    auto message = held(HoldStatus::pending);
    message.reasons = {
        {.kind = HoldReason::Kind::spam, .name = "capitals", .level = 0, .spans = {}}};
    const auto told = *tell(Type::automod_message_hold, message, 2);
    EXPECT_EQ(told["reason"], "automod");
    EXPECT_EQ(told["automod"].dump(), R"({"category":"spam","level":1,"boundaries":[]})");
}

TEST_F(AutoModPayload, TellsTheAuthorNothingOfWhatWasFound) {
    const auto text = text_of(Type::chat_user_message_hold, held(HoldStatus::pending));
    EXPECT_EQ(text, std::string("{") + kPeople +
                        R"("message_id":"cc106a89-1814-919d-454c-f4f2f970aae7",)"
                        R"("message":{"text":"you ass Kappa","fragments":[)"
                        R"({"type":"text","text":"you ass ","cheermote":null,"emote":null},)"
                        R"({"type":"emote","text":"Kappa","cheermote":null,)"
                        R"("emote":{"id":"25","emote_set_id":"0"}}]}})");
    const auto status = [&](HoldStatus of) {
        return tell(Type::chat_user_message_update, held(of))->at("status").get<std::string>();
    };
    EXPECT_EQ(status(HoldStatus::approved), "approved");
    EXPECT_EQ(status(HoldStatus::denied), "denied");
    EXPECT_EQ(status(HoldStatus::expired), "invalid");
}

TEST_F(AutoModPayload, TellsTheLevels) {
    auto change = act(chat::ModAction::change_automod);
    change.text = "-01234012";
    EXPECT_EQ(
        text_of(Type::automod_settings_update, change),
        R"({"broadcaster_user_id":"1971641","broadcaster_user_login":"streamer",)"
        R"("broadcaster_user_name":"Streamer","moderator_user_id":"1001",)"
        R"("moderator_user_login":"alice","moderator_user_name":"Alice","overall_level":null,)"
        R"("aggression":0,"bullying":1,"disability":2,"misogyny":3,)"
        R"("race_ethnicity_or_religion":4,"sex_based_terms":0,"sexuality_sex_or_gender":1,)"
        R"("swearing":2})");
    change.text = "211112120";
    EXPECT_EQ(tell(Type::automod_settings_update, change)->at("overall_level"), 2);
}

TEST_F(AutoModPayload, KeepsThePrivateTermsToItself) {
    auto term = act(chat::ModAction::add_blocked_term);
    term.text = "visible";
    EXPECT_EQ(tell(Type::automod_terms_update, term)->at("terms").dump(), R"(["visible"])");
    term.text.clear();
    EXPECT_EQ(text_of(Type::automod_terms_update, term), "");
    EXPECT_EQ(text_of(Type::moderate, term, 2), "");
}

}  // namespace
}  // namespace clamor::eventsub
