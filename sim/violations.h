// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace clamor::sim {

/// One connection in a run; never used again for another.
using SessionId = std::uint64_t;
/// In place of a session: whoever asks without one.
inline constexpr SessionId kNoSession = 0;

/// What the checkers found broken. The first few are kept word by word, all are counted.
class Violations {
  public:
    static constexpr std::size_t kKept = 20;

    template <class... Args>
    void add(fmt::format_string<Args...> format, Args&&... args) {
        if (++count_ <= kKept) kept_.push_back(fmt::format(format, std::forward<Args>(args)...));
    }
    std::size_t count() const { return count_; }
    const std::vector<std::string>& kept() const { return kept_; }

  private:
    std::size_t count_ = 0;
    std::vector<std::string> kept_;
};

}  // namespace clamor::sim
