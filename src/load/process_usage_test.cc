// SPDX-License-Identifier: Apache-2.0
#include "load/process_usage.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace clamor::load {
namespace {

constexpr std::string_view kStat =
    "4242 (a (very) odd name) S 1 4242 4242 0 -1 4194560 1000 0 3 0 250 75 0 0 20 0 9 0 12345 "
    "1000000 200 1844 1 1 0 0\n";
constexpr std::string_view kStatus =
    "Name:\todd\nVmPeak:\t  9000 kB\nVmRSS:\t    1234 kB\nThreads:\t9\n";

TEST(ProcessUsage, ReadsTimesAndMemoryWhateverTheNameIs) {
    const auto usage = parse_process_usage(kStat, kStatus, 100);
    ASSERT_TRUE(usage);
    EXPECT_EQ(usage->user_us, 2'500'000u);
    EXPECT_EQ(usage->system_us, 750'000u);
    EXPECT_EQ(usage->cpu_us(), 3'250'000u);
    EXPECT_EQ(usage->resident_bytes, 1234u * 1024);
}

TEST(ProcessUsage, RefusesWhatIsNotFromProc) {
    EXPECT_FALSE(parse_process_usage("", kStatus, 100));
    EXPECT_FALSE(parse_process_usage("1 (x) S 1 2", kStatus, 100));
    EXPECT_FALSE(parse_process_usage(kStat, "Name:\tzombie\n", 100));
    EXPECT_FALSE(parse_process_usage(kStat, "Name:\tx\nVmRSS:\tmuch\n", 100));
}

TEST(ProcessUsage, ReadsThisProcess) {
    const auto usage = read_process_usage(::getpid());
    ASSERT_TRUE(usage) << usage.error().to_string();
    EXPECT_GT(usage->resident_bytes, 100'000u);
}

TEST(ProcessUsage, CountsNoWaitingOfAProcessThatIsGone) {
    EXPECT_EQ(read_waited_us(0x7ffffffe), 0u);
}

TEST(ProcessUsage, SaysThatAProcessIsGone) {
    const auto usage = read_process_usage(0x7ffffffe);
    ASSERT_FALSE(usage);
    EXPECT_EQ(usage.error().code, std::errc::no_such_file_or_directory);
}

}  // namespace
}  // namespace clamor::load
