// SPDX-License-Identifier: Apache-2.0
#include "wire/proxy/header.h"

#include <string>

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include "base/limits.h"

namespace clamor::wire::proxy {
namespace {

using namespace std::string_literals;

std::string client_of(std::string_view bytes) {
    const auto header = read_header(bytes);
    if (!header) return "no header";
    if (!header->client) return "nobody";
    char text[INET6_ADDRSTRLEN] = {};
    ::inet_ntop(AF_INET6, header->client->data(), text, sizeof(text));
    return text;
}

NoHeader why(std::string_view bytes) {
    const auto header = read_header(bytes);
    EXPECT_FALSE(header) << bytes;
    return header ? NoHeader{-1} : header.error();
}

std::string binary(std::uint8_t command, std::uint8_t family, const std::string& rest) {
    std::string bytes = "\r\n\r\n\0\r\nQUIT\n"s;
    bytes += static_cast<char>(0x20 | command);
    bytes += static_cast<char>(family << 4 | 1);
    bytes += static_cast<char>(rest.size() >> 8);
    bytes += static_cast<char>(rest.size() & 0xff);
    return bytes + rest;
}

const std::string kV4 = binary(1, 1, "\xc0\x00\x02\x07\x0a\x00\x00\x01\xd4\x31\x1a\x0b"s);
const std::string kV6 = binary(1, 2,
                               "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07"
                               "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\xd4\x31\x1a\x0b"s);

TEST(ProxyHeader, NamesTheClient) {
    EXPECT_EQ(client_of("PROXY TCP4 192.0.2.7 10.0.0.1 54321 6667\r\nNICK a\r\n"),
              "::ffff:192.0.2.7");
    EXPECT_EQ(client_of("PROXY TCP6 2001:db8::7 2001:db8::1 54321 6667\r\n"), "2001:db8::7");
    EXPECT_EQ(client_of(kV4), "::ffff:192.0.2.7");
    EXPECT_EQ(client_of(kV6), "2001:db8::7");
}

TEST(ProxyHeader, EndsWhereTheConnectionsBytesBegin) {
    const std::string line = "PROXY TCP4 192.0.2.7 10.0.0.1 54321 6667\r\n";
    EXPECT_EQ(read_header(line + "PROXY TCP4")->size, line.size());
    EXPECT_EQ(read_header(kV4 + "GET /")->size, kV4.size());
    const std::string more = binary(1, 1, kV4.substr(16) + "\x04\x00\x02xx"s);
    EXPECT_EQ(read_header(more + "GET /")->size, more.size()) << "fields that nobody asked for";
}

TEST(ProxyHeader, OfAProxyThatSpeaksForItselfNamesNobody) {
    EXPECT_EQ(client_of("PROXY UNKNOWN\r\n"), "nobody");
    EXPECT_EQ(client_of("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n"), "nobody");
    EXPECT_EQ(client_of(binary(0, 0, "")), "nobody");
    EXPECT_EQ(client_of(binary(0, 1, kV4.substr(16))), "nobody");
    EXPECT_EQ(client_of(binary(1, 0, "")), "nobody");
    EXPECT_EQ(client_of(binary(1, 3, std::string(216, 'x'))), "nobody") << "a socket of Unix";
}

TEST(ProxyHeader, IsAwaitedWholeAndReadOnce) {
    const std::string line = "PROXY TCP4 192.0.2.7 10.0.0.1 54321 6667\r\n";
    for (const std::string& whole : {line, kV4, kV6}) {
        for (std::size_t size = 0; size < whole.size(); ++size)
            EXPECT_EQ(why(whole.substr(0, size)), NoHeader::incomplete) << size;
        EXPECT_TRUE(read_header(whole));
    }
}

TEST(ProxyHeader, IsAbsentWhereTheBytesAreTheConnectionsOwn) {
    for (const auto* own : {"GET / HTTP/1.1\r\n", "CAP LS 302\r\n", "P", "PASS oauth:x\r\n",
                            "proxy TCP4 ", "\r\nNICK a\r\n", "\r\n\r\nNICK"}) {
        const bool begins = std::string_view("PROXY ").starts_with(own);
        EXPECT_EQ(why(own), begins ? NoHeader::incomplete : NoHeader::absent) << own;
    }
}

TEST(ProxyHeader, IsRefusedWhereItIsWrong) {
    for (const auto* wrong :
         {"PROXY \r\n", "PROXY TCP4\r\n", "PROXY TCP5 1.2.3.4 1.2.3.4 1 2\r\n",
          "PROXY TCP4 1.2.3 1.2.3.4 1 2\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n",
          "PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n",
          "PROXY TCP4 1.2.3.4 1.2.3.4 -1 2\r\n", "PROXY TCP4  1.2.3.4 1.2.3.4 1 2\r\n",
          "PROXY TCP4 ::1 ::1 1 2\r\n", "PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n"}) {
        EXPECT_EQ(why(wrong), NoHeader::malformed) << wrong;
    }
    EXPECT_EQ(why("PROXY UNKNOWN" + std::string(100, ' ')), NoHeader::malformed) << "no line end";
    EXPECT_EQ(why(binary(2, 1, kV4.substr(16))), NoHeader::malformed) << "an unknown command";
    EXPECT_EQ(why(binary(1, 1, "\x01\x02\x03"s)), NoHeader::malformed) << "too short";
    std::string old = kV4;
    old[12] = 0x11;
    EXPECT_EQ(why(old), NoHeader::malformed) << "an unknown version";
    EXPECT_EQ(why(binary(1, 1, std::string(limits::kProxyHeaderBytes, 'x'))), NoHeader::malformed);
}

}  // namespace
}  // namespace clamor::wire::proxy
