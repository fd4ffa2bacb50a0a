// SPDX-License-Identifier: Apache-2.0
// RFC 7692 (permessage-deflate) against a running clamor-echo, from outside, with zlib itself on
// our side.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "tests/conformance/ws_peer.h"

namespace clamor::conformance {

namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kOffer =
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
constexpr std::uint8_t kRsv1 = 4;

/// 7.2.1: raw deflate, flushed, without the last four octets 00 00 ff ff.
std::string deflate_message(std::string_view text) {
    z_stream stream{};
    ::deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
    std::string out(text.size() + 1024, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    ::deflate(&stream, Z_SYNC_FLUSH);
    out.resize(stream.total_out - 4);
    ::deflateEnd(&stream);
    return out;
}

std::string inflate_message(std::string payload, int window_bits = 15) {
    payload.append("\0\0\xff\xff", 4);
    z_stream stream{};
    ::inflateInit2(&stream, -window_bits);
    std::string out(4 * 1024 * 1024, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(payload.data());
    stream.avail_in = static_cast<uInt>(payload.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const int result = ::inflate(&stream, Z_SYNC_FLUSH);
    out.resize(result == Z_OK || result == Z_BUF_ERROR ? stream.total_out : 0);
    ::inflateEnd(&stream);
    return out;
}

class Deflate : public ::testing::Test {
  protected:
    static void SetUpTestSuite() { server = new EchoServer("auto"); }
    static void TearDownTestSuite() { delete server; }
    void SetUp() override { ASSERT_NE(server->port(), 0) << server->output(); }

    static void expect_failure(Peer& peer, std::uint16_t code) {
        const auto frame = peer.read_frame();
        ASSERT_TRUE(frame) << "no Close frame came";
        ASSERT_EQ(frame->opcode, kClose);
        EXPECT_EQ(frame->payload.substr(0, 2), close_payload(code))
            << "reason: " << frame->payload.substr(2);
        EXPECT_TRUE(peer.at_end());
    }

    static inline EchoServer* server = nullptr;
};

// 7.1.1: the server answers with what it will do; we promise that no window is kept, and ask the
// client for the same.
TEST_F(Deflate, AgreesWithoutContextTakeover) {
    Peer peer(server->port());
    const std::string head = peer.open(kOffer);
    EXPECT_THAT(head, HasSubstr("permessage-deflate"));
    EXPECT_THAT(head, HasSubstr("server_no_context_takeover"));
    EXPECT_THAT(head, HasSubstr("client_no_context_takeover"));
}

// 7.1: an offer with parameters that are unknown, doubled or out of range MUST be declined.
TEST_F(Deflate, DeclinesOffersThatAreNotValid) {
    for (const std::string offer :
         {"permessage-deflate; unknown=1", "permessage-deflate; server_max_window_bits=16",
          "permessage-deflate; server_max_window_bits=7",
          "permessage-deflate; server_max_window_bits",
          "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
          "permessage-deflate; server_no_context_takeover=1", "permessage-bzip2"}) {
        Peer peer(server->port());
        EXPECT_THAT(peer.open("Sec-WebSocket-Extensions: " + offer + "\r\n"),
                    Not(HasSubstr("Sec-WebSocket-Extensions")))
            << offer;
    }
}

// 5: "a server ... accepts one of the offers": the first that it can meet.
TEST_F(Deflate, TakesALaterOfferWhenTheFirstIsDeclined) {
    Peer peer(server->port());
    EXPECT_THAT(
        peer.open(
            "Sec-WebSocket-Extensions: permessage-deflate; unknown=1, permessage-deflate\r\n"),
        HasSubstr("permessage-deflate"));
}

// 7.2.2 and 7.2.3.2: compressed messages both ways; the same text gives the same bytes, since no
// window is kept.
TEST_F(Deflate, EchoesCompressedMessages) {
    Peer peer(server->port());
    peer.open(kOffer);
    const std::string text = "to be or not to be, to be or not to be, to be or not to be";
    std::string first;
    for (int i = 0; i < 3; ++i) {
        peer.write(Frame{.reserved = kRsv1, .payload = deflate_message(text)});
        const auto echo = peer.read_frame();
        ASSERT_TRUE(echo);
        EXPECT_EQ(echo->opcode, kText);
        EXPECT_EQ(echo->reserved, kRsv1);
        EXPECT_LT(echo->payload.size(), text.size());
        EXPECT_EQ(inflate_message(echo->payload), text);
        if (i == 0) first = echo->payload;
        EXPECT_EQ(echo->payload, first);
    }
}

// 7.1.2.1: "server_max_window_bits": what the server sends can be inflated with that window.
TEST_F(Deflate, KeepsToTheWindowThatWasAgreed) {
    std::string text;
    for (int i = 0; i < 20'000; ++i) text += std::to_string(i * 7919 % 10'007) + " ";
    for (const int bits : {9, 10, 12, 15}) {
        Peer peer(server->port());
        const std::string parameter = "server_max_window_bits=" + std::to_string(bits);
        const std::string head =
            peer.open("Sec-WebSocket-Extensions: permessage-deflate; " + parameter + "\r\n");
        ASSERT_THAT(head, HasSubstr(parameter));
        peer.write(Frame{.reserved = kRsv1, .payload = deflate_message(text)});
        const auto echo = peer.read_frame();
        ASSERT_TRUE(echo);
        ASSERT_EQ(echo->reserved, kRsv1);
        EXPECT_TRUE(inflate_message(echo->payload, bits) == text) << bits;
    }
}

// 6: a message may go uncompressed, with RSV1 clear, though the extension is in use.
TEST_F(Deflate, TakesUncompressedMessagesToo) {
    Peer peer(server->port());
    peer.open(kOffer);
    peer.write(Frame{.payload = "plain"});
    const auto echo = peer.read_frame();
    ASSERT_TRUE(echo);
    EXPECT_EQ(echo->reserved == kRsv1 ? inflate_message(echo->payload) : echo->payload, "plain");
}

// 6.1: a message is compressed as a whole, then split: only the first frame has RSV1.
TEST_F(Deflate, JoinsCompressedFragments) {
    Peer peer(server->port());
    peer.open(kOffer);
    const std::string text(5000, 'z');
    const std::string payload = deflate_message(text);
    peer.write(Frame{.fin = false, .reserved = kRsv1, .payload = payload.substr(0, 3)});
    peer.write(Frame{.fin = false, .opcode = kContinuation, .payload = {}});
    peer.write(Frame{.opcode = kPing, .payload = "not compressed"});
    peer.write(Frame{.opcode = kContinuation, .payload = payload.substr(3)});
    const auto pong = peer.read_frame();
    ASSERT_TRUE(pong);
    EXPECT_EQ(pong->payload, "not compressed");
    EXPECT_EQ(pong->reserved, 0);
    const auto echo = peer.read_frame();
    ASSERT_TRUE(echo);
    EXPECT_EQ(inflate_message(echo->payload), text);
}

// 6.1: "An endpoint MUST NOT set the 'Per-Message Compressed' bit of control frames and non-first
// fragments".
TEST_F(Deflate, FailsOnTheCompressedBitOutOfPlace) {
    Peer control(server->port());
    control.open(kOffer);
    control.write(Frame{.reserved = kRsv1, .opcode = kPing, .payload = {}});
    expect_failure(control, 1002);
    Peer fragment(server->port());
    fragment.open(kOffer);
    fragment.write(Frame{.fin = false, .reserved = kRsv1, .payload = deflate_message("abc")});
    fragment.write(Frame{.reserved = kRsv1, .opcode = kContinuation, .payload = {}});
    expect_failure(fragment, 1002);
    Peer other(server->port());
    other.open(kOffer);
    other.write(Frame{.reserved = 2, .payload = "RSV2 is nobody's"});
    expect_failure(other, 1002);
}

// 7.2.2: what does not inflate fails the connection; 8.1 of RFC 6455 holds for the inflated text.
TEST_F(Deflate, FailsOnBadCompressedData) {
    Peer broken(server->port());
    broken.open(kOffer);
    broken.write(Frame{.reserved = kRsv1, .payload = "\xff\xff\xff\xff no deflate stream"});
    expect_failure(broken, 1007);
    Peer text(server->port());
    text.open(kOffer);
    text.write(Frame{.reserved = kRsv1, .payload = deflate_message("broken \xce")});
    expect_failure(text, 1007);
}

// 10.4 of RFC 6455: limits hold for what a message becomes, not for what it was on the wire.
TEST_F(Deflate, RefusesACompressionBomb) {
    Peer peer(server->port());
    peer.open(kOffer);
    const std::string bomb = deflate_message(std::string(64 * 1024 * 1024, '\0'));
    ASSERT_LT(bomb.size(), EchoServer::kMessageMax);
    peer.write(Frame{.reserved = kRsv1, .opcode = kBinary, .payload = bomb});
    expect_failure(peer, 1009);
}

}  // namespace

}  // namespace clamor::conformance
