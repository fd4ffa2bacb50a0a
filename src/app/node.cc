// SPDX-License-Identifier: Apache-2.0
#include "app/node.h"

#include <condition_variable>
#include <mutex>
#include <random>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
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
#include "app/control.h"
#include "app/data_folder.h"
#include "app/data_lock.h"
#include "app/embed.h"
#include "app/metrics.h"
#include "app/model_adapter.h"
#include "app/node_health.h"
#include "app/node_list.h"
#include "app/node_metrics.h"
#include "app/open_log.h"
#include "app/process_info.h"
#include "app/redis_adapters.h"
#include "app/shard.h"
#include "app/version.h"
#include "auth/checker.h"
#include "auth/curl/jwks_fetcher.h"
#include "auth/key_ring.h"
#include "automod/curl/curl_model_route.h"
#include "base/log.h"
#include "bus/local_bus.h"
#include "bus/redis/link.h"
#include "bus/regions_bus.h"
#include "edge/irc/encoder.h"
#include "eventsub/curl/poster.h"
#include "eventsub/registry.h"
#include "hub/account_limits.h"
#include "hub/gateway.h"
#include "moderation/service.h"
#include "reactor/clock.h"
#include "store/dynamodb/message_log.h"
#include "store/seed.h"
#include "store/sqlite/catalog.h"

namespace clamor::app {

namespace {

using namespace std::chrono_literals;
using edge::net::PortKind;

constexpr auto kTakeOverPoll = 20ms;
constexpr auto kAnnounceStep = 100ms;
constexpr auto kEmptyPoll = 20ms;
/// What was published before the stop is to get its place.
constexpr auto kRedisStopPatience = 2s;

}  // namespace

struct Node::Impl {
    explicit Impl(NodeOptions given)
        : options(std::move(given)),
          addresses(options.connections_per_address),
          viewers(options.shards) {}

    Result<void> take_data_folder();
    Result<void> open_catalog();
    Result<void> open_stores();
    eventsub::Registry::Nodes webhook_nodes();
    void make_token_checker();
    void make_router();
    Result<void> start_redis();
    std::unique_ptr<bus::Bus> make_bus(bus::Receiver& receiver, Scheduler& shard);
    Result<void> start_shards();
    void use(std::shared_ptr<const reactor::TlsContext> tls);
    Result<void> listen(PortKind kind, reactor::Endpoint& at);
    std::size_t connections() const;
    bool wait(std::chrono::milliseconds at_most);
    void pause(std::chrono::milliseconds time);
    /// Blocks. Gives up when the server is stopping meanwhile, unless that is what it is called
    /// for.
    void announce_reconnect(std::chrono::milliseconds within, bool stopping);
    Result<void> start_control();
    Result<edge::net::ListeningSockets> sockets();
    struct Totals {
        std::uint64_t sessions = 0;
        std::uint64_t rooms = 0;
        std::uint64_t messages = 0;
    };
    Totals totals() const;
    std::int64_t uptime_seconds() const {
        const auto uptime = reactor::read_clocks().mono - started_at;
        return std::chrono::floor<std::chrono::seconds>(uptime).count();
    }
    std::string status();
    std::string node_json();
    void stop(std::chrono::milliseconds drain, std::chrono::milliseconds grace);
    api::Health health() const;
    std::vector<ShardCounters> shard_counters() const;

