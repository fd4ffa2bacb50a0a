// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/helix/call.h"
#include "api/helix/handlers.h"
#include "api/helix/message_object.h"
#include "store/grants.h"
#include "text/message.h"
#include "text/utf8.h"
#include "twitch/notices.h"

namespace clamor::api::helix {

namespace {

constexpr std::int64_t kPinLeast = 30;
constexpr std::int64_t kPinMost = 1800;
constexpr std::uint32_t kPinOfSendSeconds = 1200;
constexpr std::size_t kWhisperCharacters = 500;
constexpr std::int64_t kBitsMost = 1'000'000;

wire::http::Response sent(const MessageId& id) {
    return one_reply({{"message_id", id.to_string()}, {"is_sent", true}});
}

wire::http::Response dropped(std::string_view code, std::string_view message) {
    return one_reply({{"message_id", ""},
                      {"is_sent", false},
                      {"drop_reason", {{"code", code}, {"message", message}}}});
}

/// An app token sends for those who have let its client do so.
void check_app_may_send(Call& call, const chat::User& sender) {
    if (call.services->dev) return;
    const auto has = [&call](UserId user, std::string_view scope) {
        const auto granted =
            take(store::granted_scopes(call.catalog(), user, call.caller.client_id, call.now.wall));
        return std::ranges::find(granted, scope) != granted.end();
    };
    if (!has(sender.id, "user:bot")) {
        throw Refusal{401, "The sender must have authorized the app with the user:bot scope."};
    }
    if (!call.moderates(call.channel, sender) && !has(user_of(call.channel.id), "channel:bot")) {
        throw Refusal{403,
                      "The sender is no moderator, and the broadcaster has not authorized the app "
                      "with the channel:bot scope."};
    }
}

chat::User sender_of(Call& call) {
    const auto id = call.fields.user_id("sender_id");
    if (!call.caller.user) return call.find_user(id, "sender_id");
    if (id != call.user().id) {
        throw Refusal{401,
                      "The ID in sender_id must match the user ID found in the request's OAuth "
                      "token."};
    }
    return call.user();
}

/// What the sender wrote, cleaned; ACTION for `/me` and for a client that wrapped it itself.
hub::RemoteMessage read_message(const Fields& fields) {
    hub::RemoteMessage message;
    std::string text = fields.text("message", {.least = 1, .most = SIZE_MAX});
    constexpr std::string_view kAction =
        "\x01"
        "ACTION ";
    constexpr std::string_view kMe = "/me ";
    if (text.starts_with(kAction)) {
        message.action = true;
        text.erase(0, kAction.size());
        if (text.ends_with('\x01')) text.pop_back();
    } else if (text.starts_with(kMe)) {
        message.action = true;
        text.erase(0, kMe.size());
    }
    if (text::count_code_points(text) > limits::kMessageCodePoints) {
        throw Refusal{400,
                      "The parameter \"message\" was malformed: the text must have 1 to 500 "
                      "characters"};
    }
    message.text = text::clean_message(text);
    if (message.text.empty()) throw Refusal{400, "Missing required parameter \"message\""};
    if (fields.has("reply_parent_message_id"))
        message.reply_parent = fields.message_id("reply_parent_message_id");
    return message;
}

/// What was cheered with a message counts once it was sent.
void add_bits(Call& call, UserId user, std::uint32_t bits) {
    auto standing = take(call.catalog().standing(call.channel.id, user));
    standing.bits += std::min(bits, std::numeric_limits<std::uint32_t>::max() - standing.bits);
    take(call.catalog().set_extras(call.channel.id, user, standing));
    call.services->live.standing_changed(call.channel.id, user);
}

struct Said {
    Call& call;
    bool pin;
    UserId author;
    std::uint32_t bits;

    Reply operator()(const hub::Stored& stored) const { return done(stored.id); }
    Reply operator()(const hub::NotStoredYet& pending) const { return done(pending.id); }
    Reply operator()(const chat::Refused& refused) const {
        const auto notice = twitch::notice_of(refused, call.channel.login);
        return dropped(notice.id, notice.text);
    }
    Reply operator()(const chat::Dropped&) const {
        return error_reply(400, "Missing required parameter \"message\"");
    }
    Reply operator()(hub::SendRefusal refusal) const {
        switch (refusal) {
            case hub::SendRefusal::no_such_channel:
                return error_reply(404, "The channel specified in broadcaster_id was not found.");
            case hub::SendRefusal::no_permission:
                return error_reply(403,
                                   "The sender is not permitted to send chat messages to the "
                                   "broadcaster's chat room.");
            case hub::SendRefusal::busy:
                break;
        }
        return error_reply(503, kBusy);
    }

