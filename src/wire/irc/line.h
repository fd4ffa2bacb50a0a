// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace clamor::wire::irc {

inline constexpr std::size_t kParamsMax = 15;

enum class ParseError : std::uint8_t { none, empty, no_command, bad_command };

/// One IRC line in its parts. Everything points into the parsed bytes, which must outlive it.
struct Line {
    std::string_view tags;    ///< raw, without the '@'
    std::string_view prefix;  ///< without the ':'
    std::string_view command;
    std::array<std::string_view, kParamsMax> params;
    std::uint8_t param_count = 0;
    bool has_trailing = false;  ///< the last parameter was written with a colon

    /// Empty when there are fewer.
    std::string_view param(std::size_t index) const {
        return index < param_count ? params[index] : std::string_view{};
    }
    /// Commands are compared without regard to case.
    bool is(std::string_view upper_case_command) const;
    /// The value as written; the last one where a key is repeated. Tags are searched on each call:
    /// clients send few.
    std::optional<std::string_view> raw_tag(std::string_view key) const;
    std::optional<std::string> tag(std::string_view key) const;
};

/// Splits a line without its line end. One blank or several separate the parts; the fifteenth
/// parameter takes the rest. A command is of printable ASCII and begins with neither '@' nor ':'.
[[nodiscard]] ParseError parse_line(std::string_view text, Line& out);

/// `nick!user@host`; what is missing is empty.
struct Source {
    std::string_view nick;
    std::string_view user;
    std::string_view host;
};
Source split_source(std::string_view prefix);

/// `\:` `\s` `\\` `\r` `\n` become the characters they stand for, any other `\x` becomes x, a lone
/// `\` at the end vanishes.
std::string unescape_tag(std::string_view value);

/// Calls `on_tag(key, raw value)` for each tag in order; a tag without '=' has an empty value, an
/// empty key is skipped.
template <class OnTag>
void for_each_tag(std::string_view tags, OnTag&& on_tag) {
    while (!tags.empty()) {
        const std::size_t end = tags.find(';');
        const std::string_view tag = tags.substr(0, end);
        tags = end == std::string_view::npos ? std::string_view{} : tags.substr(end + 1);
        const std::size_t equals = tag.find('=');
        const std::string_view key = tag.substr(0, equals);
        if (key.empty()) continue;
        on_tag(key, equals == std::string_view::npos ? std::string_view{} : tag.substr(equals + 1));
    }
}

}  // namespace clamor::wire::irc
