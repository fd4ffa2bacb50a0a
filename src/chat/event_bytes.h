// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/ids.h"
#include "base/time.h"
#include "chat/people.h"

/// The elements that events are encoded in (docs/protocol/event-encoding.md); for event_codec.cc
/// and what nodes tell each other (hub/node_news.cc).
namespace clamor::chat {

// Far above what rooms make; they keep a damaged length from asking for memory.
inline constexpr std::size_t kStringBytesMax = 65535;
inline constexpr std::size_t kListMax = 65536;

class Writer {
  public:
    explicit Writer(std::size_t expected_bytes) { out_.reserve(expected_bytes); }

    void byte(std::uint8_t value) { out_.push_back(static_cast<char>(value)); }
    void number(std::uint64_t value) {
        char buffer[10];
        std::size_t size = 0;
        for (; value >= 0x80; value >>= 7) buffer[size++] = static_cast<char>(value | 0x80);
        buffer[size++] = static_cast<char>(value);
        out_.append(buffer, size);
    }
    void time(WallTime value) { number(static_cast<std::uint64_t>(unix_ms(value))); }
    void string(std::string_view value) {
        CLAMOR_CHECK(value.size() <= kStringBytesMax,
                     "an event's strings are bounded before they get here");
        number(value.size());
        out_.append(value);
    }
    void id(const MessageId& value) {
        out_.append(reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size());
    }
    void person(const Person& value) {
        number(value.id.value);
        string(value.login);
        string(value.display_name);
    }
    template <class T, class WriteOne>
    void list(const std::vector<T>& values, WriteOne write_one) {
        CLAMOR_CHECK(values.size() <= kListMax,
                     "an event's lists are bounded before they get here");
        number(values.size());
        for (const T& value : values) write_one(value);
    }
    std::string take() { return std::move(out_); }

  private:
    std::string out_;
};

/// Reads until the first thing that is wrong; from then on everything reads as zero or empty, and
/// `error` says what it was.
class Reader {
  public:
    explicit Reader(std::string_view bytes) : rest_(bytes) {}

    const char* error() const { return error_; }
    std::size_t left() const { return rest_.size(); }
    void fail(const char* why) {
        if (error_ == nullptr) error_ = why;
        rest_ = {};
    }

    std::uint8_t byte() {
        if (rest_.empty()) {
            fail("ends early");
            return 0;
        }
        const auto value = static_cast<std::uint8_t>(rest_.front());
        rest_.remove_prefix(1);
        return value;
    }
    std::uint64_t number(std::uint64_t max = std::numeric_limits<std::uint64_t>::max()) {
        std::uint64_t value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            const std::uint8_t group = byte();
            if (shift == 63 && group > 1) break;
            value |= static_cast<std::uint64_t>(group & 0x7f) << shift;
            if (group < 0x80) {
                if (value <= max) return value;
                break;
            }
        }
        fail("has a number out of range");
        return 0;
    }
    WallTime time() { return wall_from_unix_ms(static_cast<std::int64_t>(number())); }
    /// A byte that is one of an enumeration's values, 0 to `last`.
    template <class Enum>
    Enum one_of(Enum last, const char* why) {
        const std::uint8_t value = byte();
        if (value > static_cast<std::uint8_t>(last)) fail(why);
        return static_cast<Enum>(value);
    }
    std::uint8_t flags(std::uint8_t known) {
        const std::uint8_t value = byte();
        if ((value & ~known) != 0) fail("has an unknown flag");
        return value;
    }
    std::string string() {
        const std::uint64_t size = number(kStringBytesMax);
        if (size > rest_.size()) {
            fail("ends inside a string");
            return {};
        }
        std::string value(rest_.substr(0, size));
        rest_.remove_prefix(size);
        return value;
    }
    MessageId id() {
        MessageId value;
        if (rest_.size() < value.bytes.size()) {
            fail("ends inside an id");
            return {};
        }
        rest_.copy(reinterpret_cast<char*>(value.bytes.data()), value.bytes.size());
        rest_.remove_prefix(value.bytes.size());
        return value;
    }
    Person person() {
        Person value;
        value.id = UserId(number());
        value.login = string();
        value.display_name = string();
        return value;
    }
    /// `bytes_min` is what one element takes at least: no more room is made than the bytes at hand
    /// could fill.
    template <class T, class ReadOne>
    std::vector<T> list(std::size_t bytes_min, ReadOne read_one) {
        const std::uint64_t size = number(kListMax);
        std::vector<T> values;
        if (size * bytes_min > rest_.size()) {
            fail("ends inside a list");
            return values;
        }
        values.reserve(size);
        for (std::uint64_t i = 0; i < size && error_ == nullptr; ++i) values.push_back(read_one());
        return values;
    }

  private:
    std::string_view rest_;
    const char* error_ = nullptr;
};

}  // namespace clamor::chat
