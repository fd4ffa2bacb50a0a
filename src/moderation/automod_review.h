// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "automod/calibration.h"
#include "automod/rule_report.h"
#include "automod/time_travel.h"
#include "base/result.h"
#include "chat/event.h"
#include "chat/people.h"
#include "moderation/automod_desk.h"
#include "store/catalog.h"
#include "store/message_log.h"

/// Looking back: what a rule would have hit, how often rules were wrong, and what the decisions of
/// the moderators say about the thresholds. Calls block; for worker threads.
namespace clamor::moderation {

/// A rule that is not in force yet.
struct Proposal {
    std::vector<store::Term> terms{};
    std::string rules{};  ///< a patch (RFC 7396); empty: nothing
    std::optional<chat::AutoModLevels> levels{};
    bool with_present = false;  ///< on top of what is set now; else on nothing at all
};

struct Preview {
    std::vector<automod::PastMessage> messages{};  ///< that were looked at, the oldest first
    bool all = true;  ///< false: there were more than limits::kPreviewMessages
    automod::WouldHave would{};
};

/// `channel`'s messages of the last `hours`, judged by the proposal. One at a time: another one
/// meanwhile is std::errc::resource_unavailable_try_again. Wrong proposals are invalid_argument.
Result<Preview> preview(const AutoModDesk& desk, store::Catalog& catalog, store::MessageLog& log,
                        ChannelId channel, const Proposal& proposal, std::chrono::hours hours,
                        const Now& now);

/// By rule, of the verdicts since then.
Result<std::vector<automod::RuleFigures>> report(store::Catalog& catalog, ChannelId channel,
                                                 WallTime since, WallTime until);

/// What the decisions of the last limits::kVerdictsKept say.
Result<automod::CalibrationFit> fit(store::Catalog& catalog, ChannelId channel, WallTime now);

}  // namespace clamor::moderation
