// SPDX-License-Identifier: Apache-2.0
#include "app/process_info.h"

#include <array>
#include <cmath>

#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/check.h"

namespace clamor::app {

std::uint64_t random_bits() {
    std::uint64_t bits = 0;
    CLAMOR_CHECK(getrandom(&bits, sizeof bits, 0) == sizeof bits, "the kernel has random bits");
    return bits;
}

std::string host_name() {
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

Result<void> check_free(const reactor::Endpoint& at) {
    if (at.port == 0) return {};
    const auto taken =
        reactor::socket::open_listener(at, true, reactor::socket::PortUse::exclusive);
    if (!taken) {
        return fail(taken.error().code,
                    "cannot listen on " + at.to_string() +
                        "; stop what uses it, or give another address with --http or --irc");
    }
    return {};
}

double CpuLoad::share(MonoTime now) {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto of = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    const double used = of(usage.ru_utime) + of(usage.ru_stime);
    const std::lock_guard lock(mutex_);
    const double seconds = std::chrono::duration<double>(now - since_).count();
    if (seconds >= 1) {
        share_ = std::round((used - used_) / seconds * 1000) / 1000;
        used_ = used;
        since_ = now;
    }
    return share_;
}

}  // namespace clamor::app
