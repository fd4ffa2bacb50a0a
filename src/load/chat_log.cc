// SPDX-License-Identifier: Apache-2.0
#include "load/chat_log.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/limits.h"

namespace clamor::load {
namespace {

using Json = nlohmann::json;

tl::unexpected<Error> bad_line(std::string detail) {
    return fail(std::errc::invalid_argument, std::move(detail));
}

bool is_break(char c) {
    return c == '\r' || c == '\n' || c == '\0';
}

}  // namespace

Result<ChatLogLine> parse_chat_log_line(std::string_view text) {
    const Json json = Json::parse(text, nullptr, false);
    if (json.is_discarded()) return bad_line("is not JSON");
    if (!json.is_object()) return bad_line("is not a JSON object");

    const auto time = json.find("t_ms");
    if (time == json.end()) return bad_line("has no \"t_ms\"");
    if (!time->is_number()) return bad_line("\"t_ms\" is not a number");
    const double t_ms = time->get<double>();
    if (!(t_ms >= 0 && t_ms < 9e15)) return bad_line("\"t_ms\" is not a time since the start");
    ChatLogLine line;
    line.t_ms = static_cast<std::int64_t>(t_ms);

    for (const auto& [key, target] :
         {std::pair{"user", &line.user}, std::pair{"text", &line.text}}) {
        const auto value = json.find(key);
        if (value == json.end()) return bad_line(fmt::format("has no \"{}\"", key));
        if (!value->is_string()) return bad_line(fmt::format("\"{}\" is not a string", key));
        *target = value->get<std::string>();
        if (target->empty()) return bad_line(fmt::format("\"{}\" is empty", key));
    }
    const auto action = json.find("action");
    line.action = action != json.end() && action->is_boolean() && action->get<bool>();
    return line;
}

Result<ChatLog> read_chat_log(std::istream& in, const ChatLogOptions& options) {
    ChatLog log;
    std::string text;
    for (std::size_t number = 1; std::getline(in, text); ++number) {
        if (options.limit != 0 && log.lines.size() == options.limit) break;
        if (text.find_first_not_of(" \t\r") == std::string::npos) continue;
        auto line = parse_chat_log_line(text);
        if (line) {
            log.lines.push_back(std::move(*line));
            continue;
        }
        const std::string what =
            fmt::format("{}:{}: {}", options.name, number, line.error().detail);
        if (!options.skip_bad) return fail(line.error().code, what);
        log.skipped.push_back(what);
    }
    if (log.lines.empty()) return bad_line(fmt::format("{} holds no messages", options.name));
    return log;
}

std::string to_login(std::string_view user) {
    std::string login = user.starts_with("justinfan") ? "u_" : "";
    for (const char c : user.substr(0, limits::kLoginBytes - login.size())) {
        const bool upper = c >= 'A' && c <= 'Z';
        const bool kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
        login += upper ? static_cast<char>(c - 'A' + 'a') : kept ? c : '_';
    }
    return login;
}

std::string to_sendable_text(const ChatLogLine& line) {
    std::string text = line.text;
    std::replace_if(text.begin(), text.end(), is_break, ' ');
    if (line.action)
        return fmt::format(
            "\x01"
            "ACTION {}\x01",
            text);
    if (text.front() == '/' || text.front() == '.') text.insert(0, "/ ");
    return text;
}

}  // namespace clamor::load
