// SPDX-License-Identifier: Apache-2.0
#include "load/process_usage.h"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <fmt/format.h>
#include <unistd.h>

namespace clamor::load {
namespace {

// Counted from the first word after the program's name, which is the state (proc(5): fields 14 and
// 15).
constexpr int kUserTicksWord = 11;
constexpr int kSystemTicksWord = 12;

std::string_view word_at(std::string_view text, int index) {
    for (;; --index) {
        const std::size_t start = text.find_first_not_of(" \t");
        if (start == std::string_view::npos) return {};
        text.remove_prefix(start);
        const std::string_view word = text.substr(0, text.find_first_of(" \t\n"));
        if (index == 0) return word;
        text.remove_prefix(word.size());
    }
}

bool parse_number(std::string_view word, std::uint64_t& value) {
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    return error == std::errc{} && end == word.data() + word.size();
}

Result<std::string> read_file(const std::string& path) {
    std::ifstream file(path);
    if (!file) return fail_errno(path);
    return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace

Result<ProcessUsage> parse_process_usage(std::string_view stat, std::string_view status,
                                         long ticks_per_second) {
    const std::size_t name_end = stat.rfind(')');
    if (name_end == std::string_view::npos)
        return fail(std::errc::invalid_argument, "stat has no program name");
    stat.remove_prefix(name_end + 1);

    std::uint64_t user_ticks = 0;
    std::uint64_t system_ticks = 0;
    if (!parse_number(word_at(stat, kUserTicksWord), user_ticks) ||
        !parse_number(word_at(stat, kSystemTicksWord), system_ticks))
        return fail(std::errc::invalid_argument, "stat has no processor times");

    constexpr std::string_view kResident = "\nVmRSS:";
    const std::size_t resident = status.find(kResident);
    std::uint64_t resident_kib = 0;
    if (resident == std::string_view::npos ||
        !parse_number(word_at(status.substr(resident + kResident.size()), 0), resident_kib))
        return fail(std::errc::invalid_argument, "status has no VmRSS");

    const std::uint64_t tick_us = 1'000'000 / static_cast<std::uint64_t>(ticks_per_second);
    return ProcessUsage{user_ticks * tick_us, system_ticks * tick_us, resident_kib * 1024};
}

Result<ProcessUsage> read_process_usage(pid_t pid) {
    const auto stat = read_file(fmt::format("/proc/{}/stat", pid));
    if (!stat) return tl::unexpected<Error>(stat.error());
    const auto status = read_file(fmt::format("/proc/{}/status", pid));
    if (!status) return tl::unexpected<Error>(status.error());
    return parse_process_usage(*stat, *status, ::sysconf(_SC_CLK_TCK));
}

std::uint64_t read_waited_us(pid_t pid) {
    std::uint64_t waited_ns = 0;
    std::error_code error;
    std::filesystem::directory_iterator thread(fmt::format("/proc/{}/task", pid), error);
    for (; !error && thread != std::filesystem::directory_iterator(); thread.increment(error)) {
        const auto schedstat = read_file(thread->path() / "schedstat");
        std::uint64_t ns = 0;
        if (schedstat && parse_number(word_at(*schedstat, 1), ns)) waited_ns += ns;
    }
    return waited_ns / 1000;
}

}  // namespace clamor::load
