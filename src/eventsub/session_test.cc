// SPDX-License-Identifier: Apache-2.0
#include "eventsub/session.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace clamor::eventsub {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

struct FakeTransport final : Transport {
    void send(std::string_view head, std::string_view body) override {
        frames.push_back(Json::parse(std::string(head) + std::string(body)));
    }
    void ping() override { ++pings; }
    Waiting waiting() const override { return queued; }
    void close(std::uint16_t code, std::string_view text) override {
        closed_with = code;
        closed_text = text;
    }
    std::string last_type() const { return frames.back()["metadata"]["message_type"]; }

    std::vector<Json> frames;
    int pings = 0;
    Waiting queued;
    std::uint16_t closed_with = 0;
    std::string closed_text;
};

class SessionTest : public ::testing::Test {
  protected:
    SessionTest() { session.open(false, now()); }

    Now now() const { return {MonoTime(at), wall_from_unix_ms(1'700'000'000'123) + at}; }

    /// Passes the time as the owner does, from deadline to deadline.
    void pass(std::chrono::milliseconds by) {
        const auto until = at + by;
        while (session.live() && session.deadline().time_since_epoch() <= until) {
            at = std::chrono::duration_cast<std::chrono::milliseconds>(
                session.deadline().time_since_epoch());
            session.on_time(now());
        }
        at = until;
    }
    void pass_with_pongs(std::chrono::seconds by) {
        for (auto left = by; left > 0s; left -= 1s) {
            pass(1s);
            session.on_pong();
        }
    }

    std::chrono::milliseconds at{0};
    FakeTransport transport;
    SessionOptions options;
    std::uint64_t ids = 0;
    Session session{transport,
                    {"the-session", 1},
                    wall_from_unix_ms(1'700'000'000'123),
                    10s,
                    [this](Now) { return MessageId::from_random(1, ++ids); },
                    options};
};

TEST_F(SessionTest, WelcomesAtOnceWithItsIdAndKeepalive) {
    ASSERT_EQ(transport.frames.size(), 1u);
    const Json& frame = transport.frames[0];
    EXPECT_EQ(frame["metadata"]["message_type"], "session_welcome");
    EXPECT_EQ(frame["metadata"]["message_timestamp"], "2023-11-14T22:13:20.123000000Z");
    EXPECT_TRUE(MessageId::parse(frame["metadata"]["message_id"].get<std::string>()));
    EXPECT_EQ(frame["payload"]["session"], Json({{"id", "the-session"},
                                                 {"status", "connected"},
                                                 {"connected_at", "2023-11-14T22:13:20.123000000Z"},
                                                 {"keepalive_timeout_seconds", 10},
                                                 {"reconnect_url", nullptr},
                                                 {"recovery_url", nullptr}}));
}

TEST_F(SessionTest, ClosesWhenItIsNotUsedForTenSeconds) {
    pass(9999ms);
    EXPECT_EQ(transport.closed_with, 0);
    pass(1ms);
    EXPECT_EQ(transport.closed_with, 4003);
    EXPECT_EQ(transport.closed_text, "Connection unused");
}

TEST_F(SessionTest, StaysOnceItIsUsed) {
    session.on_used();
    pass_with_pongs(600s);
    EXPECT_TRUE(session.live());
}

TEST_F(SessionTest, SendsKeepalivesOnlyWhenNothingElseWasSent) {
    session.on_used();
    pass(9s);
    session.send(R"({"metadata":{"message_type":"notification"},)", R"("payload":{}})", now());
    pass(9999ms);
    EXPECT_EQ(transport.last_type(), "notification");
    pass(1ms);
    EXPECT_EQ(transport.last_type(), "session_keepalive");
    EXPECT_EQ(transport.frames.back()["payload"], Json::object());
    EXPECT_EQ(transport.frames.size(), 3u);
}

TEST_F(SessionTest, ClosesWhenAPingIsNotAnswered) {
    session.on_used();
    pass(30s);
    EXPECT_EQ(transport.pings, 1);
    session.on_pong();
    pass(30s);
    EXPECT_EQ(transport.pings, 2);
    pass(30s);
    EXPECT_EQ(transport.closed_with, 4002);
}

TEST_F(SessionTest, ClosesAtInboundTraffic) {
    session.on_message(now());
    EXPECT_EQ(transport.closed_with, 4001);
    EXPECT_EQ(session.closed(), CloseReason::inbound_traffic);
    const auto frames = transport.frames.size();
    session.send("{}", "", now());
    EXPECT_EQ(transport.frames.size(), frames) << "nothing follows a close";
}

TEST_F(SessionTest, ReconnectNamesTheUrlAndExpires) {
    session.on_used();
    session.start_reconnect("wss://example.org/ws?session=a&key=b", now());
    const Json& told = transport.frames.back()["payload"]["session"];
    EXPECT_EQ(transport.last_type(), "session_reconnect");
    EXPECT_EQ(told["status"], "reconnecting");
    EXPECT_EQ(told["reconnect_url"], "wss://example.org/ws?session=a&key=b");
    EXPECT_TRUE(told["keepalive_timeout_seconds"].is_null());
    session.send(R"({"metadata":{"message_type":"notification"}})", "", now());
    EXPECT_EQ(transport.last_type(), "notification") << "the old connection lives meanwhile";
    pass(29'999ms);
    EXPECT_TRUE(session.live());
    pass(1ms);
    EXPECT_EQ(transport.closed_with, 4004);
}

TEST_F(SessionTest, IsSilentOnceAnotherConnectionGoesOn) {
    session.on_used();
    session.start_reconnect("wss://example.org/ws", now());
    session.supersede();
    const auto frames = transport.frames.size();
    session.send("{}", "", now());
    pass(29s);
    EXPECT_EQ(transport.frames.size(), frames);
    pass(1s);
    EXPECT_EQ(transport.closed_with, 4004);
}

TEST_F(SessionTest, ClosesAClientThatReadsTooSlowly) {
    session.on_used();
    transport.queued = {.bytes = options.outbox_bytes, .oldest = now().mono};
    session.send("{}", "", now());
    EXPECT_EQ(transport.closed_with, 4005);
}

TEST_F(SessionTest, ClosesWhenTheOldestBytesWaitTooLong) {
    session.on_used();
    transport.queued = {.bytes = 10, .oldest = now().mono};
    pass(9s);
    EXPECT_TRUE(session.live());
    pass(2s);
    session.send("{}", "", now());
    EXPECT_EQ(transport.closed_with, 4005);
}

TEST(Keepalive, IsTenToSixHundredSeconds) {
    EXPECT_EQ(parse_keepalive(""), 10s);
    EXPECT_EQ(parse_keepalive("soon"), 10s);
    EXPECT_EQ(parse_keepalive("9"), 10s);
    EXPECT_EQ(parse_keepalive("30"), 30s);
    EXPECT_EQ(parse_keepalive("10"), 10s);
    EXPECT_EQ(parse_keepalive("600"), 600s);
    EXPECT_EQ(parse_keepalive("601"), 600s);
    EXPECT_EQ(parse_keepalive("99999999999999999999"), 600s);
    for (const char* wrong : {"-1", "0", "-99999999999999999999", "+30", " 30", "30 ", "30s",
                              "0x1e", "1e2", "30.5", "\xff"})
        EXPECT_EQ(parse_keepalive(wrong), 10s) << wrong;
}

}  // namespace
}  // namespace clamor::eventsub
