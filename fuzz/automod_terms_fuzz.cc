// SPDX-License-Identifier: Apache-2.0
// The first line is a message; the rest is a list of terms as people import them. Whatever the
// terms are, compiling and matching stay within bounds, and every span is inside the message.
#include <algorithm>
#include <string_view>
#include <vector>

#include "automod/moderator.h"
#include "automod/term_list.h"
#include "base/check.h"
#include "base/limits.h"
#include "text/message.h"
#include "text/utf8.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace clamor;
    static const text::Normaliser normaliser;
    static automod::AutoMod moderator(normaliser, nullptr);
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const std::size_t line_end = std::min(input.find('\n'), size);
    const std::string message = text::clean_message(input.substr(0, line_end));
    const std::string_view rest = input.substr(std::min(line_end + 1, size));

    const auto list = automod::read_text(rest);
    CLAMOR_CHECK(list.terms.size() <= limits::kTermsMax, "a list is bounded");
    const auto again = automod::read_text(automod::write_text(list.terms));
    CLAMOR_CHECK(again.terms == list.terms, "a list that was read comes back as it was");

    automod::Settings settings;
    settings.terms = list.terms;
    settings.terms.resize(std::min<std::size_t>(settings.terms.size(), 200));
    for (auto& rule : settings.spam) rule.on = true;
    const Now now{.mono = MonoTime(std::chrono::hours(1)), .wall = WallTime{}};
    const auto compiled = automod::compile_policy(settings, normaliser, now.wall);
    automod::ChannelMemory memory;
    const auto judgement =
        moderator.judge({message, {}, UserId(1), 0}, *compiled.policy, memory, now);
    const std::size_t length = text::count_code_points(message);
    CLAMOR_CHECK(length <= limits::kMessageCodePoints, "a clean message is cut");
    for (const auto& finding : judgement.findings) {
        CLAMOR_CHECK(!finding.spans.empty() && finding.spans.size() <= limits::kFindingSpansMax,
                     "a finding has a few spans");
        for (const auto& span : finding.spans) {
            CLAMOR_CHECK(span.first <= span.last && span.last < length,
                         "a span is inside the message");
        }
    }
    return 0;
}
