// SPDX-License-Identifier: Apache-2.0
#include "wire/http/response.h"

#include <string>

#include <gtest/gtest.h>

#include "base/limits.h"
#include "wire/http/client.h"
#include "wire/http/tokens.h"

namespace clamor::wire::http {
namespace {

using std::string_literals::operator""s;

std::string written(const Response& response, const ResponseOptions& options = {}) {
    std::string out;
    append_response(out, response, options);
    return out;
}

TEST(Response, IsWrittenWithLengthDateAndConnection) {
    EXPECT_EQ(written({200, {{"Content-Type", "text/plain"}}, "hi"},
                      {true, false, "Sun, 06 Nov 1994 08:49:37 GMT"}),
              "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n"
              "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nConnection: keep-alive\r\n\r\nhi");
    EXPECT_EQ(written({404, {}, ""}, {false, false, {}}),
              "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

TEST(Response, ToHeadHasTheLengthAndNoBody) {
    EXPECT_EQ(written({200, {}, "body"}, {true, true, {}}),
              "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: keep-alive\r\n\r\n");
}

TEST(Response, WithoutContentHasNeitherLengthNorBody) {
    EXPECT_EQ(written({204, {}, "ignored"}),
              "HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\n\r\n");
}

TEST(Response, ValuesCannotAddHeaders) {
    EXPECT_NE(written({302, {{"Location", "/x\r\nSet-Cookie: a"}}, ""})
                  .find("Location: /x  Set-Cookie: a\r\n"),
              std::string::npos);
}

TEST(Date, IsWrittenAsHttpWantsIt) {
    EXPECT_EQ(format_date(wall_from_unix_ms(784111777'123)), "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(format_date(wall_from_unix_ms(0)), "Thu, 01 Jan 1970 00:00:00 GMT");
    EXPECT_EQ(format_date(wall_from_unix_ms(1709164799'000)), "Wed, 28 Feb 2024 23:59:59 GMT");
    EXPECT_EQ(format_date(wall_from_unix_ms(1709251199'999)), "Thu, 29 Feb 2024 23:59:59 GMT");
}

TEST(ResponseHead, IsReadOnceItIsWhole) {
    const std::string bytes =
        "HTTP/1.1 101 Switching Protocols\r\nUPGRADE: websocket\r\nEmpty:\r\n\r\n\x81";
    ResponseHead head;
    std::size_t size = 0;
    for (std::size_t i = 0; i + 1 < bytes.size(); ++i)
        ASSERT_EQ(parse_response_head(bytes.substr(0, i), head, size), HeadState::need_more);
    ASSERT_EQ(parse_response_head(bytes, head, size), HeadState::ready);
    EXPECT_EQ(size, bytes.size() - 1);
    EXPECT_EQ(head.status, 101);
    EXPECT_EQ(head.header("upgrade"), "websocket");
    EXPECT_EQ(head.header("none"), "");
    ASSERT_EQ(parse_response_head("HTTP/1.0 200\r\n\r\n", head, size), HeadState::ready);
}

TEST(ResponseHead, RefusesGarbage) {
    ResponseHead head;
    std::size_t size = 0;
    for (const std::string& bad :
         {"\r\n\r\n"s, "HTTP/1.1 20 OK\r\n\r\n"s, "HTTP/1.1 2000 OK\r\n\r\n"s,
          "HTTP/1.1 099 OK\r\n\r\n"s, "SSH-2.0-x\r\n\r\n"s, "HTTP/1.1 200 OK\r\nnocolon\r\n\r\n"s,
          "HTTP/1.1 200 OK\r\n: v\r\n\r\n"s, std::string(limits::kHttpHeaderBytes, 'x')})
        EXPECT_EQ(parse_response_head(bad, head, size), HeadState::bad) << bad;
}

TEST(HeaderLists, AreSplitOutsideOfQuotes) {
    std::string_view list = " a ;b=\"x;y\\\"z\"; ;c";
    std::string_view part;
    std::vector<std::string> parts;
    while (take_part(list, ';', part)) parts.emplace_back(part);
    EXPECT_EQ(parts, (std::vector<std::string>{"a", "b=\"x;y\\\"z\"", "", "c"}));
    EXPECT_TRUE(has_token("keep-alive, UPGRADE", "upgrade"));
    EXPECT_FALSE(has_token("upgraded", "upgrade"));
    EXPECT_FALSE(has_token("", "upgrade"));
}

}  // namespace
}  // namespace clamor::wire::http
