// SPDX-License-Identifier: Apache-2.0
#include "wire/ws/protocol.h"

#include <cstring>

namespace clamor::wire::ws {
namespace {

constexpr char kFinBit = '\x80';
constexpr char kCompressedBit = '\x40';
constexpr char kMaskBit = '\x80';

void append_head(std::string& out, Opcode opcode, std::size_t size, bool compressed, bool last,
                 char mask_bit) {
    char head[10];
    std::size_t used = 2;
    head[0] = static_cast<char>(static_cast<char>(opcode) | (last ? kFinBit : 0) |
                                (compressed ? kCompressedBit : 0));
    if (size <= kControlPayloadMax) {
        head[1] = static_cast<char>(size | static_cast<unsigned char>(mask_bit));
    } else {
        const int length_bytes = size <= 0xFFFF ? 2 : 8;
        head[1] = static_cast<char>((length_bytes == 2 ? 126 : 127) | mask_bit);
        for (int shift = (length_bytes - 1) * 8; shift >= 0; shift -= 8)
            head[used++] = static_cast<char>(static_cast<std::uint64_t>(size) >> shift);
    }
    out.append(head, used);
}

std::string close_payload(std::uint16_t code, std::string_view reason) {
    std::string payload;
    if (code == kCloseNoCode) return payload;
    payload.push_back(static_cast<char>(code >> 8));
    payload.push_back(static_cast<char>(code & 0xFF));
    std::size_t size = reason.size();
    if (size > kCloseReasonMax) {
        size = kCloseReasonMax;
        while (size > 0 && (static_cast<unsigned char>(reason[size]) & 0xC0) == 0x80) --size;
    }
    payload.append(reason.substr(0, size));
    return payload;
}

}  // namespace

void append_frame_header(std::string& out, Opcode opcode, std::size_t payload_size, bool compressed,
                         bool last_fragment) {
    append_head(out, opcode, payload_size, compressed, last_fragment, 0);
}

void append_frame(std::string& out, Opcode opcode, std::string_view payload, bool compressed,
                  bool last_fragment) {
    append_head(out, opcode, payload.size(), compressed, last_fragment, 0);
    out.append(payload);
}

void append_masked_frame(std::string& out, Opcode opcode, std::string_view payload, Mask mask,
                         bool compressed, bool last_fragment) {
    append_head(out, opcode, payload.size(), compressed, last_fragment, kMaskBit);
    out.append(reinterpret_cast<const char*>(mask.bytes), sizeof mask.bytes);
    append_unmasked(out, payload, mask, 0);
}

void append_close(std::string& out, std::uint16_t code, std::string_view reason) {
    append_frame(out, Opcode::close, close_payload(code, reason));
}

void append_masked_close(std::string& out, std::uint16_t code, std::string_view reason, Mask mask) {
    append_masked_frame(out, Opcode::close, close_payload(code, reason), mask);
}

void append_unmasked(std::string& out, std::string_view payload, Mask mask, unsigned phase) {
    char turned[8];
    for (unsigned i = 0; i < 8; ++i) turned[i] = static_cast<char>(mask.bytes[(phase + i) & 3]);
    std::uint64_t key;
    std::memcpy(&key, turned, sizeof key);

    const std::size_t start = out.size();
    out.append(payload);
    char* p = out.data() + start;
    std::size_t left = payload.size();
    for (; left >= 8; left -= 8, p += 8) {
        std::uint64_t word;
        std::memcpy(&word, p, sizeof word);
        word ^= key;
        std::memcpy(p, &word, sizeof word);
    }
    for (unsigned i = 0; i < left; ++i) p[i] = static_cast<char>(p[i] ^ turned[i]);
}

}  // namespace clamor::wire::ws
