// SPDX-License-Identifier: Apache-2.0
#include "edge/irc/slash_commands.h"

#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>

#include "base/limits.h"
#include "text/duration.h"
#include "text/message.h"
#include "text/utf8.h"

namespace clamor::edge::irc {
namespace {

using chat::Act;
namespace act = chat::act;

std::string_view trim(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    return text.substr(0, text.find_last_not_of(' ') + 1);
}

std::string_view take_word(std::string_view& text) {
    text = trim(text);
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size());
    text = trim(text);
    return word;
}

std::optional<chat::Target> take_target(std::string_view& text) {
    chat::Target target{.id = {}, .login = take_login(text)};
    if (target.login.empty()) return std::nullopt;
    return target;
}

std::uint32_t bounded(std::uint64_t value) {
    return static_cast<std::uint32_t>(
        std::min<std::uint64_t>(value, std::numeric_limits<std::uint32_t>::max()));
}

std::optional<Act> ban(std::string_view text) {
    auto target = take_target(text);
    if (!target) return std::nullopt;
    return act::Ban{
        .target = *std::move(target), .seconds = {}, .reason = text::clean_message(text)};
}

std::optional<Act> timeout(std::string_view text) {
    auto target = take_target(text);
    if (!target) return std::nullopt;
    const auto seconds = text::take_duration(text, 1);
    return act::Ban{.target = *std::move(target),
                    .seconds = bounded(seconds.value_or(limits::kTimeoutSeconds)),
                    .reason = text::clean_message(text)};
}

template <bool kTimeoutOnly>
std::optional<Act> unban(std::string_view text) {
    auto target = take_target(text);
    if (!target) return std::nullopt;
    return act::Unban{.target = *std::move(target), .timeout_only = kTimeoutOnly};
}

std::optional<Act> delete_message(std::string_view text) {
    const auto id = MessageId::parse(take_word(text));
    if (!id) return std::nullopt;
    return act::DeleteMessage{.message = *id};
}

std::optional<Act> clear(std::string_view) {
    return act::ClearChat{};
}

std::optional<Act> slow(std::string_view text) {
    std::uint64_t seconds = limits::kSlowSeconds;
    if (text = trim(text); !text.empty()) {
        const auto given = text::take_duration(text, 1);
        if (!given || *given == 0 || !text.empty()) return std::nullopt;
        seconds = *given;
    }
    return act::ChangeModes{{.slow_seconds = bounded(seconds)}};
}

std::optional<Act> followers(std::string_view text) {
    std::uint64_t minutes = 0;
    if (text = trim(text); !text.empty()) {
        const auto given = text::take_duration(text, 60);
        if (!given || !text.empty()) return std::nullopt;
        minutes = *given / 60;
    }
    constexpr std::uint64_t kMost = std::numeric_limits<std::int32_t>::max();
    return act::ChangeModes{
        {.followers_only_minutes = static_cast<std::int32_t>(std::min(minutes, kMost))}};
}

std::optional<Act> slow_off(std::string_view) {
    return act::ChangeModes{{.slow_seconds = 0}};
}
std::optional<Act> followers_off(std::string_view) {
    return act::ChangeModes{{.followers_only_minutes = -1}};
}
template <bool kOn>
std::optional<Act> subscribers(std::string_view) {
    return act::ChangeModes{{.subscribers_only = kOn}};
}
template <bool kOn>
std::optional<Act> emote_only(std::string_view) {
    return act::ChangeModes{{.emote_only = kOn}};
}
template <bool kOn>
std::optional<Act> unique_chat(std::string_view) {
    return act::ChangeModes{{.unique_chat = kOn}};
}

template <chat::Role kRole>
std::optional<Act> give(std::string_view text) {
    auto target = take_target(text);
    if (!target) return std::nullopt;
    return act::GiveRole{.target = *std::move(target), .role = kRole};
}
template <chat::Role kRole>
std::optional<Act> take(std::string_view text) {
    auto target = take_target(text);
    if (!target) return std::nullopt;
    return act::TakeRole{.target = *std::move(target), .role = kRole};
}

std::optional<Act> announcement(std::string_view text, std::string_view color) {
    if (text::clean_message(text).empty()) return std::nullopt;
    return act::Announce{.text = std::string(text), .color = std::string(color)};
}
std::optional<Act> announce(std::string_view text) {
    return announcement(text, "PRIMARY");
}
std::optional<Act> announce_blue(std::string_view text) {
    return announcement(text, "BLUE");
}
std::optional<Act> announce_green(std::string_view text) {
    return announcement(text, "GREEN");
}
std::optional<Act> announce_orange(std::string_view text) {
    return announcement(text, "ORANGE");
}
std::optional<Act> announce_purple(std::string_view text) {
    return announcement(text, "PURPLE");
}

std::optional<Act> warn(std::string_view text) {
    auto target = take_target(text);
    if (!target || text::clean_message(text).empty()) return std::nullopt;
    return act::Warn{.target = *std::move(target), .reason = std::string(text)};
}
std::optional<Act> acknowledge(std::string_view) {
    return act::AcknowledgeWarning{};
}

template <chat::Suspicion kSuspicion>
std::optional<Act> suspect(std::string_view text) {
    auto target = take_target(text);
    if (!target) return std::nullopt;
    return act::Suspect{.target = *std::move(target), .suspicion = kSuspicion};
}

template <bool kOn>
std::optional<Act> shield(std::string_view) {
    return act::Shield{.on = kOn};
}

std::optional<Act> raid(std::string_view text) {
    auto target = take_target(text);
    if (!target) return std::nullopt;
    return act::Raid{.channel = *std::move(target)};
}
std::optional<Act> unraid(std::string_view) {
    return act::CancelRaid{};
}
std::optional<Act> shoutout(std::string_view text) {
    auto target = take_target(text);
    if (!target) return std::nullopt;
    return act::Shoutout{.channel = *std::move(target)};
}

std::optional<Act> pin(std::string_view text) {
    std::uint64_t seconds = limits::kPinSeconds;
    constexpr std::string_view kDuration = "--duration=";
    if (text = trim(text); text.starts_with(kDuration)) {
        text.remove_prefix(kDuration.size());
        const auto given = text::take_duration(text, 1);
        constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
        if (!given || *given == 0 || *given > kMost) return std::nullopt;
        seconds = *given;
    }
    const std::string said = text::clean_message(text);
    if (said.empty()) return std::nullopt;
    act::Pin pin{.message = {}, .seconds = bounded(seconds)};
    if (const auto id = MessageId::parse(said)) {
        pin.message = *id;
    } else {
        pin.text = said;
    }
    return pin;
}
std::optional<Act> unpin(std::string_view) {
    return act::Unpin{};
}

template <bool kPermitted>
std::optional<Act> add_term(std::string_view text) {
    const std::string term = text::clean_message(text);
    if (term.empty()) return std::nullopt;
    return act::AddTerm{.text = term, .permitted = kPermitted};
}
template <bool kPermitted>
std::optional<Act> remove_term(std::string_view text) {
    const std::string term = text::clean_message(text);
    if (term.empty()) return std::nullopt;
    return act::RemoveTerm{.id = {}, .text = term, .permitted = kPermitted};
}

template <bool kApprove>
std::optional<Act> decide_held(std::string_view text) {
    const auto id = MessageId::parse(take_word(text));
    if (!id) return std::nullopt;
    return act::DecideHeld{.message = *id, .approve = kApprove};
}

std::optional<Act> permit(std::string_view text) {
    auto target = take_target(text);
    if (!target) return std::nullopt;
    const auto seconds = text::take_duration(text, 1);
    return act::Permit{
        .target = *std::move(target), .phrase = {}, .seconds = bounded(seconds.value_or(60))};
}
std::optional<Act> allow_once(std::string_view text) {
    const std::string phrase = text::clean_message(text);
    if (phrase.empty()) return std::nullopt;
    return act::Permit{.target = {}, .phrase = phrase, .seconds = limits::kPermitSecondsMax};
}

constexpr std::array kActCommands{
    ActCommand{"ban", "usage_ban", "<username> [reason]", "Permanently bans a user.", ban},
    ActCommand{"unban", "usage_unban", "<username>", "Lifts a ban or a timeout.", unban<false>},
    ActCommand{"timeout", "usage_timeout", "<username> [duration][time unit] [reason]",
               "Keeps a user from chatting for a while, 10 minutes when no duration is given.",
               timeout},
    ActCommand{"untimeout", "usage_untimeout", "<username>", "Lifts a timeout.", unban<true>},
    ActCommand{"delete", "usage_delete", "<message id>", "Deletes a message.", delete_message},
    ActCommand{"clear", "usage_clear", "", "Clears the chat for everybody.", clear},
    ActCommand{"slow", "usage_slow_on", "[duration]",
               "Lets everybody send one message in so much time, 30 seconds when none is given.",
               slow},
    ActCommand{"slowoff", "usage_slow_off", "", "Ends slow mode.", slow_off},
    ActCommand{"followers", "usage_followers_on", "[duration]",
               "Lets only followers chat, who have followed for so long.", followers},
    ActCommand{"followersoff", "usage_followers_off", "", "Ends followers-only mode.",
               followers_off},
    ActCommand{"subscribers", "usage_subs_on", "", "Lets only subscribers chat.",
               subscribers<true>},
    ActCommand{"subscribersoff", "usage_subs_off", "", "Ends subscribers-only mode.",
               subscribers<false>},
    ActCommand{"emoteonly", "usage_emote_only_on", "", "Lets people send emotes only.",
               emote_only<true>},
    ActCommand{"emoteonlyoff", "usage_emote_only_off", "", "Ends emote-only mode.",
               emote_only<false>},
    ActCommand{"uniquechat", "usage_r9k_on", "", "Refuses messages that were sent before.",
               unique_chat<true>},
    ActCommand{"uniquechatoff", "usage_r9k_off", "", "Ends unique-chat mode.", unique_chat<false>},
    ActCommand{"r9kbeta", "usage_r9k_on", "", "The same as /uniquechat.", unique_chat<true>},
    ActCommand{"r9kbetaoff", "usage_r9k_off", "", "The same as /uniquechatoff.",
               unique_chat<false>},
    ActCommand{"mod", "usage_mod", "<username>", "Makes a user a moderator.",
               give<chat::Role::moderator>},
    ActCommand{"unmod", "usage_unmod", "<username>", "Takes a moderator's role away.",
               take<chat::Role::moderator>},
    ActCommand{"vip", "usage_vip", "<username>", "Makes a user a VIP.", give<chat::Role::vip>},
    ActCommand{"unvip", "usage_unvip", "<username>", "Takes a VIP's role away.",
               take<chat::Role::vip>},
    ActCommand{"announce", "usage_announce", "<message>", "Highlights a message.", announce},
    ActCommand{"announceblue", "usage_announce", "<message>", "The same in blue.", announce_blue},
    ActCommand{"announcegreen", "usage_announce", "<message>", "The same in green.",
               announce_green},
    ActCommand{"announceorange", "usage_announce", "<message>", "The same in orange.",
               announce_orange},
    ActCommand{"announcepurple", "usage_announce", "<message>", "The same in purple.",
               announce_purple},
    ActCommand{"warn", "usage_warn", "<username> <reason>",
               "Keeps a user from chatting until they acknowledge the warning.", warn},
    ActCommand{"acknowledge", "usage_acknowledge", "", "Acknowledges a warning to you.",
               acknowledge},
    ActCommand{"monitor", "usage_monitor", "<username>", "Marks a user as suspicious.",
               suspect<chat::Suspicion::monitored>},
    ActCommand{"unmonitor", "usage_unmonitor", "<username>", "Ends that.",
               suspect<chat::Suspicion::none>},
    ActCommand{"restrict", "usage_restrict", "<username>",
               "Shows a user's messages to moderators only.", suspect<chat::Suspicion::restricted>},
    ActCommand{"unrestrict", "usage_unrestrict", "<username>", "Ends that.",
               suspect<chat::Suspicion::none>},
    ActCommand{"shield", "usage_shield", "", "Switches shield mode on.", shield<true>},
    ActCommand{"shieldoff", "usage_shieldoff", "", "Switches shield mode off.", shield<false>},
    ActCommand{"raid", "usage_raid", "<channel>", "Sends your viewers to another channel.", raid},
    ActCommand{"unraid", "usage_unraid", "", "Cancels the raid.", unraid},
    ActCommand{"shoutout", "usage_shoutout", "<channel>", "Recommends another channel.", shoutout},
    ActCommand{"pin", "usage_pin", "[--duration=<time>] <message or its id>",
               "Says a message and pins it, or pins one that was said, for 20 minutes when no time "
               "is given.",
               pin},
    ActCommand{"unpin", "usage_unpin", "", "Takes the pinned message down.", unpin},
    ActCommand{"addblockedterm", "usage_addblockedterm", "<term>", "Blocks a word or phrase.",
               add_term<false>},
    ActCommand{"removeblockedterm", "usage_removeblockedterm", "<term>", "Ends that.",
               remove_term<false>},
    ActCommand{"addpermittedterm", "usage_addpermittedterm", "<term>",
               "Lets a word or phrase pass AutoMod.", add_term<true>},
    ActCommand{"removepermittedterm", "usage_removepermittedterm", "<term>", "Ends that.",
               remove_term<true>},
    ActCommand{"approve", "usage_approve", "<message id>",
               "Publishes a message that AutoMod holds.", decide_held<true>},
    ActCommand{"deny", "usage_deny", "<message id>", "Drops a message that AutoMod holds.",
               decide_held<false>},
    ActCommand{"permit", "usage_permit", "<username> [duration]",
               "Lets a user post links, for a minute when no duration is given.", permit},
    ActCommand{"allowonce", "usage_allowonce", "<phrase>",
               "Lets the next message with the phrase pass AutoMod, within an hour.", allow_once},
};

}  // namespace

std::span<const ActCommand> act_commands() {
    return kActCommands;
}

const ActCommand* find_act_command(std::string_view word) {
    const auto* found = std::ranges::find_if(kActCommands, [&](const ActCommand& each) {
        return text::equals_ignoring_ascii_case(each.word, word);
    });
    return found == kActCommands.end() ? nullptr : found;
}

std::string take_login(std::string_view& text) {
    std::string_view word = take_word(text);
    if (word.starts_with('@') || word.starts_with('#')) word.remove_prefix(1);
    return text::repair_utf8(text::fold_ascii(word.substr(0, 64)));
}

}  // namespace clamor::edge::irc
