// SPDX-License-Identifier: Apache-2.0
#include "chat/room.h"

#include <algorithm>
#include <functional>

namespace clamor::chat {
namespace {

bool is_staff(Role role) {
    return role == Role::broadcaster || role == Role::moderator;
}

std::uint32_t whole_seconds(MonoClock::duration wait) {
    return static_cast<std::uint32_t>(std::chrono::ceil<std::chrono::seconds>(wait).count());
}

}  // namespace

limits::Window message_window(const MessageLimits& limits, Role role, bool verified_bot) {
    if (is_staff(role)) return limits.moderator;
    return verified_bot ? limits.verified_bot : limits.viewer;
}

Verdict Room::decide(const SendMessage& command, MonoTime now) {
    if (command.text.find_first_not_of(' ') == std::string_view::npos) return Dropped{};
    if (!command.account_limit.allowed) {
        return Refused{Refusal::rate_limited, whole_seconds(command.account_limit.retry_after)};
    }
    if (const auto refused = check_modes(command)) return *refused;

    // Two texts of one hash would only cost their author a wait: 64 bits are enough, and no text is
    // kept.
    const std::uint64_t text_hash = std::hash<std::string_view>{}(command.text);
    const auto [entry, fresh] = chatters_.try_emplace(command.author.user.id);
    if (!fresh) {
        if (const auto refused = check_memory(command, entry->second, text_hash, now))
            return *refused;
    }
    entry->second = {.last_sent_at = now, .last_text_hash = text_hash};
    return Accepted{};
}

std::optional<Refused> Room::check_modes(const SendMessage& command) const {
    const Standing& standing = command.author.standing;
    if (is_staff(standing.role) || standing.role == Role::vip) return std::nullopt;
    if (modes_.subscribers_only && !standing.subscribed())
        return Refused{Refusal::subscribers_only};
    if (modes_.emote_only && !command.emote_only) return Refused{Refusal::emote_only};
    return std::nullopt;
}

std::optional<Refused> Room::check_memory(const SendMessage& command, const Memory& memory,
                                          std::uint64_t text_hash, MonoTime now) const {
    const Role role = command.author.standing.role;
    if (is_staff(role)) return std::nullopt;
    const auto since = now - memory.last_sent_at;
    const std::chrono::seconds slow(modes_.slow_seconds);
    if (role != Role::vip && since < slow)
        return Refused{Refusal::slow_mode, whole_seconds(slow - since)};
    if (since < limits::kDuplicateWindow && text_hash == memory.last_text_hash) {
        return Refused{Refusal::duplicate, whole_seconds(limits::kDuplicateWindow - since)};
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