    NodeOptions options;
    DataLock lock;
    std::uint64_t epoch = 0;
    std::unique_ptr<store::Catalog> catalog;
    const store::PoolCounters* pool = nullptr;  ///< the catalog's, where it is in PostgreSQL
    OpenLog message_log;
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
    api::helix::RequestLimits request_limits{
        .helix = api::helix::RateLimiter({.points = options.requests_per_minute})};
    std::unique_ptr<eventsub::Registry> events;
    std::unique_ptr<eventsub::CurlPoster> poster;  ///< of webhooks
    hub::AccountLimits limits;
    edge::irc::IrcEncoder encoder;
    edge::net::AddressCounts addresses;
    edge::irc::AccountWindows accounts;
    ViewerCounts viewers;
    Metrics metrics;
    ReloadCounters reloads;
    Counter certificate_ends;  ///< Unix time in seconds
    std::unique_ptr<api::StaticFiles> static_files;
    std::unique_ptr<api::Router> router;
    std::unique_ptr<hub::Services> services;
    std::unique_ptr<bus::redis::Link> redis;  ///< null: this node is alone
    std::map<unsigned, std::unique_ptr<bus::redis::Link>> other_regions;
    std::unique_ptr<RedisLimits> redis_limits;
    std::unique_ptr<RedisPresence> redis_presence;
    std::unique_ptr<ShardParts> parts;
    std::vector<std::unique_ptr<Shard>> shards;
    Ports ports = options.ports;
    edge::net::ListeningSockets inherited;  ///< of the server before, until the shards have them
    const MonoTime started_at = reactor::read_clocks().mono;
    std::string node_id = "alone";
    const std::string node_name = host_name();
    CpuLoad load{started_at};
    std::unique_ptr<NodeList> nodes = std::make_unique<NodeList>(std::vector<NodesAt>());
    std::atomic<bool> draining{false};
    std::atomic<bool> left{false};  ///< the list of nodes
    bool stopped = false;
    std::mutex announcing;
    std::unique_ptr<ControlServer> control;
    std::mutex hurry_mutex;
    std::condition_variable hurry_changed;
    bool hurried = false;
};

Result<void> Node::Impl::take_data_folder() {
    auto patience = std::chrono::milliseconds(0);
    if (options.take_over) {
        std::error_code unknown;
        const bool same = std::filesystem::equivalent(*options.take_over, options.data, unknown);
        auto sockets = app::take_over(*options.take_over, same);
        if (sockets) {
            inherited = *std::move(sockets);
            if (same) patience = limits::kTakeOverPatience;
            log::info(
                "took the listening sockets of the server before",
                {{"data", options.take_over->string()}, {"sockets", edge::net::count(inherited)}});
        } else if (sockets.error().code == std::errc::no_such_process) {
            log::info("there is no server to take over from",
                      {{"data", options.take_over->string()}});
        } else {
            return tl::unexpected(sockets.error());
        }
    }
    auto taken = lock.take(options.data);
    for (; !taken && taken.error().code == std::errc::device_or_resource_busy &&
           patience > std::chrono::milliseconds(0);
         patience -= kTakeOverPoll) {
        pause(kTakeOverPoll);
        taken = lock.take(options.data);
    }
    return taken;
}

Result<void> Node::Impl::open_catalog() {
    if (!options.postgres) {
        auto opened = store::open_sqlite_catalog({.path = catalog_path(options.data)});
        if (!opened) return tl::unexpected(opened.error());
        catalog = *std::move(opened);
        return {};
    }
    auto opened = store::open_postgres_catalog(*options.postgres);
    if (!opened) return tl::unexpected(opened.error());
    pool = &(*opened)->pool();
    catalog = *std::move(opened);
    return {};
}

Result<void> Node::Impl::open_stores() {
    if (auto taken = take_data_folder(); !taken) return taken;
    if (auto opened = open_catalog(); !opened) return opened;
    auto opened_log = open_log({.data = options.data,
                                .dynamodb = options.dynamodb,
                                .requests = options.dynamodb_requests,
                                .keep_for = options.keep_for,
                                .keep_for_channel = options.keep_for_channel,
                                .region = options.hub.region,
                                .regions = static_cast<unsigned>(options.regions.size())},
                               *catalog);
    if (!opened_log) return tl::unexpected(opened_log.error());
    message_log = *std::move(opened_log);
    options.log.spool.folder = spool_path(options.data);
    options.log.writer.refused_path = refused_path(options.data);
    options.log.write_left_later = message_log.remote != nullptr;
    auto spooled = store::SpooledLog::open(message_log.log(), options.log);
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
                                     .raid_countdown = options.raid_countdown,
                                     .vips_per_channel = options.vips_per_channel,
                                     .classifier = options.classifier});
    if (options.model) {
        model_route = std::make_unique<automod::CurlModelRoute>(*options.model);
        model = std::make_unique<ModelAdapter>(*model_route);
    }
    hubs.resize(options.shards);
    gateway =
        std::make_unique<hub::HubGateway>(hubs, *workers, *catalog, options.dev, options.whispers);
    make_token_checker();
    events = std::make_unique<eventsub::Registry>(
        *workers, *catalog,
        eventsub::Registry::Options{
            .random = random_bits,
            .reconnect_base =
                [this] { return "ws://" + ports.at(PortKind::http).to_string() + "/ws"; },
            .webhooks = true,
            .plain_http_webhooks = options.dev,
            .private_callbacks = options.private_callbacks,
            .nodes = options.redis ? webhook_nodes() : eventsub::Registry::Nodes{}});
    poster = std::make_unique<eventsub::CurlPoster>(
        eventsub::CurlPoster::Options{.private_addresses = options.private_callbacks});
    return {};
}

