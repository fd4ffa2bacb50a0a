// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <variant>

#include "base/ids.h"
#include "base/limits.h"
#include "base/time.h"
#include "chat/event.h"
#include "chat/people.h"
#include "chat/rate_limiter.h"

namespace clamor::chat {

/// How many messages an account may send, by what it is in the channel that it speaks in.
struct MessageLimits {
    limits::Window viewer = limits::kMessagesViewer;  ///< subscribers and VIPs, too
    limits::Window moderator = limits::kMessagesModerator;
    limits::Window verified_bot = limits::kMessagesVerifiedBot;
};

/// The window that a message of such an author counts in. A verified bot that moderates has the
/// moderators' window.
limits::Window message_window(const MessageLimits& limits, Role role, bool verified_bot);

/// Why a message was not accepted; edge and api say it in their own words (spec twitch-chat 7.4).
enum class Refusal : std::uint8_t {
    banned,
    timed_out,
    warned,
    rate_limited,
    followers_only,
    subscribers_only,
    emote_only,
    slow_mode,
    duplicate,
    not_unique,
    rejected,  ///< AutoMod blocked it
    held,      ///< AutoMod holds it for the moderators; it may appear later
    store_unavailable,
};

struct Refused {
    Refusal why;
    std::uint32_t retry_after_seconds = 0;    ///< rounded up; 0 where waiting does not help
    std::int32_t followers_only_minutes = 0;  ///< what the room asks for
    std::optional<std::uint32_t> following_minutes{};  ///< none: the author does not follow
    friend bool operator==(const Refused&, const Refused&) = default;
};
struct Accepted {
    friend bool operator==(const Accepted&, const Accepted&) = default;
};
/// Why somebody may say nothing here at this moment: banned, timed out or warned.
std::optional<Refused> check_standing(const Standing& standing, WallTime now);

/// Nothing to say and nobody to tell: the text was empty after cleaning.
struct Dropped {
    friend bool operator==(const Dropped&, const Dropped&) = default;
};
using Verdict = std::variant<Accepted, Refused, Dropped>;

/// A message that somebody wants to send, cleaned of what must not be in a text.
struct SendMessage {
    const Chatter& author;
    std::string_view text;
    bool emote_only = false;
    LimitAnswer account_limit;  ///< the account's window was asked before; its answer takes its
                                ///< place in the order of checks
};

/// The live rules of one channel: a pure decider. No I/O, no clock, no randomness; one thread; what
/// it remembers of chatters is bounded by forgetting those whose windows have passed.
class Room {
  public:
    explicit Room(RoomState modes = {}) : modes_(modes) {}

    const RoomState& modes() const { return modes_; }
    void set_modes(const RoomState& modes);

    /// In the order of spec twitch-chat 4.2. An accepted message is remembered for slow mode,
    /// duplicates and, where the room has that mode, unique chat.
    Verdict decide(const SendMessage& command, const Now& now);

    /// Remembers what somebody said whom another node has decided about.
    void note(UserId author, std::string_view text, MonoTime now);

    /// Forgets chatters about whom nothing can matter any more under the present modes. Called now
    /// and then by the owner; looks at every chatter remembered.
    void forget_before(MonoTime now);
    std::size_t remembered() const { return chatters_.size(); }

    /// Texts that unique chat remembers; the oldest is forgotten for a new one.
    static constexpr std::size_t kUniqueTextsMax = 4096;
    /// Shorter texts may be said again.
    static constexpr std::size_t kUniqueTextMin = 9;

  private:
    struct Memory {
        MonoTime last_sent_at{};
        std::uint64_t last_text_hash = 0;
    };

    std::optional<Refused> check_modes(const SendMessage& command, WallTime now) const;
    std::optional<Refused> check_memory(const SendMessage& command, const Memory& memory,
                                        std::uint64_t text_hash, MonoTime now) const;
    bool seen(std::uint64_t text_hash) const { return seen_.count(text_hash) != 0; }
    void see(std::uint64_t text_hash);

    RoomState modes_;
    std::unordered_map<UserId, Memory> chatters_;
    std::unordered_set<std::uint64_t> seen_;  ///< texts, while unique chat is on
    std::list<std::uint64_t> seen_order_;
};

}  // namespace clamor::chat
