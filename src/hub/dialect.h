// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/frame.h"
#include "chat/event.h"

namespace clamor::hub {

/// Everything that changes a frame's bytes: the transport and the capabilities of a connection.
/// Members of one dialect share one frame.
struct Dialect {
    static constexpr std::uint8_t kTags = 1;        ///< twitch.tv/tags
    static constexpr std::uint8_t kCommands = 2;    ///< twitch.tv/commands
    static constexpr std::uint8_t kMembership = 4;  ///< twitch.tv/membership
    static constexpr std::uint8_t kSequence = 8;    ///< clamor.dev/seq
    static constexpr std::uint8_t kWebSocket = 16;  ///< else bare lines over TCP
    static constexpr std::uint8_t kDeflate =
        32;  ///< permessage-deflate without server context takeover
    static constexpr std::uint8_t kTextBits = kTags | kCommands | kMembership | kSequence;
    static constexpr int kCount = 64;

    std::uint8_t bits = 0;

    bool has(std::uint8_t bit) const { return (bits & bit) != 0; }
    /// The part that changes the lines; the rest changes only how they are framed.
    std::uint8_t text() const { return bits & kTextBits; }
    friend bool operator==(const Dialect&, const Dialect&) = default;
};

/// Turns events into bytes. Stateless and shared by the shards; edge implements it.
class Encoder {
  public:
    virtual ~Encoder() = default;
    /// Appends the event's lines, each ended by CR LF; nothing where the dialect does not show such
    /// events.
    virtual void append_lines(std::string& out, const chat::Event& event,
                              Dialect dialect) const = 0;
    /// Makes lines ready for the wire: as they are, or as one WebSocket text frame, compressed or
    /// not.
    virtual Frame seal(std::string_view lines, Dialect dialect) const = 0;
};

}  // namespace clamor::hub
