// SPDX-License-Identifier: Apache-2.0
#include "bus/redis/envelope.h"

#include <charconv>

#include <fmt/format.h>

#include "base/little_endian.h"

namespace clamor::bus::redis {

namespace {

constexpr char kVersion = 1;
constexpr std::size_t kHeader = 17;

}  // namespace

std::string encode_envelope(const Envelope& envelope) {
    std::string out;
    out.reserve(kHeader + envelope.bytes.size());
    out += kVersion;
    little_endian::append(out, envelope.node);
    little_endian::append(out, envelope.number);
    out += envelope.bytes;
    return out;
}

std::optional<Envelope> decode_envelope(std::string_view text) {
    if (text.size() < kHeader || text.front() != kVersion) return std::nullopt;
    return Envelope{.node = little_endian::read<std::uint64_t>(text.substr(1)),
                    .number = little_endian::read<std::uint64_t>(text.substr(9)),
                    .bytes = text.substr(kHeader)};
}

std::string to_entry_id(Position position) {
    return fmt::format("{}-{}", position.epoch, position.sequence);
}

std::optional<Position> parse_entry_id(std::string_view text) {
    Position position;
    const char* const end = text.data() + text.size();
    const auto epoch = std::from_chars(text.data(), end, position.epoch);
    if (epoch.ec != std::errc() || epoch.ptr == end || *epoch.ptr != '-') return std::nullopt;
    const auto sequence = std::from_chars(epoch.ptr + 1, end, position.sequence);
    if (sequence.ec != std::errc() || sequence.ptr != end) return std::nullopt;
    return position;
}

std::optional<Published> parse_published(std::string_view payload) {
    const auto blank = payload.find(' ');
    if (blank == std::string_view::npos) return std::nullopt;
    const auto position = parse_entry_id(payload.substr(0, blank));
    if (!position) return std::nullopt;
    return Published{.position = *position, .envelope = payload.substr(blank + 1)};
}

}  // namespace clamor::bus::redis
