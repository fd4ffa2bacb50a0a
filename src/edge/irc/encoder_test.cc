// SPDX-License-Identifier: Apache-2.0
#include "edge/irc/encoder.h"

#include <gtest/gtest.h>

#include "wire/ws/decoder.h"

namespace clamor::edge::irc {
namespace {

using hub::Dialect;

chat::Event message(std::string text) {
    chat::Message said;
    said.author_login = "bob";
    said.author_display_name = "Bob";
    said.text = std::move(text);
    return {.channel = ChannelId(1000),
            .channel_login = "dallas",
            .position = {},
            .body = std::move(said)};
}

class Collector final : public wire::ws::Handler {
  public:
    bool on_message(wire::ws::Opcode opcode, std::string_view payload) override {
        kind = opcode;
        text += payload;
        ++messages;
        return true;
    }
    bool on_ping(std::string_view) override { return true; }
    bool on_pong(std::string_view) override { return true; }
    void on_close(std::uint16_t, std::string_view) override {}

    wire::ws::Opcode kind{};
    std::string text;
    int messages = 0;
};

TEST(IrcEncoder, ShowsMessagesToAllAndComingsToThoseWhoAsked) {
    const IrcEncoder encoder;
    const chat::Event joins{.channel = ChannelId(1000),
                            .channel_login = "dallas",
                            .position = {},
                            .body = chat::MembershipChanged{{"ann", "ben"}, {"cat"}}};
    for (std::uint8_t bits = 0; bits < Dialect::kCount; ++bits) {
        const Dialect dialect{bits};
        std::string lines;
        encoder.append_lines(lines, message("hi"), dialect);
        EXPECT_EQ(lines.starts_with('@'), dialect.has(Dialect::kTags));
        EXPECT_TRUE(lines.ends_with(":bob!bob@bob.tmi.twitch.tv PRIVMSG #dallas :hi\r\n"));
        lines.clear();
        encoder.append_lines(lines, joins, dialect);
        EXPECT_EQ(lines, dialect.has(Dialect::kMembership)
                             ? ":ann!ann@ann.tmi.twitch.tv JOIN #dallas\r\n"
                               ":ben!ben@ben.tmi.twitch.tv JOIN #dallas\r\n"
                               ":cat!cat@cat.tmi.twitch.tv PART #dallas\r\n"
                             : "");
    }
}

TEST(IrcEncoder, SealsLinesAsTheyAreOrAsOneTextFrame) {
    const IrcEncoder encoder;
    std::string lines;
    for (int i = 0; i < 500; ++i)
        encoder.append_lines(lines, message("a line like many others"), {Dialect::kTags});
    EXPECT_EQ(encoder.seal(lines, {Dialect::kTags}).bytes(), lines);
    std::size_t sizes[2];
    for (const bool deflate : {false, true}) {
        const auto bits =
            static_cast<std::uint8_t>(Dialect::kWebSocket | (deflate ? Dialect::kDeflate : 0));
        const Frame frame = encoder.seal(lines, {bits});
        sizes[deflate] = frame.size();
        wire::ws::Decoder decoder(
            {.role = wire::ws::Role::client, .deflate = deflate, .message_bytes_max = 1 << 20});
        wire::ws::Workspace workspace;
        Collector collector;
        ASSERT_FALSE(decoder.feed(frame.bytes(), workspace, collector));
        EXPECT_EQ(collector.kind, wire::ws::Opcode::text);
        EXPECT_EQ(collector.messages, 1);
        EXPECT_EQ(collector.text, lines);
    }
    EXPECT_LT(sizes[1], sizes[0] / 10);
}

}  // namespace
}  // namespace clamor::edge::irc
