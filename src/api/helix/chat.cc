// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/helix/call.h"
#include "api/helix/denials.h"
#include "api/helix/handlers.h"
#include "api/helix/scopes.h"
#include "base/limits.h"
#include "text/message.h"
#include "text/utf8.h"
#include "twitch/colors.h"

namespace clamor::api::helix {

namespace {

constexpr std::size_t kChattersMax = 1000;
constexpr std::uint32_t kSlowLeast = 3;
constexpr std::uint32_t kSlowMost = 120;
constexpr std::uint32_t kSlowNormal = 30;
constexpr std::int64_t kDelayLeast = 2;
constexpr std::int64_t kFollowersMost = 129600;

/// `moderator` also sees the delay of messages.
Json settings_json(const store::Channel& channel, const chat::RoomState& modes,
                   std::optional<UserId> moderator) {
    const bool followers = modes.followers_only_minutes >= 0;
    Json object{{"broadcaster_id", id_text(channel.id)}};
    if (moderator) object["moderator_id"] = id_text(*moderator);
    object["emote_mode"] = modes.emote_only;
    object["follower_mode"] = followers;
    object["follower_mode_duration"] = followers ? Json(modes.followers_only_minutes) : Json();
    if (moderator) {
        object["non_moderator_chat_delay"] = modes.delay_seconds != 0;
        object["non_moderator_chat_delay_duration"] =
            modes.delay_seconds != 0 ? Json(modes.delay_seconds) : Json();
    }
    object["slow_mode"] = modes.slow_seconds != 0;
    object["slow_mode_wait_time"] = modes.slow_seconds != 0 ? Json(modes.slow_seconds) : Json();
    object["subscriber_mode"] = modes.subscribers_only;
    object["unique_chat_mode"] = modes.unique_chat;
    return object;
}

/// Chatterino looks for `must be in the range`.
std::optional<std::int64_t> in_range(const Fields& fields, std::string_view name,
                                     std::int64_t least, std::int64_t most) {
    const auto value = fields.optional_number(name, INT64_MIN, INT64_MAX);
    if (value && (*value < least || *value > most)) {
        throw Refusal{400, fmt::format("The value in {} must be in the range {} through {}.", name,
                                       least, most)};
    }
    return value;
}

void refuse_contradiction(std::string_view mode, std::string_view duration) {
    throw Refusal{400, fmt::format("The parameter \"{}\" may not be given when \"{}\" is false",
                                   duration, mode)};
}

chat::ModesPatch read_patch(const Fields& fields, const chat::RoomState& present) {
    chat::ModesPatch patch;
    patch.emote_only = fields.optional_flag("emote_mode");
    patch.subscribers_only = fields.optional_flag("subscriber_mode");
    patch.unique_chat = fields.optional_flag("unique_chat_mode");

    const auto slow = fields.optional_flag("slow_mode");
    const auto wait = in_range(fields, "slow_mode_wait_time", kSlowLeast, kSlowMost);
    if (slow == false && wait) refuse_contradiction("slow_mode", "slow_mode_wait_time");
    if (wait) {
        patch.slow_seconds = static_cast<std::uint32_t>(*wait);
    } else if (slow == true && present.slow_seconds == 0) {
        patch.slow_seconds = kSlowNormal;
    } else if (slow == false) {
        patch.slow_seconds = 0;
    }

    const auto follow = fields.optional_flag("follower_mode");
    const auto minutes = in_range(fields, "follower_mode_duration", 0, kFollowersMost);
    if (follow == false && minutes) refuse_contradiction("follower_mode", "follower_mode_duration");
    if (minutes) {
        patch.followers_only_minutes = static_cast<std::int32_t>(*minutes);
    } else if (follow == true && present.followers_only_minutes < 0) {
        patch.followers_only_minutes = 0;
    } else if (follow == false) {
        patch.followers_only_minutes = -1;
    }

    const auto delayed = fields.optional_flag("non_moderator_chat_delay");
    const auto delay = in_range(fields, "non_moderator_chat_delay_duration", kDelayLeast,
                                limits::kChatDelayMax.count());
    if (delay && *delay % 2 != 0) {
        throw Refusal{400,
                      "The value in non_moderator_chat_delay_duration must be 2, 4 or 6 seconds."};
    }
    if (delayed == false && delay)
        refuse_contradiction("non_moderator_chat_delay", "non_moderator_chat_delay_duration");
    if (delay) {
        patch.delay_seconds = static_cast<std::uint32_t>(*delay);
    } else if (delayed == true && present.delay_seconds == 0) {
        patch.delay_seconds = static_cast<std::uint32_t>(kDelayLeast);
    } else if (delayed == false) {
        patch.delay_seconds = 0;
    }
    return patch;
}

}  // namespace

Reply get_chatters(Call& call) {
    const Page page = call.page(kChattersMax, 100);
    return Later([self = call.shared_from_this(), page,
                  after = page.after_user()](wire::http::Respond respond) {
        self->services->live.chatters(
            self->channel.id, [page, after, respond](std::vector<chat::Person> chatters) {
                auto from = std::ranges::upper_bound(chatters, after, {}, &chat::Person::id);
                const auto left = static_cast<std::size_t>(chatters.end() - from);
                const auto count = std::min(page.first, left);
                Json list = Json::array();
                for (std::size_t i = 0; i < count; ++i)
                    list.push_back(person_json("user", from[i]));
                Json body{{"data", std::move(list)}, {"pagination", Json::object()}};
                if (left > count)
                    body["pagination"]["cursor"] = encode_cursor(id_text(from[count - 1].id));
                body["total"] = chatters.size();
                respond(json_reply(body));
            });
    });
}

Reply get_color(Call& call) {
    const auto ids = call.fields.user_ids("user_id", 100);
    if (ids.empty()) throw Refusal{400, "Missing required parameter \"user_id\""};
    Json list = Json::array();
    for (const auto& user : call.find_users(ids)) {
        Json object = person_json("user", chat::person_of(user));
        object["color"] = user.color;
        list.push_back(std::move(object));
    }
    return data_reply(std::move(list));
}

Reply put_color(Call& call) {
    auto color = twitch::parse_color(call.fields.text("color"), &twitch::NamedColor::in_helix);
    if (!color) {
        throw Refusal{400, "invalid color: it must be #RRGGBB or one of " +
                               twitch::color_names(&twitch::NamedColor::in_helix)};
    }
    return Later(
        [self = call.shared_from_this(), color = *std::move(color)](wire::http::Respond respond) {
            self->services->live.set_color(self->user().id, color, [respond](bool done) {
                respond(done ? no_content() : error_reply(503, kBusy));
            });
        });
}

Reply get_settings(Call& call) {
    call.channel = call.find_channel(call.fields.user_id("broadcaster_id"), "broadcaster_id");
    const auto moderator = call.fields.optional_user_id("moderator_id");
    if (moderator) {
        if (!call.granted("moderator:read:chat_settings"))
            throw Refusal{401, missing_scope("moderator:read:chat_settings")};
        if (!call.caller.user || call.user().id != *moderator) {
            throw Refusal{401,
                          "The ID in moderator_id must match the user ID found in the request's "
                          "OAuth token."};
        }
        if (!call.moderates(call.channel, call.user())) {
            throw Refusal{403,
                          "The user in moderator_id is not one of the broadcaster's moderators."};
        }
    }
    return one_reply(settings_json(call.channel, call.channel.modes, moderator));
}

Reply patch_settings(Call& call) {
    auto patch = read_patch(call.fields, call.channel.modes);
    const bool empty = !patch.emote_only && !patch.followers_only_minutes && !patch.unique_chat &&
                       !patch.slow_seconds && !patch.subscribers_only && !patch.delay_seconds;
    if (empty) return one_reply(settings_json(call.channel, call.channel.modes, call.user().id));
    chat::Act act = chat::act::ChangeModes{patch};
    return call.act_all({act}, {}, [act](Call& then, const hub::ActAnswers& answers) -> Reply {
        chat::RoomState modes = then.channel.modes;
        if (const auto* denied = std::get_if<chat::Denied>(&answers[0])) {
            if (denied->why != chat::Denial::already_so) throw refusal_of(act, *denied);
            modes = denied->modes;
        } else {
            for (const auto& event : std::get<chat::Done>(answers[0]).events) {
                if (const auto* changed = std::get_if<chat::Moderation>(&event))
                    modes = changed->modes;
            }
        }
        return one_reply(settings_json(then.channel, modes, then.user().id));
    });
}

Reply post_announcement(Call& call) {
    constexpr std::array<std::string_view, 5> kAllowed{"primary", "blue", "green", "orange",
                                                       "purple"};
    constexpr std::array<std::string_view, 5> kCapitals{"PRIMARY", "BLUE", "GREEN", "ORANGE",
                                                        "PURPLE"};
    auto text = call.fields.text("message", {.least = 1, .most = SIZE_MAX});
    const auto color = call.fields.optional_word("color", kAllowed).value_or(0);
    if (call.fields.has("for_source_only"))
        throw Refusal{400, "The parameter \"for_source_only\" needs an app access token"};
    // Longer ones are cut, not refused.
    text = text::clean_message(text);
    return call.act(chat::act::Announce{std::move(text), std::string(kCapitals[color])});
}

Reply post_shoutout(Call& call) {
    const auto to = call.fields.user_id("to_broadcaster_id");
    if (to == user_of(call.channel.id))
        throw Refusal{400, "The broadcaster may not give themselves a Shoutout."};
    call.find_user(to, "to_broadcaster_id");
    return call.act(chat::act::Shoutout{{.id = to}});
}

}  // namespace clamor::api::helix
