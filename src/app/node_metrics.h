// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include "api/health.h"
#include "api/helix/rate_limiter.h"
#include "api/router.h"
#include "app/metrics.h"
#include "app/node.h"
#include "app/node_list.h"
#include "auth/checker.h"
#include "auth/key_ring.h"
#include "automod/model_route.h"
#include "bus/redis/link.h"
#include "eventsub/registry.h"
#include "moderation/automod_desk.h"
#include "store/dynamodb/message_log.h"
#include "store/postgres/catalog.h"
#include "store/spooled_log.h"

namespace clamor::app {

/// Registers everything that a node counts; docs/operations.md explains each. What is given
/// outlives the metrics.
void register_metrics(Metrics& metrics, const std::vector<Node::ShardCounters>& shards,
                      const store::SpooledLog& spooled, const reactor::WorkerPool& workers,
                      const Counter& whispers_refused, const eventsub::Registry& events);

/// The same of the message log on DynamoDB.
void register_dynamodb_metrics(Metrics& metrics, const store::dynamodb::Counters& counters,
                               const store::dynamodb::DynamoMessageLog& log);

/// The same of tokens and the keys that they are checked with.
void register_token_metrics(Metrics& metrics, const auth::Checker& tokens,
                            const auth::KeyRing& keys);

/// The same of settings that are read again.
void register_reload_metrics(Metrics& metrics, const Node::ReloadCounters& counters);

/// The same of TLS that clients speak. `certificate_ends`: in seconds of Unix time.
void register_tls_metrics(Metrics& metrics, const Counter& certificate_ends);

/// Which built-in classifier judges.
void register_classifier_metrics(Metrics& metrics, const moderation::AutoModDesk& desk);

/// The same of the route to a larger model.
void register_model_metrics(Metrics& metrics, const automod::ModelRoute& route);

/// The same of the connections to PostgreSQL.
/// One row for each thing that the server needs, as it is named now.
void register_health_metrics(Metrics& metrics, const std::function<api::Health()>& health);
void register_pool_metrics(Metrics& metrics, const store::PoolCounters& pool);

void register_node_list_metrics(Metrics& metrics, const NodeList& nodes, const Counter& unreadable);
/// Which node this is.
void register_node_info(Metrics& metrics, const NodeOptions& node, const std::string& name);
/// The same of the link to Redis.
void register_redis_metrics(Metrics& metrics, const bus::redis::Counters& counters);
/// Of another region's Redis, from which this node only receives.
void register_region_metrics(Metrics& metrics, const std::string& region,
                             const bus::redis::Counters& counters);

/// The same of REST's limits.
void register_request_metrics(Metrics& metrics, const api::helix::RequestLimits& limits);

/// GET /metrics, made on a worker.
void add_metrics_route(api::Router& router, Executor& workers, Metrics& metrics);

}  // namespace clamor::app
