// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.h"

namespace clamor::sim {

/// What Redis answers.
struct RedisValue {
    enum class Kind : std::uint8_t { nil, status, error, integer, bulk, array };
    Kind kind = Kind::nil;
    std::int64_t number = 0;
    std::string text{};
    std::vector<RedisValue> parts{};

    static RedisValue status(std::string text) { return {.kind = Kind::status, .text = text}; }
    static RedisValue error(std::string text) { return {.kind = Kind::error, .text = text}; }
    static RedisValue integer(std::int64_t number) {
        return {.kind = Kind::integer, .number = number};
    }
    static RedisValue bulk(std::string text) { return {.kind = Kind::bulk, .text = text}; }
    static RedisValue array(std::vector<RedisValue> parts) {
        return {.kind = Kind::array, .parts = std::move(parts)};
    }
};

/// As it goes over the wire.
std::string to_resp(const RedisValue& value);

using RedisCommand = std::vector<std::string>;

/// What a Redis server holds, and those of its commands on it that clamor uses. A copy is a replica
/// that hears of nothing later. Nothing expires: runs are shorter than what is kept.
class RedisData {
  public:
    /// An error for a command that is not known here, so that whoever uses a new one notices.
    RedisValue run(const RedisCommand& command);

  private:
    struct Stream {
        std::map<Position, std::string> entries;
        Position last;
    };
    using Hash = std::map<std::string, std::string>;

    RedisValue add_entry(const RedisCommand& command);
    RedisValue range(const RedisCommand& command);
    RedisValue newest(const RedisCommand& command);
    RedisValue set_fields(const RedisCommand& command);
    RedisValue delete_fields(const RedisCommand& command);
    RedisValue fields(const RedisCommand& command);
    RedisValue all_fields(const RedisCommand& command);
    RedisValue ranked(const RedisCommand& command);
    RedisValue forget_below(const RedisCommand& command);

    std::map<std::string, Stream> streams_;
    std::map<std::string, Hash> hashes_;
    std::map<std::string, std::set<std::pair<double, std::string>>> sorted_;
};

}  // namespace clamor::sim
