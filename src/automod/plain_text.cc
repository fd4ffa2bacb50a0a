// SPDX-License-Identifier: Apache-2.0
#include "automod/plain_text.h"

#include <algorithm>

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "base/limits.h"

namespace clamor::automod {
namespace {

bool is_blank(UChar32 c) {
    return c == ' ' || c == '\t' || (c >= 0x80 && u_isUWhiteSpace(c));
}

bool is_invisible(UChar32 c) {
    return c >= 0x80 && u_charType(c) == U_FORMAT_CHAR;
}

/// Chinese, Japanese, Thai, Lao, Burmese and Khmer: no blanks between words.
bool is_run_together(char32_t c) {
    return (c >= 0x0E00 && c <= 0x0EFF) || (c >= 0x1000 && c <= 0x109F) ||
           (c >= 0x1780 && c <= 0x17FF) || (c >= 0x3040 && c <= 0x30FF) ||
           (c >= 0x3400 && c <= 0x9FFF) || (c >= 0xF900 && c <= 0xFAFF) ||
           (c >= 0x20000 && c <= 0x3FFFF);
}

constexpr bool is_ascii_alnum(unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

UChar32 code_point_at(std::string_view text, std::size_t at) {
    UChar32 c = 0;
    const auto length = static_cast<std::int32_t>(text.size());
    auto offset = static_cast<std::int32_t>(at);
    U8_NEXT(text.data(), offset, length, c);
    return c;
}

UChar32 code_point_before(std::string_view text, std::size_t at) {
    UChar32 c = 0;
    auto offset = static_cast<std::int32_t>(at);
    U8_PREV(text.data(), 0, offset, c);
    return c;
}

/// Appends words to a text, a blank between two. There is room for all from the start, so that a
/// byte costs two stores.
class Appender {
  public:
    Appender(text::Normalised& out, std::size_t bytes) : out_(out) {
        // Folding makes two bytes three at the most (U+023A), bad bytes become U+FFFD of three, and
        // a word may have a blank in front that was not there (between two emotes).
        const std::size_t room = 3 * std::min(bytes, 4 * limits::kMessageCodePoints) + 1;
        out_.text.resize(room);
        out_.origin.resize(room);
        out_.words.clear();
    }

    void append(UChar32 c, std::uint32_t position) {
        if (!in_word_) begin_word(position);
        last_ = position;
        if (c < 0x80) {
            put(static_cast<char>(c), position);
            return;
        }
        char bytes[4];
        std::int32_t length = 0;
        U8_APPEND_UNSAFE(bytes, length, c);
        for (std::int32_t i = 0; i < length; ++i) put(bytes[i], position);
    }

    /// Something that belongs to the word and leaves nothing.
    void stretch(std::uint32_t position) {
        if (in_word_) last_ = position;
    }

    void end_word() {
        if (!in_word_) return;
        in_word_ = false;
        out_.words.back().end = static_cast<std::uint32_t>(size_);
        out_.words.back().origin.last = last_;
    }

    void finish() {
        end_word();
        out_.text.resize(size_);
        out_.origin.resize(size_);
    }

  private:
    void put(char byte, std::uint32_t position) {
        out_.text[size_] = byte;
        out_.origin[size_++] = position;
    }

    void begin_word(std::uint32_t position) {
        in_word_ = true;
        if (size_ > 0) put(' ', position);
        const auto begin = static_cast<std::uint32_t>(size_);
        out_.words.push_back({.begin = begin, .end = begin, .origin = {position, position}});
    }

    text::Normalised& out_;
    std::size_t size_ = 0;
    bool in_word_ = false;
    std::uint32_t last_ = 0;
};

}  // namespace

void fold_plain(std::string_view utf8, std::span<const text::CodePoints> skip,
                text::Normalised& out) {
    Appender appender(out, utf8.size());
    const auto length = static_cast<std::int32_t>(utf8.size());
    std::uint32_t position = 0;
    std::size_t next_skip = 0;
    for (std::int32_t at = 0; at < length && position < limits::kMessageCodePoints; ++position) {
        UChar32 c = static_cast<unsigned char>(utf8[static_cast<std::size_t>(at)]);
        if (c < 0x80) {
            ++at;
        } else {
            U8_NEXT_OR_FFFD(utf8.data(), at, length, c);
        }
        while (next_skip < skip.size() && skip[next_skip].last < position) ++next_skip;
        if ((next_skip < skip.size() && skip[next_skip].first <= position) || is_blank(c)) {
            appender.end_word();
        } else if (is_invisible(c)) {
            appender.stretch(position);
        } else if (c < 0x80) {
            appender.append(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c, position);
        } else {
            appender.append(u_foldCase(c, U_FOLD_CASE_DEFAULT), position);
        }
    }
    appender.finish();
    out.code_points = position;
}

bool is_word_character(char32_t c) {
    if (c < 0x80) return is_ascii_alnum(static_cast<unsigned char>(c));
    if (is_run_together(c)) return false;
    const auto u = static_cast<UChar32>(c);
    return u_isalnum(u) || (U_GET_GC_MASK(u) & U_GC_M_MASK) != 0;
}

bool is_word_edge(std::string_view text, std::size_t at) {
    if (at == 0 || at >= text.size()) return true;
    const auto before = static_cast<unsigned char>(text[at - 1]);
    const auto after = static_cast<unsigned char>(text[at]);
    if (before < 0x80 && after < 0x80) return !(is_ascii_alnum(before) && is_ascii_alnum(after));
    return !(is_word_character(static_cast<char32_t>(code_point_before(text, at))) &&
             is_word_character(static_cast<char32_t>(code_point_at(text, at))));
}

text::CodePoints span_of(const text::Normalised& text, std::size_t begin, std::size_t end) {
    text::CodePoints span{text.origin[begin], text.origin[end - 1]};
    // A whole word takes with it what was dropped at its edges: marks, invisible characters.
    const auto word_at = [&](std::size_t byte) {
        return std::ranges::upper_bound(text.words, byte, {}, &text::Normalised::Word::end);
    };
    const auto first = word_at(begin);
    if (first != text.words.end() && first->begin == begin) span.first = first->origin.first;
    const auto last = word_at(end - 1);
    if (last != text.words.end() && last->end == end) span.last = last->origin.last;
    if (span.first > span.last) std::swap(span.first, span.last);
    return span;
}

}  // namespace clamor::automod
