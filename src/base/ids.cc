// SPDX-License-Identifier: Apache-2.0
#include "base/ids.h"

namespace clamor {

MessageId MessageId::at(WallTime time, std::uint64_t high, std::uint64_t low) {
    const auto ms = static_cast<std::uint64_t>(unix_ms(time));
    MessageId id = from_random(ms << 16 | (high & 0x0fff), low);
    id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0f) | 0x70);
    return id;
}

MessageId MessageId::from_random(std::uint64_t high, std::uint64_t low) {
    MessageId id;
    for (int i = 0; i < 8; ++i) {
        id.bytes[i] = static_cast<std::uint8_t>(high >> (56 - 8 * i));
        id.bytes[8 + i] = static_cast<std::uint8_t>(low >> (56 - 8 * i));
    }
    id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0f) | 0x40);
    id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3f) | 0x80);
    return id;
}

std::optional<MessageId> MessageId::parse(std::string_view text) {
    if (text.size() != 36) return std::nullopt;
    MessageId id;
    std::size_t at = 0;
    for (std::size_t i = 0; i < 36;) {
        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (text[i++] != '-') return std::nullopt;
            continue;
        }
        int byte = 0;
        for (int digit = 0; digit < 2; ++digit, ++i) {
            const char c = text[i];
            const int value = c >= '0' && c <= '9'   ? c - '0'
                              : c >= 'a' && c <= 'f' ? c - 'a' + 10
                              : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                     : -1;
            if (value < 0) return std::nullopt;
            byte = byte << 4 | value;
        }
        id.bytes[at++] = static_cast<std::uint8_t>(byte);
    }
    return id;
}

std::string MessageId::to_string() const {
    static constexpr char kHex[] = "0123456789abcdef";
    std::string out;
    out.reserve(36);
    for (std::size_t i = 0; i < 16; ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) out.push_back('-');
        out.push_back(kHex[bytes[i] >> 4]);
        out.push_back(kHex[bytes[i] & 15]);
    }
    return out;
}

}  // namespace clamor
