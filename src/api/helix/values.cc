// SPDX-License-Identifier: Apache-2.0
#include "api/helix/values.h"

#include <chrono>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace clamor::api::helix {

namespace {

/// In front of every place, so that other base64 is told from a cursor.
constexpr std::string_view kMark = "clamor1:";
constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string to_base64(std::string_view bytes) {
    std::string out;
    std::uint32_t held = 0;
    int bits = 0;
    for (const char c : bytes) {
        held = (held << 8 | static_cast<unsigned char>(c)) & 0xffff;
        for (bits += 8; bits >= 6; bits -= 6) out += kDigits[held >> (bits - 6) & 63];
    }
    if (bits > 0) out += kDigits[held << (6 - bits) & 63];
    return out;
}

std::optional<std::string> from_base64(std::string_view text) {
    std::string out;
    std::uint32_t held = 0;
    int bits = 0;
    for (const char c : text) {
        const auto digit = kDigits.find(c);
        if (digit == std::string_view::npos) return std::nullopt;
        held = (held << 6 | static_cast<std::uint32_t>(digit)) & 0xffff;
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        out += static_cast<char>(held >> bits & 0xff);
    }
    return out;
}

}  // namespace

std::string rfc3339(WallTime time) {
    using namespace std::chrono;
    const sys_time<milliseconds> moment{time.time_since_epoch()};
    const auto day = floor<days>(moment);
    const year_month_day date{day};
    const hh_mm_ss clock{moment - day};
    auto out = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                           static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                           clock.hours().count(), clock.minutes().count(), clock.seconds().count());
    if (const auto ms = clock.subseconds().count(); ms != 0) out += fmt::format(".{:03}", ms);
    return out + 'Z';
}

std::string rfc3339_or_empty(std::optional<WallTime> time) {
    return time ? rfc3339(*time) : std::string();
}

std::string id_text(UserId id) {
    return std::to_string(id.value);
}
std::string id_text(ChannelId id) {
    return std::to_string(id.value);
}

void add_person(Json& object, std::string_view prefix, const chat::Person& person) {
    const std::string start(prefix);
    object[start + "_id"] = id_text(person.id);
    object[start + "_login"] = person.login;
    object[start + "_name"] = person.display_name;
}

void add_nobody(Json& object, std::string_view prefix, const Json& absent) {
    const std::string start(prefix);
    for (const auto* end : {"_id", "_login", "_name"}) object[start + end] = absent;
}

Json person_json(std::string_view prefix, const chat::Person& person) {
    Json object = Json::object();
    add_person(object, prefix, person);
    return object;
}

std::string encode_cursor(std::string_view place) {
    return to_base64(std::string(kMark) + std::string(place));
}

std::optional<std::string> decode_cursor(std::string_view cursor) {
    auto bytes = from_base64(cursor);
    if (!bytes || !bytes->starts_with(kMark)) return std::nullopt;
    return bytes->substr(kMark.size());
}

}  // namespace clamor::api::helix
