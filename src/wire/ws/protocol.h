// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace clamor::wire::ws {

enum class Opcode : std::uint8_t {
    continuation = 0,
    text = 1,
    binary = 2,
    close = 8,
    ping = 9,
    pong = 10
};

/// Which end of the connection we are: a client masks what it sends, a server does not.
enum class Role : std::uint8_t { server, client };

inline constexpr std::size_t kControlPayloadMax = 125;
inline constexpr std::size_t kCloseReasonMax = kControlPayloadMax - 2;

// Close codes of RFC 6455 section 7.4.1 and of the IANA registry that we send.
inline constexpr std::uint16_t kCloseNormal = 1000;
inline constexpr std::uint16_t kCloseGoingAway = 1001;
inline constexpr std::uint16_t kCloseProtocolError = 1002;
inline constexpr std::uint16_t kCloseBadData = 1007;
inline constexpr std::uint16_t kClosePolicy = 1008;
inline constexpr std::uint16_t kCloseTooBig = 1009;
inline constexpr std::uint16_t kCloseTryAgainLater = 1013;

/// Stands for a Close frame without a code; never sent.
inline constexpr std::uint16_t kCloseNoCode = 1005;

/// Whether a peer may send this code in a Close frame.
constexpr bool is_sendable_close_code(std::uint16_t code) {
    if (code >= 3000 && code <= 4999) return true;
    return code >= 1000 && code <= 1014 && (code < 1004 || code > 1006);
}

struct Mask {
    std::uint8_t bytes[4];
};

/// The head of an unmasked frame (a server's), which `payload_size` bytes of payload follow.
void append_frame_header(std::string& out, Opcode opcode, std::size_t payload_size,
                         bool compressed = false, bool last_fragment = true);
void append_frame(std::string& out, Opcode opcode, std::string_view payload,
                  bool compressed = false, bool last_fragment = true);
/// A client's frame, masked with the given key.
void append_masked_frame(std::string& out, Opcode opcode, std::string_view payload, Mask mask,
                         bool compressed = false, bool last_fragment = true);

/// A server's Close frame; the reason is cut to fit at a code point. kCloseNoCode gives an empty
/// one.
void append_close(std::string& out, std::uint16_t code, std::string_view reason);
void append_masked_close(std::string& out, std::uint16_t code, std::string_view reason, Mask mask);

/// Appends `payload` xor the mask, whose byte `phase` (0..3) meets the first byte.
void append_unmasked(std::string& out, std::string_view payload, Mask mask, unsigned phase);

}  // namespace clamor::wire::ws
