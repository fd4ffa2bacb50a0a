// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "load/progress.h"
#include "reactor/clock.h"

namespace clamor::app {

/// A progress bar, from the moment on when the whole is known.
class Bar {
  public:
    Bar(const char* unit, bool quiet) : unit_(unit), quiet_(quiet) {}
    ~Bar() {
        if (bar_) bar_->finish(done_, details_);
    }
    Bar(const Bar&) = delete;
    Bar& operator=(const Bar&) = delete;

    void show(std::uint64_t done, std::uint64_t total, std::string_view details) {
        if (!bar_) bar_ = std::make_unique<load::Progress>(unit_, total, quiet_);
        done_ = done;
        details_ = details;
        bar_->show(done, details, reactor::read_mono_clock());
    }

  private:
    const char* const unit_;
    const bool quiet_;
    std::unique_ptr<load::Progress> bar_;
    std::uint64_t done_ = 0;
    std::string details_;
};

}  // namespace clamor::app