/// What the registry of webhooks asks of the other nodes, by way of a link that is made later.
eventsub::Registry::Nodes Node::Impl::webhook_nodes() {
    return {.tell =
                [this](const std::string& id, std::string_view status) {
                    gateway->tell_nodes(
                        hub::news::WebhookChanged{.id = id, .status = std::string(status)});
                },
            .claim = [this](const std::string& id,
                            auto done) { claim_webhook(*redis, id, std::move(done)); }};
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
    HealthSources sources{.log = *log,
                          .message_log = message_log,
                          .redis = redis.get(),
                          .postgres = pool,
                          .stopping = draining};
    for (const auto& [region, link] : other_regions)
        sources.other_regions.emplace_back(options.regions[region].name, link.get());
    return health_of(sources);
}

Node::Impl::Totals Node::Impl::totals() const {
    Totals all;
    for (const auto& shard : shards) {
        const ShardCounters counters = shard->counters();
        all.sessions += counters.hub.members.value();
        all.rooms += counters.hub.rooms.value();
        all.messages += counters.hub.messages_accepted.value();
    }
    return all;
}

/// What this node says of itself to whoever asks for the nodes of the cluster.
std::string Node::Impl::node_json() {
    const Now now = reactor::read_clocks();
    const Totals all = totals();
    nlohmann::ordered_json said{{"id", node_id},
                                {"name", node_name},
                                {"http", ports.at(PortKind::http).to_string()},
                                {"version", kVersion},
                                {"uptime_seconds", uptime_seconds()},
                                {"connections", connections()},
                                {"rooms", all.rooms},
                                {"messages_accepted", all.messages},
                                {"cpu", load.share(now.mono)},
                                {"ready", health().not_ready.empty()},
                                {"draining", draining.load()},
                                {"seen_at", unix_ms(now.wall)}};
    if (options.number != 0) said["node"] = options.number;
    return said.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
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
        .viewers =
            [this](const std::vector<ChannelId>& channels) {
                return viewers.of(channels, reactor::read_clocks().mono);
            },
        .nodes = [this] { return nodes->list(node_json(), !left).dump(); },
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
    add_metrics_route(*router, *workers, metrics);
    static_files = std::make_unique<api::StaticFiles>(
        web_files(), api::StaticFiles::Options{.frame_ancestors = options.frame_ancestors});
    static_files->take_rest_of(*router);
}

Result<void> Node::Impl::start_redis() {
    if (!options.redis) return {};
    const auto link = [this](const bus::redis::Url& url, std::uint64_t node, unsigned region) {
        return bus::redis::Link::start({.url = url,
                                        .tls = options.redis_tls,
                                        .node = node,
                                        .seed = random_bits(),
                                        .region = region,
                                        .follows = region != options.hub.region},
                                       *workers);
    };
    auto own = link(*options.redis, random_bits(), options.hub.region);
    if (!own) return tl::unexpected(own.error());
    redis = *std::move(own);
    std::vector<NodesAt> at{{options.region_name(), redis.get()}};
    for (unsigned i = 0; i < options.regions.size(); ++i) {
        if (i == options.hub.region) continue;
        auto other = link(options.regions[i].url, redis->node(), i);
        if (!other) return tl::unexpected(other.error());
        at.push_back({options.regions[i].name, other->get()});
        other_regions.emplace(i, *std::move(other));
    }
    nodes = std::make_unique<NodeList>(std::move(at));
    redis_limits = std::make_unique<RedisLimits>(*redis);
    redis_presence = std::make_unique<RedisPresence>(*redis);
    viewers.join_nodes(*redis_presence);
    node_id = fmt::format("{:016x}", redis->node());
    return {};
}

