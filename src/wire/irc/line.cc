// SPDX-License-Identifier: Apache-2.0
#include "wire/irc/line.h"

#include <algorithm>

#include "text/message.h"

namespace clamor::wire::irc {
namespace {

void skip_blanks(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
}

/// Takes the part before the next blank, and the blanks behind it.
std::string_view take_word(std::string_view& text) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size());
    skip_blanks(text);
    return word;
}

bool is_printable_ascii(char c) {
    return c > ' ' && c < '\x7f';
}

void take_params(std::string_view rest, Line& out) {
    while (!rest.empty()) {
        if (rest.front() == ':') {
            out.params[out.param_count++] = rest.substr(1);
            out.has_trailing = true;
            return;
        }
        if (out.param_count + 1 == kParamsMax) {
            out.params[out.param_count++] = rest;
            return;
        }
        out.params[out.param_count++] = take_word(rest);
    }
}

}  // namespace

bool Line::is(std::string_view upper_case_command) const {
    return text::equals_ignoring_ascii_case(command, upper_case_command);
}

std::optional<std::string_view> Line::raw_tag(std::string_view key) const {
    std::optional<std::string_view> found;
    for_each_tag(tags, [&](std::string_view each, std::string_view value) {
        if (each == key) found = value;
    });
    return found;
}

std::optional<std::string> Line::tag(std::string_view key) const {
    const auto raw = raw_tag(key);
    if (!raw) return std::nullopt;
    return unescape_tag(*raw);
}

ParseError parse_line(std::string_view text, Line& out) {
    out = Line();
    skip_blanks(text);
    if (text.empty()) return ParseError::empty;
    if (text.front() == '@') out.tags = take_word(text).substr(1);
    if (!text.empty() && text.front() == ':') out.prefix = take_word(text).substr(1);
    out.command = take_word(text);
    if (out.command.empty()) return ParseError::no_command;
    const bool marked = out.command.front() == ':' || out.command.front() == '@';
    if (marked || !std::ranges::all_of(out.command, is_printable_ascii))
        return ParseError::bad_command;
    take_params(text, out);
    return ParseError::none;
}

Source split_source(std::string_view prefix) {
    Source source;
    const std::size_t at = prefix.find('@');
    if (at != std::string_view::npos) source.host = prefix.substr(at + 1);
    const std::string_view left = prefix.substr(0, at);
    const std::size_t bang = left.find('!');
    if (bang != std::string_view::npos) source.user = left.substr(bang + 1);
    source.nick = left.substr(0, bang);
    return source;
}

std::string unescape_tag(std::string_view value) {
    std::string out;
    out.reserve(value.size());
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (value[i] != '\\') {
            out.push_back(value[i]);
            continue;
        }
        if (++i == value.size()) break;
        switch (value[i]) {
            case ':':
                out.push_back(';');
                break;
            case 's':
                out.push_back(' ');
                break;
            case 'r':
                out.push_back('\r');
                break;
            case 'n':
                out.push_back('\n');
                break;
            default:
                out.push_back(value[i]);
                break;
        }
    }
    return out;
}

}  // namespace clamor::wire::irc
