// SPDX-License-Identifier: Apache-2.0
#include "twitch/notices.h"

#include <utility>

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

Notice followers_only(const chat::Refused& refused, std::string_view channel) {
    if (refused.followers_only_minutes == 0) {
        return {"msg_followersonly_zero",
                fmt::format("This room is in followers-only mode. Follow {} to join the community!",
                            channel)};
    }
    const std::string wanted =
        duration_text(static_cast<std::uint64_t>(refused.followers_only_minutes) * 60);
    if (!refused.following_minutes) {
        return {"msg_followersonly",
                fmt::format("This room is in {} followers-only mode. Follow {} to join the "
                            "community!",
                            wanted, channel)};
    }
    return {"msg_followersonly_followed",
            fmt::format("This room is in {} followers-only mode. You have been following for {}. "
                        "Continue following to chat!",
                        wanted,
                        *refused.following_minutes == 0
                            ? "less than a minute"
                            : duration_text(std::uint64_t{*refused.following_minutes} * 60))};
}

}  // namespace

std::string duration_text(std::uint64_t seconds) {
    static constexpr std::pair<std::uint64_t, std::string_view> kUnits[] = {
        {604800, "week"}, {86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
    if (seconds == 0) return "0 seconds";
    std::string text;
    for (const auto& [size, name] : kUnits) {
        const std::uint64_t count = seconds / size;
        seconds %= size;
        if (count == 0) continue;
        text +=
            fmt::format("{}{} {}{}", text.empty() ? "" : " ", count, name, count == 1 ? "" : "s");
    }
    return text;
}

Notice notice_of(const chat::Refused& refused, std::string_view channel) {
    switch (refused.why) {
        case chat::Refusal::banned:
            return banned_from(channel);
        case chat::Refusal::timed_out:
            return {"msg_timedout", fmt::format("You are timed out for {} more seconds.",
                                                refused.retry_after_seconds)};
        case chat::Refusal::warned:
            return {"msg_warned",
                    "You received a warning from a moderator in this channel; acknowledge it with "
                    "/acknowledge before you chat."};
        case chat::Refusal::followers_only:
            return followers_only(refused, channel);
        case chat::Refusal::not_unique:
            return {"msg_r9k",
                    "This room is in unique-chat mode and the message you attempted to send is not "
                    "unique."};
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
        case chat::Refusal::rejected:
            return {"msg_rejected_mandatory",
                    "Your message wasn't posted due to conflicts with the channel's moderation "
                    "settings."};
        case chat::Refusal::held:
            return {"msg_rejected",
                    "Hey! Your message is being checked by mods and has not been sent."};
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

Notice invalid_user(std::string_view login) {
    return {"invalid_user", fmt::format("Invalid username: {}", login)};
}

Notice unrecognized_command(std::string_view command_with_slash) {
    return {"unrecognized_cmd", fmt::format("Unrecognized command: {}", command_with_slash)};
}

}  // namespace clamor::twitch
