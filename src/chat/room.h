// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
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
    rate_limited,
    emote_only,
    subscribers_only,
    slow_mode,
    duplicate,
    store_unavailable,
};

struct Refused {
    Refusal why;
    std::uint32_t retry_after_seconds = 0;  ///< rounded up; 0 where waiting does not help
    friend bool operator==(const Refused&, const Refused&) = default;
};
struct Accepted {
    friend bool operator==(const Accepted&, const Accepted&) = default;
};
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
    void set_modes(const RoomState& modes) { modes_ = modes; }

    /// In the order of spec twitch-chat 4.2. An accepted message is remembered for slow mode and
    /// duplicates.
    Verdict decide(const SendMessage& command, MonoTime now);

    /// Forgets chatters about whom nothing can matter any more under the present modes. Called now
    /// and then by the owner; looks at every chatter remembered.
    void forget_before(MonoTime now);
    std::size_t remembered() const { return chatters_.size(); }

  private:
    struct Memory {
        MonoTime last_sent_at{};
        std::uint64_t last_text_hash = 0;
    };

    std::optional<Refused> check_modes(const SendMessage& command) const;
    std::optional<Refused> check_memory(const SendMessage& command, const Memory& memory,
                                        std::uint64_t text_hash, MonoTime now) const;

    RoomState modes_;
    std::unordered_map<UserId, Memory> chatters_;
};

}  // namespace clamor::chat
