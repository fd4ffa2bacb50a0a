// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include <fmt/format.h>
#include <sys/utsname.h>

#include "reactor/engine.h"
#include "reactor/epoll_engine.h"
#include "reactor/uring_engine.h"

namespace clamor::reactor {

namespace {

std::string kernel_release() {
    utsname names{};
    if (::uname(&names) != 0) return "unknown";
    return names.release;
}

/// Why io_uring cannot be used here, as a clause.
std::string explain(const Error& error) {
    if (error.code == std::errc::operation_not_permitted ||
        error.code == std::errc::permission_denied) {
        return fmt::format("{} is forbidden here ({}), as in default container profiles",
                           error.detail, error.code.message());
    }
    if (error.code == std::errc::function_not_supported) {
        return fmt::format("kernel {} has no io_uring", kernel_release());
    }
    return fmt::format("kernel {} refuses what is needed of io_uring ({})", kernel_release(),
                       error.to_string());
}

Result<std::unique_ptr<UringEngine>> probe_and_create(const EngineOptions& options) {
    if (auto probed = probe_io_uring(); !probed) return tl::unexpected<Error>(probed.error());
    return UringEngine::create(options);
}

}  // namespace

Result<EngineChoice> make_engine(EngineKind kind, const EngineOptions& options) {
    std::string why = "asked for";
    if (kind != EngineKind::epoll) {
        auto uring = probe_and_create(options);
        if (uring) {
            return EngineChoice{
                std::move(*uring),
                fmt::format("io_uring: kernel {}, multishot receive and provided buffers work",
                            kernel_release())};
        }
        why = explain(uring.error());
        if (kind == EngineKind::io_uring) return fail(uring.error().code, why);
    }
    auto epoll = EpollEngine::create(options);
    if (!epoll) return tl::unexpected<Error>(epoll.error());
    return EngineChoice{std::move(*epoll), "epoll: " + why};
}

}  // namespace clamor::reactor
