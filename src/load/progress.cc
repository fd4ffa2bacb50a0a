// SPDX-License-Identifier: Apache-2.0
#include "load/progress.h"

#include <algorithm>

#include <fmt/format.h>
#include <unistd.h>

namespace clamor::load {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kBarWidth = 30;
constexpr auto kTerminalInterval = 100ms;
constexpr auto kPlainInterval = 5s;

}  // namespace

Progress::Progress(std::string unit, std::size_t total, bool quiet)
    : unit_(std::move(unit)),
      total_(std::max<std::size_t>(total, 1)),
      quiet_(quiet),
      terminal_(::isatty(STDERR_FILENO) != 0) {}

void Progress::show(std::size_t done, std::string_view details, MonoTime now) {
    if (quiet_ || now < next_) return;
    next_ = now + (terminal_ ? MonoClock::duration(kTerminalInterval)
                             : MonoClock::duration(kPlainInterval));
    draw(done, details);
}

void Progress::finish(std::size_t done, std::string_view details) {
    if (quiet_) return;
    draw(done, details);
    if (terminal_) fmt::print(stderr, "\n");
}

void Progress::draw(std::size_t done, std::string_view details) {
    const std::size_t percent = std::min<std::size_t>(done * 100 / total_, 100);
    if (!terminal_) {
        fmt::print(stderr, "{} of {} {} ({}%), {}\n", done, total_, unit_, percent, details);
        return;
    }
    const std::size_t filled = kBarWidth * percent / 100;
    fmt::print(stderr, "\r\x1b[K[{}{}] {}/{} {} {}%  {}", std::string(filled, '#'),
               std::string(kBarWidth - filled, '.'), done, total_, unit_, percent, details);
    std::fflush(stderr);
}

}  // namespace clamor::load
