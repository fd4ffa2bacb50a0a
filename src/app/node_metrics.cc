// SPDX-License-Identifier: Apache-2.0
#include "app/node_metrics.h"

#include <array>
#include <string>

#include "app/version.h"
#include "edge/close_reason.h"

namespace clamor::app {

namespace {

void register_hub(Metrics& metrics, const MetricLabels& shard, const hub::HubCounters& hub) {
    metrics.gauge("clamor_members", "Sessions that are logged in.", shard, hub.members);
    metrics.gauge("clamor_memberships", "Sessions in channels, counted once for each channel.",
                  shard, hub.memberships);
    metrics.gauge("clamor_rooms", "Rooms that are alive.", shard, hub.rooms);
    metrics.counter("clamor_messages_accepted_total", "Chat messages that rooms accepted.", shard,
                    hub.messages_accepted);
    metrics.counter("clamor_messages_refused_total", "Chat messages that rooms refused.", shard,
                    hub.messages_refused);
    metrics.counter("clamor_deliveries_total",
                    "Events handed to members, counted once for each member.", shard,
                    hub.deliveries);
    metrics.counter("clamor_flushes_total", "Open batches that were sent.", shard, hub.flushes);
    metrics.counter("clamor_flush_sends_total", "Frames handed to members by flushes.", shard,
                    hub.flush_sends);
    metrics.counter("clamor_frames_encoded_total", "Frames that were built for flushes.", shard,
                    hub.frames_encoded);
    for (std::size_t i = 0; i < hub.skipped.size(); ++i) {
        MetricLabels labels = shard;
        labels.emplace_back("class", chat::name_of(static_cast<chat::ShedClass>(i)));
        metrics.counter("clamor_skipped_total", "Events that slow members did not get, by class.",
                        labels, hub.skipped[i]);
    }
    metrics.counter("clamor_mailbox_shed_total",
                    "Deliveries that a full mailbox of another shard refused.", shard,
                    hub.mailbox_shed);
    metrics.counter("clamor_room_faults_total", "Rooms that were reset after an exception.", shard,
                    hub.room_faults);
    metrics.counter("clamor_role_changes_refused_total",
                    "Changes of roles over the limit of who asked for them.", shard,
                    hub.role_changes_refused);
    metrics.counter("clamor_store_refused_total", "Messages refused since the log queue was full.",
                    shard, hub.store_refused);
    metrics.counter("clamor_bus_refused_total", "Messages refused since too much waited for Redis.",
                    shard, hub.bus_refused);
    metrics.counter("clamor_gaps_read_total",
                    "Times that the log was read for what other nodes had published.", shard,
                    hub.gaps_read);
    metrics.counter("clamor_joins_ahead_total",
                    "JOINs with a position that the node had not reached in time.", shard,
                    hub.joins_ahead);
    metrics.counter("clamor_delayed_early_total",
                    "Events of delayed channels shown early, since too many waited.", shard,
                    hub.delayed_early);
    metrics.counter("clamor_shared_total",
                    "Messages and notices that came from other channels of a shared chat.", shard,
                    hub.shared);
    metrics.counter("clamor_shared_refused_total",
                    "Of these, those whose authors may not speak in the channel.", shard,
                    hub.shared_refused);
    metrics.counter("clamor_shared_lost_total",
                    "Of these, those that were lost since something was busy or away.", shard,
                    hub.shared_lost);
    metrics.counter("clamor_rooms_reread_total",
                    "Rooms whose facts were read again since another node or its news were lost.",
                    shard, hub.rooms_reread);
    metrics.counter("clamor_undone_forgotten_total",
                    "Acts that were undone, of which rooms know no more.", shard,
                    hub.undone_forgotten);
    metrics.counter("clamor_deletions_forgotten_total",
                    "Messages that were deleted, of which rooms know no more.", shard,
                    hub.deletions_forgotten);
    metrics.counter("clamor_gap_events_total", "Events that were found there.", shard,
                    hub.gap_events);
    metrics.counter("clamor_automod_blocked_total", "Messages that AutoMod blocked.", shard,
                    hub.automod_blocked);
    metrics.counter("clamor_automod_held_total", "Messages that AutoMod held.", shard,
                    hub.automod_held);
    metrics.gauge("clamor_automod_pending", "Held messages that wait for a moderator.", shard,
                  hub.automod_pending);
    metrics.counter("clamor_automod_expired_total", "Held messages that nobody decided.", shard,
                    hub.automod_expired);
    metrics.counter("clamor_automod_hold_full_total",
                    "Messages blocked since too many of their channel were held.", shard,
                    hub.automod_hold_full);
    metrics.counter("clamor_automod_raids_total",
                    "Times that newcomers looked like a raid by bots.", shard, hub.automod_raids);
    metrics.counter("clamor_automod_acts_repeated_total",
                    "What the raid breaker did, tried again since the server was busy.", shard,
                    hub.automod_acts_repeated);
    metrics.counter("clamor_automod_acts_given_up_total", "What the raid breaker did not get done.",
                    shard, hub.automod_acts_given_up);
    metrics.counter("clamor_automod_verdicts_dropped_total", "Verdicts that were not recorded.",
                    shard, hub.automod_verdicts_dropped);
    metrics.histogram("clamor_hold_seconds", "Time that events waited in an open batch.", shard,
                      hub.hold);
}

void register_sessions(Metrics& metrics, const MetricLabels& shard,
                       const edge::irc::SessionCounters& sessions) {
    metrics.counter("clamor_lines_total", "Lines taken from clients.", shard, sessions.lines);
    metrics.counter("clamor_bad_lines_total", "Lines without a possible command.", shard,
                    sessions.bad_lines);
    metrics.counter("clamor_overlong_lines_total", "Lines that were skipped as too long.", shard,
                    sessions.overlong_lines);
    metrics.counter("clamor_unknown_commands_total", "Commands answered with 421.", shard,
                    sessions.unknown_commands);
    metrics.counter("clamor_logins_total", "Successful logins with a token.", shard,
                    sessions.logins);
    metrics.counter("clamor_logins_anonymous_total", "Anonymous logins.", shard,
                    sessions.logins_anonymous);
    metrics.counter("clamor_logins_failed_total", "Logins that were refused.", shard,
                    sessions.logins_failed);
    metrics.counter("clamor_logins_rate_limited_total",
                    "Logins refused since they were over the account's limit.", shard,
                    sessions.logins_rate_limited);
    metrics.counter("clamor_joins_rate_limited_total",
                    "Channels of JOIN lines that were over the join limit.", shard,
                    sessions.joins_rate_limited);
    metrics.counter("clamor_receiving_paused_total",
                    "Times that a client was not read from, since replies waited.", shard,
                    sessions.receiving_paused);
    for (int i = 0; i < edge::kCloseReasons; ++i) {
        MetricLabels labels = shard;
        labels.emplace_back(
            "reason", std::string(edge::close_info(static_cast<edge::CloseReason>(i)).counter));
        metrics.counter("clamor_closed_total", "Connections that a session closed, by reason.",
                        labels, sessions.closed[static_cast<std::size_t>(i)]);
    }
}

void register_net(Metrics& metrics, const MetricLabels& shard, const edge::net::NetCounters& net) {
    metrics.gauge("clamor_connections", "Open connections.", shard, net.connections);
    metrics.counter("clamor_accepted_total", "Connections accepted.", shard, net.accepted);
    metrics.counter("clamor_refused_address_total", "Connections over the bound per address.",
                    shard, net.refused_address);
    metrics.counter("clamor_proxy_headers_refused_total",
                    "Connections of trusted proxies whose PROXY header could not be read.", shard,
                    net.proxy_headers_refused);
    metrics.counter("clamor_tls_handshakes_total", "Connections that came to speak TLS.", shard,
                    net.tls_handshakes);
    metrics.counter("clamor_tls_failures_total",
                    "Connections at a port of TLS that did not come to speak it, or ended by a "
                    "fault of it.",
                    shard, net.tls_failures);
    metrics.counter("clamor_http_requests_total", "HTTP requests.", shard, net.http_requests);
    metrics.counter("clamor_http_errors_total", "HTTP requests that could not be read.", shard,
                    net.http_errors);
    metrics.counter("clamor_websockets_total", "WebSocket upgrades accepted.", shard,
                    net.websockets);
    metrics.counter("clamor_websockets_refused_total", "WebSocket upgrades refused.", shard,
                    net.websockets_refused);
    metrics.counter("clamor_websocket_failures_total",
                    "WebSockets closed for a violation of the protocol.", shard,
                    net.websocket_failures);
}

void register_events(Metrics& metrics, const MetricLabels& shard,
                     const eventsub::DispatcherCounters& events,
                     const eventsub::WebhookCounters& webhooks) {
    metrics.gauge("clamor_eventsub_sessions", "EventSub sessions that are open.", shard,
                  events.sessions);
    metrics.gauge("clamor_eventsub_subscriptions", "EventSub subscriptions that are alive.", shard,
                  events.subscriptions);
    metrics.counter("clamor_eventsub_notifications_total", "Notifications sent.", shard,
                    events.notifications);
    metrics.counter("clamor_eventsub_revocations_total", "Subscriptions that were revoked.", shard,
                    events.revocations);
    metrics.counter("clamor_eventsub_reconnects_total",
                    "Sessions that went on over another connection.", shard, events.reconnects);
    metrics.counter("clamor_eventsub_copies_total",
                    "Hand-overs of sessions that did not wait for the old connection's last word.",
                    shard, events.copies);
    metrics.counter("clamor_eventsub_held_late_total",
                    "Events that did not wait any longer for people to be looked up.", shard,
                    events.held_late);
    for (int i = 0; i < eventsub::kCloseReasons; ++i) {
        MetricLabels labels = shard;
        const auto reason = static_cast<eventsub::CloseReason>(i);
        labels.emplace_back("reason", std::string(eventsub::close_info(reason).counter));
        metrics.counter("clamor_eventsub_closed_total", "EventSub sessions that ended, by reason.",
                        labels, events.closed[static_cast<std::size_t>(i)]);
    }
    metrics.counter("clamor_webhook_delivered_total", "Notifications that webhooks took.", shard,
                    webhooks.delivered);
    metrics.counter("clamor_webhook_retries_total", "Notifications that were tried again.", shard,
                    webhooks.retries);
    metrics.counter("clamor_webhook_failed_total", "Notifications that were given up.", shard,
                    webhooks.failed);
    metrics.counter("clamor_webhook_dropped_total",
                    "Notifications dropped at the bound of a webhook's queue.", shard,
                    webhooks.dropped);
    metrics.counter("clamor_webhook_verified_total", "Callbacks that answered the challenge.",
                    shard, webhooks.verified);
    metrics.counter("clamor_webhook_not_verified_total",
                    "Callbacks that did not answer the challenge.", shard, webhooks.not_verified);
}

void register_reactor(Metrics& metrics, const MetricLabels& shard,
                      const Node::ShardCounters& counters) {
    const auto& loop = counters.loop;
    const auto& engine = counters.engine;
    metrics.counter("clamor_turns_total", "Turns of the shard's loop.", shard, loop.turns);
    metrics.counter("clamor_tasks_total", "Tasks run from the shard's mailbox.", shard, loop.tasks);
    metrics.counter("clamor_mailbox_refused_total", "Tasks refused at the mailbox's bound.", shard,
                    loop.mailbox_refused);
    metrics.gauge("clamor_mailbox_depth_max", "Most tasks that ever waited in the mailbox.", shard,
                  loop.mailbox_depth_max);
    metrics.counter("clamor_received_bytes_total", "Bytes from clients.", shard, engine.bytes_in);
    metrics.counter("clamor_sent_bytes_total", "Bytes to clients.", shard, engine.bytes_out);
    metrics.counter("clamor_sends_total", "Sends given to the kernel.", shard, engine.sends);
    metrics.counter("clamor_short_sends_total", "Sends that the kernel did not take whole.", shard,
                    engine.short_sends);
    metrics.counter("clamor_send_calls_total", "System calls that carried sends.", shard,
                    engine.send_calls);
    metrics.counter("clamor_accept_failures_total",
                    "Accepts that failed, as for want of descriptors.", shard,
                    engine.accept_failures);
}

}  // namespace

void register_metrics(Metrics& metrics, const std::vector<Node::ShardCounters>& shards,
                      const store::SpooledLog& spooled, const reactor::WorkerPool& workers,
                      const Counter& whispers_refused, const eventsub::Registry& events) {
    metrics.counter("clamor_whispers_refused_total", "Whispers over the limits of who sent them.",
                    {}, whispers_refused);
    for (std::size_t i = 0; i < shards.size(); ++i) {
        const MetricLabels shard = {{"shard", std::to_string(i)}};
        register_hub(metrics, shard, shards[i].hub);
        register_sessions(metrics, shard, shards[i].sessions);
        register_net(metrics, shard, shards[i].net);
        register_events(metrics, shard, shards[i].events, shards[i].webhooks);
        register_reactor(metrics, shard, shards[i]);
    }
    metrics.counter("clamor_eventsub_refused_total",
                    "Subscriptions refused for a bound of the user, client or session.", {},
                    [&events] { return static_cast<double>(events.refused_at_bounds()); });
    const store::SpoolCounters& spool = spooled.counters();
    metrics.counter("clamor_spool_appended_total",
                    "Messages, deletions and restorations made durable in the spool.", {},
                    spool.appended);
    metrics.counter("clamor_spool_commits_total", "Groups written to the spool.", {},
                    spool.commits);
    metrics.counter("clamor_spool_failures_total",
                    "Groups that the spool did not take and that are tried again.", {},
                    spool.failures);
    metrics.gauge("clamor_spool_bytes",
                  "Of the spool, held for what is not in the message log yet.", {},
                  [&spool] { return static_cast<double>(spool.bytes.value()); });
    metrics.gauge("clamor_spool_queue_depth", "Entries that wait for the spool.", {},
                  [&spooled] { return static_cast<double>(spooled.waiting()); });
    metrics.gauge("clamor_spool_degraded", "1 while the spool cannot be written.", {},
                  [&spooled] { return spooled.degraded() ? 1.0 : 0.0; });
    metrics.histogram("clamor_spool_commit_seconds", "Time of a group.", {}, spool.commit);
    const store::LogWriter& log_writer = spooled.writer();
    const store::LogWriterCounters& log = log_writer.counters();
    metrics.counter("clamor_log_appended_total", "Messages written to the message log.", {},
                    log.appended);
    metrics.counter("clamor_log_batches_total", "Group commits of the message log.", {},
                    log.batches);
    metrics.counter("clamor_log_failures_total", "Group commits that failed and are tried again.",
                    {}, log.failures);
    metrics.counter("clamor_log_lost_total",
                    "Messages not in the log at a stop: the spool has them.", {}, log.lost);
    metrics.counter("clamor_log_refused_total",
                    "Entries set aside, since another one has their place in the message log.", {},
                    log_writer.refused().count());
    metrics.gauge("clamor_log_queue_depth", "Messages that wait for the message log.", {},
                  [&log_writer] { return static_cast<double>(log_writer.waiting()); });
    metrics.gauge("clamor_log_memory_bytes",
                  "Of entries that wait for the message log and are in memory.", {}, log.memory);
    metrics.counter("clamor_log_read_back_total",
                    "Entries read from the spool again when the message log could take them.", {},
                    log.read_back);
    metrics.gauge("clamor_log_degraded", "1 while the message log cannot be written.", {},
                  [&log_writer] { return log_writer.degraded() ? 1.0 : 0.0; });
    metrics.gauge(
        "clamor_log_backlog_seconds", "How long the oldest entry has waited for the message log.",
        {}, [&log_writer] { return static_cast<double>(log_writer.backlog_age().count()) / 1000; });
    metrics.gauge("clamor_spool_fullness",
                  "The share of its bound that the spool holds, or its queue: the higher.", {},
                  [&spooled] { return spooled.fullness() / 100.0; });
    metrics.histogram("clamor_log_commit_seconds", "Time of a group commit.", {}, log.commit);
    metrics.gauge("clamor_worker_queue_depth", "Tasks that wait for a worker.", {},
                  [&workers] { return static_cast<double>(workers.queued()); });
}

void register_dynamodb_metrics(Metrics& metrics, const store::dynamodb::Counters& counters,
                               const store::dynamodb::DynamoMessageLog& log) {
    const auto read = [](const std::atomic<std::uint64_t>& number, double unit) -> Metrics::Read {
        return [&number, unit] {
            return static_cast<double>(number.load(std::memory_order_relaxed)) * unit;
        };
    };
    const auto count = [&](const char* name, const char* help,
                           const std::atomic<std::uint64_t>& number, double unit = 1) {
        metrics.counter(name, help, {}, read(number, unit));
    };
    count("clamor_dynamodb_requests_total", "Requests to DynamoDB.", counters.requests);
    count("clamor_dynamodb_retries_total", "Of these, repeated ones.", counters.retries);
    count("clamor_dynamodb_throttled_total",
          "Answers that ask for patience, and items left unprocessed.", counters.throttled);
    count("clamor_dynamodb_failures_total",
          "Requests without an answer, with nonsense, or that failed in DynamoDB.",
          counters.failures);
    count("clamor_dynamodb_read_units_total", "Read units as DynamoDB counts them.",
          counters.read_units, 0.1);
    count("clamor_dynamodb_write_units_total", "Write units as DynamoDB counts them.",
          counters.write_units, 0.1);
    count("clamor_dynamodb_sent_bytes_total", "Of requests, without their heads.",
          counters.bytes_sent);
    count("clamor_dynamodb_items_total", "Items written in batches.", counters.items_written);
    metrics.gauge("clamor_dynamodb_away", "1 while DynamoDB does not answer.", {},
                  [&log] { return log.away() ? 1.0 : 0.0; });
    metrics.histogram("clamor_dynamodb_request_seconds", "Of a request.", {}, counters.latency);
}

void register_token_metrics(Metrics& metrics, const auth::Checker& tokens,
                            const auth::KeyRing& keys) {
    const auth::CheckerCounters& counters = tokens.counters();
    const auto read = [](const std::atomic<std::uint64_t>& number) -> Metrics::Read {
        return [&number] { return static_cast<double>(number.load(std::memory_order_relaxed)); };
    };
    const auto taken = [&](const char* kind, const std::atomic<std::uint64_t>& number) {
        metrics.counter("clamor_tokens_taken_total", "Tokens that were found good, by kind.",
                        {{"kind", kind}}, read(number));
    };
    taken("opaque", counters.opaque);
    taken("jwt", counters.jwt);
    taken("dev", counters.dev);
    const auto refused = [&](std::string why, const std::atomic<std::uint64_t>& number) {
        metrics.counter("clamor_tokens_refused_total", "Tokens that were refused, by reason.",
                        {{"reason", std::move(why)}}, read(number));
    };
    refused("unknown", counters.unknown);
    for (std::size_t i = 0; i < auth::kJwtRefusals; ++i) {
        const auto why = auth::name_of(static_cast<auth::JwtRefusal>(i));
        refused("jwt_" + std::string(why), counters.refused[i]);
    }
    metrics.counter("clamor_tokens_expired_total", "Tokens that expired after they were used.", {},
                    read(counters.expired_live));
    metrics.counter("clamor_tokens_revoked_total",
                    "Revocations in the catalog that were told to the live chat.", {},
                    read(counters.revoked_live));
    metrics.gauge("clamor_tokens_watched", "Tokens that are watched for their end.", {},
                  [&tokens] { return static_cast<double>(tokens.watched()); });
    metrics.counter("clamor_tokens_watch_dropped_total",
                    "Tokens that are not watched for their end, since too many are.", {},
                    read(counters.watch_dropped));
    metrics.gauge("clamor_jwt_keys", "Keys that JWTs are checked with.", {},
                  [&keys] { return static_cast<double>(keys.counters().keys); });
    metrics.counter("clamor_jwks_fetches_total", "Fetches of the platform's JWK set.", {},
                    [&keys] { return static_cast<double>(keys.counters().fetches); });
    metrics.counter("clamor_jwks_failures_total", "Of these, those that failed.", {},
                    [&keys] { return static_cast<double>(keys.counters().failures); });
}

void register_reload_metrics(Metrics& metrics, const Node::ReloadCounters& counters) {
    metrics.counter("clamor_reloads_total", "Times that the settings were read again.", {},
                    counters.done);
    metrics.counter("clamor_reloads_failed_total",
                    "Times that they, AutoMod's model or the certificate were not taken over.", {},
                    counters.failed);
}

void register_tls_metrics(Metrics& metrics, const Counter& certificate_ends) {
    metrics.gauge("clamor_tls_certificate_ends_timestamp_seconds",
                  "When the certificate shown to clients ends, in seconds of Unix time.", {},
                  certificate_ends);
}

void register_classifier_metrics(Metrics& metrics, const moderation::AutoModDesk& desk) {
    metrics.info("clamor_automod_classifier_info", "The built-in classifier that judges.", [&desk] {
        const auto classifier = desk.classifier();
        return MetricLabels{
            {"version", classifier ? std::string(classifier->version()) : std::string()}};
    });
}

void register_model_metrics(Metrics& metrics, const automod::ModelRoute& route) {
    const automod::ModelCounters& counters = route.counters();
    metrics.info("clamor_model_info", "The model, as its inference server says.", [&route] {
        auto [name, version] = route.identity();
        return MetricLabels{{"model", std::move(name)}, {"version", std::move(version)}};
    });
    metrics.counter("clamor_model_asked_total", "Questions to the inference server.", {},
                    counters.asked);
    metrics.counter("clamor_model_answered_total", "Answers of the inference server.", {},
                    counters.answered);
    for (int i = 0; i < automod::kUnavailable; ++i) {
        const auto reason = static_cast<automod::Unavailable>(i);
        metrics.counter("clamor_model_unavailable_total",
                        "Questions that got no answer, by reason.",
                        {{"reason", std::string(automod::name_of(reason))}},
                        counters.unavailable[static_cast<std::size_t>(i)]);
    }
    metrics.counter("clamor_model_batches_total", "Requests to the inference server.", {},
                    counters.batches);
    metrics.counter("clamor_model_batches_failed_total", "Of these, those that failed.", {},
                    counters.batches_failed);
    metrics.counter("clamor_model_breaker_opened_total",
                    "Times that the inference server was left alone.", {}, counters.breaker_opened);
    metrics.gauge("clamor_model_breaker_state", "0 closed, 1 open, 2 half open.", {},
                  counters.breaker_state);
    metrics.gauge("clamor_model_waiting", "Questions that wait for an answer.", {},
                  counters.waiting);
    metrics.histogram("clamor_model_answer_seconds", "From a question to its answer.", {},
                      counters.answer_time);
    metrics.histogram("clamor_model_batch_seconds", "Of a request.", {}, counters.batch_time);
}

void register_node_list_metrics(Metrics& metrics, const NodeList& nodes,
                                const Counter& unreadable) {
    metrics.counter("clamor_node_news_unreadable_total",
                    "What came as another node's news and could not be read.", {}, unreadable);
    metrics.counter("clamor_nodes_lost_total", "Other nodes that were gone without having left.",
                    {}, [&nodes] { return static_cast<double>(nodes.lost()); });
}

void register_node_info(Metrics& metrics, const NodeOptions& node, const std::string& name) {
    metrics.info("clamor_node_info", "Which node this is.", [&node, name] {
        return MetricLabels{{"node", std::to_string(node.number)},
                            {"name", name},
                            {"region", node.region_name()},
                            {"version", std::string(kVersion)}};
    });
}

void register_redis_metrics(Metrics& metrics, const bus::redis::Counters& redis) {
    metrics.gauge("clamor_redis_servers_away",
                  "Servers of Redis that are needed and not there; 0: all is well.", {},
                  redis.servers_away);
    metrics.gauge("clamor_redis_channels", "Channels that this node is subscribed to.", {},
                  redis.channels);
    metrics.gauge("clamor_redis_clock_skew_seconds",
                  "How far this machine's clock and Redis's are apart.", {},
                  [&redis] { return static_cast<double>(redis.clock_skew_us.value()) / 1e6; });
    metrics.gauge("clamor_redis_kept", "Events published here that have no place yet.", {},
                  redis.kept);
    metrics.counter("clamor_redis_published_total", "Events that got their place.", {},
                    redis.published);
    metrics.counter("clamor_redis_received_total", "Events handed to rooms.", {}, redis.received);
    metrics.counter("clamor_redis_early_total", "Events shown on this node while Redis was away.",
                    {}, redis.early);
    metrics.counter("clamor_redis_duplicates_total", "Events that came again and were ignored.", {},
                    redis.duplicates);
    metrics.counter("clamor_redis_foreign_total", "What came and was no event of clamor's.", {},
                    redis.foreign);
    metrics.counter("clamor_redis_gaps_total",
                    "Times that only the log could have what is missing.", {}, redis.gaps);
    metrics.counter("clamor_redis_catch_ups_total", "Reads of streams.", {}, redis.catch_ups);
    metrics.counter("clamor_redis_connects_total", "Servers connected to.", {}, redis.connects);
    metrics.counter("clamor_redis_failures_total",
                    "Connections that were lost or could not be made.", {}, redis.failures);
    metrics.counter("clamor_redis_stalls_total", "Times that a server did not answer in time.", {},
                    redis.stalls);
    metrics.counter("clamor_redis_lost_total", "Events that never got a place.", {}, redis.lost);
    metrics.counter("clamor_redis_limits_asked_total", "Checks of account limits over all nodes.",
                    {}, redis.windows_asked);
    metrics.counter("clamor_redis_limits_local_total",
                    "Of these, those that the node's own windows answered.", {},
                    redis.windows_unasked);
    metrics.histogram("clamor_redis_round_seconds", "From publishing an event to having it back.",
                      {}, redis.round);
}

void register_region_metrics(Metrics& metrics, const std::string& region,
                             const bus::redis::Counters& redis) {
    const MetricLabels labels = {{"region", region}};
    metrics.gauge("clamor_region_away", "1 while the region's Redis cannot be reached.", labels,
                  redis.servers_away);
    metrics.counter("clamor_region_received_total", "Events of the region handed to rooms.", labels,
                    redis.received);
    metrics.counter("clamor_region_duplicates_total",
                    "Events of the region that came again and were ignored.", labels,
                    redis.duplicates);
    metrics.counter("clamor_region_foreign_total",
                    "What came and was no event of clamor's, or not of that region.", labels,
                    redis.foreign);
    metrics.counter("clamor_region_gaps_total",
                    "Times that only the log could have what is missing of the region.", labels,
                    redis.gaps);
    metrics.counter("clamor_region_catch_ups_total", "Reads of the region's streams.", labels,
                    redis.catch_ups);
    metrics.counter("clamor_region_failures_total",
                    "Connections to the region that were lost or could not be made.", labels,
                    redis.failures);
    metrics.counter("clamor_region_stalls_total",
                    "Times that a server of the region did not answer in time.", labels,
                    redis.stalls);
}

void register_health_metrics(Metrics& metrics, const std::function<api::Health()>& health) {
    for (const api::Dependency& one : health().dependencies) {
        metrics.gauge("clamor_dependency_up",
                      "What the server needs: 1 when it is up, 0.5 degraded, 0 down.",
                      {{"dependency", one.name}}, [health, name = one.name] {
                          for (const api::Dependency& now : health().dependencies) {
                              if (now.name != name) continue;
                              if (now.reason.empty()) return 1.0;
                              return now.degraded ? 0.5 : 0.0;
                          }
                          return 0.0;
                      });
    }
}

void register_pool_metrics(Metrics& metrics, const store::PoolCounters& pool) {
    metrics.gauge("clamor_postgres_away", "1 while PostgreSQL cannot be reached.", {},
                  [&pool] { return pool.away.load(std::memory_order_relaxed) ? 1.0 : 0.0; });
    metrics.gauge("clamor_postgres_connections", "Connections to PostgreSQL.", {}, pool.open);
    metrics.gauge("clamor_postgres_connections_used", "Of these, those that a call uses.", {},
                  pool.used);
    metrics.counter("clamor_postgres_connects_total", "Connections made to PostgreSQL.", {},
                    pool.opened);
    metrics.counter("clamor_postgres_connect_failures_total",
                    "Attempts to connect to PostgreSQL that failed.", {}, pool.failed);
    metrics.counter("clamor_postgres_lost_total", "Connections to PostgreSQL that broke.", {},
                    pool.lost);
    metrics.counter("clamor_postgres_waits_total",
                    "Calls that found all connections to PostgreSQL used.", {}, pool.waits);
    metrics.counter("clamor_postgres_refused_total", "Calls that got no connection to PostgreSQL.",
                    {}, pool.refused);
    metrics.histogram("clamor_postgres_wait_seconds",
                      "Time that calls waited for a connection to PostgreSQL.", {}, pool.waited);
}

void register_request_metrics(Metrics& metrics, const api::helix::RequestLimits& limits) {
    for (const auto& [name, limiter] :
         {std::pair("helix", &limits.helix), std::pair("oauth", &limits.oauth)}) {
        const MetricLabels labels = {{"limit", name}};
        const auto* const one = limiter;
        metrics.counter("clamor_requests_limited_total",
                        "Requests refused since a rate limit was used up.", labels,
                        [one] { return static_cast<double>(one->refused()); });
        metrics.gauge("clamor_request_buckets", "Callers whose requests are counted.", labels,
                      [one] { return static_cast<double>(one->buckets()); });
        metrics.counter("clamor_request_buckets_forgotten_total",
                        "Callers whose count was forgotten, since there were too many.", labels,
                        [one] { return static_cast<double>(one->forgotten()); });
    }
}

void add_metrics_route(api::Router& router, Executor& workers, Metrics& metrics) {
    router.on("GET", "/metrics",
              [&](wire::http::Request, api::Parameters, wire::http::Respond respond) {
                  workers.post([&metrics, respond = std::move(respond)] {
                      respond({.status = 200,
                               .headers = {{"Content-Type", "text/plain; version=0.0.4"}},
                               .body = metrics.render()});
                  });
              });
}

}  // namespace clamor::app
