// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "chat/event.h"
#include "store/moderation_store.h"

namespace clamor::store {

/// A message that AutoMod keeps back. Its findings are in the verdict of the same message.
struct Held {
    ChannelId channel{};
    MessageId id{};  ///< the message's
    UserId author{};
    std::string event{};  ///< a chat::HeldMessage in the encoding of chat/event.h
    WallTime held_at{};
    chat::HoldStatus status = chat::HoldStatus::pending;
    UserId moderator{};  ///< who decided; none: nobody, or it expired
    std::optional<WallTime> decided_at{};
    friend bool operator==(const Held&, const Held&) = default;
};

/// What AutoMod found in one message: the proof of it.
struct VerdictRecord {
    ChannelId channel{};
    MessageId message{};
    UserId author{};
    WallTime at{};
    std::uint8_t action = 0;  ///< 0 let pass, 1 held, 2 blocked
    std::string text{};
    std::string findings{};  ///< a JSON document
    /// Of a held one; not looked at by record_verdicts().
    std::optional<chat::HoldStatus> status{};
    friend bool operator==(const VerdictRecord&, const VerdictRecord&) = default;
};

/// As ModerationStore in what concerns threads, lists and texts; lists are by message id, which is
/// in the order of time. What becomes of a held message is a change (change::DecideHeld).
class AutoModStore {
  public:
    virtual ~AutoModStore() = default;

    /// False, with nothing kept, when `most` messages of the channel are pending.
    virtual Result<bool> hold(const Held& held, std::size_t most) = 0;
    /// `channel` none: of whatever channel.
    virtual Result<std::optional<Held>> find_held(ChannelId channel, MessageId id) = 0;
    virtual Result<std::vector<Held>> list_held(ChannelId channel, chat::HoldStatus status,
                                                MessageId after, std::size_t limit) = 0;
    /// What the raid breaker did last; it is written as a change.
    virtual Result<std::optional<RaidTrip>> raid_trip(ChannelId channel) = 0;
    /// Where a message is pending or a raid trip is not over, so that time has to pass there.
    virtual Result<std::vector<ChannelId>> channels_to_wake() = 0;

    /// All or none; one that is there already stays.
    virtual Result<void> record_verdicts(std::span<const VerdictRecord> verdicts) = 0;
    virtual Result<std::optional<VerdictRecord>> find_verdict(ChannelId channel,
                                                              MessageId message) = 0;
    virtual Result<std::vector<VerdictRecord>> list_verdicts(ChannelId channel, MessageId after,
                                                             std::size_t limit) = 0;
    /// Verdicts and decided messages from before go.
    virtual Result<void> forget_automod(WallTime before) = 0;
};

}  // namespace clamor::store
