// SPDX-License-Identifier: Apache-2.0
// The first byte chooses role, compression and the length of pieces; the rest is what a peer sends.
// Events and the failure are the same however the bytes are cut, and what is reported is sound.
#include <algorithm>
#include <string>

#include "base/check.h"
#include "text/utf8.h"
#include "wire/ws/decoder.h"

namespace {

using namespace clamor;
using namespace clamor::wire::ws;

struct Journal : Handler {
    bool on_message(Opcode kind, std::string_view payload) override {
        CLAMOR_CHECK(kind == Opcode::text || kind == Opcode::binary, "a message has a kind");
        CLAMOR_CHECK(kind == Opcode::binary || text::is_valid_utf8(payload), "text is UTF-8");
        CLAMOR_CHECK(payload.size() <= max, "a message is within the limit");
        return add('m', payload);
    }
    bool on_ping(std::string_view payload) override { return add('i', payload); }
    bool on_pong(std::string_view payload) override { return add('o', payload); }
    void on_close(std::uint16_t code, std::string_view reason) override {
        CLAMOR_CHECK(code == kCloseNoCode || is_sendable_close_code(code), "a close code is sound");
        CLAMOR_CHECK(text::is_valid_utf8(reason), "a reason is UTF-8");
        add('c', std::to_string(code));
        add(' ', reason);
    }
    bool add(char what, std::string_view payload) {
        events.push_back(what);
        events.append(std::to_string(payload.size())).append(":").append(payload);
        return true;
    }

    std::string events;
    std::size_t max = 0;
};

std::string decode(std::string_view bytes, std::size_t piece, Decoder::Options options) {
    Decoder decoder(options);
    Workspace workspace;
    Journal journal;
    journal.max = options.message_bytes_max;
    while (!bytes.empty()) {
        const std::string part(bytes.substr(0, piece));
        bytes.remove_prefix(part.size());
        const Failure failure = decoder.feed(part, workspace, journal);
        CLAMOR_CHECK(!decoder.finished() || !decoder.holds_memory(), "the end releases memory");
        if (failure) return journal.events + std::to_string(failure.code);
    }
    return journal.events;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const Decoder::Options options{.role = (data[0] & 1) != 0 ? Role::client : Role::server,
                                   .deflate = (data[0] & 2) != 0,
                                   .message_bytes_max = (data[0] & 4) != 0 ? 64u : 65536u};
    const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
    const std::size_t piece = (data[0] >> 3) + std::size_t{1};
    CLAMOR_CHECK(decode(bytes, piece, options) == decode(bytes, size, options),
                 "the place of cuts does not matter");
    return 0;
}