std::unique_ptr<bus::Bus> Node::Impl::make_bus(bus::Receiver& receiver, Scheduler& shard) {
    if (!redis) return std::make_unique<bus::LocalBus>(receiver, epoch);
    if (other_regions.empty()) return redis->make_bus(receiver, shard);
    std::vector<bus::RegionsBus::MakeBus> regions;
    for (unsigned i = 0; i < options.regions.size(); ++i) {
        bus::redis::Link& link = i == options.hub.region ? *redis : *other_regions.at(i);
        regions.emplace_back(
            [&link, &shard](bus::Receiver& from) { return link.make_bus(from, shard); });
    }
    return std::make_unique<bus::RegionsBus>(receiver, options.hub.region, regions);
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
                   .shared_limits = redis_limits.get(),
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
    if (message_log.remote)
        register_dynamodb_metrics(metrics, message_log.remote->counters(), *message_log.remote);
    register_token_metrics(metrics, *tokens, *keys);
    register_request_metrics(metrics, request_limits);
    if (redis) {
        register_redis_metrics(metrics, redis->counters());
        register_node_list_metrics(metrics, *nodes, gateway->news_unreadable());
        for (const auto& [region, link] : other_regions)
            register_region_metrics(metrics, options.regions[region].name, link->counters());
        gateway->join_nodes(
            services->make_bus, *redis_limits,
            {.webhook_changed =
                 [this](const hub::news::WebhookChanged& what) {
                     events->webhook_changed(what.id, what.status, reactor::read_clocks().wall);
                 },
             .missed = [this] { events->look_at_webhooks(reactor::read_clocks().wall); }});
        parts->upkeep.push_back({limits::kPresenceEvery, [this] {
                                     if (left) return;
                                     nodes->look(node_json(), [this] { gateway->node_lost(); });
                                 }});
        parts->upkeep.push_back({limits::kWebhooksLookedAt, [this] {
                                     events->look_at_webhooks(reactor::read_clocks().wall);
                                 }});
    }
    register_node_info(metrics, options, node_name);
    if (pool != nullptr) register_pool_metrics(metrics, *pool);
    register_health_metrics(metrics, [this] { return health(); });
    register_reload_metrics(metrics, reloads);
    if (options.tls) register_tls_metrics(metrics, certificate_ends);
    register_classifier_metrics(metrics, moderation->automod());
    if (model_route) register_model_metrics(metrics, *model_route);
    for (const auto& shard : shards) shard->go();
    if (options.tls) use(options.tls);
    gateway->wake_rooms();
    if (auto restored = events->restore_webhooks(reactor::read_clocks().wall); !restored)
        return restored;
    // The first shard may choose the port; the others share it by SO_REUSEPORT.
    for (auto& [kind, at] : ports) {
        if (auto listening = listen(kind, at); !listening) return listening;
    }
    return {};
}

/// Inherited sockets go round the shards, all of them: what waits in one that is closed is lost.
Result<void> Node::Impl::listen(PortKind kind, reactor::Endpoint& at) {
    std::vector<reactor::Fd> sockets = std::move(inherited[kind]);
    if (sockets.empty()) {
        if (auto free = check_free(at); !free) return free;
    }
    for (std::size_t i = 0; i < std::max(sockets.size(), shards.size()); ++i) {
        Shard& shard = *shards[i % shards.size()];
        auto bound =
            i < sockets.size() ? shard.listen(kind, std::move(sockets[i])) : shard.listen(kind, at);
        if (!bound) return tl::unexpected(bound.error());
        at = *bound;
    }
    return {};
}

void Node::Impl::use(std::shared_ptr<const reactor::TlsContext> tls) {
    certificate_ends.set(unix_ms(tls->certificate_ends()) / 1000);
    for (const auto& shard : shards) shard->use(tls);
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
    impl.shards.front()->start_upkeep();
    if (auto started = impl.start_control(); !started) return tl::unexpected(started.error());
    return node;
}

std::size_t Node::Impl::connections() const {
    std::size_t all = 0;
    for (const auto& shard : shards) all += shard->counters().net.connections.value();
    return all;
}

/// False when it was ended by hurry().
bool Node::Impl::wait(std::chrono::milliseconds at_most) {
    std::unique_lock held(hurry_mutex);
    return !hurry_changed.wait_for(held, at_most, [this] { return hurried; });
}

void Node::Impl::pause(std::chrono::milliseconds time) {
    std::unique_lock held(hurry_mutex);
    hurry_changed.wait_for(held, time, [] { return false; });
}

void Node::Impl::announce_reconnect(std::chrono::milliseconds within, bool stopping) {
    const std::lock_guard one_at_a_time(announcing);
    const auto steps = std::max<std::size_t>(1, static_cast<std::size_t>(within / kAnnounceStep));
    const std::size_t a_step = std::max<std::size_t>(
        options.reconnects_per_second * kAnnounceStep / std::chrono::seconds(1),
        connections() / steps + 1);
    const std::size_t each = a_step / shards.size() + 1;
    for (const auto& shard : shards) shard->announce_from_the_start();
    while (true) {
        bool more = false;
        for (const auto& shard : shards) more = shard->announce_reconnect(each) || more;
        if (!more || (draining && !stopping)) return;
        // Who is in a hurry has the rest told at once.
        (void)wait(kAnnounceStep);
    }
}

