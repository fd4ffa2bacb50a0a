// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/time.h"

namespace clamor::load {

/// Shows on standard error how far something is: a bar that is redrawn on a terminal, a plain line
/// now and then elsewhere.
class Progress {
  public:
    /// `unit` names what is counted.
    Progress(std::string unit, std::size_t total, bool quiet);

    /// Draws when it is time to. `details` stands behind the bar.
    void show(std::size_t done, std::string_view details, MonoTime now);
    /// Draws the last state and ends the line.
    void finish(std::size_t done, std::string_view details);

  private:
    void draw(std::size_t done, std::string_view details);

    const std::string unit_;
    const std::size_t total_;
    const bool quiet_;
    const bool terminal_;
    MonoTime next_;
};

}  // namespace clamor::load
