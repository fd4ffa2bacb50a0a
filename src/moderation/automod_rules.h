// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "automod/settings.h"
#include "base/result.h"
#include "chat/event.h"
#include "moderation/raid_settings.h"
#include "store/moderation_store.h"

/// AutoMod's rules as a JSON document, as the catalog keeps it and REST shows it: everything of a
/// channel's automod::Settings but levels and terms. docs/protocol/rest.md lists the members; one
/// that is missing is as by default.
namespace clamor::moderation {

struct AutoModRules {
    automod::Settings settings{};  ///< levels and terms are left as they are by default
    bool ask_model = true;         ///< where the server has a larger model
    RaidSettings raid{};
};

/// An empty document is that of the defaults. An error names the member and what would be right.
Result<AutoModRules> parse_rules(std::string_view document);
/// Every member, also those that are as by default.
nlohmann::ordered_json rules_json(const AutoModRules& rules);
/// `document` with the changes of `patch` (RFC 7396: null is back to the default). An error when
/// either is no document, or the result makes no sense.
Result<std::string> patch_rules(std::string_view document, std::string_view patch);

automod::Levels levels_of(const store::AutoModSettings& settings);
chat::AutoModLevels told_levels(const store::AutoModSettings& settings);

}  // namespace clamor::moderation
