// SPDX-License-Identifier: Apache-2.0
// RFC 6455 against a running clamor-echo, from outside. Each case names the section and the
// sentence that it checks.
#include <map>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/conformance/ws_peer.h"

namespace clamor::conformance {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class WebSocket : public ::testing::TestWithParam<std::string> {
  protected:
    static void TearDownTestSuite() { servers().clear(); }
    void SetUp() override {
        auto& server = servers()[GetParam()];
        if (server == nullptr) server = std::make_unique<EchoServer>(GetParam());
        if (server->port() == 0 && GetParam() == "io_uring") GTEST_SKIP() << server->output();
        ASSERT_NE(server->port(), 0) << server->output();
        port = server->port();
    }

    /// A connection behind its handshake.
    std::unique_ptr<Peer> open(std::string_view more_headers = {}) {
        auto peer = std::make_unique<Peer>(port);
        EXPECT_THAT(peer->open(more_headers), StartsWith("HTTP/1.1 101 "));
        return peer;
    }
    static void expect_frame(Peer& peer, std::uint8_t opcode, std::string_view payload) {
        const auto frame = peer.read_frame();
        ASSERT_TRUE(frame) << "no frame came";
        EXPECT_EQ(frame->opcode, opcode);
        EXPECT_TRUE(frame->fin);
        EXPECT_EQ(frame->reserved, 0);
        EXPECT_TRUE(frame->payload == payload)
            << "got " << frame->payload.size() << " bytes, not " << payload.size();
    }
    static void expect_echo(Peer& peer, std::string_view text) {
        peer.write(Frame{.payload = std::string(text)});
        expect_frame(peer, kText, text);
    }
    /// Section 7.1.7, "Fail the WebSocket Connection": a Close frame with this code, then the end.
    static void expect_failure(Peer& peer, std::uint16_t code) {
        const auto frame = peer.read_frame();
        ASSERT_TRUE(frame) << "no Close frame came";
        ASSERT_EQ(frame->opcode, kClose);
        ASSERT_GE(frame->payload.size(), 2u);
        EXPECT_EQ(frame->payload.substr(0, 2), close_payload(code))
            << "reason: " << frame->payload.substr(2);
        EXPECT_TRUE(peer.at_end());
    }
    void expect_frame_fails(const Frame& frame, std::uint16_t code) {
        const auto peer = open();
        peer->write(frame);
        expect_failure(*peer, code);
    }

