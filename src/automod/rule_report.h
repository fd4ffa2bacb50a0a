// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "automod/verdict.h"
#include "base/time.h"

namespace clamor::automod {

/// How a held message ended; of those that were blocked or only recorded, none.
enum class Outcome : std::uint8_t { none, approved, denied, expired };

/// One finding of the past, and what became of its message.
struct RecordedFinding {
    WallTime at{};
    Source source = Source::spam;
    Action action = Action::hold;
    bool shadow = false;
    std::string rule;
    std::string version;
    Outcome outcome = Outcome::none;
};

struct RuleFigures {
    Source source = Source::spam;
    std::string rule;
    std::size_t versions = 0;  ///< of the rule or model in that time
    std::size_t hits = 0;      ///< all of the following
    std::size_t shadow = 0;    ///< only recorded
    std::size_t blocked = 0;
    std::size_t held = 0;
    std::size_t approved = 0;  ///< overturned
    std::size_t denied = 0;
    std::size_t expired = 0;
    std::size_t pending = 0;  ///< held, and not decided yet
    /// Approved of those that a moderator decided, 0 where none was.
    float false_hold_rate = 0;
    /// The most that the true rate is, 95 times in 100 (Wilson): of three decisions it is no small
    /// number.
    float false_hold_rate_at_most = 1;
};

/// Per rule, over findings from `since` on and before `until`; the rule with the most hits first.
/// Decisions about messages in shadow count too, where somebody made them.
std::vector<RuleFigures> report_by_rule(std::span<const RecordedFinding> findings, WallTime since,
                                        WallTime until);

}  // namespace clamor::automod
