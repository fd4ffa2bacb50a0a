// SPDX-License-Identifier: Apache-2.0
#include "text/duration.h"

#include <gtest/gtest.h>

namespace clamor::text {
namespace {

struct Case {
    std::string_view text;
    std::optional<std::uint64_t> seconds;
    std::string_view rest;
};

TEST(TakeDuration, TakesNumbersUnitsWordsAndSums) {
    const Case cases[] = {
        {"600", 600, ""},
        {"600 spam", 600, "spam"},
        {"1d2h", 93600, ""},
        {"5 days 12 hours and more", 475200, "and more"},
        {"30 minutes", 1800, ""},
        {"1 week", 604800, ""},
        {"1mo", 2592000, ""},
        {"10M x", 600, "x"},
        {"  7  ", 7, ""},
        {"0", 0, ""},
        {"1h 5 bananas", 3600, "5 bananas"},
        {"2 many links", 2, "many links"},
        {"", std::nullopt, ""},
        {"spam", std::nullopt, "spam"},
        {"3x", std::nullopt, "3x"},
        {"1dx", std::nullopt, "1dx"},
        {"-5", std::nullopt, "-5"},
        {"99999999999999999999", kLongestDuration, ""},
        {"99999999999999999999 spam", kLongestDuration, "spam"},
        {"99999999999999999999d", kLongestDuration, ""},
        {"1d 99999999999999999999h 5m x", kLongestDuration, "x"},
        {"9007199254740993w", kLongestDuration, ""},
        {"9007199254740991s 9007199254740991s", kLongestDuration, ""},
        {"99999999999999999999x", std::nullopt, "99999999999999999999x"},
    };
    for (const Case& one : cases) {
        std::string_view rest = one.text;
        EXPECT_EQ(take_duration(rest, 1), one.seconds) << one.text;
        EXPECT_EQ(rest, one.rest) << one.text;
    }
}

TEST(TakeDuration, CountsABareNumberInTheCommandsOwnUnit) {
    std::string_view rest = "30";
    EXPECT_EQ(take_duration(rest, 60), 1800u);
    rest = "30s";
    EXPECT_EQ(take_duration(rest, 60), 30u);
}

}  // namespace
}  // namespace clamor::text
