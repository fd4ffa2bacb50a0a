// SPDX-License-Identifier: Apache-2.0
#include "text/rfc3339.h"

#include <charconv>
#include <chrono>
#include <system_error>

namespace clamor::text {
namespace {

/// `digits` of `text` from `at` on, as a number; nothing when there are others.
std::optional<int> digits_at(std::string_view text, std::size_t at, std::size_t digits) {
    if (at + digits > text.size()) return std::nullopt;
    int number = 0;
    const char* const from = text.data() + at;
    const auto [end, error] = std::from_chars(from, from + digits, number);
    if (error != std::errc{} || end != from + digits || number < 0) return std::nullopt;
    return number;
}

}  // namespace

std::optional<WallTime> parse_rfc3339(std::string_view text) {
    using namespace std::chrono;
    if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' ||
        text[13] != ':' || text[16] != ':' || text.back() != 'Z')
        return std::nullopt;
    auto fraction = text.substr(19, text.size() - 20);
    if (!fraction.empty()) {
        if (fraction[0] != '.' || fraction.size() < 2) return std::nullopt;
        fraction.remove_prefix(1);
        if (fraction.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
    }
    const auto y = digits_at(text, 0, 4);
    const auto mo = digits_at(text, 5, 2);
    const auto d = digits_at(text, 8, 2);
    const auto h = digits_at(text, 11, 2);
    const auto mi = digits_at(text, 14, 2);
    const auto s = digits_at(text, 17, 2);
    if (!y || !mo || !d || !h || !mi || !s || *y < 1970 || *h > 23 || *mi > 59 || *s > 60)
        return std::nullopt;
    const year_month_day date{year(*y), month(static_cast<unsigned>(*mo)),
                              day(static_cast<unsigned>(*d))};
    if (!date.ok()) return std::nullopt;
    const auto since = sys_days(date).time_since_epoch() + hours(*h) + minutes(*mi) + seconds(*s);
    return WallTime(duration_cast<milliseconds>(since));
}

}  // namespace clamor::text
