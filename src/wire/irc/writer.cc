// SPDX-License-Identifier: Apache-2.0
#include "wire/irc/writer.h"

#include <array>

namespace clamor::wire::irc {
namespace {

char escape_of(char c) {
    switch (c) {
        case ';':
            return ':';
        case ' ':
            return 's';
        case '\\':
            return '\\';
        case '\r':
            return 'r';
        case '\n':
            return 'n';
        default:
            return 0;
    }
}

/// Which bytes do not stand for themselves in a tag.
constexpr auto kSpecial = [] {
    std::array<bool, 256> special{};
    for (const unsigned char c : {';', ' ', '\\', '\r', '\n', '\0'}) special[c] = true;
    return special;
}();

void append_head(std::string& out, std::string_view prefix, std::string_view command) {
    if (!prefix.empty()) {
        out.push_back(':');
        out.append(prefix);
        out.push_back(' ');
    }
    out.append(command);
}

bool needs_colon(std::string_view param) {
    return param.empty() || param.front() == ':' || param.find(' ') != std::string_view::npos;
}

}  // namespace

void append_escaped_tag(std::string& out, std::string_view value) {
    std::size_t from = 0;
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (!kSpecial[static_cast<unsigned char>(value[i])]) continue;
        const char escape = escape_of(value[i]);
        out.append(value.substr(from, i - from));
        from = i + 1;
        if (escape == 0) continue;  // NUL cannot be said in a tag
        out.push_back('\\');
        out.push_back(escape);
    }
    out.append(value.substr(from));
}

void append_line(std::string& out, std::string_view prefix, std::string_view command,
                 std::initializer_list<std::string_view> params) {
    append_head(out, prefix, command);
    std::size_t left = params.size();
    for (const std::string_view param : params) {
        out.push_back(' ');
        if (--left == 0 && needs_colon(param)) out.push_back(':');
        out.append(param);
    }
    out.append("\r\n");
}

void append_text_line(std::string& out, std::string_view prefix, std::string_view command,
                      std::initializer_list<std::string_view> params, std::string_view trailing) {
    append_head(out, prefix, command);
    for (const std::string_view param : params) {
        out.push_back(' ');
        out.append(param);
    }
    out.append(" :");
    out.append(trailing);
    out.append("\r\n");
}

}  // namespace clamor::wire::irc
