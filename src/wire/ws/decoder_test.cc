// SPDX-License-Identifier: Apache-2.0
#include "wire/ws/decoder.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "wire/ws/ws_test_util.h"

namespace clamor::wire::ws {
namespace {

using Seen = std::vector<std::string>;
using std::string_literals::operator""s;

/// Expects the failure however the bytes are cut, and nothing seen but `before`.
void expect_failure(const std::string& bytes, std::uint16_t code, const Seen& before = {},
                    Decoder::Options options = {}) {
    for (std::size_t piece = 1; piece <= bytes.size(); piece += bytes.size() > 200 ? 97 : 1) {
        const Decoded decoded = decode(bytes, piece, options);
        EXPECT_EQ(decoded.failure, code) << "pieces of " << piece;
        EXPECT_EQ(decoded.seen, before);
        EXPECT_FALSE(decoded.holds_memory);
    }
}

void expect_seen(const std::string& bytes, const Seen& seen, Decoder::Options options = {}) {
    for (std::size_t piece = 1; piece <= bytes.size(); piece += bytes.size() > 200 ? 97 : 1) {
        const Decoded decoded = decode(bytes, piece, options);
        EXPECT_EQ(decoded.failure, 0) << "pieces of " << piece;
        EXPECT_EQ(decoded.seen, seen) << "pieces of " << piece;
        EXPECT_FALSE(decoded.holds_memory) << "pieces of " << piece;
    }
}

TEST(WebSocketDecoder, ReadsTheExamplesOfTheRfc) {
    // RFC 6455, 5.7.
    expect_seen("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"s, {"text:Hello"});
    expect_seen("\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"s, {"pong:Hello"});
    const Decoder::Options client{.role = Role::client};
    expect_seen("\x81\x05\x48\x65\x6c\x6c\x6f"s, {"text:Hello"}, client);
    expect_seen("\x01\x03\x48\x65\x6c\x80\x02\x6c\x6f"s, {"text:Hello"}, client);
    expect_seen("\x89\x05\x48\x65\x6c\x6c\x6f"s, {"ping:Hello"}, client);
    expect_seen("\x82\x7e\x01\x00"s + std::string(256, 'b'), {"binary:" + std::string(256, 'b')},
                client);
}

TEST(WebSocketDecoder, ReadsEveryPayloadLength) {
    for (const std::size_t size :
         {0u, 1u, 2u, 3u, 7u, 8u, 9u, 125u, 126u, 127u, 128u, 65535u, 65536u}) {
        const std::string payload(size, 'x');
        expect_seen(frame(Opcode::text, payload), {"text:" + payload});
        expect_seen(frame(Opcode::binary, payload), {"binary:" + payload});
    }
}

TEST(WebSocketDecoder, JoinsEveryFragmentation) {
    const std::string text = "fragmé€nt😀";
    for (std::size_t i = 0; i <= text.size(); ++i) {
        for (std::size_t j = i; j <= text.size(); ++j) {
            const std::string bytes = frame(Opcode::text, text.substr(0, i), false) +
                                      frame(Opcode::continuation, text.substr(i, j - i), false) +
                                      frame(Opcode::continuation, text.substr(j));
            for (const std::size_t piece : {std::size_t{1}, std::size_t{5}, bytes.size()}) {
                const Decoded decoded = decode(bytes, piece);
                ASSERT_EQ(decoded.seen, Seen{"text:" + text});
                ASSERT_FALSE(decoded.holds_memory);
            }
        }
    }
}

TEST(WebSocketDecoder, TakesControlFramesBetweenFragments) {
    expect_seen(frame(Opcode::text, "a", false) + frame(Opcode::ping, "p") +
                    frame(Opcode::continuation, "", false) + frame(Opcode::pong, "") +
                    frame(Opcode::continuation, "b") + frame(Opcode::text, "c"),
                {"ping:p", "pong:", "text:ab", "text:c"});
}

TEST(WebSocketDecoder, RefusesEveryUnknownOpcode) {
    for (int opcode = 0; opcode < 16; ++opcode) {
        if (opcode <= 2 || (opcode >= 8 && opcode <= 10)) continue;
        expect_failure(frame(Opcode::text, "x") + frame(static_cast<Opcode>(opcode), ""),
                       kCloseProtocolError, {"text:x"});
    }
}

TEST(WebSocketDecoder, RefusesEveryReservedBit) {
    for (const int bits : {0x10, 0x20, 0x30, 0x40, 0x70}) {
        for (const Opcode opcode : {Opcode::text, Opcode::ping, Opcode::close}) {
            std::string bytes = frame(opcode, "");
            bytes[0] = static_cast<char>(bytes[0] | bits);
            expect_failure(bytes, kCloseProtocolError);
        }
    }
}

TEST(WebSocketDecoder, RefusesWrongMasking) {
    std::string unmasked;
    append_frame(unmasked, Opcode::text, "x");
    expect_failure(unmasked, kCloseProtocolError);
    expect_failure(frame(Opcode::text, "x"), kCloseProtocolError, {}, {.role = Role::client});
}

TEST(WebSocketDecoder, RefusesBrokenFragmentation) {
    expect_failure(frame(Opcode::continuation, "x"), kCloseProtocolError);
    expect_failure(frame(Opcode::continuation, "x", false), kCloseProtocolError);
    expect_failure(frame(Opcode::text, "a", false) + frame(Opcode::text, "b"), kCloseProtocolError);
    expect_failure(frame(Opcode::binary, "a", false) + frame(Opcode::text, "b", false),
                   kCloseProtocolError);
    expect_failure(frame(Opcode::text, "a") + frame(Opcode::continuation, "b"), kCloseProtocolError,
                   {"text:a"});
}

TEST(WebSocketDecoder, RefusesFragmentedAndLongControlFrames) {
    for (const Opcode opcode : {Opcode::ping, Opcode::pong, Opcode::close}) {
        expect_failure(frame(opcode, "", false), kCloseProtocolError);
        expect_failure(frame(opcode, std::string(126, 'x')), kCloseProtocolError);
    }
    expect_seen(frame(Opcode::ping, std::string(125, 'x')), {"ping:" + std::string(125, 'x')});
}

TEST(WebSocketDecoder, RefusesLengthsThatAreNotInTheirShortestForm) {
    expect_failure("\x81\xfe\x00\x7d\x01\x02\x03\x04"s, kCloseProtocolError);
    expect_failure("\x81\xff\x00\x00\x00\x00\x00\x00\xff\xff\x01\x02\x03\x04"s,
                   kCloseProtocolError);
    expect_failure("\x81\xff\x80\x00\x00\x00\x00\x01\x00\x00\x01\x02\x03\x04"s,
                   kCloseProtocolError);
}

TEST(WebSocketDecoder, RefusesMessagesAboveTheLimitBeforeTheyAreSent) {
    const Decoder::Options small{.message_bytes_max = 10};
    expect_seen(frame(Opcode::text, "0123456789"), {"text:0123456789"}, small);
    expect_failure(frame(Opcode::text, "0123456789a").substr(0, 6), kCloseTooBig, {}, small);
    expect_failure(
        frame(Opcode::text, "01234", false) + frame(Opcode::continuation, "567890").substr(0, 6),
        kCloseTooBig, {}, small);
    expect_failure("\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x01\x02\x03\x04"s, kCloseTooBig, {},
                   small);
}

TEST(WebSocketDecoder, RefusesBadUtf8InTextAtOnce) {
    for (const std::string& bad :
         {"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80\x65\x64\x69\x74\x65\x64"s,
          "\x80"s, "\xc0\xaf"s, "\xe0\x80\xaf"s, "\xf0\x80\x80\xaf"s, "\xf8\x88\x80\x80\x80"s,
          "\xfe"s, "\xff"s, "\xf4\x90\x80\x80"s, "\xed\xb0\x80"s, "cut \xe2\x82"s, "\xce"s}) {
        expect_failure(frame(Opcode::text, bad), kCloseBadData);
        expect_failure(frame(Opcode::text, "ok", false) + frame(Opcode::continuation, bad),
                       kCloseBadData);
        for (std::size_t i = 0; i <= bad.size(); ++i)
            EXPECT_EQ(decode(frame(Opcode::text, bad.substr(0, i), false) +
                             frame(Opcode::continuation, bad.substr(i)))
                          .failure,
                      kCloseBadData);
        expect_seen(frame(Opcode::binary, bad), {"binary:" + bad});
    }
    const std::string endless = frame(Opcode::text, "\xf4\x90" + std::string(100, 'x'));
    EXPECT_EQ(decode(endless.substr(0, 8)).failure, kCloseBadData) << "before the frame is whole";
}

TEST(WebSocketDecoder, TakesExactlyTheCloseCodesThatMayBeSent) {
    for (std::uint32_t code = 0; code <= 6000; ++code) {
        const std::string payload = {static_cast<char>(code >> 8), static_cast<char>(code & 0xFF),
                                     'b', 'y', 'e'};
        const bool fine = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
                          (code >= 3000 && code <= 4999);
        const Decoded decoded = decode(frame(Opcode::close, payload));
        ASSERT_EQ(decoded.failure, fine ? 0 : kCloseProtocolError) << code;
        if (fine) {
            ASSERT_EQ(decoded.seen, Seen{"close:" + std::to_string(code) + ":bye"});
        }
    }
    expect_seen(frame(Opcode::close, ""), {"close:1005:"});
    expect_failure(frame(Opcode::close, "x"), kCloseProtocolError);
    expect_failure(frame(Opcode::close, "\x03\xe8\xff"), kCloseBadData);
    const std::string longest(kCloseReasonMax, 'r');
    expect_seen(frame(Opcode::close, "\x03\xe8" + longest), {"close:1000:" + longest});
}

TEST(WebSocketDecoder, IgnoresWhatFollowsAClose) {
    expect_seen(frame(Opcode::close, "\x03\xe8") + frame(Opcode::text, "late") + "\xff\xff garbage",
                {"close:1000:"});
}

TEST(WebSocketDecoder, StopsWhenItsHandlerSaysSo) {
    Decoder decoder({});
    Workspace workspace;
    Recorder recorder;
    recorder.go_on = false;
    EXPECT_FALSE(
        decoder.feed(frame(Opcode::text, "a") + frame(Opcode::text, "b"), workspace, recorder));
    EXPECT_FALSE(decoder.feed(frame(Opcode::ping, "c"), workspace, recorder));
    EXPECT_EQ(recorder.seen, Seen{"text:a"});
    EXPECT_TRUE(decoder.finished());
}

TEST(WebSocketDecoder, HoldsMemoryOnlyWithinAMessage) {
    Decoder decoder({});
    Workspace workspace;
    Recorder recorder;
    const std::string bytes = frame(Opcode::text, "hello", false);
    EXPECT_FALSE(decoder.feed(bytes.substr(0, 3), workspace, recorder));
    EXPECT_TRUE(decoder.holds_memory());
    EXPECT_FALSE(decoder.feed(bytes.substr(3), workspace, recorder));
    EXPECT_TRUE(decoder.holds_memory());
    EXPECT_FALSE(decoder.feed(frame(Opcode::continuation, "!"), workspace, recorder));
    EXPECT_FALSE(decoder.holds_memory());
    EXPECT_EQ(recorder.seen, Seen{"text:hello!"});
    EXPECT_LE(sizeof(Decoder), 24u);
}

TEST(WebSocketEncoder, WritesHeadersInTheirShortestForm) {
    const auto header = [](std::size_t size, bool compressed) {
        std::string out;
        append_frame_header(out, Opcode::text, size, compressed);
        return out;
    };
    EXPECT_EQ(header(0, false), "\x81\x00"s);
    EXPECT_EQ(header(125, true), "\xc1\x7d"s);
    EXPECT_EQ(header(126, false), "\x81\x7e\x00\x7e"s);
    EXPECT_EQ(header(65535, false), "\x81\x7e\xff\xff"s);
    EXPECT_EQ(header(65536, false), "\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"s);
}

TEST(WebSocketEncoder, CutsCloseReasonsAtACodePoint) {
    std::string out;
    append_close(out, 1008, std::string(122, 'x') + "é");
    expect_seen(out, {"close:1008:" + std::string(122, 'x')}, {.role = Role::client});
    out.clear();
    append_close(out, kCloseNoCode, "never said");
    EXPECT_EQ(out, "\x88\x00"s);
    out.clear();
    append_masked_close(out, 1001, "bye", kTestMask);
    expect_seen(out, {"close:1001:bye"});
}

}  // namespace
}  // namespace clamor::wire::ws
