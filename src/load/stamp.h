// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace clamor::load {

/// What every message of the load client carries at the end of its text, so that any receiver can
/// measure its latency and tell a loss, a duplicate and a wrong order. Written as `~` and 25 digits
/// to base 32, so that it is found at a fixed distance from the end of a line.
struct Stamp {
    static constexpr char kMark = '~';
    static constexpr std::size_t kLength = 26;
    static constexpr std::uint32_t kRunMax = (1u << 10) - 1;
    static constexpr std::uint32_t kChannelMax = (1u << 20) - 1;
    static constexpr std::uint32_t kNumberMax = (1u << 30) - 1;

    std::uint32_t run = 0;      ///< of one measured window; others are strays of an earlier one
    std::uint32_t channel = 0;  ///< index among the channels of the load
    std::uint32_t number = 0;   ///< of the message in its channel and run, from 0
    MonoTime sent_at;

    /// Writes exactly kLength characters.
    void write(char* to) const;
    /// The stamp at the end of `line` (without its line end), if there is one.
    static std::optional<Stamp> at_end_of(std::string_view line);
};

/// A text of about 60 characters of plain words, the stamp at its end. `seed` chooses the words.
std::string stamped_text(const Stamp& stamp, std::uint64_t seed);

}  // namespace clamor::load
