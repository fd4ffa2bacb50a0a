// SPDX-License-Identifier: Apache-2.0
#include "wire/ws/handshake.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "wire/http/request_parser.h"
#include "wire/http/response.h"

namespace clamor::wire::ws {
namespace {

constexpr std::string_view kKey = "dGhlIHNhbXBsZSBub25jZQ==";

http::Request upgrade_request() {
    http::Request request;
    request.method = "GET";
    request.path = "/";
    request.headers = {{"host", "h"},
                       {"upgrade", "websocket"},
                       {"connection", "keep-alive, Upgrade"},
                       {"sec-websocket-key", std::string(kKey)},
                       {"sec-websocket-version", "13"}};
    return request;
}

http::Request with(std::string_view name, std::string_view value) {
    http::Request request = upgrade_request();
    std::erase_if(request.headers, [&](const auto& header) { return header.first == name; });
    if (!value.empty()) request.headers.emplace_back(name, value);
    return request;
}

bool holds(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

std::string answer_to(std::string_view offers, int server_window_bits_min = kWindowBitsMin) {
    std::string answer;
    AcceptOptions options;
    options.server_window_bits_min = server_window_bits_min;
    const DeflateAgreement agreement = negotiate_deflate(offers, options, answer);
    EXPECT_EQ(agreement.enabled, !answer.empty());
    return answer;
}

TEST(Handshake, AnswersTheExampleOfTheRfc) {
    EXPECT_EQ(accept_key(kKey), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    const AcceptResult result = accept_upgrade(upgrade_request());
    EXPECT_TRUE(result.accepted);
    EXPECT_FALSE(result.irc_subprotocol);
    EXPECT_FALSE(result.deflate.enabled);
    EXPECT_EQ(result.bytes,
              "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
}

TEST(Handshake, IsAskedForByGetAndTheUpgradeToken) {
    EXPECT_TRUE(is_upgrade(upgrade_request()));
    EXPECT_TRUE(is_upgrade(with("upgrade", "h2c, WebSocket")));
    EXPECT_FALSE(is_upgrade(with("upgrade", "")));
    EXPECT_FALSE(is_upgrade(with("upgrade", "websockets")));
    http::Request post = upgrade_request();
    post.method = "POST";
    EXPECT_FALSE(is_upgrade(post));
}

TEST(Handshake, AsksForTheRightVersion) {
    for (const char* version : {"", "8", "14", "13, 8", "013"}) {
        const AcceptResult result = accept_upgrade(with("sec-websocket-version", version));
        EXPECT_FALSE(result.accepted);
        EXPECT_EQ(result.refusal.status, 426) << version;
        const http::Headers::value_type header{"Sec-WebSocket-Version", "13"};
        EXPECT_EQ(std::ranges::count(result.refusal.headers, header), 1);
    }
}

TEST(Handshake, RefusesBadKeysAndAConnectionThatDoesNotUpgrade) {
    for (const char* key : {"", "short==", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZ===",
                            "dGhlIHNhbXBsZSBub25jZ!==", "dGhlIHNhbXBsZSBub25jZQ==x"})
        EXPECT_EQ(accept_upgrade(with("sec-websocket-key", key)).refusal.status, 400) << key;
    EXPECT_EQ(accept_upgrade(with("connection", "keep-alive")).refusal.status, 400);
}

TEST(Handshake, ChoosesIrcOnlyWhereItIsListed) {
    for (const char* list : {"irc", "text.ircv3.net, irc", "irc , x"}) {
        const AcceptResult result = accept_upgrade(with("sec-websocket-protocol", list));
        EXPECT_TRUE(result.irc_subprotocol);
        EXPECT_TRUE(holds(result.bytes, "\r\nSec-WebSocket-Protocol: irc\r\n"));
    }
    for (const char* list : {"text.ircv3.net", "ircx", "IRC", "x,y"})
        EXPECT_FALSE(holds(accept_upgrade(with("sec-websocket-protocol", list)).bytes, "Protocol:"))
            << list;
}

TEST(DeflateNegotiation, AnswersEveryOfferByTheTable) {
    const std::string base =
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    const std::vector<std::pair<std::string, std::string>> table = {
        {"", ""},
        {"permessage-deflate", base},
        {"permessage-deflate; client_max_window_bits", base},
        {"permessage-deflate; client_max_window_bits=8", base},
        {"permessage-deflate; client_max_window_bits=15; server_no_context_takeover", base},
        {"permessage-deflate;client_no_context_takeover ; server_no_context_takeover", base},
        {"permessage-deflate; server_max_window_bits=15", base + "; server_max_window_bits=15"},
        {"permessage-deflate; server_max_window_bits=9", base + "; server_max_window_bits=9"},
        {"permessage-deflate; server_max_window_bits=\"10\"", base + "; server_max_window_bits=10"},
        {"permessage-deflate; server_max_window_bits=8", ""},
        {"permessage-deflate; server_max_window_bits=16", ""},
        {"permessage-deflate; server_max_window_bits=010", ""},
        {"permessage-deflate; server_max_window_bits", ""},
        {"permessage-deflate; server_max_window_bits=", ""},
        {"permessage-deflate; client_max_window_bits=7", ""},
        {"permessage-deflate; client_max_window_bits=", ""},
        {"permessage-deflate; client_max_window_bits; client_max_window_bits", ""},
        {"permessage-deflate; server_no_context_takeover; server_no_context_takeover", ""},
        {"permessage-deflate; server_no_context_takeover=1", ""},
        {"permessage-deflate; unknown", ""},
        {"permessage-deflate; unknown=1", ""},
        {"permessage-deflate;;", ""},
        {"permessage-deflated", ""},
        {"x-webkit-deflate-frame", ""},
        {"permessage-bzip2, permessage-deflate", base},
        {"permessage-deflate; server_max_window_bits=8, permessage-deflate; client_max_window_bits",
         base},
        {"permessage-deflate; foo=\"a,b;c\", permessage-deflate; server_max_window_bits=12",
         base + "; server_max_window_bits=12"},
        {"permessage-deflate; foo=\"unclosed, permessage-deflate", ""},
    };
    for (const auto& [offer, answer] : table) EXPECT_EQ(answer_to(offer), answer) << offer;
}

TEST(DeflateNegotiation, DeclinesAWindowSmallerThanTheSharedCompressors) {
    EXPECT_EQ(answer_to("permessage-deflate; server_max_window_bits=14", 15), "");
    EXPECT_NE(answer_to("permessage-deflate; server_max_window_bits=15", 15), "");
    EXPECT_NE(answer_to("permessage-deflate; server_max_window_bits=14, permessage-deflate", 15),
              "");
}

TEST(DeflateNegotiation, IsOffWhereItIsSwitchedOff) {
    AcceptOptions off;
    off.deflate = false;
    const AcceptResult result =
        accept_upgrade(with("sec-websocket-extensions", "permessage-deflate"), off);
    EXPECT_FALSE(result.deflate.enabled);
    EXPECT_FALSE(holds(result.bytes, "Extensions"));
}

class ClientHandshake : public testing::Test {
  protected:
    /// What our server answers to our client.
    std::string answer() {
        http::RequestParser parser;
        const std::string bytes = build_upgrade_request(options_, key_);
        EXPECT_TRUE(parser.feed(bytes).complete);
        const http::Request request = parser.take();
        EXPECT_TRUE(is_upgrade(request));
        return accept_upgrade(request).bytes;
    }
    UpgradeError check(std::string_view bytes) {
        http::ResponseHead head;
        std::size_t size = 0;
        EXPECT_EQ(http::parse_response_head(bytes, head, size), http::HeadState::ready);
        return check_upgrade_response(head, options_, key_, deflate_);
    }
    static std::string replaced(std::string text, std::string_view from, std::string_view to) {
        text.replace(text.find(from), from.size(), to);
        return text;
    }

    static constexpr std::uint8_t kRandom[16] = {1, 2, 3, 255};
    std::string key_ = client_key(kRandom);
    ClientOptions options_{"localhost:8080", "/irc", "irc", true, {{"Origin", "http://x"}}};
    DeflateAgreement deflate_;
};

TEST_F(ClientHandshake, AgreesWithOurServer) {
    EXPECT_EQ(check(answer()), UpgradeError::none);
    EXPECT_TRUE(deflate_.enabled);
    options_.deflate = false;
    options_.subprotocol.clear();
    EXPECT_EQ(check(answer()), UpgradeError::none);
    EXPECT_FALSE(deflate_.enabled);
}

TEST_F(ClientHandshake, RefusesWrongAnswers) {
    const std::string good = answer();
    EXPECT_EQ(check(replaced(good, "101", "200")), UpgradeError::bad_status);
    EXPECT_EQ(check(replaced(good, "Upgrade: websocket", "Upgrade: h2c")),
              UpgradeError::bad_upgrade);
    EXPECT_EQ(check(replaced(good, "Accept: ", "Accept: x")), UpgradeError::bad_accept);
    EXPECT_EQ(check(replaced(good, "Protocol: irc", "Protocol: xyz")),
              UpgradeError::bad_subprotocol);
    EXPECT_EQ(check(replaced(good, "server_no_context_takeover; ", "")),
              UpgradeError::bad_extension);
    EXPECT_EQ(check(replaced(good, "permessage-deflate", "permessage-other!!")),
              UpgradeError::bad_extension);
    options_.deflate = false;
    EXPECT_EQ(check(good), UpgradeError::bad_extension) << "not asked for";
}

}  // namespace
}  // namespace clamor::wire::ws
