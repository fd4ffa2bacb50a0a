// SPDX-License-Identifier: Apache-2.0
#include "app/node.h"

#include <condition_variable>
#include <mutex>
#include <random>

#include <sys/random.h>
#include <unistd.h>

#include "api/channels.h"
#include "api/emotes.h"
#include "api/health.h"
#include "api/helix/frame.h"
#include "api/helix/oauth.h"
#include "api/messages.h"
#include "api/recent_messages.h"
#include "api/router.h"
#include "api/static_files.h"
#include "app/data_folder.h"
#include "app/data_lock.h"
#include "app/embed.h"
#include "app/metrics.h"
#include "app/model_adapter.h"
#include "app/node_metrics.h"
#include "app/redis_adapters.h"
#include "app/shard.h"
#include "app/version.h"
#include "auth/checker.h"
#include "auth/curl/jwks_fetcher.h"
#include "auth/key_ring.h"
#include "automod/curl/curl_model_route.h"
#include "base/check.h"
#include "base/log.h"
#include "bus/local_bus.h"
#include "bus/redis/link.h"
#include "edge/irc/encoder.h"
#include "eventsub/curl/poster.h"
#include "eventsub/registry.h"
#include "hub/account_limits.h"
#include "hub/gateway.h"
#include "moderation/service.h"
#include "reactor/clock.h"
#include "reactor/socket.h"
#include "store/seed.h"
#include "store/sqlite/catalog.h"
#include "store/sqlite/message_log.h"

namespace clamor::app {

namespace {

/// What was published before the stop is to get its place.
constexpr std::chrono::seconds kRedisStopPatience{2};

/// With SO_REUSEPORT a second server would start and take a share of the first one's clients.
Result<void> check_free(const reactor::Endpoint& at) {
    if (at.port == 0) return {};
    const auto taken =
        reactor::socket::open_listener(at, true, reactor::socket::PortUse::exclusive);
    if (!taken) {
        return fail(taken.error().code,
                    "cannot listen on " + at.to_string() +
                        "; stop what uses it, or give another address with --http or --irc");
    }
    return {};
}

}  // namespace

/// Bits that nobody can guess: the kernel's. Any thread.
std::uint64_t random_bits() {
    std::uint64_t bits = 0;
    CLAMOR_CHECK(getrandom(&bits, sizeof bits, 0) == sizeof bits, "the kernel has random bits");
    return bits;
}

struct Node::Impl {
    explicit Impl(NodeOptions given)
        : options(std::move(given)),
          addresses(options.connections_per_address),
          viewers(options.shards) {}

    Result<void> open_stores();
    void make_token_checker();
    void make_router();
    Result<void> start_redis();
    std::unique_ptr<bus::Bus> make_bus(bus::Receiver& receiver, Scheduler& shard);
    Result<void> start_shards();
    api::Health health() const;
    std::vector<ShardCounters> shard_counters() const;

