// SPDX-License-Identifier: Apache-2.0
#include "sim/rule_checker.h"

#include "base/limits.h"

namespace clamor::sim {

namespace {

bool staff(const chat::Chatter& who) {
    return who.standing.role >= chat::Role::moderator;
}
bool vip_or_staff(const chat::Chatter& who) {
    return who.standing.role >= chat::Role::vip;
}

limits::Window window_of(const chat::Chatter& who) {
    return chat::message_window({}, who.standing.role, who.user.verified_bot);
}

}  // namespace

RuleChecker::Times& RuleChecker::times_of(const chat::Chatter& author, MonoTime now) {
    const limits::Window window = window_of(author);
    Times& times = windows_[Window(author.user.id, window.count)];
    const auto forget = [&](std::deque<MonoTime>& from, MonoClock::duration span) {
        while (!from.empty() && now - from.front() >= span) from.pop_front();
    };
    forget(times.accepted, window.length);
    forget(times.asked, window.length + kParked);
    return times;
}

void RuleChecker::asked(const chat::Chatter& author, MonoTime now) {
    times_of(author, now).asked.push_back(now);
}

void RuleChecker::accepted(ChannelId channel, const chat::Chatter& author,
                           const chat::Message& message, MonoTime now) {
    const chat::RoomState& modes = modes_[channel];
    check_modes(modes, author, message);

    const auto [entry, first] = last_.try_emplace(Author(channel, author.user.id));
    Said& last = entry->second;
    // What was typed, without the mention that the server puts before a reply.
    const std::string text =
        message.reply ? message.text.substr(message.reply->parent_display_name.size() + 2)
                      : message.text;
    if (!first && !vip_or_staff(author) &&
        now - last.at < std::chrono::seconds(modes.slow_seconds)) {
        violations_.add("slow mode of channel {} is broken by {}", channel.value,
                        author.user.login);
    }
    if (!first && !staff(author) && text == last.text && now - last.at < limits::kDuplicateWindow) {
        violations_.add("{} said the same twice in channel {}", author.user.login, channel.value);
    }
    last = {now, text};

    auto& times = times_of(author, now).accepted;
    times.push_back(now);
    if (times.size() > window_of(author).count) {
        violations_.add("{} said {} messages in a window of {}", author.user.login, times.size(),
                        window_of(author).count);
    }
}

void RuleChecker::check_modes(const chat::RoomState& modes, const chat::Chatter& author,
                              const chat::Message& message) {
    if (vip_or_staff(author)) return;
    if (modes.subscribers_only && !author.standing.subscribed()) {
        violations_.add("{} spoke in a subscribers-only room", author.user.login);
    }
    if (modes.emote_only && !message.emote_only)
        violations_.add("{} used words in an emote-only room", author.user.login);
}

void RuleChecker::refused(ChannelId channel, const chat::Chatter& author,
                          const chat::Refused& refusal, MonoTime now) {
    const chat::RoomState& modes = modes_[channel];
    const auto last = last_.find(Author(channel, author.user.id));
    const auto forgotten = forgotten_at_.find(channel);
    const bool just_forgot = forgotten != forgotten_at_.end() && now - forgotten->second < kLate;
    const auto spoke_within = [&](MonoClock::duration span) {
        return just_forgot || (last != last_.end() && now - last->second.at < span + kLate);
    };
    bool reason = true;
    switch (refusal.why) {
        case chat::Refusal::subscribers_only:
            reason =
                modes.subscribers_only && !author.standing.subscribed() && !vip_or_staff(author);
            break;
        case chat::Refusal::emote_only:
            reason = modes.emote_only && !vip_or_staff(author);
            break;
        case chat::Refusal::slow_mode:
            reason = modes.slow_seconds > 0 && !vip_or_staff(author) &&
                     spoke_within(std::chrono::seconds(modes.slow_seconds));
            break;
        case chat::Refusal::duplicate:
            reason = !staff(author) && spoke_within(limits::kDuplicateWindow);
            break;
        case chat::Refusal::rate_limited:
            reason = refusal.retry_after_seconds > 0 && refusal.retry_after_seconds <= 30 &&
                     times_of(author, now).asked.size() >= window_of(author).count;
            break;
        case chat::Refusal::banned:
        case chat::Refusal::timed_out:
        case chat::Refusal::warned:
        case chat::Refusal::followers_only:
        case chat::Refusal::not_unique:
            reason = false;  // nobody moderates in here, and no room has these modes
            break;
        case chat::Refusal::store_unavailable:
            break;
    }
    if (!reason) {
        violations_.add("{} was refused in channel {} without a reason ({})", author.user.login,
                        channel.value, static_cast<int>(refusal.why));
    }
}

void RuleChecker::forget(ChannelId channel, MonoTime now) {
    forgotten_at_[channel] = now;
    std::erase_if(last_, [channel](const auto& entry) { return entry.first.first == channel; });
}

}  // namespace clamor::sim
