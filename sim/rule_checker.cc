// SPDX-License-Identifier: Apache-2.0
#include "sim/rule_checker.h"

#include <algorithm>

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

void forget_older(std::deque<MonoTime>& times, MonoTime now, MonoClock::duration span) {
    while (!times.empty() && now - times.front() >= span) times.pop_front();
}

bool follows_long_enough(const chat::Chatter& who, const chat::RoomState& modes, WallTime now) {
    const auto since = who.standing.following_since;
    return since && now - *since >= std::chrono::minutes(modes.followers_only_minutes);
}

}  // namespace

void RuleChecker::modes_committed(ChannelId channel, const chat::RoomState& modes) {
    modes_[channel].push_back({.modes = modes, .replaced_at = MonoTime::max()});
}

void RuleChecker::standing_committed(ChannelId channel, UserId user, const chat::Standing& before,
                                     const chat::Standing& after, MessageId act, MonoTime now) {
    Known& known = known_[Author(channel, user)];
    known.in_catalog = after;
    known.last_act = act;
    if (before.banned_until != after.banned_until) {
        known.ban_seen = false;
        ++known.bans;
        known.unbanned_at = now;
        if (after.banned_until && !after.banned_for_good())
            known.timeout_ended = *after.banned_until;
    }
    if (before.role != after.role) {
        known.role_seen = false;
        known.role_changed_at = now;
    }
    if (before.suspicion != after.suspicion) known.suspicion_seen = false;
}

void RuleChecker::seen(ChannelId channel, const chat::Moderation& act) {
    const auto found = known_.find(Author(channel, act.target.id));
    if (found == known_.end()) return;
    Known& known = found->second;
    // What was taken back or overtaken meanwhile does not hold any more.
    if (known.last_act && known.last_act != act.id) return;
    chat::Standing told = known.in_catalog;
    chat::apply(act, told);
    const bool bans = act.action == chat::ModAction::ban || act.action == chat::ModAction::timeout;
    const bool about_role =
        act.action >= chat::ModAction::mod && act.action <= chat::ModAction::unvip;
    const bool about_suspicion =
        act.action >= chat::ModAction::monitor && act.action <= chat::ModAction::trust;
    known.ban_seen |= bans && told.banned_until == known.in_catalog.banned_until;
    known.role_seen |= (bans || about_role) && told.role == known.in_catalog.role;
    known.suspicion_seen |= about_suspicion && told.suspicion == known.in_catalog.suspicion;
}

void RuleChecker::published(ChannelId channel, const chat::Moderation& act, MonoTime now) {
    seen(channel, act);
    if (!chat::changes_modes(act.action)) return;
    std::vector<Modes>& modes = modes_[channel];
    const auto holds = std::find_if(modes.begin(), modes.end(), [&](const Modes& one) {
        return one.replaced_at == MonoTime::max() && one.modes == act.modes;
    });
    if (holds == modes.end()) {
        violations_.add("channel {} announces modes that nobody set", channel.value);
        return;
    }
    for (auto before = modes.begin(); before != holds; ++before)
        before->replaced_at = std::min(before->replaced_at, now);
    std::erase_if(modes, [now](const Modes& one) {
        return one.replaced_at != MonoTime::max() && now - one.replaced_at > kLate;
    });
}

std::deque<MonoTime>& RuleChecker::accepted_by(const chat::Chatter& author, MonoTime now) {
    const limits::Window window = window_of(author);
    auto& times = accepted_[Window(author.user.id, window.count)];
    forget_older(times, now, window.length);
    return times;
}

std::deque<MonoTime>& RuleChecker::asked_by(UserId user, MonoTime now) {
    auto& times = asked_[user];
    forget_older(times, now, limits::kMessagesViewer.length + kParked);
    return times;
}

void RuleChecker::asked(const chat::Chatter& author, MonoTime now) {
    asked_by(author.user.id, now).push_back(now);
}

const RuleChecker::Known* RuleChecker::known(ChannelId channel, UserId user) const {
    const auto found = known_.find(Author(channel, user));
    return found == known_.end() ? nullptr : &found->second;
}

void RuleChecker::accepted(ChannelId channel, const chat::Chatter& known_author,
                           const chat::Message& message, Now now) {
    check_standing(channel, known_author, message, now.wall);
    chat::Chatter author = known_author;
    author.standing.role = message.author_role;

    const auto [entry, first] = last_.try_emplace(Author(channel, author.user.id));
    Said& last = entry->second;
    // What was typed, without the mention that the server puts before a reply.
    const std::string text =
        message.reply ? message.text.substr(message.reply->parent_display_name.size() + 2)
                      : message.text;
    const char* why = nullptr;
    bool fine = modes_[channel].empty();
    for (const Modes& modes : modes_[channel]) {
        if (modes.replaced_at != MonoTime::max()) continue;
        const char* const what = broken(modes.modes, author, message, first ? nullptr : &last, now);
        fine = fine || what == nullptr;
        if (why == nullptr) why = what;
    }
    if (!fine)
        violations_.add("{} of channel {} is broken by {}", why, channel.value, author.user.login);
    if (!first && !staff(author) && text == last.text &&
        now.mono - last.at < limits::kDuplicateWindow) {
        violations_.add("{} said the same twice in channel {}", author.user.login, channel.value);
    }
    last = {now.mono, text};

    auto& times = accepted_by(author, now.mono);
    times.push_back(now.mono);
    if (times.size() > window_of(author).count) {
        violations_.add("{} said {} messages in a window of {}", author.user.login, times.size(),
                        window_of(author).count);
    }
}

