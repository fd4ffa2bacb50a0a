// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace clamor {

/// A number that means one kind of thing and does not mix with other kinds. Zero means "none".
template <class Tag, class Rep = std::uint64_t>
struct StrongId {
    Rep value{};

    constexpr StrongId() = default;
    constexpr explicit StrongId(Rep v) : value(v) {}
    constexpr explicit operator bool() const { return value != Rep{}; }
    friend constexpr auto operator<=>(const StrongId&, const StrongId&) = default;
};

/// An account. Ids handed out start at 1000: client libraries turn tag values 0 and 1 into booleans
/// (spec client-facts 3, fact 33).
using UserId = StrongId<struct UserIdTag>;

/// A channel; the number is the broadcaster's UserId, as on Twitch (`room-id`).
using ChannelId = StrongId<struct ChannelIdTag>;

using ShardId = StrongId<struct ShardIdTag, std::uint16_t>;

/// The `id` tag of a message: a UUID, the same in log, bus, history, REST and EventSub.
struct MessageId {
    std::array<std::uint8_t, 16> bytes{};

    constexpr explicit operator bool() const { return bytes != std::array<std::uint8_t, 16>{}; }
    friend constexpr auto operator<=>(const MessageId&, const MessageId&) = default;

    /// A UUID of version 7 (RFC 9562): the time in milliseconds, then 74 of the random bits. Ids of
    /// one time stand next to each other, which makes an index of them cheap to write.
    static MessageId at(WallTime time, std::uint64_t high, std::uint64_t low);
    /// A UUID of version 4: sets version and variant bits on 128 random bits.
    static MessageId from_random(std::uint64_t high, std::uint64_t low);
    /// Accepts exactly the 36-character lower- or upper-case form.
    static std::optional<MessageId> parse(std::string_view text);
    std::string to_string() const;
};

/// The place of a message in its channel. `sequence` is gapless per channel and goes on over
/// epochs; `epoch` changes when the source of order was lost, so that a client knows that it must
/// ask for history instead of counting.
struct Position {
    std::uint64_t epoch = 0;
    std::uint64_t sequence = 0;
    /// Which region counts here (docs/adr/0017); 0 where there is one. Only positions of one region
    /// can be compared.
    constexpr unsigned region() const { return static_cast<unsigned>(sequence >> kRegionShift); }
    /// Before the first one of a region.
    static constexpr Position before_first(unsigned region) {
        return {.epoch = 0, .sequence = std::uint64_t{region} << kRegionShift};
    }
    friend constexpr auto operator<=>(const Position&, const Position&) = default;

    /// Sequences of a region begin behind its number times 2^48.
    static constexpr int kRegionShift = 48;
};

}  // namespace clamor

template <class Tag, class Rep>
struct std::hash<clamor::StrongId<Tag, Rep>> {
    std::size_t operator()(const clamor::StrongId<Tag, Rep>& id) const noexcept {
        // Ids are often consecutive; the multiplier spreads them over all bits.
        return static_cast<std::size_t>(id.value) * 0x9E3779B97F4A7C15ull;
    }
};

template <>
struct std::hash<clamor::MessageId> {
    std::size_t operator()(const clamor::MessageId& id) const noexcept {
        std::uint64_t h = 0;
        for (std::size_t i = 0; i < 8; ++i) h = h << 8 | (id.bytes[i] ^ id.bytes[i + 8]);
        return h;
    }
};