    NodeOptions options;
    DataLock lock;
    std::uint64_t epoch = 0;
    std::unique_ptr<store::Catalog> catalog;
    std::unique_ptr<store::MessageLog> message_log;
    std::unique_ptr<store::SpooledLog> log;  ///< in front of it
    std::unique_ptr<reactor::WorkerPool> workers;
    std::unique_ptr<moderation::Service> moderation;
    std::unique_ptr<automod::ModelRoute> model_route;
    std::unique_ptr<ModelAdapter> model;
    std::vector<hub::Hub*> hubs;  ///< by ShardId; filled in while the shards are made
    std::unique_ptr<hub::HubGateway> gateway;
    std::unique_ptr<auth::JwksFetcher> jwks;
    std::unique_ptr<auth::KeyRing> keys;
    std::unique_ptr<auth::Checker> tokens;
    api::helix::RequestLimits request_limits;
    std::unique_ptr<eventsub::Registry> events;
    std::unique_ptr<eventsub::CurlPoster> poster;  ///< of webhooks
    hub::AccountLimits limits;
    edge::irc::IrcEncoder encoder;
    edge::net::AddressCounts addresses;
    edge::irc::AccountWindows accounts;
    ViewerCounts viewers;
    Metrics metrics;
    std::unique_ptr<api::StaticFiles> static_files;
    std::unique_ptr<api::Router> router;
    std::unique_ptr<hub::Services> services;
    std::unique_ptr<bus::redis::Link> redis;  ///< null: this node is alone
    std::unique_ptr<RedisLimits> redis_limits;
    std::unique_ptr<RedisPresence> redis_presence;
    std::unique_ptr<ShardParts> parts;
    std::vector<std::unique_ptr<Shard>> shards;
    reactor::Endpoint http;
    std::optional<reactor::Endpoint> irc;
    std::atomic<bool> draining{false};
    bool stopped = false;
    std::mutex hurry_mutex;
    std::condition_variable hurry_changed;
    bool hurried = false;
};

Result<void> Node::Impl::open_stores() {
    if (auto taken = lock.take(options.data); !taken) return taken;
    auto opened = store::open_sqlite_catalog({.path = catalog_path(options.data)});
    if (!opened) return tl::unexpected(opened.error());
    catalog = *std::move(opened);
    auto opened_log = store::open_sqlite_message_log({.path = message_log_path(options.data)});
    if (!opened_log) return tl::unexpected(opened_log.error());
    message_log = *std::move(opened_log);
    options.log.spool.folder = spool_path(options.data);
    auto spooled = store::SpooledLog::open(*message_log, options.log);
    if (!spooled) return tl::unexpected(spooled.error());
    log = *std::move(spooled);
    if (options.dev) {
        if (auto seeded = store::seed_demo(*catalog); !seeded) return seeded;
    }
    const auto next = catalog->next_epoch();
    if (!next) return tl::unexpected(next.error());
    epoch = *next;
    workers = std::make_unique<reactor::WorkerPool>(options.workers, limits::kWorkerQueueTasks);
    moderation = std::make_unique<moderation::Service>(
        *catalog, log->log(),
        moderation::Service::Options{.create_users = options.dev,
                                     .hold_for = options.hold_for,
                                     .classifier = options.classifier});
    if (options.model) {
        model_route = std::make_unique<automod::CurlModelRoute>(*options.model);
        model = std::make_unique<ModelAdapter>(*model_route, options.model->url);
    }
    hubs.resize(options.shards);
    gateway = std::make_unique<hub::HubGateway>(hubs, *workers, *catalog, options.dev);
    make_token_checker();
    events = std::make_unique<eventsub::Registry>(
        *workers, *catalog,
        eventsub::Registry::Options{
            .random = random_bits,
            .reconnect_base = [this] { return "ws://" + http.to_string() + "/ws"; },
            .webhooks = true,
            .plain_http_webhooks = options.dev,
            .private_callbacks = options.private_callbacks});
    poster = std::make_unique<eventsub::CurlPoster>(
        eventsub::CurlPoster::Options{.private_addresses = options.private_callbacks});
    return {};
}

void Node::Impl::make_token_checker() {
    auth::KeyRing::Fetch fetch;
    if (!options.jwks_url.empty()) {
        jwks = std::make_unique<auth::JwksFetcher>(options.jwks_url);
        fetch = [this] { return jwks->fetch(); };
    }
    keys = std::make_unique<auth::KeyRing>(options.token_keys, std::move(fetch));
    tokens = std::make_unique<auth::Checker>(
        *catalog, *keys, auth::Checker::Options{.dev = options.dev, .rules = options.jwt},
        auth::Listener{
            .account_changed = [this](UserId user) { gateway->account_changed(user); },
            .standing_changed = [this](ChannelId channel,
                                       UserId user) { gateway->standing_changed(channel, user); },
            .token_revoked = [this](
                                 UserId user,
                                 const std::string& hash) { gateway->token_revoked(user, hash); },
            .token_expired = [this](
                                 UserId user,
                                 const std::string& hash) { gateway->token_expired(user, hash); }});
}

api::Health Node::Impl::health() const {
    api::Health health;
    if (log->degraded()) {
        health.degraded.push_back(
            "the spool cannot be written; messages are delivered and kept in memory until it can");
    }
    if (log->writer().degraded()) {
        health.degraded.push_back(
            "the message log cannot be written; messages are kept in the spool until it can");
    }
    if (!log->accepting())
        health.not_ready.push_back("the message log's queue is full; new messages are refused");
    if (redis && !redis->connected()) {
        health.degraded.push_back(
            "Redis is away: messages reach the viewers of this node only, and the others, the log "
            "and the sender's echo once it is back");
    }
    if (redis && !redis->accepting())
        health.not_ready.push_back("too much waits for Redis; new messages are refused");
    if (draining) health.not_ready.push_back("the server is stopping");
    return health;
}

std::vector<Node::ShardCounters> Node::Impl::shard_counters() const {
    std::vector<ShardCounters> counters;
    for (const auto& shard : shards) counters.push_back(shard->counters());
    return counters;
}

void Node::Impl::make_router() {
    router =
        std::make_unique<api::Router>(api::Router::Options{.allowed_origins = options.api_origins});
    const api::Services api_services{
        .catalog = *catalog,
        .log = log->log(),
        .tokens = *tokens,
        .limits = request_limits,
        .workers = *workers,
        .live = *gateway,
        .events = *events,
        .automod = moderation->automod(),
        .viewers = [this](ChannelId channel) { return viewers.of(channel); },
        .now = [] { return reactor::read_clocks(); },
        .random = random_bits,
        .clients = options.clients,
        .public_url = options.public_url,
        .dev = options.dev,
        .version = kVersion};
    api::add_channel_routes(*router, api_services);
    api::add_emote_routes(*router, api_services);
    api::add_message_routes(*router, api_services);
    api::add_recent_messages_routes(*router, api_services);
    api::helix::add_helix_routes(*router, api_services);
    api::helix::add_oauth_routes(*router, api_services);
    api::helix::add_platform_routes(*router, api_services);
    api::add_health_routes(*router, [this] { return health(); });
    // The shards' counters are registered once the shards exist; nothing is scraped before.
    router->on("GET", "/metrics",
               [this](wire::http::Request, api::Parameters, wire::http::Respond respond) {
                   workers->post([this, respond = std::move(respond)] {
                       respond({.status = 200,
                                .headers = {{"Content-Type", "text/plain; version=0.0.4"}},
                                .body = metrics.render()});
                   });
               });
    static_files = std::make_unique<api::StaticFiles>(
        web_files(), api::StaticFiles::Options{.frame_ancestors = options.frame_ancestors});
    static_files->take_rest_of(*router);
}

Result<void> Node::Impl::start_redis() {
    if (!options.redis) return {};
    auto started = bus::redis::Link::start(
        {.url = *options.redis, .node = random_bits(), .seed = random_bits()}, *workers);
    if (!started) return tl::unexpected(started.error());
    redis = *std::move(started);
    redis_limits = std::make_unique<RedisLimits>(*redis);
    redis_presence = std::make_unique<RedisPresence>(*redis);
    return {};
}

std::unique_ptr<bus::Bus> Node::Impl::make_bus(bus::Receiver& receiver, Scheduler& shard) {
    if (redis) return redis->make_bus(receiver, shard);
    return std::make_unique<bus::LocalBus>(receiver, epoch);
}

Result<void> Node::Impl::start_shards() {
    services = std::make_unique<hub::Services>(
        hub::Services{.make_bus = [this](bus::Receiver& receiver,
                                         Scheduler& shard) { return make_bus(receiver, shard); },
                      .workers = *workers,
                      .catalog = *catalog,
                      .log = log->log(),
                      .log_queue = *log,
                      .limits = limits,
                      .encoder = encoder,
                      .moderation = *moderation,
                      .model = model.get(),
                      .shared_limits = redis_limits.get(),
                      .shared_presence = redis_presence.get()});
    parts = std::make_unique<ShardParts>(
        ShardParts{.options = options,
                   .hub = *services,
                   .gateway = *gateway,
                   .events = *events,
                   .poster = *poster,
                   .random = random_bits,
                   .tokens = *tokens,
                   .http = *router,
                   .addresses = addresses,
                   .accounts = accounts,
                   .viewers = viewers,
                   .loops = std::vector<reactor::Loop*>(options.shards),
                   .hubs = hubs});
    for (std::uint16_t i = 0; i < options.shards; ++i) {
        shards.push_back(std::make_unique<Shard>(ShardId(i), *parts));
        auto started = shards.back()->start();
        if (!started) return tl::unexpected(started.error());
        if (i == 0) log::info("network engine chosen", {{"engine", *started}});
    }
    register_metrics(metrics, shard_counters(), *log, *workers, gateway->whispers_refused(),
                     *events);
    register_token_metrics(metrics, *tokens, *keys);
    register_request_metrics(metrics, request_limits);
    if (redis) {
        register_redis_metrics(metrics, redis->counters());
        gateway->join_nodes(services->make_bus);
    }
    if (model_route) register_model_metrics(metrics, model_route->counters());
    for (const auto& shard : shards) shard->go();
    gateway->wake_held();
    if (auto restored = events->restore_webhooks(); !restored) return restored;
    // The first shard may choose the port; the others share it by SO_REUSEPORT.
    http = options.http;
    irc = options.irc;
    if (auto free = check_free(http); !free) return free;
    if (irc) {
        if (auto free = check_free(*irc); !free) return free;
    }
    for (const auto& shard : shards) {
        auto bound = shard->listen_http(http);
        if (!bound) return tl::unexpected(bound.error());
        http = *bound;
        if (!irc) continue;
        bound = shard->listen_irc(*irc);
        if (!bound) return tl::unexpected(bound.error());
        irc = *bound;
    }
    return {};
}

Node::Node(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Node::~Node() {
    stop();
}

Result<std::unique_ptr<Node>> Node::start(NodeOptions options) {
    options.hub.id_seed = (std::uint64_t{std::random_device()()} << 32) | std::random_device()();
    options.hub.create_channels = options.dev;
    std::unique_ptr<Node> node(new Node(std::make_unique<Impl>(std::move(options))));
    Impl& impl = *node->impl_;
    if (auto opened = impl.open_stores(); !opened) return tl::unexpected(opened.error());
    if (auto started = impl.start_redis(); !started) return tl::unexpected(started.error());
    impl.make_router();
    if (auto started = impl.start_shards(); !started) return tl::unexpected(started.error());
    return node;
}

void Node::stop() {
    Impl& impl = *impl_;
    if (impl.stopped) return;
    impl.stopped = true;
    impl.draining = true;
    const bool serving = !impl.shards.empty() && impl.shards.back()->running();
    if (serving) {
        for (const auto& shard : impl.shards) shard->stop_listening();
        for (const auto& shard : impl.shards) shard->announce_reconnect();
        const auto all_empty = [&] {
            for (const auto& shard : impl.shards) {
                if (!shard->empty()) return false;
            }
            return true;
        };
        const auto wait_for_empty = [&](std::chrono::milliseconds at_most, bool until_hurried) {
            std::unique_lock held(impl.hurry_mutex);
            for (auto waited = std::chrono::milliseconds(0); waited < at_most;
                 waited += std::chrono::milliseconds(20)) {
                if (all_empty() || (until_hurried && impl.hurried)) return;
                impl.hurry_changed.wait_for(held, std::chrono::milliseconds(20));
            }
        };
        wait_for_empty(impl.options.reconnect_grace, true);
        for (const auto& shard : impl.shards) shard->close_all();
        wait_for_empty(edge::net::Connection::kCloseTimeout + std::chrono::seconds(1), false);
    }
    if (impl.redis) impl.redis->stop(kRedisStopPatience);
    for (const auto& shard : impl.shards) shard->join();
    // Workers and the log writer post to the loops until they end, so the shards' parts go last.
    impl.poster.reset();
    impl.model_route.reset();
    impl.workers.reset();
    impl.log.reset();
    impl.shards.clear();
}

void Node::hurry() {
    {
        const std::lock_guard held(impl_->hurry_mutex);
        impl_->hurried = true;
    }
    impl_->hurry_changed.notify_all();
}

reactor::Endpoint Node::http() const {
    return impl_->http;
}
std::optional<reactor::Endpoint> Node::irc() const {
    return impl_->irc;
}

}  // namespace clamor::app
