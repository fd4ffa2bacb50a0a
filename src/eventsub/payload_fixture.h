// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "eventsub/payload.h"

namespace clamor::eventsub {

inline constexpr std::string_view kMessageId = "cc106a89-1814-919d-454c-f4f2f970aae7";

/// A channel with people in it, and events there.
class PayloadFixture : public ::testing::Test, public Names {
  protected:
    const chat::Person* find(std::string_view login) const override {
        const auto found = people.find(std::string(login));
        return found == people.end() ? nullptr : &found->second;
    }

    static chat::Message message(std::string text) {
        chat::Message message;
        message.id = *MessageId::parse(kMessageId);
        message.sent_at = wall_from_unix_ms(1'700'000'000'123);
        message.author_id = UserId(4145994);
        message.author_login = "viewer32";
        message.author_display_name = "Viewer32";
        message.author_color = "#00FF7F";
        message.badges = {{"moderator", "1"}, {"subscriber", "12"}};
        message.badge_info = {{"subscriber", "16"}};
        message.text = std::move(text);
        return message;
    }

    static chat::Moderation act(chat::ModAction action) {
        chat::Moderation act;
        act.action = action;
        act.id = *MessageId::parse(kMessageId);
        act.at = wall_from_unix_ms(1'700'000'000'123);
        act.moderator = {UserId(1001), "alice", "Alice"};
        act.target = {UserId(1002), "bob", "Bob"};
        return act;
    }

    /// An emote behind what AutoMod found.
    static chat::HeldMessage held(chat::HoldStatus status) {
        chat::HeldMessage held;
        held.id = MessageId::from_random(5, 6);
        held.at = wall_from_unix_ms(1'700'000'009'000);
        held.message = message("you ass Kappa");
        held.message.emotes = {{"25", 8, 12}};
        held.held_at = wall_from_unix_ms(1'700'000'000'123);
        held.status = status;
        if (status == chat::HoldStatus::approved || status == chat::HoldStatus::denied)
            held.moderator = {UserId(1001), "alice", "Alice"};
        held.reasons = {{.kind = chat::HoldReason::Kind::automod,
                         .name = "race_ethnicity_or_religion",
                         .level = 2,
                         .spans = {{4, 6}}}};
        return held;
    }

    static chat::UserNotice notice(std::string kind,
                                   std::vector<std::pair<std::string, std::string>> parameters) {
        chat::UserNotice notice;
        notice.message = message("");
        notice.kind = std::move(kind);
        notice.system_text = "It happened.";
        notice.parameters = std::move(parameters);
        return notice;
    }

    template <class Body>
    static chat::Event event(Body body) {
        return {ChannelId(1971641), "streamer", {1, 1}, std::move(body)};
    }

    template <class Body>
    std::optional<nlohmann::ordered_json> tell(Type type, Body body, std::uint8_t version = 1) {
        return payload(type, version, event(std::move(body)), broadcaster, *this);
    }

    /// As it goes over the wire; empty when the type does not tell of it.
    template <class Body>
    std::string text_of(Type type, Body body, std::uint8_t version = 1) {
        const auto told = tell(type, std::move(body), version);
        return told ? told->dump() : std::string();
    }

    const chat::Person broadcaster{UserId(1971641), "streamer", "Streamer"};
    std::map<std::string, chat::Person> people{{"bob", {UserId(1002), "bob", "Bob"}}};
};

}  // namespace clamor::eventsub
