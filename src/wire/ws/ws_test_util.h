// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "wire/ws/decoder.h"

namespace clamor::wire::ws {

/// Writes down what a decoder reports, as short texts: `text:hello`, `binary:..`, `ping:..`,
/// `pong:..`, `close:1000:reason`.
struct Recorder : Handler {
    bool on_message(Opcode kind, std::string_view payload) override {
        return add(kind == Opcode::text ? "text:" : "binary:", payload);
    }
    bool on_ping(std::string_view payload) override { return add("ping:", payload); }
    bool on_pong(std::string_view payload) override { return add("pong:", payload); }
    void on_close(std::uint16_t code, std::string_view reason) override {
        seen.push_back(fmt::format("close:{}:{}", code, reason));
    }
    bool add(std::string_view what, std::string_view payload) {
        seen.push_back(std::string(what).append(payload));
        return go_on;
    }

    std::vector<std::string> seen;
    bool go_on = true;
};

struct Decoded {
    std::vector<std::string> seen;
    std::uint16_t failure = 0;
    bool holds_memory = false;
};

inline Decoded decode(std::string_view bytes, std::size_t piece = std::string_view::npos,
                      Decoder::Options options = {}) {
    Decoder decoder(options);
    Workspace workspace;
    Recorder recorder;
    Decoded decoded;
    while (!bytes.empty() && decoded.failure == 0) {
        // A copy of its own, so that reading past a piece is seen by the address sanitizer.
        const std::string part(bytes.substr(0, piece));
        bytes.remove_prefix(part.size());
        decoded.failure = decoder.feed(part, workspace, recorder).code;
    }
    decoded.seen = recorder.seen;
    decoded.holds_memory = decoder.holds_memory();
    return decoded;
}

inline constexpr Mask kTestMask{{0x37, 0xfa, 0x21, 0x3d}};

/// A client's frame.
inline std::string frame(Opcode opcode, std::string_view payload, bool last = true,
                         bool compressed = false) {
    std::string out;
    append_masked_frame(out, opcode, payload, kTestMask, compressed, last);
    return out;
}

}  // namespace clamor::wire::ws
