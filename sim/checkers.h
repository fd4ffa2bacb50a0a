// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/act_checker.h"
#include "sim/answer_checker.h"
#include "sim/delivery_checker.h"
#include "sim/history_checker.h"
#include "sim/rule_checker.h"
#include "sim/violations.h"

namespace clamor::sim {

/// All that a run is held against, and a digest of what happened in it: one seed, one digest.
struct Checkers {
    explicit Checkers(store::MessageLog& log) : history(violations, log) {}

    Violations violations;
    DeliveryChecker delivery{violations};
    AnswerChecker answers{violations};
    RuleChecker rules{violations};
    ActChecker acts{violations};
    HistoryChecker history;
    std::uint64_t digest = 14695981039346656037ull;
    std::uint64_t deliveries = 0;
    std::uint64_t published = 0;  ///< messages
    std::uint64_t refused = 0;
    std::uint64_t faults = 0;
    std::uint64_t messages_lost = 0;  ///< to faults
    std::uint64_t acts_published = 0;
    std::uint64_t acts_denied = 0;
    std::uint64_t undone = 0;
    std::uint64_t evictions = 0;
    std::uint64_t hidden = 0;  ///< messages, at the last rest
    std::uint64_t room_lives = 0;

    void note(std::uint64_t what) { digest = (digest ^ what) * 1099511628211ull; }
};

}  // namespace clamor::sim
