// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "reactor/engine.h"
#include "reactor/epoll_engine.h"

namespace clamor::reactor {

Result<EngineChoice> make_engine(EngineKind kind, const EngineOptions& options) {
    if (kind == EngineKind::io_uring) return fail(std::errc::not_supported, "io_uring");
    auto engine = EpollEngine::create(options);
    if (!engine) return tl::unexpected<Error>(engine.error());
    return EngineChoice{std::move(*engine), "epoll: asked for"};
}

}  // namespace clamor::reactor
