// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace clamor::wire::irc {

// Writers append to a string that the caller reuses. They trust that prefixes, commands, parameters
// and raw tag values hold no NUL, CR or LF: text of clients has none once it went through
// LineSplitter, for_each_line or text::clean_message.

void append_escaped_tag(std::string& out, std::string_view value);

/// Writes the tags part of one line: '@' before the first tag, ';' between, and the blank behind by
/// `finish`, which must be called (it writes nothing when there was no tag). Every tag has its '=',
/// also when empty.
class TagWriter {
  public:
    explicit TagWriter(std::string& out) : out_(out) {}

    void add(std::string_view key, std::string_view value) {
        begin(key, true);
        append_escaped_tag(out_, value);
    }
    /// For values of ours that need no escaping.
    void add_raw(std::string_view key, std::string_view value) {
        begin(key, true);
        out_.append(value);
    }
    template <std::integral T>
    requires(!std::same_as<T, bool>) void add(std::string_view key, T number) {
        begin(key, true);
        char digits[20];
        const auto end = std::to_chars(digits, digits + sizeof digits, number);
        out_.append(digits, end.ptr);
    }
    template <std::same_as<bool> T>
    void add(std::string_view key, T yes) {
        begin(key, true);
        out_.push_back(yes ? '1' : '0');
    }
    /// A tag without value and without '='.
    void add_flag(std::string_view key) { begin(key, false); }

    void finish() {
        if (any_) out_.push_back(' ');
        any_ = false;
    }

  private:
    void begin(std::string_view key, bool with_equals) {
        out_.push_back(any_ ? ';' : '@');
        any_ = true;
        out_.append(key);
        if (with_equals) out_.push_back('=');
    }

    std::string& out_;
    bool any_ = false;
};

/// `:prefix COMMAND params...` CR LF, behind tags that were written before. An empty prefix is left
/// out. The last parameter gets a colon where it needs one (empty, a blank within, a colon in
/// front).
void append_line(std::string& out, std::string_view prefix, std::string_view command,
                 std::initializer_list<std::string_view> params);

/// The same with free text at the end, which always gets a colon.
void append_text_line(std::string& out, std::string_view prefix, std::string_view command,
                      std::initializer_list<std::string_view> params, std::string_view trailing);

}  // namespace clamor::wire::irc
