// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace clamor::log {

enum class Level { debug, info, warn, error };

/// One key and its value, written as JSON or as `key=value`.
struct Field {
    std::string_view key;
    std::string value;

    template <class T>
    Field(std::string_view k, const T& v) : key(k), value(fmt::format("{}", v)) {}
};

/// Chooses level and form for the whole process (stderr), and the number of this node, which is in
/// every line; 0: it has none. Call once, before threads start; the default is info as text.
void setup(Level level, bool json, std::uint16_t node = 0);
/// Another level from now on. Any thread.
void set_level(Level level);

/// Writes one structured line: a constant event sentence and its fields. Any thread. Secrets never
/// go in here.
void write(Level level, std::string_view event, std::initializer_list<Field> fields = {});

inline void debug(std::string_view event, std::initializer_list<Field> fields = {}) {
    write(Level::debug, event, fields);
}
inline void info(std::string_view event, std::initializer_list<Field> fields = {}) {
    write(Level::info, event, fields);
}
inline void warn(std::string_view event, std::initializer_list<Field> fields = {}) {
    write(Level::warn, event, fields);
}
inline void error(std::string_view event, std::initializer_list<Field> fields = {}) {
    write(Level::error, event, fields);
}

}  // namespace clamor::log
