// SPDX-License-Identifier: Apache-2.0
#include "twitch/continuity.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "twitch/lines.h"

namespace clamor::twitch {
namespace {

std::optional<std::uint64_t> parse_number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

std::string position_text(Position position) {
    return fmt::format("{}-{}", position.epoch, position.sequence);
}

namespace {

std::optional<Position> parse_position(std::string_view text) {
    const std::size_t dash = text.find('-');
    if (dash == std::string_view::npos) return std::nullopt;
    const auto epoch = parse_number(text.substr(0, dash));
    const auto sequence = parse_number(text.substr(dash + 1));
    if (!epoch || !sequence) return std::nullopt;
    return Position{.epoch = *epoch, .sequence = *sequence};
}

}  // namespace

std::optional<std::vector<Position>> parse_positions(std::string_view text) {
    std::vector<Position> positions;
    while (true) {
        const std::string_view one = text.substr(0, text.find('+'));
        const auto position = parse_position(one);
        const bool again = position && std::ranges::any_of(positions, [&](Position other) {
                               return other.region() == position->region();
                           });
        if (!position || again) return std::nullopt;
        positions.push_back(*position);
        if (one.size() == text.size()) return positions;
        text.remove_prefix(one.size() + 1);
    }
}

void stamp_lines(std::string& out, std::size_t from, Position position,
                 std::span<const Position> beside) {
    if (position == Position{} || from == out.size()) return;
    std::string tag = fmt::format("@{}={}", kSequenceCapability, position_text(position));
    for (const Position other : beside) tag += "+" + position_text(other);
    std::string lines = out.substr(from);
    out.resize(from);
    std::string_view rest = lines;
    while (!rest.empty()) {
        const std::string_view line = rest.substr(0, rest.find('\n') + 1);
        rest.remove_prefix(line.size());
        out += tag;
        out += line.front() == '@' ? ';' : ' ';
        out += line.substr(line.front() == '@' ? 1 : 0);
    }
}

void append_gap(std::string& out, std::string_view channel, const Gap& gap) {
    out += fmt::format("@{}={};clamor.dev/before={};clamor.dev/skipped={};msg-id=clamor_skipped",
                       kAfterTag, position_text(gap.after), position_text(gap.before), gap.skipped);
    out += fmt::format(" :{} NOTICE #{} :{}\r\n", kServer, channel, gap.sentence);
}

}  // namespace clamor::twitch
