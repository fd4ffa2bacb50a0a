// SPDX-License-Identifier: Apache-2.0
#include "text/message.h"

#include <algorithm>
#include <iterator>

#include "base/limits.h"
#include "text/utf8.h"

namespace clamor::text {
namespace {

constexpr std::string_view kBlanks = " \t";

constexpr char fold(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

/// Three searches for one byte each are far quicker than one for any of three.
bool has_line_breaks(std::string_view text) {
    constexpr auto kNone = std::string_view::npos;
    return text.find('\0') != kNone || text.find('\r') != kNone || text.find('\n') != kNone;
}

std::string_view trim_front(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
    return text;
}

std::string_view trim_back(std::string_view text) {
    return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

}  // namespace

std::string clean_message(std::string_view text) {
    std::string changed;
    if (has_line_breaks(text)) text = changed = strip_line_breaks(text);
    if (!is_valid_utf8(text)) text = changed = repair_utf8(text);
    // The cut may end in blanks of its own, so the back is trimmed last.
    return std::string(trim_back(cut_code_points(trim_front(text), limits::kMessageCodePoints)));
}

std::string strip_line_breaks(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    std::ranges::copy_if(text, std::back_inserter(out),
                         [](char c) { return c != '\0' && c != '\r' && c != '\n'; });
    return out;
}

std::string fold_ascii(std::string_view text) {
    std::string out(text.size(), '\0');
    std::ranges::transform(text, out.begin(), fold);
    return out;
}

bool equals_ignoring_ascii_case(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, fold, fold);
}

bool is_valid_login(std::string_view login) {
    if (login.empty() || login.size() > limits::kLoginBytes) return false;
    return std::ranges::all_of(
        login, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

}  // namespace clamor::text
