// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace clamor::text {

/// What a chatter typed, made fit to be sent to others: NUL, CR and LF removed, bad UTF-8 replaced
/// by U+FFFD, blanks at both ends trimmed, cut at limits::kMessageCodePoints. Everything else stays
/// as it was, invisible and repeated characters too. Empty when nothing is left. Cleaning a clean
/// text changes nothing.
std::string clean_message(std::string_view text);

/// The text without NUL, CR and LF.
std::string strip_line_breaks(std::string_view text);

/// `A`-`Z` to lower case; other bytes stay.
std::string fold_ascii(std::string_view text);
bool equals_ignoring_ascii_case(std::string_view a, std::string_view b);

/// `[a-z0-9_]{1,25}`: a login or the name of a channel, already in lower case.
bool is_valid_login(std::string_view login);

}  // namespace clamor::text
