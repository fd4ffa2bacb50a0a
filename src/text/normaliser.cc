// SPDX-License-Identifier: Apache-2.0
#include "text/normaliser.h"

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "text/fold_table.h"
#include "text/token_reader.h"
#include "text/utf8.h"
#include "text/vocabulary.h"
#include "text/word_writer.h"

namespace clamor::text {
namespace {

enum class Ascii : std::uint8_t { other, letter, blank, opening, closing };

constexpr std::array<Ascii, 256> ascii_table() {
    std::array<Ascii, 256> table{};
    for (int c = 'a'; c <= 'z'; ++c) {
        table[static_cast<std::size_t>(c)] = Ascii::letter;
        table[static_cast<std::size_t>(c - 'a' + 'A')] = Ascii::letter;
    }
    for (std::size_t c = 0; c <= ' '; ++c) table[c] = Ascii::blank;
    table[0x7F] = Ascii::blank;
    for (const char c : std::string_view("\"'([{"))
        table[static_cast<unsigned char>(c)] = Ascii::opening;
    for (const char c : std::string_view(".,!?;:)]}"))
        table[static_cast<unsigned char>(c)] = Ascii::closing;
    return table;
}
constexpr std::array<Ascii, 256> kAscii = ascii_table();

Ascii class_of(char c) {
    return kAscii[static_cast<unsigned char>(c)];
}

bool is_continuation(char c) {
    return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

/// Reads one code point and moves behind it and behind stray continuation bytes. What is not UTF-8
/// reads as U+FFFD.
char32_t decode(std::string_view text, std::size_t& at) {
    const auto lead = static_cast<unsigned char>(text[at++]);
    const std::size_t from = at;
    char32_t c = lead;
    std::size_t more = 0;
    if (lead >= 0xF0) {
        c = lead & 0x07u;
        more = lead <= 0xF4 ? 3 : 9;
    } else if (lead >= 0xE0) {
        c = lead & 0x0Fu;
        more = 2;
    } else if (lead >= 0xC0) {
        c = lead & 0x1Fu;
        more = 1;
    }
    while (at < text.size() && is_continuation(text[at])) {
        if (at - from < more) c = c << 6 | (static_cast<unsigned char>(text[at]) & 0x3Fu);
        ++at;
    }
    constexpr std::array<char32_t, 4> kLeast{0, 0x80, 0x800, 0x10000};
    if (at - from != more || more >= kLeast.size() || c < kLeast[more] || c > 0x10FFFF ||
        (c >= 0xD800 && c <= 0xDFFF))
        return 0xFFFD;
    return c;
}

/// One reading of a message.
class Pass {
  public:
    Pass(const Vocabulary& vocabulary, Normalised& out, TokenReader::Mode mode)
        : writer_(vocabulary, out), token_(vocabulary, writer_, mode) {}

    /// Reads what lies between two emotes.
    void read(std::string_view text, std::uint32_t origin) {
        std::size_t at = 0;
        while (at < text.size()) {
            const Ascii kind = class_of(text[at]);
            if (kind == Ascii::blank || kind == Ascii::opening) {
                ++at;
                ++origin;
            } else if (kind != Ascii::letter || !read_plain_word(text, at, origin)) {
                read_token(text, at, origin);
            }
        }
        writer_.finish_row();
    }

    TokenReader::Mode better_mode() const { return token_.better_mode(); }

  private:
    static constexpr std::size_t kPlainMax = 48;

    /// ASCII letters up to a blank, with nothing but the marks that end a sentence behind them.
    bool read_plain_word(std::string_view text, std::size_t& at, std::uint32_t& origin) {
        std::array<char, kPlainMax> letters;
        std::array<std::uint32_t, kPlainMax> origins;
        std::size_t size = 0;
        bool doubled = false;
        char before = 0;
        std::size_t i = at;
        for (; i < text.size(); ++i) {
            if (class_of(text[i]) != Ascii::letter) {
                const bool apostrophe = text[i] == '\'' && i + 1 < text.size() &&
                                        class_of(text[i + 1]) == Ascii::letter;
                if (!apostrophe) break;
                continue;
            }
            if (size == kPlainMax) return false;
            const char letter = static_cast<char>(text[i] | 0x20);
            doubled |= letter == before;
            before = letter;
            letters[size] = letter;
            origins[size++] = origin + static_cast<std::uint32_t>(i - at);
        }
        while (i < text.size() && class_of(text[i]) == Ascii::closing) ++i;
        if (i < text.size() && class_of(text[i]) != Ascii::blank) return false;
        writer_.add_word({letters.data(), size}, std::span(origins).first(size), doubled);
        origin += static_cast<std::uint32_t>(i - at);
        at = i;
        return true;
    }

    void read_token(std::string_view text, std::size_t& at, std::uint32_t& origin) {
        while (at < text.size()) {
            const std::size_t from = at;
            const char32_t c = decode(text, at);
            // A continuation byte that opens the text belongs to no code point.
            if (is_continuation(text[from])) continue;
            const std::uint32_t here = origin++;
            if (c < 0x80 ? class_of(static_cast<char>(c)) == Ascii::blank
                         : fold_of(fold_entry(c)) == Fold::blank)
                break;
            token_.add(c, here);
        }
        token_.finish();
    }

    WordWriter writer_;
    TokenReader token_;
};

TokenReader::Mode read_all(std::string_view utf8, std::uint32_t code_points,
                           std::span<const CodePoints> skip, const Vocabulary& vocabulary,
                           TokenReader::Mode mode, Normalised& out) {
    out.text.clear();
    out.words.clear();
    out.origin.clear();
    Pass pass(vocabulary, out, mode);
    std::uint32_t from = 0;
    std::string_view rest = utf8;
    for (const CodePoints& range : skip) {
        if (range.last < range.first || range.last < from) continue;
        if (range.first >= code_points) break;
        if (range.first > from) {
            const std::size_t bytes = byte_offset(rest, range.first - from);
            pass.read(rest.substr(0, bytes), from);
            rest.remove_prefix(bytes);
            from = range.first;
        }
        const std::uint32_t next = std::min(range.last, code_points - 1) + 1;
        rest.remove_prefix(byte_offset(rest, next - from));
        from = next;
    }
    pass.read(rest, from);
    return pass.better_mode();
}

}  // namespace

Normaliser::Normaliser() : vocabulary_(&Vocabulary::builtin()) {}

void Normaliser::normalise(std::string_view utf8, std::span<const CodePoints> skip,
                           Normalised& out) const {
    out.code_points = static_cast<std::uint32_t>(count_code_points(utf8));
    const std::string_view text = cut_code_points(utf8, limits::kMessageCodePoints);
    const auto read = static_cast<std::uint32_t>(
        std::min<std::size_t>(out.code_points, limits::kMessageCodePoints));
    const TokenReader::Mode mode{};
    const TokenReader::Mode better = read_all(text, read, skip, *vocabulary_, mode, out);
    if (better != mode) read_all(text, read, skip, *vocabulary_, better, out);
}

}  // namespace clamor::text
