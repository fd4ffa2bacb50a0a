// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "automod/calibration.h"
#include "base/result.h"
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
    std::string rules{};            ///< a patch, on rules that have everything off
    store::AutoModSettings levels{};
    bool with_present = false;      ///< on top of what is set now, not by itself
};

struct PreviewHit {
    MessageId message{};
    WallTime at{};
    chat::Person author{};
    bool regular = false;
    std::string text{};
    automod::Verdict verdict{};
};

struct Preview {
    std::size_t messages = 0;  ///< that were looked at
    bool all = true;           ///< false: there were more than limits::kPreviewMessages
    WallTime since{};          ///< of the oldest that was looked at
    std::size_t held = 0;
    std::size_t blocked = 0;
    std::size_t users = 0;     ///< who would have been hit
    std::size_t regulars = 0;  ///< those of them who are regulars
    std::vector<PreviewHit> examples{};  ///< the newest first
};

/// Whoever said so many messages in the time looked at, or subscribes, or is a VIP.
inline constexpr std::size_t kPreviewRegular = 10;
inline constexpr std::size_t kPreviewExamples = 50;

/// `channel`'s messages of the last `hours`, judged by the proposal. One at a time: another one
/// meanwhile is std::errc::resource_unavailable_try_again. Wrong proposals are invalid_argument.
Result<Preview> preview(const AutoModDesk& desk, store::Catalog& catalog, store::MessageLog& log,
                        ChannelId channel, const Proposal& proposal, std::chrono::hours hours,
                        const Now& now);

/// What one rule did.
struct RuleReport {
    std::size_t hits = 0;
    std::size_t shadow_hits = 0;
    std::size_t held = 0;
    std::size_t blocked = 0;
    std::size_t approved = 0;  ///< held, and overturned by a moderator
    std::size_t denied = 0;
    std::size_t expired = 0;
};
/// By rule_key().
struct Report {
    std::size_t messages = 0;  ///< in which something was found
    std::map<std::string, RuleReport> rules{};
};
Result<Report> report(store::Catalog& catalog, ChannelId channel, WallTime since);

/// What the decisions of the last limits::kVerdictsKept say.
Result<automod::CalibrationFit> fit(store::Catalog& catalog, ChannelId channel, WallTime now);

}  // namespace clamor::moderation
