// SPDX-License-Identifier: Apache-2.0
#include "app/node_health.h"

#include <string>
#include <utility>

#include "base/limits.h"
#include "store/dynamodb/message_log.h"

namespace clamor::app {

api::Health health_of(const HealthSources& node) {
    api::Health health;
    const auto depend = [&health](std::string name, bool away, std::string why,
                                  bool degraded = false) {
        if (!away) why.clear();
        health.dependencies.push_back({std::move(name), std::move(why), degraded});
    };
    if (node.redis != nullptr) {
        depend("redis", !node.redis->connected(),
               "Redis is away: messages reach the viewers of this node only, and the others, the "
               "log and the sender's echo once it is back");
    }
    for (const auto& [name, link] : node.other_regions) {
        depend("redis_" + name, !link->connected(),
               "the Redis of region '" + name +
                   "' cannot be reached: what is said there comes once it can",
               true);
    }
    if (node.postgres != nullptr) {
        depend("postgresql", node.postgres->away.load(std::memory_order_relaxed),
               "PostgreSQL cannot be reached; chat goes on from what is cached, logins and changes "
               "are refused until it can");
    }
    if (node.message_log.remote) {
        depend("dynamodb", node.message_log.remote->away(),
               "DynamoDB does not answer; messages are kept in the spool, history is not read");
    }
    depend("message_log", node.log.writer().degraded(),
           "the message log cannot be written; messages are kept in the spool until it can");
    if (node.log.degraded()) {
        depend("spool", true,
               "the spool cannot be written; messages are delivered and kept in memory until it "
               "can");
    } else {
        depend("spool", node.log.fullness() >= limits::kSpoolAlarmPercent,
               "the spool is full to " + std::to_string(node.log.fullness()) +
                   " percent; at its bound echoes are withheld and messages refused",
               true);
    }
    if (!node.log.accepting())
        health.not_ready.push_back("the message log's queue is full; new messages are refused");
    if (node.redis != nullptr && !node.redis->accepting())
        health.not_ready.push_back("too much waits for Redis; new messages are refused");
    if (node.stopping) health.not_ready.push_back("the server is stopping");
    return health;
}

}  // namespace clamor::app
