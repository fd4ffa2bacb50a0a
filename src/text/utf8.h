// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace clamor::text {

/// Checks UTF-8 that arrives in pieces cut at any byte, and fails at the first byte that cannot be
/// right (overlong forms, surrogates and values above U+10FFFF included). A plain value of 4 bytes,
/// owned by whoever reads the pieces.
class Utf8Validator {
  public:
    /// False at the first bad byte; the validator is then spent until `reset`.
    bool feed(std::string_view bytes);
    /// True where the text may end: no sequence is half read.
    bool complete() const { return needed_ == 0; }
    void reset() { *this = Utf8Validator(); }

  private:
    std::uint8_t needed_ = 0;
    std::uint8_t low_ = 0x80;  ///< what the next continuation byte may be
    std::uint8_t high_ = 0xBF;
};

bool is_ascii(std::string_view text);
bool is_valid_utf8(std::string_view text);

/// Appends `text` with each maximal bad sequence replaced by one U+FFFD.
void append_repaired(std::string& out, std::string_view text);
std::string repair_utf8(std::string_view text);

// The functions below expect valid UTF-8. On other bytes they stay within bounds, and every byte
// that is not a continuation counts as one code point.

std::size_t count_code_points(std::string_view text);
/// Where the code point with this index starts; `text.size()` when there are fewer.
std::size_t byte_offset(std::string_view text, std::size_t code_point);
/// The index of the code point that starts at (or holds) this byte; the count of all when the
/// offset is past the end.
std::size_t code_point_offset(std::string_view text, std::size_t byte);
/// The first `count` code points.
std::string_view cut_code_points(std::string_view text, std::size_t count);

}  // namespace clamor::text
