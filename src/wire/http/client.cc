// SPDX-License-Identifier: Apache-2.0
#include "wire/http/client.h"

#include "base/limits.h"
#include "text/message.h"
#include "wire/http/tokens.h"

namespace clamor::wire::http {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// `HTTP/1.1 200 OK`; the reason may be missing.
bool parse_status_line(std::string_view line, int& status) {
    constexpr std::string_view kVersion = "HTTP/1.";
    if (line.size() < 12 || !line.starts_with(kVersion) || !is_digit(line[7]) || line[8] != ' ')
        return false;
    if (line.size() > 12 && line[12] != ' ') return false;
    status = 0;
    for (const char c : line.substr(9, 3)) {
        if (!is_digit(c)) return false;
        status = status * 10 + (c - '0');
    }
    return status >= 100;
}

bool parse_header(std::string_view line, Headers& headers) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) return false;
    headers.emplace_back(text::fold_ascii(line.substr(0, colon)), trim(line.substr(colon + 1)));
    return true;
}

}  // namespace

std::string_view ResponseHead::header(std::string_view lower_case_name) const {
    for (const auto& [name, value] : headers)
        if (name == lower_case_name) return value;
    return {};
}

HeadState parse_response_head(std::string_view bytes, ResponseHead& out, std::size_t& size) {
    constexpr std::string_view kEnd = "\r\n\r\n";
    const std::size_t end = bytes.substr(0, limits::kHttpHeaderBytes).find(kEnd);
    if (end == std::string_view::npos)
        return bytes.size() < limits::kHttpHeaderBytes ? HeadState::need_more : HeadState::bad;
    size = end + kEnd.size();
    out = ResponseHead();
    bool status_line = true;
    for (std::string_view rest = bytes.substr(0, end + 2); !rest.empty();) {
        const std::size_t line_end = rest.find("\r\n");
        const std::string_view line = rest.substr(0, line_end);
        rest.remove_prefix(line_end + 2);
        if (!(status_line ? parse_status_line(line, out.status) : parse_header(line, out.headers)))
            return HeadState::bad;
        status_line = false;
    }
    return HeadState::ready;
}

}  // namespace clamor::wire::http
