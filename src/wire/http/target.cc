// SPDX-License-Identifier: Apache-2.0
#include "text/message.h"
#include "text/utf8.h"
#include "wire/http/request_parser.h"

namespace clamor::wire::http {
namespace {

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// False on a bad escape, NUL, or what is not UTF-8 in the end.
bool percent_decode(std::string_view text, bool plus_is_blank, std::string& out) {
    out.clear();
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '%') {
            if (i + 2 >= text.size()) return false;
            const int high = hex_digit(text[i + 1]);
            const int low = hex_digit(text[i + 2]);
            if (high < 0 || low < 0) return false;
            c = static_cast<char>(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus_is_blank) {
            c = ' ';
        }
        if (c == '\0') return false;
        out.push_back(c);
    }
    return text::is_valid_utf8(out);
}

/// `http://host/path` to `/path`.
std::string_view without_authority(std::string_view target) {
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (!text::equals_ignoring_ascii_case(target.substr(0, scheme.size()), scheme)) continue;
        target.remove_prefix(scheme.size());
        const std::size_t path = target.find_first_of("/?");
        return path == std::string_view::npos ? std::string_view("/") : target.substr(path);
    }
    return target;
}

bool decode_query(std::string_view query, Request& out) {
    while (!query.empty()) {
        const std::size_t end = query.find('&');
        const std::string_view pair = query.substr(0, end);
        query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
        if (pair.empty()) continue;
        const std::size_t equals = pair.find('=');
        std::string key;
        std::string value;
        if (!percent_decode(pair.substr(0, equals), true, key)) return false;
        if (equals != std::string_view::npos &&
            !percent_decode(pair.substr(equals + 1), true, value))
            return false;
        out.query.emplace_back(std::move(key), std::move(value));
    }
    return true;
}

}  // namespace

bool decode_target(std::string_view target, Request& out) {
    target = without_authority(target.substr(0, target.find('#')));
    const std::size_t question = target.find('?');
    std::string_view path = target.substr(0, question);
    if (path.empty() && question == 0) path = "/";
    if (!path.starts_with('/') || !percent_decode(path, false, out.path)) return false;
    return question == std::string_view::npos || decode_query(target.substr(question + 1), out);
}

}  // namespace clamor::wire::http
