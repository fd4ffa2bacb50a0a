// SPDX-License-Identifier: Apache-2.0
#include "wire/ws/deflate.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "wire/ws/ws_test_util.h"

namespace clamor::wire::ws {
namespace {

using Seen = std::vector<std::string>;
using std::string_literals::operator""s;

constexpr Decoder::Options kDeflate{.deflate = true};

std::string line_like(int n) {
    return fmt::format(
        "@badges=subscriber/"
        "6;color=#0D4200;display-name=User{0};id={0}-ab;mod=0;room-id=1;tmi-sent-ts={0} "
        ":user{0}!user{0}@user{0}.tmi.twitch.tv PRIVMSG #channel :some words number {0} and "
        "more\r\n",
        n);
}

std::string lines_like(std::size_t bytes) {
    std::string out;
    for (int i = 0; out.size() < bytes; ++i) out += line_like(i * 7919);
    return out;
}

TEST(Deflate, BringsMessagesBackForEveryWindow) {
    Inflater inflater;
    std::string back;
    for (int bits = kWindowBitsMin; bits <= kWindowBitsMax; ++bits) {
        Compressor compressor(bits);
        for (const std::size_t size : {100u, 300u, 5'000u, 64'000u, 300'000u}) {
            const std::string message = lines_like(size);
            const auto packed = compressor.compress(message);
            ASSERT_TRUE(packed.has_value()) << bits << " " << size;
            EXPECT_LT(packed->size(), message.size());
            ASSERT_EQ(inflater.inflate(*packed, message.size(), back), Inflater::Outcome::ok);
            EXPECT_EQ(back, message);
        }
    }
}

TEST(Deflate, DependsOnNothingThatWentBefore) {
    Compressor compressor;
    const std::string first(*compressor.compress(lines_like(2000)));
    (void)compressor.compress(lines_like(70'000));
    EXPECT_EQ(*compressor.compress(lines_like(2000)), first)
        << "one result serves every connection";
}

TEST(Deflate, LeavesAloneWhatItCannotShrink) {
    Compressor compressor;
    EXPECT_FALSE(compressor.compress(""));
    EXPECT_FALSE(compressor.compress("hi"));
    std::string noise;
    std::uint32_t seed = 7;
    for (int i = 0; i < 5000; ++i)
        noise.push_back(static_cast<char>((seed = seed * 1664525u + 1013904223u) >> 24));
    EXPECT_FALSE(compressor.compress(noise));
    EXPECT_TRUE(compressor.compress(lines_like(1000))) << "and works on afterwards";
}

TEST(Inflate, ReadsTheExamplesOfTheRfc) {
    // RFC 7692, 7.2.3.
    const auto inflated = [](const std::string& bytes) {
        Inflater inflater;
        std::string out;
        EXPECT_EQ(inflater.inflate(bytes, 1000, out), Inflater::Outcome::ok);
        return out;
    };
    EXPECT_EQ(inflated("\xf2\x48\xcd\xc9\xc9\x07\x00"s), "Hello");
    EXPECT_EQ(inflated("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"s), "Hello")
        << "no compression";
    EXPECT_EQ(inflated("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"s), "Hello") << "a final block";
    EXPECT_EQ(inflated("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"s), "Hello")
        << "two blocks";
    EXPECT_EQ(inflated("\xf3\x48\xcd\xc9\xc9\x07\x00"s), "Hello")
        << "a final block that ends the message";
    EXPECT_EQ(inflated(""), "");
    EXPECT_EQ(inflated("\x00"s), "");
}

TEST(Inflate, RefusesGarbageAndTruncation) {
    Inflater inflater;
    std::string out;
    for (const std::string& bad : {"\xff\xff\xff\xff"s, "\x07"s, "\xf2\x48\xcd"s,
                                   "\x00\x0f\x00\xf0\xff\x48"s, "\x00\x05\x00\x00\x00\x48\x65"s})
        EXPECT_EQ(inflater.inflate(bad, 1000, out), Inflater::Outcome::bad_data) << bad.size();
    EXPECT_EQ(inflater.inflate("\xf2\x48\xcd\xc9\xc9\x07\x00"s, 1000, out), Inflater::Outcome::ok)
        << "and works on afterwards";
}

TEST(Inflate, RefusesEveryCutOfAMessage) {
    Compressor compressor;
    const std::string packed(*compressor.compress(lines_like(400)));
    Inflater inflater;
    std::string out;
    for (std::size_t i = 1; i < packed.size(); ++i) {
        if (inflater.inflate(packed.substr(0, i), 10'000, out) == Inflater::Outcome::ok) {
            EXPECT_LT(out.size(), 400u);
        }
    }
}

TEST(Inflate, StopsACompressionBombAtTheLimit) {
    Compressor compressor;
    const std::string bomb(*compressor.compress(std::string(50'000'000, 'x')));
    ASSERT_LT(bomb.size(), 250'000u);
    Inflater inflater;
    std::string out;
    EXPECT_EQ(inflater.inflate(bomb, 65536, out), Inflater::Outcome::too_big);
    EXPECT_LE(out.size(), 65537u);
    EXPECT_LE(out.capacity(), 4u * 65536u);

    const std::string small_bomb(*compressor.compress(std::string(10'000'000, 'x')));
    ASSERT_LT(small_bomb.size(), std::size_t{limits::kWebSocketMessageBytes});
    EXPECT_EQ(decode(frame(Opcode::text, small_bomb, true, true), 1000, kDeflate).failure,
              kCloseTooBig);
}

TEST(Inflate, GivesExactlyTheLimitAndNotOneByteMore) {
    Compressor compressor;
    Inflater inflater;
    std::string out;
    const std::string packed(*compressor.compress(std::string(10'000, 'x')));
    EXPECT_EQ(inflater.inflate(packed, 10'000, out), Inflater::Outcome::ok);
    EXPECT_EQ(out.size(), 10'000u);
    EXPECT_EQ(inflater.inflate(packed, 9'999, out), Inflater::Outcome::too_big);
}

TEST(CompressedMessages, AreReadWholeAndInFragments) {
    Compressor compressor;
    const std::string message = lines_like(500);
    const std::string packed(*compressor.compress(message));
    for (const std::size_t piece : {1u, 3u, 50u, 10'000u}) {
        EXPECT_EQ(decode(frame(Opcode::text, packed, true, true), piece, kDeflate).seen,
                  Seen{"text:" + message});
        const std::string fragments =
            frame(Opcode::text, packed.substr(0, 9), false, true) + frame(Opcode::ping, "p") +
            frame(Opcode::continuation, packed.substr(9, 30), false) +
            frame(Opcode::continuation, packed.substr(39)) + frame(Opcode::text, "plain");
        EXPECT_EQ(decode(fragments, piece, kDeflate).seen,
                  (Seen{"ping:p", "text:" + message, "text:plain"}));
    }
    EXPECT_EQ(decode(frame(Opcode::text, "", true, true), 100, kDeflate).seen, Seen{"text:"});
}

TEST(CompressedMessages, AreRefusedWhereTheyMayNotBe) {
    const std::string packed = "\xf2\x48\xcd\xc9\xc9\x07\x00"s;
    EXPECT_EQ(decode(frame(Opcode::text, packed, true, true)).failure, kCloseProtocolError)
        << "not agreed";
    EXPECT_EQ(decode(frame(Opcode::ping, "", true, true), 100, kDeflate).failure,
              kCloseProtocolError);
    EXPECT_EQ(decode(frame(Opcode::text, packed, false, true) +
                         frame(Opcode::continuation, "", true, true),
                     100, kDeflate)
                  .failure,
              kCloseProtocolError);
    EXPECT_EQ(decode(frame(Opcode::text, "garbage!", true, true), 100, kDeflate).failure,
              kCloseBadData);
}

TEST(CompressedMessages, AreCheckedForUtf8AfterInflating) {
    Compressor compressor;
    const std::string bad = lines_like(300) + "\xff";
    const std::string packed(*compressor.compress(bad));
    EXPECT_EQ(decode(frame(Opcode::text, packed, true, true), 7, kDeflate).failure, kCloseBadData);
    EXPECT_EQ(decode(frame(Opcode::binary, packed, true, true), 7, kDeflate).seen,
              Seen{"binary:" + bad});
}

}  // namespace
}  // namespace clamor::wire::ws
