// SPDX-License-Identifier: Apache-2.0
#include "wire/http/tokens.h"

#include "text/message.h"

namespace clamor::wire::http {

std::string_view trim(std::string_view text) {
    constexpr std::string_view kBlanks = " \t";
    const std::size_t from = text.find_first_not_of(kBlanks);
    if (from == std::string_view::npos) return {};
    return text.substr(from, text.find_last_not_of(kBlanks) + 1 - from);
}

bool take_part(std::string_view& list, char separator, std::string_view& part) {
    if (list.empty()) return false;
    bool quoted = false;
    std::size_t end = 0;
    for (; end < list.size(); ++end) {
        if (quoted && list[end] == '\\') {
            ++end;
        } else if (list[end] == '"') {
            quoted = !quoted;
        } else if (list[end] == separator && !quoted) {
            break;
        }
    }
    part = trim(list.substr(0, end));
    list = end < list.size() ? list.substr(end + 1) : std::string_view{};
    return true;
}

std::string joined_header(const Headers& headers, std::string_view lower_case_name) {
    std::string joined;
    for (const auto& [name, value] : headers) {
        if (name != lower_case_name) continue;
        if (!joined.empty()) joined.push_back(',');
        joined.append(value);
    }
    return joined;
}

bool has_token(std::string_view list, std::string_view token) {
    std::string_view part;
    while (take_part(list, ',', part))
        if (text::equals_ignoring_ascii_case(part, token)) return true;
    return false;
}

}  // namespace clamor::wire::http