void RuleChecker::check_standing(ChannelId channel, const chat::Chatter& author,
                                 const chat::Message& message, WallTime now) {
    const Known* acts = known(channel, author.user.id);
    const bool role_known = acts == nullptr || acts->role_seen;
    if (role_known && message.author_role != author.standing.role) {
        violations_.add("{} spoke in channel {} with role {}, but has {}", author.user.login,
                        channel.value, static_cast<int>(message.author_role),
                        static_cast<int>(author.standing.role));
    }
    if (acts == nullptr) return;
    if (acts->ban_seen && acts->in_catalog.banned(now))
        violations_.add("{} spoke in channel {}, banned", author.user.login, channel.value);
    if (acts->suspicion_seen && message.author_suspicion != acts->in_catalog.suspicion) {
        violations_.add("{} spoke in channel {} under suspicion {}, but is under {}",
                        author.user.login, channel.value,
                        static_cast<int>(message.author_suspicion),
                        static_cast<int>(acts->in_catalog.suspicion));
    }
}

const char* RuleChecker::broken(const chat::RoomState& modes, const chat::Chatter& author,
                                const chat::Message& message, const Said* last, Now now) const {
    if (vip_or_staff(author)) return nullptr;
    if (modes.followers_only_minutes >= 0 && !follows_long_enough(author, modes, now.wall))
        return "followers-only mode";
    if (modes.subscribers_only && !author.standing.subscribed()) return "subscribers-only mode";
    if (modes.emote_only && !message.emote_only) return "emote-only mode";
    if (last != nullptr && now.mono - last->at < std::chrono::seconds(modes.slow_seconds))
        return "slow mode";
    return nullptr;
}

template <class Holds>
bool RuleChecker::any_mode(ChannelId channel, MonoTime now, Holds holds) const {
    const auto modes = modes_.find(channel);
    if (modes == modes_.end()) return holds(chat::RoomState());
    return std::any_of(modes->second.begin(), modes->second.end(), [&](const Modes& one) {
        const bool lately = one.replaced_at == MonoTime::max() || now - one.replaced_at < kLate;
        return lately && holds(one.modes);
    });
}

bool RuleChecker::banned_lately(ChannelId channel, const chat::Chatter& who, Now now) const {
    if (who.standing.banned(now.wall - kLate)) return true;
    const Known* acts = known(channel, who.user.id);
    return acts != nullptr && acts->bans > 0 &&
           (now.mono - acts->unbanned_at < kLate || now.wall - acts->timeout_ended < kLate);
}

void RuleChecker::refused(ChannelId channel, const chat::Chatter& author,
                          const chat::Refused& refusal, Now now) {
    const auto last = last_.find(Author(channel, author.user.id));
    const auto forgotten = forgotten_at_.find(channel);
    const bool just_forgot =
        forgotten != forgotten_at_.end() && now.mono - forgotten->second < kLate;
    const auto spoke_within = [&](MonoClock::duration span) {
        return just_forgot || (last != last_.end() && now.mono - last->second.at < span + kLate);
    };
    const bool new_role = now.mono - role_changed_at(channel, author.user.id) < kLate;
    const bool viewer = new_role || !vip_or_staff(author);
    bool reason = true;
    switch (refusal.why) {
        case chat::Refusal::subscribers_only:
            reason = viewer && !author.standing.subscribed() &&
                     any_mode(channel, now.mono,
                              [](const chat::RoomState& modes) { return modes.subscribers_only; });
            break;
        case chat::Refusal::emote_only:
            reason = viewer && any_mode(channel, now.mono, [](const chat::RoomState& modes) {
                         return modes.emote_only;
                     });
            break;
        case chat::Refusal::followers_only:
            reason = viewer && any_mode(channel, now.mono, [&](const chat::RoomState& modes) {
                         return modes.followers_only_minutes >= 0 &&
                                !follows_long_enough(author, modes, now.wall - kLate);
                     });
            break;
        case chat::Refusal::slow_mode:
            reason = viewer && any_mode(channel, now.mono, [&](const chat::RoomState& modes) {
                         return modes.slow_seconds > 0 &&
                                spoke_within(std::chrono::seconds(modes.slow_seconds));
                     });
            break;
        case chat::Refusal::duplicate:
            reason = (new_role || !staff(author)) && spoke_within(limits::kDuplicateWindow);
            break;
        case chat::Refusal::rate_limited: {
            const std::uint32_t window =
                new_role ? limits::kMessagesViewer.count : window_of(author).count;
            reason = refusal.retry_after_seconds > 0 && refusal.retry_after_seconds <= 30 &&
                     asked_by(author.user.id, now.mono).size() >= window;
            break;
        }
        case chat::Refusal::banned:
        case chat::Refusal::timed_out:
            reason = banned_lately(channel, author, now);
            break;
        case chat::Refusal::warned:
        case chat::Refusal::not_unique:
        case chat::Refusal::rejected:
        case chat::Refusal::held:
            reason = false;  // nobody is warned in here, and no room has this mode or AutoMod
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

std::uint64_t RuleChecker::ban_for_good(ChannelId channel, UserId user) const {
    const Known* acts = known(channel, user);
    const bool holds = acts != nullptr && acts->ban_seen && acts->in_catalog.banned_for_good();
    return holds ? acts->bans : 0;
}

void RuleChecker::join_refused(ChannelId channel, const chat::Chatter& who, Now now) {
    if (banned_lately(channel, who, now)) return;
    violations_.add("{} may not join channel {}, without a reason", who.user.login, channel.value);
}

MonoTime RuleChecker::role_changed_at(ChannelId channel, UserId user) const {
    const Known* acts = known(channel, user);
    return acts == nullptr ? MonoTime{} : acts->role_changed_at;
}

}  // namespace clamor::sim
