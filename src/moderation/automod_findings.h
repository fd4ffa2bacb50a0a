// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "automod/verdict.h"
#include "chat/event.h"

/// A verdict as it is kept, shown to moderators, and told to clients.
namespace clamor::moderation {

/// One finding as REST shows it. A private term is named by its id alone, as everywhere.
nlohmann::ordered_json finding_json(const automod::Finding& finding);
/// The document of store::VerdictRecord.
std::string findings_document(std::span<const automod::Finding> findings);
/// What can be read of it.
std::vector<automod::Finding> read_findings(std::string_view document);

/// Why a message is held.
std::vector<chat::HoldReason> reasons_of(const automod::Verdict& verdict);
/// For the `flags` tag of a message that passes.
std::vector<chat::TextMark> marks_of(const automod::Verdict& verdict);

/// `spam:links`, `classifier`, `term:<id>`: what a report counts by.
std::string rule_key(const automod::Finding& finding);

}  // namespace clamor::moderation
