// SPDX-License-Identifier: Apache-2.0
#include "text/utf8.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace clamor::text {
namespace {

using std::string_literals::operator""s;

/// The code point in as many bytes as asked for, also where that is not allowed.
std::string encode(std::uint32_t code_point, int bytes) {
    if (bytes == 1) return std::string(1, static_cast<char>(code_point));
    std::string out(static_cast<std::size_t>(bytes), '\0');
    for (int i = bytes - 1; i > 0; --i, code_point >>= 6)
        out[static_cast<std::size_t>(i)] = static_cast<char>(0x80 | (code_point & 0x3F));
    out[0] = static_cast<char>((0xF00 >> bytes & 0xFF) | code_point);
    return out;
}

int shortest(std::uint32_t code_point) {
    return code_point < 0x80 ? 1 : code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
}

TEST(Utf8, AcceptsExactlyTheUnicodeScalarValuesInTheirShortestForm) {
    for (std::uint32_t c = 0; c < 0x120000;
         c += c < 0x3000 || (c > 0xD700 && c < 0xE100) ? 1 : 61) {
        const bool scalar = c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF);
        for (int bytes = shortest(c); bytes <= 4; ++bytes)
            ASSERT_EQ(is_valid_utf8(encode(c, bytes)), scalar && bytes == shortest(c))
                << std::hex << c << " " << bytes;
    }
}

TEST(Utf8, RefusesWhatTheConformanceSuitesSend) {
    for (const std::string& bad :
         {"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80\x65\x64\x69\x74\x65\x64"s,
          "\x80"s,
          "\xbf"s,
          "\x80\xbf\x80"s,
          "\xc0 "s,
          "\xc0\xaf"s,
          "\xe0\x80\xaf"s,
          "\xf0\x80\x80\xaf"s,
          "\xf8\x80\x80\x80\xaf"s,
          "\xfc\x80\x80\x80\x80\xaf"s,
          "\xc1\xbf"s,
          "\xe0\x9f\xbf"s,
          "\xf0\x8f\xbf\xbf"s,
          "\xfe"s,
          "\xff"s,
          "\xfe\xfe\xff\xff"s,
          "\xf4\x90\x80\x80"s,
          "\xed\xa0\x80"s,
          "\xed\xbf\xbf"s,
          "\xed\xa0\x80\xed\xb0\x80"s,
          "\xc3"s,
          "\xe2\x82"s,
          "\xf0\x9f\x98"s,
          "\xc3("s,
          "long ascii before it: \xff"s})
        EXPECT_FALSE(is_valid_utf8(bad)) << repair_utf8(bad);
    for (const std::string& good :
         {""s, "\0"s, "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5"s, "\xef\xbf\xbf"s,
          "\xf4\x8f\xbf\xbf"s, "\xef\xbf\xbd"s, "\xf3\xa0\x80\x80"s})
        EXPECT_TRUE(is_valid_utf8(good));
}

TEST(Utf8Validator, SaysTheSameHoweverTheBytesAreCut) {
    const std::string good = "aé€😀 plain text that is long enough é";
    for (std::size_t i = 0; i <= good.size(); ++i) {
        for (std::size_t j = i; j <= good.size(); ++j) {
            Utf8Validator v;
            ASSERT_TRUE(v.feed(good.substr(0, i)) && v.feed(good.substr(i, j - i)) &&
                        v.feed(good.substr(j)));
            ASSERT_TRUE(v.complete());
        }
    }
}

TEST(Utf8Validator, FailsAtTheFirstByteThatCannotBeRight) {
    Utf8Validator v;
    EXPECT_TRUE(v.feed("\xf4"));
    EXPECT_FALSE(v.complete());
    EXPECT_FALSE(v.feed("\x90"));
}

TEST(Utf8, RepairsEachMaximalBadSequenceOnce) {
    const std::string r = "\xEF\xBF\xBD";
    EXPECT_EQ(repair_utf8("plain"), "plain");
    EXPECT_EQ(repair_utf8("é\xff"), "é" + r);
    EXPECT_EQ(repair_utf8("\xe2\x82"), r);
    EXPECT_EQ(repair_utf8("\xe2\x82"
                          "A"),
              r + "A");
    EXPECT_EQ(repair_utf8("\xed\xa0\x80"), r + r + r);
    EXPECT_EQ(repair_utf8("\xc0\xaf"), r + r);
    EXPECT_EQ(repair_utf8("\xf0\x9f\x98\xf0\x9f\x98\x80"), r + "😀");
    EXPECT_EQ(repair_utf8("x\0y"s), "x\0y"s);
}

TEST(Utf8, RepairedBytesAreValidAndRepairChangesThemNoMore) {
    std::uint32_t seed = 1;
    for (int round = 0; round < 3000; ++round) {
        std::string bytes;
        for (int i = 0; i < 12; ++i) {
            seed = seed * 1664525u + 1013904223u;
            constexpr unsigned char kBytes[] = {'a',  0x80, 0xbf, 0xc3, 0xe2, 0x82,
                                                0xac, 0xf0, 0x9f, 0xed, 0xa0, 0xff};
            bytes.push_back(static_cast<char>(kBytes[(seed >> 16) % sizeof kBytes]));
        }
        const std::string repaired = repair_utf8(bytes);
        ASSERT_TRUE(is_valid_utf8(repaired));
        ASSERT_EQ(repair_utf8(repaired), repaired);
        if (is_valid_utf8(bytes)) {
            ASSERT_EQ(repaired, bytes);
        }
    }
}

TEST(CodePoints, AreCountedAndFoundInBothDirections) {
    const std::string text = "aé€😀0123456789abcdefé😀z";
    std::vector<std::size_t> starts;
    for (std::size_t i = 0; i < text.size(); ++i)
        if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) starts.push_back(i);
    EXPECT_EQ(count_code_points(text), starts.size());
    for (std::size_t n = 0; n < starts.size(); ++n) {
        EXPECT_EQ(byte_offset(text, n), starts[n]);
        EXPECT_EQ(code_point_offset(text, starts[n]), n);
        EXPECT_EQ(cut_code_points(text, n), text.substr(0, starts[n]));
    }
    EXPECT_EQ(byte_offset(text, starts.size()), text.size());
    EXPECT_EQ(byte_offset(text, 1000), text.size());
    EXPECT_EQ(code_point_offset(text, 2), 1u) << "a byte within é belongs to é";
    EXPECT_EQ(code_point_offset(text, text.size()), starts.size());
    EXPECT_EQ(cut_code_points(text, 1000), text);
    EXPECT_EQ(count_code_points(""), 0u);
}

TEST(CodePoints, StayWithinBoundsOnBytesThatAreNotUtf8) {
    const std::string text(20, '\x80');
    EXPECT_EQ(count_code_points(text), 0u);
    EXPECT_EQ(code_point_offset(text, 3), 0u);
    EXPECT_EQ(byte_offset(text, 0), text.size());
}

}  // namespace
}  // namespace clamor::text
