// SPDX-License-Identifier: Apache-2.0
#include "text/duration.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "text/message.h"

namespace clamor::text {
namespace {

struct Unit {
    std::string_view name;
    std::uint64_t seconds;
};
constexpr std::array kUnits{
    Unit{"s", 1},          Unit{"sec", 1},      Unit{"secs", 1},        Unit{"second", 1},
    Unit{"seconds", 1},    Unit{"m", 60},       Unit{"min", 60},        Unit{"mins", 60},
    Unit{"minute", 60},    Unit{"minutes", 60}, Unit{"h", 3600},        Unit{"hr", 3600},
    Unit{"hrs", 3600},     Unit{"hour", 3600},  Unit{"hours", 3600},    Unit{"d", 86400},
    Unit{"day", 86400},    Unit{"days", 86400}, Unit{"w", 604800},      Unit{"week", 604800},
    Unit{"weeks", 604800}, Unit{"mo", 2592000}, Unit{"month", 2592000}, Unit{"months", 2592000},
};

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::uint64_t unit_seconds(std::string_view name) {
    const auto* found = std::ranges::find_if(
        kUnits, [&](const Unit& unit) { return equals_ignoring_ascii_case(unit.name, name); });
    return found == kUnits.end() ? 0 : found->seconds;
}

std::uint64_t times(std::uint64_t count, std::uint64_t unit) {
    return count > kLongestDuration / unit ? kLongestDuration : count * unit;
}

void skip_blanks(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
}

}  // namespace

std::optional<std::uint64_t> take_duration(std::string_view& text, std::uint64_t unit) {
    std::string_view rest = text;
    std::uint64_t total = 0;
    bool any = false;
    for (;;) {
        std::string_view at = rest;
        skip_blanks(at);
        std::uint64_t count = 0;
        const auto [end, error] = std::from_chars(at.data(), at.data() + at.size(), count);
        if (error == std::errc::invalid_argument) break;
        if (error == std::errc::result_out_of_range) count = kLongestDuration;
        at.remove_prefix(static_cast<std::size_t>(end - at.data()));
        std::string_view after_number = at;
        skip_blanks(at);
        std::size_t letters = 0;
        while (letters < at.size() && is_letter(at[letters])) ++letters;
        const std::uint64_t seconds = unit_seconds(at.substr(0, letters));
        if (seconds == 0) {
            // A bare number stands alone, and nothing sticks to it.
            if (any || (!after_number.empty() && after_number.front() != ' ')) break;
            rest = after_number;
            total = times(count, unit);
            any = true;
            break;
        }
        at.remove_prefix(letters);
        const bool ends =
            at.empty() || at.front() == ' ' || (at.front() >= '0' && at.front() <= '9');
        if (!ends) break;
        total = std::min(total + times(count, seconds), kLongestDuration);
        any = true;
        rest = at;
    }
    if (!any) return std::nullopt;
    skip_blanks(rest);
    text = rest;
    return total;
}

}  // namespace clamor::text