void Node::stop() {
    impl_->stop(impl_->options.drain, limits::kReconnectGrace);
}

void Node::stop_soon() {
    impl_->stop(limits::kHandOverDrain, limits::kHandOverDrain);
}

void Node::Impl::stop(std::chrono::milliseconds drain, std::chrono::milliseconds grace) {
    if (stopped) return;
    stopped = true;
    draining = true;
    control.reset();
    const bool serving = !shards.empty() && shards.back()->running();
    if (serving) {
        for (const auto& shard : shards) shard->stop_listening();
        for (const auto& shard : shards) shard->close_events();
        announce_reconnect(drain - grace, true);
        const auto all_empty = [&] {
            for (const auto& shard : shards) {
                if (!shard->empty()) return false;
            }
            return true;
        };
        for (auto waited = 0ms; waited < grace && !all_empty() && wait(kEmptyPoll);) {
            waited += kEmptyPoll;
        }
        for (const auto& shard : shards) shard->close_all();
        const auto at_most = edge::net::Connection::kCloseTimeout + std::chrono::seconds(1);
        for (auto waited = 0ms; waited < at_most && !all_empty(); waited += kEmptyPoll)
            pause(kEmptyPoll);
    }
    if (redis) {
        left = true;
        redis->report(ChannelId{}, leaving(node_id), [](auto) {});
        redis->stop(kRedisStopPatience);
    }
    for (const auto& [region, link] : other_regions) link->stop(std::chrono::milliseconds(0));
    for (const auto& shard : shards) shard->join();
    // Workers and the log writer post to the loops until they end, so the shards' parts go last.
    poster.reset();
    model_route.reset();
    workers.reset();
    log.reset();
    shards.clear();
}

Result<void> Node::Impl::start_control() {
    if (!options.ask_to_end) return {};
    auto started = ControlServer::start(
        options.data, {.status = [this] { return status(); },
                       .reconnect = [this] { announce_reconnect(options.drain, false); },
                       .drain = [this] { options.ask_to_end(false); },
                       .hand_over = [this] { return sockets(); },
                       .handed_over = options.ask_to_end});
    if (!started) return tl::unexpected<Error>(started.error());
    control = *std::move(started);
    return {};
}

Result<edge::net::ListeningSockets> Node::Impl::sockets() {
    edge::net::ListeningSockets all;
    for (const auto& shard : shards) {
        auto sockets = shard->sockets();
        if (!sockets) return sockets;
        for (auto& [kind, some] : *sockets) {
            for (reactor::Fd& socket : some) all[kind].push_back(std::move(socket));
        }
    }
    return all;
}

std::string Node::Impl::status() {
    const Totals all = totals();
    const api::Health now = health();
    nlohmann::json dependencies = nlohmann::json::object();
    for (const api::Dependency& one : now.dependencies) dependencies[one.name] = one.status();
    nlohmann::json said{{"version", kVersion},
                        {"pid", ::getpid()},
                        {"uptime_seconds", uptime_seconds()},
                        {"connections", connections()},
                        {"sessions", all.sessions},
                        {"channels", all.rooms},
                        {"messages_accepted", all.messages},
                        {"ready", now.not_ready.empty()},
                        {"not_ready", now.not_ready},
                        {"degraded", now.degraded},
                        {"dependencies", dependencies},
                        {"nodes", nodes->list(node_json(), !left)}};
    for (const PortKind kind : edge::net::kPortKinds)
        said[std::string(name_of(kind))] = address_at(ports, kind);
    return said.dump();
}

void Node::hurry() {
    {
        const std::lock_guard held(impl_->hurry_mutex);
        impl_->hurried = true;
    }
    impl_->hurry_changed.notify_all();
}

void Node::use(std::shared_ptr<const automod::Classifier> classifier) {
    impl_->gateway->use_classifier(classifier);
    impl_->moderation->automod().use(std::move(classifier));
}
std::shared_ptr<const automod::Classifier> Node::classifier() const {
    return impl_->moderation->automod().classifier();
}
Node::ReloadCounters& Node::reloads() {
    return impl_->reloads;
}

void Node::use(std::shared_ptr<const reactor::TlsContext> tls) {
    impl_->use(std::move(tls));
}

const Ports& Node::ports() const {
    return impl_->ports;
}

}  // namespace clamor::app
