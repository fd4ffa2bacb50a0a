// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/percent.h"
#include "text/message.h"
#include "text/utf8.h"
#include "wire/http/request_parser.h"

namespace clamor::wire::http {
namespace {

/// False on a bad escape, NUL, or what is not UTF-8 in the end.
bool decode(std::string_view text, std::string& out) {
    auto plain = percent_decode(text);
    if (!plain || plain->find('\0') != std::string::npos || !text::is_valid_utf8(*plain))
        return false;
    out = *std::move(plain);
    return true;
}

/// As forms have it: a plus is a blank.
bool decode_of_query(std::string_view text, std::string& out) {
    std::string blanks(text);
    std::ranges::replace(blanks, '+', ' ');
    return decode(blanks, out);
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
        if (!decode_of_query(pair.substr(0, equals), key)) return false;
        if (equals != std::string_view::npos && !decode_of_query(pair.substr(equals + 1), value))
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
    if (!path.starts_with('/') || !decode(path, out.path)) return false;
    return question == std::string_view::npos || decode_query(target.substr(question + 1), out);
}

}  // namespace clamor::wire::http
