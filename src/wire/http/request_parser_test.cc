// SPDX-License-Identifier: Apache-2.0
#include "wire/http/request_parser.h"

#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/limits.h"

namespace clamor::wire::http {
namespace {

using std::string_literals::operator""s;

struct Outcome {
    std::vector<Request> requests;
    int error_status = 0;
    int continues = 0;
    bool busy = false;
};

Outcome read(std::string_view bytes, std::size_t piece = std::string::npos) {
    RequestParser parser;
    Outcome outcome;
    while (!bytes.empty()) {
        const auto progress = parser.feed(bytes.substr(0, std::min(piece, bytes.size())));
        bytes.remove_prefix(progress.consumed);
        outcome.continues += progress.send_continue ? 1 : 0;
        if (progress.complete) outcome.requests.push_back(parser.take());
        outcome.error_status = progress.error_status;
        if (outcome.error_status != 0) break;
    }
    outcome.busy = parser.busy();
    return outcome;
}

std::string get(std::string_view target) {
    return "GET " + std::string(target) + " HTTP/1.1\r\nHost: h\r\n\r\n";
}

std::optional<Request> read_target(std::string_view target) {
    Outcome outcome = read(get(target));
    if (outcome.requests.empty()) {
        EXPECT_EQ(outcome.error_status, 400);
        return std::nullopt;
    }
    return outcome.requests[0];
}

TEST(RequestParser, ReadsPipelinedRequestsHoweverTheBytesArrive) {
    const std::string bytes =
        "GET /a%20b?x=1+2&y=%C3%A9&flag&x=3 HTTP/1.1\r\nHost: h\r\nX-Name:  v w \r\n\r\n"
        "POST /helix/chat HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nConnection: "
        "close\r\n\r\nhello"
        "PUT /c HTTP/1.1\r\nhost: h\r\nTransfer-Encoding: "
        "chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
        "GET / HTTP/1.0\r\n\r\n";
    for (const std::size_t piece : {1, 2, 3, 7, 50, 1000}) {
        const Outcome outcome = read(bytes, piece);
        ASSERT_EQ(outcome.requests.size(), 4u) << piece;
        EXPECT_FALSE(outcome.busy);
        const auto& [a, b, c, d] = std::tie(outcome.requests[0], outcome.requests[1],
                                            outcome.requests[2], outcome.requests[3]);
        EXPECT_EQ(a.method, "GET");
        EXPECT_EQ(a.path, "/a b");
        EXPECT_EQ(a.query_value("x"), "1 2");
        EXPECT_EQ(a.query_value("y"), "é");
        EXPECT_TRUE(a.has_query("flag"));
        EXPECT_FALSE(a.has_query("none"));
        EXPECT_EQ(a.query.size(), 4u);
        EXPECT_EQ(a.header("x-name"), "v w");
        EXPECT_EQ(a.header("missing"), "");
        EXPECT_TRUE(a.keep_alive);
        EXPECT_EQ(b.method, "POST");
        EXPECT_EQ(b.body, "hello");
        EXPECT_FALSE(b.keep_alive);
        EXPECT_EQ(c.body, "abcde");
        EXPECT_FALSE(d.keep_alive) << "HTTP/1.0 closes unless asked";
    }
}

TEST(RequestParser, LeavesWhatFollowsAnUpgradeUnread) {
    const std::string request = get("/");
    RequestParser parser;
    const auto progress = parser.feed(request + "\x81\x80");
    EXPECT_TRUE(progress.complete);
    EXPECT_EQ(progress.consumed, request.size());
    EXPECT_TRUE(parser.busy());
    (void)parser.take();
    EXPECT_FALSE(parser.busy()) << "memory is released with the request";
}

TEST(RequestParser, RefusesGarbage) {
    for (
        const std::string& garbage : {
            "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s + std::string(40, '\0') + "\r\n\r\n",
            "NICK alice\r\nUSER a 0 * a\r\n\r\n"s,
            "GET\r\n\r\n"s,
            "GET / HTTP/2.0\r\nHost: h\r\n\r\n"s,
            "GET / HTTX/1.1\r\nHost: h\r\n\r\n"s,
            "get / HTTP/1.1\r\nHost: h\r\n\r\n"s,
            "GET / HTTP/1.1\r\nHost h\r\n\r\n"s,
            "GET / HTTP/1.1\r\nHo st: h\r\n\r\n"s,
            "GET / HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n"s,
            "GET / HTTP/1.1\r\nAccept: x\r\n\r\n"s,
            "GET / HTTP/1.1\r\nHost: h\r\nA: a\0b\r\n\r\n"s,
            "GET / HTTP/1.1\r\nHost: h\r\nA: a\rb\r\n\r\n"s,
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n"s,
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1x\r\n\r\n"s,
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999999\r\n\r\n"s,
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"s,
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"s,
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n"s,
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"s,
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"s,
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n"s,
        }) {
        for (const std::size_t piece : {std::size_t{1}, garbage.size()}) {
            const Outcome outcome = read(garbage, piece);
            EXPECT_EQ(outcome.error_status, 400) << garbage;
            EXPECT_TRUE(outcome.requests.empty());
        }
    }
}

TEST(RequestParser, HoldsHeadersToTheirLimit) {
    const std::string start = "GET / HTTP/1.1\r\nHost: h\r\nX: ";
    const std::string fits =
        start + std::string(limits::kHttpHeaderBytes - start.size() - 200, 'x') + "\r\n\r\n";
    EXPECT_EQ(read(fits).requests.size(), 1u);
    const std::string endless = start + std::string(limits::kHttpHeaderBytes, 'x');
    EXPECT_EQ(read(endless).error_status, 431);
    EXPECT_EQ(read(endless, 100).error_status, 431);
    std::string many = "GET / HTTP/1.1\r\nHost: h\r\n";
    for (int i = 0; i < 5000; ++i) many += "a: b\r\n";
    EXPECT_EQ(read(many + "\r\n").error_status, 431);
    EXPECT_EQ(read("GET /" + std::string(limits::kHttpHeaderBytes, 'a')).error_status, 431);
}

TEST(RequestParser, HoldsBodiesToTheirLimit) {
    const std::string head = "POST / HTTP/1.1\r\nHost: h\r\n";
    const std::string body(limits::kHttpBodyBytes, 'b');
    const auto with_length = [&](std::size_t n) {
        return head + "Content-Length: " + std::to_string(n) + "\r\n\r\n";
    };
    const Outcome fits = read(with_length(body.size()) + body, 65536);
    ASSERT_EQ(fits.requests.size(), 1u);
    EXPECT_EQ(fits.requests[0].body, body);
    EXPECT_EQ(read(with_length(body.size() + 1)).error_status, 413) << "before the body is sent";
    std::string chunked = head + "Transfer-Encoding: chunked\r\n\r\n";
    for (int i = 0; i < 17; ++i) chunked += "10000\r\n" + std::string(65536, 'c') + "\r\n";
    EXPECT_EQ(read(chunked, 65536).error_status, 413);
}

TEST(RequestParser, HoldsChunkLinesAndTrailersToTheLimitOfHeaders) {
    const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    const std::string much(limits::kHttpHeaderBytes + 100, 'x');
    for (const std::size_t piece : {std::size_t{100}, std::size_t{1'000'000}}) {
        EXPECT_EQ(read(head + "5;" + much, piece).error_status, 431);
        EXPECT_EQ(read(head + "0\r\na: " + much, piece).error_status, 431);
        EXPECT_EQ(read(head + "0\r\na: b\r\n\r\n", piece).requests.size(), 1u);
    }
}

TEST(RequestParser, TakesManyPipelinedRequestsInOnePiece) {
    std::string bytes;
    for (int i = 0; i < 2000; ++i) bytes += get("/" + std::to_string(i));
    EXPECT_EQ(read(bytes).requests.size(), 2000u);
}

TEST(RequestParser, SaysOnceThatTheClientWaitsForContinue) {
    const std::string bytes =
        "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 3\r\n\r\nabc";
    for (const std::size_t piece : {1, 10}) EXPECT_EQ(read(bytes, piece).continues, 1);
    EXPECT_EQ(read(bytes).continues, 0) << "the body is already there";
}

TEST(Target, IsDecodedAndSplit) {
    EXPECT_EQ(read_target("/")->path, "/");
    EXPECT_EQ(read_target("/irc:80")->path, "/irc:80");
    EXPECT_EQ(read_target("/a+b/%2e%2E/%e2%82%ac")->path, "/a+b/../€");
    EXPECT_EQ(read_target("http://host:80/x?y=1")->path, "/x");
    EXPECT_EQ(read_target("HTTP://host")->path, "/");
    EXPECT_EQ(read_target("http://host?y=1")->query_value("y"), "1");
    EXPECT_EQ(read_target("/x?a=b=c&&d&=e")->query,
              (decltype(Request::query){{"a", "b=c"}, {"d", ""}, {"", "e"}}));
    EXPECT_EQ(read_target("/x?a=1?2")->query_value("a"), "1?2");
}

TEST(Target, RefusesBadEscapesNulAndBadUtf8) {
    for (const char* bad :
         {"/%", "/%4", "/%zz", "/%-1", "/%00", "/%ff", "/%c3", "/?a=%", "/?a=%00", "/?%ff=1",
          "/?a=%ed%a0%80", "x", "*", "host:443", "http:/x", "ftp://h/x"})
        EXPECT_FALSE(read_target(bad).has_value()) << bad;
}

}  // namespace
}  // namespace clamor::wire::http
