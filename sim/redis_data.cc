// SPDX-License-Identifier: Apache-2.0
#include "sim/redis_data.h"

#include <cstdlib>
#include <iterator>

#include <fmt/format.h>

#include "bus/redis/envelope.h"

namespace clamor::sim {

namespace {

using bus::redis::parse_entry_id;
using bus::redis::to_entry_id;

RedisValue entry_value(Position id, const std::string& text) {
    return RedisValue::array({RedisValue::bulk(to_entry_id(id)),
                              RedisValue::array({RedisValue::bulk("e"), RedisValue::bulk(text)})});
}

}  // namespace

std::string to_resp(const RedisValue& value) {
    switch (value.kind) {
        case RedisValue::Kind::nil:
            return "$-1\r\n";
        case RedisValue::Kind::status:
            return fmt::format("+{}\r\n", value.text);
        case RedisValue::Kind::error:
            return fmt::format("-{}\r\n", value.text);
        case RedisValue::Kind::integer:
            return fmt::format(":{}\r\n", value.number);
        case RedisValue::Kind::bulk:
            return fmt::format("${}\r\n{}\r\n", value.text.size(), value.text);
        case RedisValue::Kind::array:
            break;
    }
    std::string out = fmt::format("*{}\r\n", value.parts.size());
    for (const RedisValue& part : value.parts) out += to_resp(part);
    return out;
}

RedisValue RedisData::run(const RedisCommand& command) {
    const std::string& name = command.front();
    if (name == "XADD") return add_entry(command);
    if (name == "XRANGE") return range(command);
    if (name == "XREVRANGE") return newest(command);
    if (name == "HSET") return set_fields(command);
    if (name == "HDEL") return delete_fields(command);
    if (name == "HMGET") return fields(command);
    if (name == "HGETALL") return all_fields(command);
    if (name == "HLEN") return RedisValue::integer(std::ssize(hashes_[command.at(1)]));
    if (name == "DEL")
        return RedisValue::integer(static_cast<std::int64_t>(hashes_.erase(command.at(1))));
    if (name == "EXPIRE" || name == "PEXPIRE") return RedisValue::integer(1);
    if (name == "ZRANGE") return ranked(command);
    if (name == "ZREMRANGEBYSCORE") return forget_below(command);
    if (name == "ZCARD") return RedisValue::integer(std::ssize(sorted_[command.at(1)]));
    if (name == "ZADD") {
        const double score = std::strtod(command.at(2).c_str(), nullptr);
        return RedisValue::integer(sorted_[command.at(1)].emplace(score, command.at(3)).second);
    }
    return RedisValue::error("ERR unknown command '" + name + "'");
}

/// XADD key MAXLEN ~ entries id e text. The real one forgets whole blocks, this one each at once.
RedisValue RedisData::add_entry(const RedisCommand& command) {
    Stream& stream = streams_[command.at(1)];
    const auto id = parse_entry_id(command.at(5));
    if (!id) return RedisValue::error("ERR Invalid stream ID");
    if (*id <= stream.last) {
        return RedisValue::error(
            "ERR The ID specified in XADD is equal or smaller than the target stream top item");
    }
    stream.last = *id;
    stream.entries[*id] = command.at(7);
    while (stream.entries.size() > std::stoul(command.at(4)))
        stream.entries.erase(stream.entries.begin());
    return RedisValue::bulk(command.at(5));
}

/// XRANGE key (after + COUNT number
RedisValue RedisData::range(const RedisCommand& command) {
    const auto& entries = streams_[command.at(1)].entries;
    auto at = entries.begin();
    if (command.at(2) != "-") {
        const auto after = parse_entry_id(std::string_view(command.at(2)).substr(1));
        if (!after) return RedisValue::error("ERR Invalid stream ID");
        at = entries.upper_bound(*after);
    }
    std::vector<RedisValue> found;
    for (; at != entries.end() && found.size() < std::stoul(command.at(5)); ++at)
        found.push_back(entry_value(at->first, at->second));
    return RedisValue::array(std::move(found));
}

/// XREVRANGE key + - COUNT 1
RedisValue RedisData::newest(const RedisCommand& command) {
    const auto& entries = streams_[command.at(1)].entries;
    if (entries.empty()) return RedisValue::array({});
    const auto& [id, text] = *entries.rbegin();
    return RedisValue::array({entry_value(id, text)});
}

RedisValue RedisData::set_fields(const RedisCommand& command) {
    Hash& hash = hashes_[command.at(1)];
    for (std::size_t i = 2; i + 1 < command.size(); i += 2) hash[command[i]] = command[i + 1];
    return RedisValue::integer(1);
}

RedisValue RedisData::delete_fields(const RedisCommand& command) {
    return RedisValue::integer(
        static_cast<std::int64_t>(hashes_[command.at(1)].erase(command.at(2))));
}

RedisValue RedisData::fields(const RedisCommand& command) {
    const Hash& hash = hashes_[command.at(1)];
    std::vector<RedisValue> found;
    for (std::size_t i = 2; i < command.size(); ++i) {
        const auto field = hash.find(command[i]);
        found.push_back(field == hash.end() ? RedisValue{} : RedisValue::bulk(field->second));
    }
    return RedisValue::array(std::move(found));
}

RedisValue RedisData::all_fields(const RedisCommand& command) {
    std::vector<RedisValue> found;
    for (const auto& [field, text] : hashes_[command.at(1)]) {
        found.push_back(RedisValue::bulk(field));
        found.push_back(RedisValue::bulk(text));
    }
    return RedisValue::array(std::move(found));
}

/// ZRANGE key rank rank WITHSCORES, of one rank
RedisValue RedisData::ranked(const RedisCommand& command) {
    const auto& members = sorted_[command.at(1)];
    std::int64_t rank = std::stoll(command.at(2));
    if (rank < 0) rank += std::ssize(members);
    if (rank < 0 || rank >= std::ssize(members)) return RedisValue::array({});
    const auto& [score, member] = *std::next(members.begin(), rank);
    return RedisValue::array(
        {RedisValue::bulk(member), RedisValue::bulk(fmt::format("{:.17g}", score))});
}

/// ZREMRANGEBYSCORE key -inf score
RedisValue RedisData::forget_below(const RedisCommand& command) {
    const double score = std::strtod(command.at(3).c_str(), nullptr);
    return RedisValue::integer(static_cast<std::int64_t>(std::erase_if(
        sorted_[command.at(1)], [score](const auto& one) { return one.first <= score; })));
}

}  // namespace clamor::sim
