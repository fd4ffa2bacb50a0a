// SPDX-License-Identifier: Apache-2.0
#include "wire/irc/line_splitter.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace clamor::wire::irc {
namespace {

using Lines = std::vector<std::string>;
using std::string_literals::operator""s;

struct Fed {
    Lines lines;
    std::size_t overlong = 0;
};

Fed feed_in_pieces(LineSplitter& splitter, std::string_view bytes, std::size_t piece) {
    Fed fed;
    for (std::size_t i = 0; i < bytes.size(); i += piece)
        fed.overlong += splitter.feed(bytes.substr(i, piece), [&](std::string_view line) {
            fed.lines.emplace_back(line);
            return true;
        });
    return fed;
}

Fed of_message(std::string_view message) {
    Fed fed;
    fed.overlong = for_each_line(message, [&](std::string_view line) {
        fed.lines.emplace_back(line);
        return true;
    });
    return fed;
}

std::string tags_of(std::size_t bytes) {
    return "@" + std::string(bytes - 2, 'k') + " ";
}

TEST(LineSplitter, GivesTheSameLinesHoweverTheBytesArrive) {
    const std::string bytes =
        "CAP LS 302\r\nPASS oauth:x\nNICK a\r\n\r\n\n:p PRIVMSG #c :é\r\nrest";
    const Lines expected = {"CAP LS 302", "PASS oauth:x", "NICK a", ":p PRIVMSG #c :é"};
    for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
        LineSplitter splitter;
        EXPECT_EQ(feed_in_pieces(splitter, bytes, piece).lines, expected) << piece;
        EXPECT_EQ(splitter.held_bytes(), 4u);
    }
}

TEST(LineSplitter, HoldsNothingBetweenLines) {
    LineSplitter splitter;
    feed_in_pieces(splitter, "PING :a\r\n", 3);
    EXPECT_EQ(splitter.held_bytes(), 0u);
}

TEST(LineSplitter, RemovesNulAndStrayReturns) {
    LineSplitter splitter;
    EXPECT_EQ(feed_in_pieces(splitter, "PI\0NG :a\rb\r\r\n\r\0\n"s, 100).lines, Lines{"PING :ab"});
}

TEST(LineSplitter, TakesLinesUpToTheLimitAndSkipsLongerOnes) {
    const std::string fits = std::string(limits::kLineBytesIn, 'a');
    const std::string fits_tagged = tags_of(limits::kTagsBytesIn) + fits;
    const std::vector<std::pair<std::string, std::size_t>> cases = {
        {fits, 0},
        {fits + "a", 1},
        {fits_tagged, 0},
        {fits_tagged + "a", 1},
        {tags_of(limits::kTagsBytesIn + 1) + "a", 1},
        {std::string(64 * 1024, 'x'), 1},
        {"@" + std::string(limits::kTagsBytesIn, 'x'), 1},
    };
    for (const auto& [line, overlong] : cases) {
        for (const std::size_t piece : {std::size_t{1}, std::size_t{1000}, std::size_t{100'000}}) {
            LineSplitter splitter;
            const Fed fed = feed_in_pieces(splitter, line + "\r\nPING\r\n", piece);
            EXPECT_EQ(fed.overlong, overlong) << line.size() << " in pieces of " << piece;
            EXPECT_EQ(fed.lines, overlong == 0 ? (Lines{line, "PING"}) : Lines{"PING"})
                << line.size();
            EXPECT_EQ(splitter.held_bytes(), 0u);
        }
    }
}

TEST(LineSplitter, HoldsNoMoreThanALineWhileOneNeverEnds) {
    LineSplitter splitter;
    std::size_t overlong = 0;
    for (int i = 0; i < 1000; ++i) {
        overlong += splitter.feed(std::string(1000, '@'), [](std::string_view) { return true; });
        ASSERT_LE(splitter.held_bytes(), limits::kTagsBytesIn + limits::kLineBytesIn);
    }
    EXPECT_EQ(overlong, 1u) << "one line, counted once";
}

TEST(LineSplitter, StopsWhenToldTo) {
    for (const std::size_t piece : {std::size_t{100}, std::size_t{4}}) {
        LineSplitter splitter;
        Lines lines;
        bool go_on = true;
        const std::string bytes = "QUIT\nPING\nNICK x";
        for (std::size_t i = 0; i < bytes.size() && go_on; i += piece)
            splitter.feed(std::string_view(bytes).substr(i, piece), [&](std::string_view line) {
                lines.emplace_back(line);
                return go_on = false;
            });
        EXPECT_EQ(lines, Lines{"QUIT"});
    }
}

TEST(WebSocketMessage, EndsItsLastLine) {
    EXPECT_EQ(of_message("PING").lines, Lines{"PING"});
    EXPECT_EQ(of_message("PING\r\n").lines, Lines{"PING"});
    EXPECT_EQ(of_message("A\r\nB\nC\r").lines, (Lines{"A", "B", "C"}));
    EXPECT_EQ(of_message("").lines, Lines{});
    EXPECT_EQ(of_message("\r\n\n").lines, Lines{});
    EXPECT_EQ(of_message(std::string(5000, 'x') + "\nPING").overlong, 1u);
    EXPECT_EQ(of_message(std::string(5000, 'x') + "\nPING").lines, Lines{"PING"});
}

}  // namespace
}  // namespace clamor::wire::irc
