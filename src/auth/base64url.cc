// SPDX-License-Identifier: Apache-2.0
#include "auth/base64url.h"

#include <cstdint>

namespace clamor::auth {

namespace {

constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

int digit_value(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '-') return 62;
    return c == '_' ? 63 : -1;
}

}  // namespace

std::string encode_base64url(std::string_view bytes) {
    std::string text;
    text.reserve((bytes.size() * 4 + 2) / 3);
    std::uint32_t held = 0;
    int bits = 0;
    for (const char byte : bytes) {
        held = (held << 8 | static_cast<std::uint8_t>(byte)) & 0xffff;
        for (bits += 8; bits >= 6;) {
            bits -= 6;
            text += kDigits[held >> bits & 0x3f];
        }
    }
    if (bits > 0) text += kDigits[held << (6 - bits) & 0x3f];
    return text;
}

std::optional<std::string> decode_base64url(std::string_view text) {
    if (text.size() % 4 == 1) return std::nullopt;
    std::string bytes;
    bytes.reserve(text.size() * 3 / 4);
    std::uint32_t held = 0;
    int bits = 0;
    for (const char c : text) {
        const int value = digit_value(c);
        if (value < 0) return std::nullopt;
        held = (held << 6 | static_cast<std::uint32_t>(value)) & 0xffff;
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        bytes += static_cast<char>(held >> bits & 0xff);
    }
    const std::uint32_t left_over = held & ((1u << bits) - 1);
    if (left_over != 0) return std::nullopt;
    return bytes;
}

}  // namespace clamor::auth
