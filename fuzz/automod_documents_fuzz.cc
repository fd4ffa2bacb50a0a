// SPDX-License-Identifier: Apache-2.0
// The first line is a document of AutoMod's rules, the rest a patch of it, and all of it the
// findings of a verdict. Whatever they are: what is taken can be written and read again, and
// compiles.
#include <algorithm>
#include <string_view>

#include <nlohmann/json.hpp>

#include "automod/policy.h"
#include "base/check.h"
#include "moderation/automod_findings.h"
#include "moderation/automod_rules.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace clamor;
    static const text::Normaliser normaliser;
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const std::size_t line_end = std::min(input.find('\n'), size);
    const std::string_view document = input.substr(0, line_end);
    const std::string_view patch = input.substr(std::min(line_end + 1, size));

    if (const auto rules = moderation::parse_rules(document)) {
        const auto written = moderation::rules_json(*rules).dump();
        const auto again = moderation::parse_rules(written);
        CLAMOR_CHECK(again.has_value(), "what was read is written as it can be read");
        CLAMOR_CHECK(moderation::rules_json(*again).dump() == written, "and is the same");
        const auto compiled = automod::compile_policy(rules->settings, normaliser, WallTime{});
        CLAMOR_CHECK(compiled.policy != nullptr, "there always is a policy");
    }
    if (const auto patched = moderation::patch_rules(document, patch))
        CLAMOR_CHECK(moderation::parse_rules(*patched).has_value(), "a patch leaves a document");
    const auto findings = moderation::read_findings(input);
    const auto kept = moderation::findings_document(findings);
    CLAMOR_CHECK(moderation::findings_document(moderation::read_findings(kept)) == kept,
                 "findings come back as they were written");
    return 0;
}
