// SPDX-License-Identifier: Apache-2.0
#include "twitch/notices.h"

#include <fmt/format.h>

#include "base/check.h"

namespace clamor::twitch {
namespace {

/// Twitch's sentence stays in front, since clients know it; the time to wait is ours.
std::string ratelimit_text(std::uint32_t retry_after_seconds) {
    std::string text = "Your message was not sent because you are sending messages too quickly.";
    if (retry_after_seconds != 0) {
        text += fmt::format(" You can send again in {} second{}.", retry_after_seconds,
                            retry_after_seconds == 1 ? "" : "s");
    }
    return text;
}

}  // namespace

Notice notice_of(const chat::Refused& refused) {
    switch (refused.why) {
        case chat::Refusal::rate_limited:
            return {"msg_ratelimit", ratelimit_text(refused.retry_after_seconds)};
        case chat::Refusal::emote_only:
            return {"msg_emoteonly",
                    "This room is in emote-only mode. You can find your currently available "
                    "emoticons using the smiley in "
                    "the chat text area."};
        case chat::Refusal::subscribers_only:
            return {
                "msg_subsonly",
                "This room is in subscribers only mode. To talk, purchase a channel subscription."};
        case chat::Refusal::slow_mode:
            return {
                "msg_slowmode",
                fmt::format(
                    "This room is in slow mode and you are sending messages too quickly. You will "
                    "be able to talk again in {} seconds.",
                    refused.retry_after_seconds)};
        case chat::Refusal::duplicate:
            return {"msg_duplicate",
                    "Your message was not sent because it is identical to the previous one you "
                    "sent, less than 30 seconds "
                    "ago."};
        case chat::Refusal::store_unavailable:
            return {"msg_store_unavailable",
                    "Your message was not sent because the server cannot store messages at the "
                    "moment. Please try again in a "
                    "minute."};
    }
    CLAMOR_CHECK(false, "every refusal has a notice");
    return {};
}

Notice channel_suspended() {
    return {"msg_channel_suspended", "This channel does not exist or has been suspended."};
}

Notice banned_from(std::string_view channel) {
    return {"msg_banned", fmt::format("You are permanently banned from talking in {}.", channel)};
}

Notice too_many_channels() {
    return {"msg_concurrent_channel_limit_reached",
            "You are connected to too many chat channels. Please close some existing chat "
            "connections to join a new chat."};
}

Notice no_permission() {
    return {"no_permission", "You don't have permission to perform that action."};
}

Notice unrecognized_command(std::string_view command_with_slash) {
    return {"unrecognized_cmd", fmt::format("Unrecognized command: {}", command_with_slash)};
}

}  // namespace clamor::twitch
