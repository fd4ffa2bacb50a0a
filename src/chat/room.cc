// SPDX-License-Identifier: Apache-2.0
#include "chat/room.h"

#include <algorithm>
#include <functional>

namespace clamor::chat {
namespace {

bool is_staff(Role role) {
    return role == Role::broadcaster || role == Role::moderator;
}

/// Free from rules that a channel sets for its viewers.
bool is_exempt(const Chatter& author) {
    return is_staff(author.standing.role) || author.user.type != AccountType::ordinary;
}

template <class Duration>
std::uint32_t whole_seconds(Duration wait) {
    return static_cast<std::uint32_t>(std::chrono::ceil<std::chrono::seconds>(wait).count());
}

}  // namespace

limits::Window message_window(const MessageLimits& limits, Role role, bool verified_bot) {
    if (is_staff(role)) return limits.moderator;
    return verified_bot ? limits.verified_bot : limits.viewer;
}

void Room::set_modes(const RoomState& modes) {
    modes_ = modes;
    if (modes_.unique_chat) return;
    seen_.clear();
    seen_order_.clear();
}

Verdict Room::decide(const SendMessage& command, const Now& now) {
    if (command.text.find_first_not_of(' ') == std::string_view::npos) return Dropped{};
    if (const auto refused = check_standing(command.author.standing, now.wall)) return *refused;
    if (!command.account_limit.allowed) {
        return Refused{.why = Refusal::rate_limited,
                       .retry_after_seconds = whole_seconds(command.account_limit.retry_after)};
    }
    if (const auto refused = check_modes(command, now.wall)) return *refused;

    // Two texts of one hash would only cost their author a wait: 64 bits are enough, and no text is
    // kept.
    const std::uint64_t text_hash = std::hash<std::string_view>{}(command.text);
    const auto [entry, fresh] = chatters_.try_emplace(command.author.user.id);
    if (!fresh) {
        if (const auto refused = check_memory(command, entry->second, text_hash, now.mono))
            return *refused;
    }
    if (modes_.unique_chat && !is_exempt(command.author) && command.text.size() >= kUniqueTextMin) {
        if (seen(text_hash)) {
            if (fresh) chatters_.erase(entry);
            return Refused{.why = Refusal::not_unique};
        }
        see(text_hash);
    }
    entry->second = {.last_sent_at = now.mono, .last_text_hash = text_hash};
    return Accepted{};
}

void Room::note(UserId author, std::string_view text, MonoTime now) {
    const std::uint64_t text_hash = std::hash<std::string_view>{}(text);
    chatters_[author] = {.last_sent_at = now, .last_text_hash = text_hash};
    if (modes_.unique_chat && text.size() >= kUniqueTextMin) see(text_hash);
}

std::optional<Refused> check_standing(const Standing& standing, WallTime now) {
    if (standing.banned_for_good()) return Refused{.why = Refusal::banned};
    if (standing.banned(now)) {
        return Refused{.why = Refusal::timed_out,
                       .retry_after_seconds = whole_seconds(*standing.banned_until - now)};
    }
    if (standing.warned) return Refused{.why = Refusal::warned};
    return std::nullopt;
}

std::optional<Refused> Room::check_modes(const SendMessage& command, WallTime now) const {
    const Standing& standing = command.author.standing;
    if (is_exempt(command.author)) return std::nullopt;
    const bool vip = standing.role == Role::vip;
    if (modes_.followers_only_minutes >= 0 && !vip) {
        const auto followed = standing.following_since;
        const std::chrono::minutes wanted(modes_.followers_only_minutes);
        if (!followed || now - *followed < wanted) {
            Refused refused{.why = Refusal::followers_only,
                            .followers_only_minutes = modes_.followers_only_minutes};
            if (followed) {
                refused.following_minutes = static_cast<std::uint32_t>(
                    std::chrono::floor<std::chrono::minutes>(now - *followed).count());
            }
            return refused;
        }
    }
    if (modes_.subscribers_only && !vip && !standing.subscribed())
        return Refused{.why = Refusal::subscribers_only};
    if (modes_.emote_only && !vip && !command.emote_only)
        return Refused{.why = Refusal::emote_only};
    return std::nullopt;
}

void Room::see(std::uint64_t text_hash) {
    if (!seen_.insert(text_hash).second) return;
    seen_order_.push_back(text_hash);
    if (seen_order_.size() <= kUniqueTextsMax) return;
    seen_.erase(seen_order_.front());
    seen_order_.pop_front();
}

std::optional<Refused> Room::check_memory(const SendMessage& command, const Memory& memory,
                                          std::uint64_t text_hash, MonoTime now) const {
    const Role role = command.author.standing.role;
    if (is_exempt(command.author)) return std::nullopt;
    const auto since = now - memory.last_sent_at;
    const std::chrono::seconds slow(modes_.slow_seconds);
    if (role != Role::vip && since < slow)
        return Refused{.why = Refusal::slow_mode,
                       .retry_after_seconds = whole_seconds(slow - since)};
    if (since < limits::kDuplicateWindow && text_hash == memory.last_text_hash) {
        return Refused{.why = Refusal::duplicate,
                       .retry_after_seconds = whole_seconds(limits::kDuplicateWindow - since)};
    }
    return std::nullopt;
}

void Room::forget_before(MonoTime now) {
    const auto kept_for = std::max<MonoClock::duration>(limits::kDuplicateWindow,
                                                        std::chrono::seconds(modes_.slow_seconds));
    std::erase_if(chatters_,
                  [&](const auto& entry) { return now - entry.second.last_sent_at >= kept_for; });
}

}  // namespace clamor::chat
