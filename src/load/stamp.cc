// SPDX-License-Identifier: Apache-2.0
#include "load/stamp.h"

#include <array>

namespace clamor::load {
namespace {

constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuv";
constexpr int kRunDigits = 2;
constexpr int kChannelDigits = 4;
constexpr int kNumberDigits = 6;
constexpr int kTimeDigits = 13;
static_assert(1 + kRunDigits + kChannelDigits + kNumberDigits + kTimeDigits == Stamp::kLength);

constexpr std::size_t kWordsLength = 60 - Stamp::kLength;

constexpr std::array<std::int8_t, 256> digit_values() {
    std::array<std::int8_t, 256> values{};
    for (auto& value : values) value = -1;
    for (std::size_t i = 0; i < kDigits.size(); ++i)
        values[static_cast<unsigned char>(kDigits[i])] = static_cast<std::int8_t>(i);
    return values;
}
constexpr std::array<std::int8_t, 256> kValues = digit_values();

char* write_digits(char* to, std::uint64_t value, int digits) {
    for (int i = digits - 1; i >= 0; --i, value >>= 5) to[i] = kDigits[value & 31];
    return to + digits;
}

/// The value, or -1 when one of the characters is no digit.
std::int64_t read_digits(const char*& at, int digits) {
    std::uint64_t value = 0;
    int bad = 0;
    for (int i = 0; i < digits; ++i) {
        const int digit = kValues[static_cast<unsigned char>(at[i])];
        bad |= digit;
        value = value << 5 | (static_cast<unsigned>(digit) & 31);
    }
    at += digits;
    return bad < 0 ? -1 : static_cast<std::int64_t>(value);
}

constexpr std::array<std::string_view, 16> kWords = {
    "stream", "again", "what", "the",  "play",  "was",  "clean", "no",
    "way",    "lets",  "go",   "chat", "hello", "nice", "run",   "ok"};

}  // namespace

void Stamp::write(char* to) const {
    *to++ = kMark;
    to = write_digits(to, run, kRunDigits);
    to = write_digits(to, channel, kChannelDigits);
    to = write_digits(to, number, kNumberDigits);
    write_digits(to, static_cast<std::uint64_t>(sent_at.time_since_epoch().count()), kTimeDigits);
}

std::optional<Stamp> Stamp::at_end_of(std::string_view line) {
    if (line.size() < kLength) return std::nullopt;
    const char* at = line.data() + line.size() - kLength;
    if (*at++ != kMark) return std::nullopt;
    const std::int64_t run = read_digits(at, kRunDigits);
    const std::int64_t channel = read_digits(at, kChannelDigits);
    const std::int64_t number = read_digits(at, kNumberDigits);
    const std::int64_t time = read_digits(at, kTimeDigits);
    if ((run | channel | number | time) < 0) return std::nullopt;
    return Stamp{static_cast<std::uint32_t>(run), static_cast<std::uint32_t>(channel),
                 static_cast<std::uint32_t>(number), MonoTime(MonoClock::duration(time))};
}

std::string stamped_text(const Stamp& stamp, std::uint64_t seed) {
    std::string text;
    text.reserve(kWordsLength + 8 + Stamp::kLength);
    while (text.size() < kWordsLength) {
        text += kWords[seed & 15];
        text += ' ';
        seed = seed >> 4 | seed << 60;
    }
    const std::size_t words_end = text.size();
    text.resize(words_end + Stamp::kLength);
    stamp.write(text.data() + words_end);
    return text;
}

}  // namespace clamor::load
