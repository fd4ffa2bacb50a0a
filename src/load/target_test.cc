// SPDX-License-Identifier: Apache-2.0
#include "load/target.h"

#include <gtest/gtest.h>

namespace clamor::load {
namespace {

TEST(Target, ReadsAWebSocketAddress) {
    const auto target = Target::parse("ws://127.0.0.1:8080/irc");
    ASSERT_TRUE(target) << target.error().to_string();
    EXPECT_EQ(target->transport, Transport::websocket);
    EXPECT_EQ(target->endpoint.to_string(), "127.0.0.1:8080");
    EXPECT_EQ(target->host, "127.0.0.1:8080");
    EXPECT_EQ(target->path, "/irc");
    EXPECT_EQ(Target::parse("ws://127.0.0.1:8080")->path, "/");
}

TEST(Target, ReadsATcpAddress) {
    const auto target = Target::parse("tcp://[::1]:6667");
    ASSERT_TRUE(target) << target.error().to_string();
    EXPECT_EQ(target->transport, Transport::tcp);
    EXPECT_EQ(target->endpoint.port, 6667);
}

TEST(Target, SpeaksTlsWhereTheAddressSaysSo) {
    EXPECT_EQ(Target::parse("ws://127.0.0.1:80")->tls, nullptr);
    const auto web = Target::parse("wss://127.0.0.1:443/irc");
    ASSERT_TRUE(web) << web.error().to_string();
    EXPECT_NE(web->tls, nullptr);
    EXPECT_EQ(web->transport, Transport::websocket);
    EXPECT_EQ(web->path, "/irc");
    const auto bare = Target::parse("tls://[::1]:6697");
    ASSERT_TRUE(bare) << bare.error().to_string();
    EXPECT_NE(bare->tls, nullptr);
    EXPECT_EQ(bare->transport, Transport::tcp);
}

TEST(Target, SaysWhatIsWrong) {
    const auto detail = [](std::string_view url) {
        const auto target = Target::parse(url);
        return target ? std::string() : target.error().detail;
    };
    EXPECT_NE(detail("127.0.0.1:80").find("must begin with"), std::string::npos);
    EXPECT_NE(detail("tcp://127.0.0.1:6667/x").find("no path"), std::string::npos);
    EXPECT_FALSE(detail("ws://127.0.0.1").empty());
    EXPECT_FALSE(detail("ws://127.0.0.1:99999").empty());
}

}  // namespace
}  // namespace clamor::load
