// SPDX-License-Identifier: Apache-2.0
#include "edge/net/forwarded.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace clamor::edge::net {
namespace {

using wire::http::Headers;

const std::vector<reactor::Network> kTrusted{*reactor::Network::parse("10.0.0.0/8"),
                                             *reactor::Network::parse("2001:db8::/32")};

std::string client(const char* peer, const Headers& headers) {
    return client_behind_proxies(*reactor::Endpoint::parse_address(peer), headers, kTrusted)
        .address_string();
}

Headers forwarded(const char* value) {
    return {{"host", "chat.example"}, {"x-forwarded-for", value}};
}

TEST(Forwarded, IsBelievedOfATrustedProxyOnly) {
    EXPECT_EQ(client("10.1.2.3", forwarded("192.0.2.7")), "192.0.2.7");
    EXPECT_EQ(client("198.51.100.1", forwarded("192.0.2.7")), "198.51.100.1");
    EXPECT_EQ(client("10.1.2.3", {}), "10.1.2.3");
}

TEST(Forwarded, IsTheLastOneThatIsNoTrustedProxy) {
    EXPECT_EQ(client("10.1.2.3", forwarded("203.0.113.9, 192.0.2.7")), "192.0.2.7")
        << "the client wrote the first one itself";
    EXPECT_EQ(client("10.1.2.3", forwarded("203.0.113.9,192.0.2.7 ,10.9.9.9,\t2001:db8::1")),
              "192.0.2.7");
    EXPECT_EQ(client("10.1.2.3", forwarded("10.0.0.2, 10.0.0.3")), "10.0.0.2")
        << "one of the proxies asks by itself";
}

TEST(Forwarded, MayBeSeveralHeaders) {
    Headers headers = forwarded("203.0.113.9");
    headers.emplace_back("x-forwarded-for", "192.0.2.7");
    headers.emplace_back("x-forwarded-for", "10.9.9.9");
    EXPECT_EQ(client("10.1.2.3", headers), "192.0.2.7");
}

TEST(Forwarded, MayHavePorts) {
    EXPECT_EQ(client("10.1.2.3", forwarded("192.0.2.7:54321")), "192.0.2.7");
    EXPECT_EQ(client("10.1.2.3", forwarded("[2001:dead::7]:54321")), "2001:dead::7");
    EXPECT_EQ(client("10.1.2.3", forwarded("2001:dead::7")), "2001:dead::7");
}

TEST(Forwarded, EndsWhereItIsNoAddress) {
    for (const char* wrong : {"", ",", "unknown", "192.0.2.7,", "192.0.2.7, ", "[", "[]", ":",
                              "::x", "192.0.2.7, _hidden", "1.2.3.4.5"}) {
        EXPECT_EQ(client("10.1.2.3", forwarded(wrong)), "10.1.2.3") << wrong;
    }
    EXPECT_EQ(client("10.1.2.3", forwarded("192.0.2.7, nonsense, 10.0.0.2")), "10.0.0.2");
}

}  // namespace
}  // namespace clamor::edge::net
