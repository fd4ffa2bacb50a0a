// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"

/// What the capability clamor.dev/seq adds to the lines (docs/protocol/continuity.md).
namespace clamor::twitch {

inline constexpr std::string_view kSequenceCapability = "clamor.dev/seq";
/// On JOIN, from a client: the last position that it has of each channel, in the order of the
/// channels.
inline constexpr std::string_view kAfterTag = "clamor.dev/after";

/// `epoch-sequence`, both decimal.
std::string position_text(Position position);
/// One position of each region, with `+` between them.
std::optional<std::vector<Position>> parse_positions(std::string_view text);

/// Gives every line of `out` from the byte `from` on the tag clamor.dev/seq: the position, and
/// those of other regions behind it. Nothing for the position 0-0.
void stamp_lines(std::string& out, std::size_t from, Position position,
                 std::span<const Position> beside);

/// Events of a channel that a client does not get: those between two positions, both excluded.
struct Gap {
    Position after;
    Position before;
    std::string_view skipped;   ///< how many by class: `message:3,staff:1`
    std::string_view sentence;  ///< the same for people
};
/// A NOTICE clamor_skipped that names the range to read from the history.
void append_gap(std::string& out, std::string_view channel, const Gap& gap);

}  // namespace clamor::twitch
