// SPDX-License-Identifier: Apache-2.0
#include "text/utf8.h"

#include <bit>
#include <cstring>

namespace clamor::text {
namespace {

constexpr std::uint64_t kHighBits = 0x8080808080808080ull;
constexpr std::uint64_t kLowBits = 0x0101010101010101ull;

std::uint64_t load8(const char* p) {
    std::uint64_t word;
    std::memcpy(&word, p, sizeof word);
    return word;
}

std::size_t ascii_prefix(std::string_view text) {
    std::size_t i = 0;
    while (i + 8 <= text.size() && (load8(text.data() + i) & kHighBits) == 0) i += 8;
    while (i < text.size() && static_cast<unsigned char>(text[i]) < 0x80) ++i;
    return i;
}

bool is_continuation(char c) {
    return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

/// How many of eight bytes start a code point: those whose two high bits are not `10`.
int starts_in(std::uint64_t word) {
    const std::uint64_t continuation = (word >> 7) & (~word >> 6) & kLowBits;
    return 8 - std::popcount(continuation);
}

/// What a lead byte demands: how many continuation bytes, and the range of the first of them. Zero
/// needed: a bad lead.
struct Lead {
    std::uint8_t needed;
    std::uint8_t low;
    std::uint8_t high;
};

Lead lead_of(unsigned char byte) {
    if (byte >= 0xC2 && byte <= 0xDF) return {1, 0x80, 0xBF};
    if (byte == 0xE0) return {2, 0xA0, 0xBF};
    if (byte == 0xED) return {2, 0x80, 0x9F};
    if (byte >= 0xE1 && byte <= 0xEF) return {2, 0x80, 0xBF};
    if (byte == 0xF0) return {3, 0x90, 0xBF};
    if (byte >= 0xF1 && byte <= 0xF3) return {3, 0x80, 0xBF};
    if (byte == 0xF4) return {3, 0x80, 0x8F};
    return {0, 0x80, 0xBF};
}

}  // namespace

bool Utf8Validator::feed(std::string_view bytes) {
    std::size_t i = 0;
    while (i < bytes.size()) {
        if (needed_ == 0) {
            i += ascii_prefix(bytes.substr(i));
            if (i == bytes.size()) break;
            const Lead lead = lead_of(static_cast<unsigned char>(bytes[i++]));
            if (lead.needed == 0) return false;
            needed_ = lead.needed;
            low_ = lead.low;
            high_ = lead.high;
            continue;
        }
        const auto byte = static_cast<unsigned char>(bytes[i++]);
        if (byte < low_ || byte > high_) return false;
        low_ = 0x80;
        high_ = 0xBF;
        --needed_;
    }
    return true;
}

bool is_ascii(std::string_view text) {
    return ascii_prefix(text) == text.size();
}

bool is_valid_utf8(std::string_view text) {
    Utf8Validator validator;
    return validator.feed(text) && validator.complete();
}

void append_repaired(std::string& out, std::string_view text) {
    constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
    std::size_t good_from = 0;
    std::size_t i = 0;
    while (true) {
        i += ascii_prefix(text.substr(i));
        if (i == text.size()) break;
        const std::size_t start = i;
        Lead lead = lead_of(static_cast<unsigned char>(text[i++]));
        bool good = lead.needed != 0;
        while (good && lead.needed != 0) {
            const unsigned char byte = i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
            good = byte >= lead.low && byte <= lead.high;
            if (!good) break;
            lead = {static_cast<std::uint8_t>(lead.needed - 1), 0x80, 0xBF};
            ++i;
        }
        if (good) continue;
        out.append(text.substr(good_from, start - good_from));
        out.append(kReplacement);
        good_from = i;
    }
    out.append(text.substr(good_from));
}

std::string repair_utf8(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    append_repaired(out, text);
    return out;
}

std::size_t count_code_points(std::string_view text) {
    std::size_t count = 0;
    std::size_t i = 0;
    for (; i + 8 <= text.size(); i += 8)
        count += static_cast<std::size_t>(starts_in(load8(text.data() + i)));
    for (; i < text.size(); ++i) count += is_continuation(text[i]) ? 0 : 1;
    return count;
}

std::size_t byte_offset(std::string_view text, std::size_t code_point) {
    std::size_t seen = 0;
    std::size_t i = 0;
    while (i + 8 <= text.size()) {
        const auto starts = static_cast<std::size_t>(starts_in(load8(text.data() + i)));
        if (seen + starts > code_point) break;
        seen += starts;
        i += 8;
    }
    for (; i < text.size(); ++i) {
        if (is_continuation(text[i])) continue;
        if (seen == code_point) return i;
        ++seen;
    }
    return text.size();
}

std::size_t code_point_offset(std::string_view text, std::size_t byte) {
    if (byte >= text.size()) return count_code_points(text);
    const std::size_t up_to_here = count_code_points(text.substr(0, byte + 1));
    return up_to_here == 0 ? 0 : up_to_here - 1;
}

std::string_view cut_code_points(std::string_view text, std::size_t count) {
    return text.size() <= count ? text : text.substr(0, byte_offset(text, count));
}

}  // namespace clamor::text