    static std::map<std::string, std::unique_ptr<EchoServer>>& servers() {
        static std::map<std::string, std::unique_ptr<EchoServer>> running;
        return running;
    }
    std::uint16_t port = 0;
};

INSTANTIATE_TEST_SUITE_P(Rfc6455, WebSocket, ::testing::Values("epoll", "io_uring"),
                         [](const auto& info) { return info.param; });

// 4.2.2: the accept value is the base64 of the SHA-1 of key and GUID; 1.3 gives this pair as the
// example.
TEST_P(WebSocket, AnswersTheKeyOfTheHandshake) {
    Peer peer(port);
    const std::string head = peer.open();
    EXPECT_THAT(head, StartsWith("HTTP/1.1 101 "));
    EXPECT_THAT(head, HasSubstr("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
    EXPECT_THAT(head, Not(HasSubstr("Sec-WebSocket-Extensions")));
    EXPECT_THAT(head, Not(HasSubstr("Sec-WebSocket-Protocol")));
}

// 4.4: "the server MUST respond with a |Sec-WebSocket-Version| header field (or fields) ...
// indicating the version(s)".
TEST_P(WebSocket, NamesItsVersionWhenAskedForAnother) {
    Peer peer(port);
    peer.write(
        "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 25\r\n\r\n");
    const std::string head = peer.read_head();
    EXPECT_THAT(head, StartsWith("HTTP/1.1 426 "));
    EXPECT_THAT(head, HasSubstr("Sec-WebSocket-Version: 13\r\n"));
}

// 4.2.1: a handshake that lacks what is listed there gets "an appropriate HTTP error code (such as
// 400 Bad Request)".
TEST_P(WebSocket, RefusesAHandshakeWithoutAKey) {
    for (const std::string_view key : {"", "Sec-WebSocket-Key: c2hvcnQ=\r\n"}) {
        Peer peer(port);
        peer.write(
            "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: "
            "Upgrade\r\nSec-WebSocket-Version: 13\r\n");
        peer.write(key);
        peer.write("\r\n");
        EXPECT_THAT(peer.read_head(), StartsWith("HTTP/1.1 400 "));
    }
}

TEST_P(WebSocket, RefusesPlainHttpAndGarbage) {
    Peer plain(port);
    plain.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(plain.read_head(), StartsWith("HTTP/1.1 426 "));
    Peer garbage(port);
    garbage.write("\x16\x03\x01 this is not HTTP\r\n\r\n");
    EXPECT_THAT(garbage.read_head(), StartsWith("HTTP/1.1 400 "));
}

// 4.1: the client may send data as soon as the connection is open; nothing is lost when it comes
// with the request.
TEST_P(WebSocket, ReadsFramesThatComeWithTheHandshake) {
    Peer peer(port);
    peer.write(
        "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n" +
        encode(Frame{.payload = "early"}));
    EXPECT_THAT(peer.read_head(), StartsWith("HTTP/1.1 101 "));
    expect_frame(peer, kText, "early");
}

// 5.1: "The server MUST close the connection upon receiving a frame that is not masked." and "A
// server MUST NOT mask any frames that it sends to the client."
TEST_P(WebSocket, MaskingIsForClientsOnly) {
    expect_frame_fails({.masked = false, .payload = "bare"}, 1002);
    const auto peer = open();
    peer->write(Frame{.payload = "masked"});
    const auto echo = peer->read_frame();
    ASSERT_TRUE(echo);
    EXPECT_FALSE(echo->masked);
    EXPECT_EQ(echo->payload, "masked");
}

// 5.2, RSV1-3: "MUST be 0 unless an extension is negotiated that defines meanings for non-zero
// values."
TEST_P(WebSocket, FailsOnReservedBits) {
    for (const int bits : {1, 2, 4, 7}) {
        expect_frame_fails({.reserved = static_cast<std::uint8_t>(bits), .payload = "x"}, 1002);
        expect_frame_fails(
            {.reserved = static_cast<std::uint8_t>(bits), .opcode = kPing, .payload = {}}, 1002);
    }
}

// 5.2: "If an unknown opcode is received, the receiving endpoint MUST _Fail the WebSocket
// Connection_."
TEST_P(WebSocket, FailsOnReservedOpcodes) {
    for (const int opcode : {3, 4, 5, 6, 7, 11, 12, 13, 14, 15}) {
        expect_frame_fails({.opcode = static_cast<std::uint8_t>(opcode), .payload = {}}, 1002);
    }
}

TEST_P(WebSocket, EchoesEveryLengthForm) {
    const auto peer = open();
    for (const std::size_t size :
         {0u, 1u, 125u, 126u, 127u, 128u, 65535u, 65536u, 65537u, 1024u * 1024u}) {
        expect_echo(*peer, std::string(size, '*'));
    }
}

// 5.2: "in all cases, the minimal number of bytes MUST be used to encode the length", and of 64-bit
// lengths "the most significant bit MUST be 0".
TEST_P(WebSocket, FailsOnLengthsThatAreNotMinimal) {
    expect_frame_fails({.payload = std::string(125, 'x'), .length_bytes = 2}, 1002);
    expect_frame_fails({.payload = std::string(125, 'x'), .length_bytes = 8}, 1002);
    expect_frame_fails({.payload = std::string(300, 'x'), .length_bytes = 8}, 1002);
    expect_frame_fails({.payload = {}, .length_bytes = 8, .claimed_length = std::uint64_t{1} << 63},
                       1002);
}

// 5.5: control frames "MUST have a payload length of 125 bytes or less and MUST NOT be fragmented."
TEST_P(WebSocket, FailsOnBadControlFrames) {
    for (const std::uint8_t opcode : {kClose, kPing, kPong}) {
        expect_frame_fails({.opcode = opcode, .payload = std::string(126, 'x')}, 1002);
        expect_frame_fails({.fin = false, .opcode = opcode, .payload = {}}, 1002);
    }
}

// 5.5.3: "A Pong frame sent in response to a Ping frame must have identical 'Application data'".
TEST_P(WebSocket, AnswersPingsWithTheirPayload) {
    const auto peer = open();
    for (const std::string& payload :
         {std::string(), std::string("hi"), std::string(125, '\xff'), std::string("\0\r\n", 3)}) {
        peer->write(Frame{.opcode = kPing, .payload = payload});
        expect_frame(*peer, kPong, payload);
    }
    for (int i = 0; i < 10; ++i) peer->write(Frame{.opcode = kPing, .payload = std::to_string(i)});
    for (int i = 0; i < 10; ++i) expect_frame(*peer, kPong, std::to_string(i));
}

// 5.5.3: "A response to an unsolicited Pong frame is not expected."
TEST_P(WebSocket, IgnoresUnsolicitedPongs) {
    const auto peer = open();
    peer->write(Frame{.opcode = kPong, .payload = "nobody asked"});
    expect_echo(*peer, "still here");
}

// 5.4: fragments of a message are delivered in order; "Control frames MAY be injected in the middle
// of a fragmented message."
TEST_P(WebSocket, JoinsFragmentsAroundControlFrames) {
    const auto peer = open();
    peer->write(Frame{.fin = false, .opcode = kText, .payload = "one "});
    peer->write(Frame{.opcode = kPing, .payload = "between"});
    expect_frame(*peer, kPong, "between");
    peer->write(Frame{.fin = false, .opcode = kContinuation, .payload = {}});
    peer->write(Frame{.fin = false, .opcode = kContinuation, .payload = "two "});
    peer->write(Frame{.opcode = kContinuation, .payload = "three"});
    expect_frame(*peer, kText, "one two three");
    peer->write(Frame{.fin = false, .opcode = kBinary, .payload = {}});
    peer->write(Frame{.opcode = kContinuation, .payload = {}});
    expect_frame(*peer, kBinary, "");
}

// 5.4: a fragmented message "consists of a single frame with the FIN bit clear and an opcode other
// than 0, followed by" continuations; its fragments "MUST NOT be interleaved between the fragments
// of another message".
TEST_P(WebSocket, FailsOnFragmentsOutOfPlace) {
    expect_frame_fails({.opcode = kContinuation, .payload = "of nothing"}, 1002);
    expect_frame_fails({.fin = false, .opcode = kContinuation, .payload = "of nothing"}, 1002);
    const auto interleaved = open();
    interleaved->write(Frame{.fin = false, .opcode = kText, .payload = "first"});
    interleaved->write(Frame{.opcode = kText, .payload = "second"});
    expect_failure(*interleaved, 1002);
    const auto after_end = open();
    after_end->write(Frame{.fin = false, .opcode = kText, .payload = "a"});
    after_end->write(Frame{.opcode = kContinuation, .payload = "b"});
    expect_frame(*after_end, kText, "ab");
    after_end->write(Frame{.opcode = kContinuation, .payload = "c"});
    expect_failure(*after_end, 1002);
}

TEST_P(WebSocket, ReadsFramesByteByByte) {
    const auto peer = open();
    std::string bytes = encode({.fin = false, .opcode = kText, .payload = "by"});
    bytes += encode({.opcode = kPing, .payload = "p"});
    bytes += encode({.opcode = kContinuation, .payload = std::string(130, '.')});
    for (const char c : bytes) peer->write(std::string_view(&c, 1));
    expect_frame(*peer, kPong, "p");
    expect_frame(*peer, kText, "by" + std::string(130, '.'));
}

// 5.5.1: "the endpoint MUST send a Close frame in response", which "typically echos the status
// code"; 7.1.1: the server closes the TCP connection first.
TEST_P(WebSocket, EchoesValidCloseCodes) {
    for (const int code :
         {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 3000, 3999, 4000, 4999}) {
        const auto peer = open();
        peer->write(Frame{.opcode = kClose,
                          .payload = close_payload(static_cast<std::uint16_t>(code), "why")});
        expect_failure(*peer, static_cast<std::uint16_t>(code));
    }
    const auto empty = open();
    empty->write(Frame{.opcode = kClose, .payload = {}});
    expect_frame(*empty, kClose, "");
    EXPECT_TRUE(empty->at_end());
}

// 7.4.1: 1005, 1006 and 1015 "MUST NOT be set as a status code in a Close control frame"; 7.4.2:
// 0-999 "are not used", 1000-2999 are reserved for the protocol.
TEST_P(WebSocket, FailsOnCloseCodesThatMayNotBeSent) {
    for (const int code :
         {0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535}) {
        expect_frame_fails(
            {.opcode = kClose, .payload = close_payload(static_cast<std::uint16_t>(code))}, 1002);
    }
}

// 5.5.1: "If there is a body, the first two bytes of the body MUST be a 2-byte unsigned integer",
// then UTF-8.
TEST_P(WebSocket, FailsOnBadCloseBodies) {
    expect_frame_fails({.opcode = kClose, .payload = "x"}, 1002);
    expect_frame_fails({.opcode = kClose, .payload = close_payload(1000, "\xce\xba\xe1")}, 1007);
    const auto longest = open();
    longest->write(Frame{.opcode = kClose, .payload = close_payload(1000, std::string(123, 'x'))});
    expect_failure(*longest, 1000);
}

// 5.5.1: "The application MUST NOT send any more data frames after sending a Close frame."
TEST_P(WebSocket, SaysNothingBehindItsClose) {
    const auto peer = open();
    peer->write(encode({.payload = "before"}) +
                encode({.opcode = kClose, .payload = close_payload(1000)}) +
                encode({.payload = "behind"}) + encode({.opcode = kPing, .payload = "behind"}));
    expect_frame(*peer, kText, "before");
    expect_failure(*peer, 1000);
}

// 8.1: text that is not UTF-8: the endpoint "MUST _Fail the WebSocket Connection_"; 7.4.1 names
// code 1007.
TEST_P(WebSocket, FailsOnTextThatIsNotUtf8) {
    for (const std::string_view text :
         {"\x80", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "ok \xce",
          "\xe0\x80\x80", "\xff"}) {
        expect_frame_fails({.payload = std::string(text)}, 1007);
    }
    const auto peer = open();
    peer->write(Frame{.fin = false, .opcode = kText, .payload = "ok \xce"});
    peer->write(Frame{.opcode = kContinuation, .payload = "x"});
    expect_failure(*peer, 1007);
}

// 5.6: "a particular text frame might include a partial UTF-8 sequence; however, the whole message
// MUST contain valid UTF-8".
TEST_P(WebSocket, AcceptsCodePointsSplitOverFragments) {
    const auto peer = open();
    const std::string text = "\xce\xba\xe1\xbd\xb9\xf0\x9f\x98\x80\xef\xbf\xbf";
    for (std::size_t i = 0; i < text.size(); ++i) {
        peer->write(Frame{.fin = i + 1 == text.size(),
                          .opcode = i == 0 ? kText : kContinuation,
                          .payload = text.substr(i, 1)});
    }
    expect_frame(*peer, kText, text);
    peer->write(Frame{.opcode = kBinary, .payload = "\xff\xfe not text"});
    expect_frame(*peer, kBinary, "\xff\xfe not text");
}

// 7.4.1: 1009 is for "a message that is too big for it to process"; 10.4 asks to limit what is
// reassembled, too.
TEST_P(WebSocket, RefusesMessagesThatAreTooBig) {
    // The length alone is enough; the payload need not come.
    expect_frame_fails({.payload = {}, .claimed_length = EchoServer::kMessageMax + 1}, 1009);
    expect_frame_fails(
        {.payload = {}, .length_bytes = 8, .claimed_length = (std::uint64_t{1} << 63) - 1}, 1009);
    const auto peer = open();
    peer->write(Frame{
        .fin = false, .opcode = kBinary, .payload = std::string(EchoServer::kMessageMax, 'x')});
    peer->write(Frame{.opcode = kContinuation, .payload = "x"});
    expect_failure(*peer, 1009);
}

TEST_P(WebSocket, ManyMessagesInOnePieceAreAllEchoed) {
    const auto peer = open();
    std::string bytes;
    for (int i = 0; i < 1000; ++i) bytes += encode({.payload = "message " + std::to_string(i)});
    peer->write(bytes);
    for (int i = 0; i < 1000; ++i) expect_frame(*peer, kText, "message " + std::to_string(i));
}

}  // namespace clamor::conformance
