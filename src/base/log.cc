// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <atomic>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace clamor::log {

namespace {

constexpr const char* kText = "%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v";

std::atomic<bool> g_json{false};
std::atomic<std::uint16_t> g_node{0};

spdlog::logger& logger() {
    static const auto instance = [] {
        auto made = spdlog::stderr_logger_mt("clamor");
        made->set_pattern(kText, spdlog::pattern_time_type::utc);
        return made;
    }();
    return *instance;
}

spdlog::level::level_enum to_spdlog(Level level) {
    switch (level) {
        case Level::debug:
            return spdlog::level::debug;
        case Level::info:
            return spdlog::level::info;
        case Level::warn:
            return spdlog::level::warn;
        case Level::error:
            return spdlog::level::err;
    }
    return spdlog::level::info;
}

void append_json_string(std::string& out, std::string_view text) {
    out.push_back('"');
    for (const char c : text) {
        switch (c) {
            case '"':
                out += "\\\"";
                break;
            case '\\':
                out += "\\\\";
                break;
            case '\n':
                out += "\\n";
                break;
            case '\r':
                out += "\\r";
                break;
            case '\t':
                out += "\\t";
                break;
            default:
                if (static_cast<unsigned char>(c) < 0x20) {
                    out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
                } else {
                    out.push_back(c);
                }
        }
    }
    out.push_back('"');
}

}  // namespace

void setup(Level level, bool json, std::uint16_t node) {
    g_json = json;
    g_node = node;
    logger().set_level(to_spdlog(level));
    logger().set_pattern(json ? "%v" : kText, spdlog::pattern_time_type::utc);
}

void set_level(Level level) {
    logger().set_level(to_spdlog(level));
}

void write(Level level, std::string_view event, std::initializer_list<Field> fields) {
    auto& out = logger();
    const auto as = to_spdlog(level);
    if (!out.should_log(as)) return;
    std::string line;
    const auto append = [&line](const Field& field) {
        if (g_json) {
            line.push_back(',');
            append_json_string(line, field.key);
            line.push_back(':');
            return append_json_string(line, field.value);
        }
        line += fmt::format("  {}=", field.key);
        const bool plain =
            field.value.find_first_of(" \"\n\r\t") == std::string::npos && !field.value.empty();
        if (plain) {
            line += field.value;
        } else {
            append_json_string(line, field.value);
        }
    };
    if (g_json) {
        line = fmt::format("{{\"level\":\"{}\",\"event\":", spdlog::level::to_string_view(as));
        append_json_string(line, event);
    } else {
        line = event;
    }
    for (const Field& field : fields) append(field);
    if (g_node != 0) append({"node", g_node.load()});
    if (g_json) line.push_back('}');
    out.log(as, "{}", line);
}

}  // namespace clamor::log