  private:
    Reply done(const MessageId& id) const {
        if (bits != 0) add_bits(call, author, bits);
        if (!pin) return sent(id);
        // Whether or not it could be pinned, it was sent.
        return call.act_all({chat::act::Pin{.message = id, .seconds = kPinOfSendSeconds}}, {},
                            [id](Call&, const hub::ActAnswers&) -> Reply { return sent(id); });
    }
};

chat::act::Pin read_pin(const Call& call) {
    chat::act::Pin pin{.message = call.fields.message_id("message_id")};
    if (const auto seconds = call.fields.optional_number("duration_seconds", kPinLeast, kPinMost)) {
        pin.seconds = static_cast<std::uint32_t>(*seconds);
    }
    return pin;
}

Reply send(Call& call, hub::RemoteMessage message, bool pin) {
    message.channel = call.channel.id;
    return Later([self = call.shared_from_this(), message = std::move(message),
                  pin](wire::http::Respond respond) {
        // A message that is stored late is answered twice; the first answer counts.
        auto answered = std::make_shared<bool>(false);
        self->services->live.send(
            message, [self, pin, author = message.author.id, bits = message.bits, respond,
                      answered](hub::SendAnswer answer) {
                if (std::exchange(*answered, true)) return;
                self->resume(respond,
                             [pin, author, bits, answer = std::move(answer)](Call& then) -> Reply {
                                 return std::visit(Said{then, pin, author, bits}, answer);
                             });
            });
    });
}

}  // namespace

Reply post_message(Call& call) {
    auto message = read_message(call.fields);
    message.author = sender_of(call);
    call.channel = call.find_channel(call.fields.user_id("broadcaster_id"), "broadcaster_id");
    const auto source_only = call.fields.optional_flag("for_source_only");
    const bool pin = call.fields.optional_flag("pin").value_or(false);
    if (!call.caller.user) {
        check_app_may_send(call, message.author);
        message.source_only = source_only.value_or(true);
        if (pin) throw Refusal{400, "The parameter \"pin\" needs a user access token"};
    } else if (source_only) {
        throw Refusal{400, "The parameter \"for_source_only\" needs an app access token"};
    }
    if (pin) {
        if (message.reply_parent) throw Refusal{400, "A reply cannot be pinned as it is sent"};
        if (!call.granted("moderator:manage:chat_messages"))
            throw Refusal{401, "Missing scope: moderator:manage:chat_messages"};
        if (!call.moderates(call.channel, call.user()))
            throw Refusal{403, "Only moderators pin messages."};
    }
    return send(call, std::move(message), pin);
}

Reply post_cheer(Call& call) {
    auto message = read_message(call.fields);
    message.bits = static_cast<std::uint32_t>(call.fields.number("bits", 1, kBitsMost));
    message.author = call.find_named_user("user");
    return send(call, std::move(message), false);
}

Reply delete_messages(Call& call) {
    if (!call.fields.has("message_id")) return call.act(chat::act::ClearChat{});
    return call.act(chat::act::DeleteMessage{call.fields.message_id("message_id")});
}

Reply get_pin(Call& call) {
    const auto pin = take(call.catalog().find_pin(call.channel.id, call.now.wall));
    Json list = Json::array();
    if (!pin) return data_reply(std::move(list));
    const auto stored = take(call.services->log.find(call.channel.id, pin->message));
    if (!stored || stored->deleted) return data_reply(std::move(list));
    const auto event = take(chat::decode_event(stored->event));
    const auto* message = std::get_if<chat::Message>(&event.body);
    if (message == nullptr) return data_reply(std::move(list));
    Json object{{"message_id", pin->message.to_string()},
                {"broadcaster_id", id_text(call.channel.id)}};
    add_person(object, "sender_user",
               {message->author_id, message->author_login, message->author_display_name});
    add_person(object, "pinned_by_user", call.person(pin->moderator));
    object["message"] = message_object(*message);
    object["starts_at"] = rfc3339(pin->starts_at);
    object["ends_at"] = pin->ends_at ? Json(rfc3339(*pin->ends_at)) : Json();
    object["updated_at"] = rfc3339(pin->updated_at);
    list.push_back(std::move(object));
    return data_reply(std::move(list));
}

Reply put_pin(Call& call) {
    return call.act(read_pin(call));
}

Reply patch_pin(Call& call) {
    auto pin = read_pin(call);
    pin.replace_only = true;
    return call.act(std::move(pin));
}

Reply delete_pin(Call& call) {
    return call.act(chat::act::Unpin{call.fields.message_id("message_id")});
}

Reply post_whisper(Call& call) {
    const auto to = call.fields.user_id("to_user_id");
    if (to == call.user().id) throw Refusal{400, "A user cannot whisper themself."};
    auto text = call.fields.text("message", {.least = 1, .most = 10000});
    hub::Whisper whisper{.from = call.user(),
                         .to = {.id = to},
                         .text = std::string(text::cut_code_points(text, kWhisperCharacters))};
    return Later([self = call.shared_from_this(),
                  whisper = std::move(whisper)](wire::http::Respond respond) {
        self->services->live.whisper(whisper, [respond](hub::WhisperAnswer answer) {
            switch (answer) {
                case hub::WhisperAnswer::sent:
                    return respond(no_content());
                case hub::WhisperAnswer::unknown_user:
                    return respond(
                        error_reply(404, "The user specified in to_user_id was not found."));
                case hub::WhisperAnswer::to_self:
                    return respond(error_reply(400, "A user cannot whisper themself."));
                case hub::WhisperAnswer::refused:
                    return respond(error_reply(403,
                                               "The recipient's settings prevent this sender from "
                                               "whispering them."));
                case hub::WhisperAnswer::too_fast_second:
                case hub::WhisperAnswer::too_fast_minute:
                    return respond(error_reply(429, "The sender whispers too fast."));
                case hub::WhisperAnswer::too_many_recipients:
                    return respond(
                        error_reply(429, "The sender has whispered to too many new people today."));
                case hub::WhisperAnswer::busy:
                    return respond(error_reply(503, kBusy));
            }
        });
    });
}

}  // namespace clamor::api::helix
