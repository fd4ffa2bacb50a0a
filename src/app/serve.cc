// SPDX-License-Identifier: Apache-2.0
#include "app/serve.h"

#include <algorithm>
#include <atomic>
#include <iostream>
#include <thread>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "app/client_secret.h"
#include "app/node.h"
#include "app/regions.h"
#include "app/reload.h"
#include "app/version.h"
#include "auth/key.h"
#include "base/log.h"
#include "store/postgres/url.h"
#include "store/sqlite/catalog.h"

namespace clamor::app {

using edge::net::PortKind;

namespace {

int fail_to_start(const std::string& why) {
    std::cerr << "clamor: " << why << '\n';
    return 1;
}

/// A connection is a descriptor: take as many as the system allows without being asked.
void raise_open_files() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// What a busy turn took from the heap goes back to it, not to the system: the next turn takes it
/// again, and each way costs calls and page faults.
void keep_freed_memory() {
    ::mallopt(M_TRIM_THRESHOLD, 64 * 1024 * 1024);
    ::mallopt(M_MMAP_THRESHOLD, 4 * 1024 * 1024);
}

/// The signals that the main thread waits for; blocked before any thread starts, so that all
/// inherit it.
sigset_t block_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    ::signal(SIGHUP, SIG_DFL);  // nobody can wait for one that is ignored, as it is under nohup
    ::signal(SIGPIPE, SIG_IGN);
    ::signal(SIGXFSZ,
             SIG_IGN);  // a file at its size limit is a full disk: the log waits and says so
    return set;
}

/// Keys and secrets are read here, once.
Result<void> read_auth(const AuthConfig& config, NodeOptions& options) {
    for (const auto& path : config.jwt_keys) {
        auto keys = auth::load_public_keys(path);
        if (!keys) return tl::unexpected(keys.error());
        options.token_keys.insert(options.token_keys.end(), keys->begin(), keys->end());
    }
    for (const auto& path : config.jwt_secrets) {
        auto key = auth::load_secret(path);
        if (!key) return tl::unexpected(key.error());
        options.token_keys.push_back(*std::move(key));
    }
    for (const auto& client : config.clients) {
        auto secret = read_client_secret(client.secret_file);
        if (!secret) return tl::unexpected(secret.error());
        options.clients.push_back({client.id, *std::move(secret)});
    }
    options.jwks_url = config.jwks_url;
    options.jwt.issuer = config.jwt_issuer;
    options.jwt.audience = config.jwt_audience;
    return {};
}

Result<NodeOptions> node_options(const Config& config) {
    NodeOptions options;
    options.data = config.server.data;
    options.number = config.server.node;
    options.dev = config.server.dev;
    options.private_callbacks = config.server.dev || config.eventsub.private_callbacks;
    const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
    options.shards =
        config.server.shards != 0 ? config.server.shards : static_cast<std::uint16_t>(cores);
    options.engine = config.server.reactor;
    bool loopback = true;
    for (const PortKind kind : edge::net::kPortKinds) {
        const std::string& address = config.server.address(kind);
        if (address.empty()) continue;
        auto at = reactor::Endpoint::parse(address);
        if (!at) return tl::unexpected(at.error());
        loopback &= at->is_loopback();
        options.ports.emplace(kind, *at);
    }
    auto tls = tls_of(config.server);
    if (!tls) return tl::unexpected(tls.error());
    options.tls = *std::move(tls);
    if (config.server.dev && !loopback && !config.server.dev_beyond_loopback) {
        return fail(std::errc::operation_not_permitted,
                    "--dev lets everybody log in as anybody, so it listens on loopback only; give "
                    "127.0.0.1 addresses, or "
                    "set [server] dev_beyond_loopback = true if that is what you want");
    }
    if (!config.catalog.url.empty()) {
        options.postgres =
            store::PostgresCatalogOptions{.url = config.catalog.url,
                                          .connections = config.catalog.connections,
                                          .statement_timeout = config.catalog.statement_timeout,
                                          .clock = &store::system_time};
    }
    options.public_url = config.server.public_url;
    if (auto read = read_auth(config.auth, options); !read) return tl::unexpected(read.error());
    options.hold_for = config.automod.hold_for;
    auto classifier = classifier_of(config.automod);
    if (!classifier) return tl::unexpected(classifier.error());
    options.classifier = *std::move(classifier);
    if (!config.automod.model.url.empty()) options.model = route_options(config.automod.model);
    options.redis_tls = config.redis.tls;
    if (!config.redis.url.empty()) {
        auto url = bus::redis::parse_url(config.redis.url);
        if (!url) return tl::unexpected(url.error());
        options.redis = *std::move(url);
    }
    if (!config.redis.regions.empty()) {
        auto regions = read_regions(config.redis.regions);
        if (!regions) return tl::unexpected(regions.error());
        options.regions = *std::move(regions);
        for (unsigned i = 0; i < options.regions.size(); ++i) {
            if (options.regions[i].name == config.redis.region) options.hub.region = i;
        }
        options.redis = options.regions[options.hub.region].url;
    }
    const LimitsConfig& limits = config.limits;
    options.connections_per_address = limits.connections_per_address;
    options.raid_countdown = limits.raid_countdown;
    options.vips_per_channel = limits.vips_per_channel;
    options.requests_per_minute = limits.requests_per_minute;
    options.hub.coalesce_max = limits.coalesce_max;
    options.hub.message_limits.viewer.count = limits.messages_viewer;
    options.hub.message_limits.moderator.count = limits.messages_moderator;
    options.hub.message_limits.verified_bot.count = limits.messages_verified_bot;
    options.hub.role_changes.count = limits.role_changes_per_10s;
    options.whispers.per_second.count = limits.whispers_per_second;
    options.whispers.per_minute.count = limits.whispers_per_minute;
    options.whispers.recipients.count = limits.whisper_recipients_per_day;
    options.sessions.registration_timeout = limits.registration_timeout;
    options.sessions.ping_after_silence = limits.ping_after;
    options.sessions.pong_timeout = limits.pong_timeout;
    options.sessions.rooms_max = limits.rooms_per_connection;
    options.sessions.joins.count = limits.joins_per_10s;
    options.sessions.joins_verified_bot.count = limits.joins_per_10s_verified_bot;
    options.sessions.limit_logins = !config.server.dev;
    options.sessions.logins.count = limits.logins_per_10s;
    options.sessions.logins_verified_bot.count = limits.logins_per_10s_verified_bot;
    options.sessions.outbox_soft_bytes = limits.outbox_soft_bytes;
    options.sessions.outbox_hard_bytes = limits.outbox_hard_bytes;
    options.sessions.outbox_age = limits.outbox_age;
    options.mailbox_tasks = limits.mailbox;
    options.reconnects_per_second = limits.reconnects_per_second;
    options.drain = limits.drain;
    options.log.writer.queue_max = limits.log_queue;
    options.log.spool.bytes_max = limits.spool_bytes;
    options.dynamodb = config.dynamodb.url;
    options.dynamodb_requests = config.dynamodb.requests;
    options.keep_for = std::chrono::days(config.dynamodb.keep_days);
    if (const auto days = days_by_login(config.dynamodb.keep_days_of)) {
        for (const auto& [login, number] : *days)
            options.keep_for_channel[login] = std::chrono::days(number);
    }
    const bool all_origins =
        std::find(config.web.allowed_origins.begin(), config.web.allowed_origins.end(), "*") !=
        config.web.allowed_origins.end();
    options.api_origins = config.web.allowed_origins;
    if (!all_origins) options.server.allowed_origins = config.web.allowed_origins;
    options.server.trusted_proxies = config.server.trusted_proxies;
    options.frame_ancestors = config.web.frame_ancestors;
    return options;
}

/// Where the page is, and IRC over WebSocket and TCP.
void print_addresses(const Ports& ports, bool tls) {
    const auto web = tls ? PortKind::https : PortKind::http;
    const auto irc = tls ? PortKind::ircs : PortKind::irc;
    const std::string_view s = tls ? "s" : "";
    std::vector<std::string> ways;
    if (ports.contains(web)) {
        const std::string at = address_at(ports, web);
        std::cout << fmt::format("  open      http{}://{}/\n", s, at);
        ways.push_back(fmt::format("ws{}://{}/", s, at));
    }
    if (ports.contains(irc)) ways.push_back(address_at(ports, irc) + (tls ? " (TLS)" : ""));
    if (!ways.empty()) std::cout << fmt::format("  IRC       {}\n", fmt::join(ways, "  and  "));
}

}  // namespace

int run_serve(const ServeCommand& command) {
    Config config = command.config;
    log::setup(config.log.level, config.log.json, config.server.node);
    raise_open_files();
    keep_freed_memory();
    const sigset_t signals = block_signals();
    auto options = node_options(config);
    if (!options) return fail_to_start(options.error().to_string());
    options->take_over = command.take_over;
    std::atomic<bool> soon{false};
    options->ask_to_end = [&soon](bool hurry) {
        soon = hurry;
        ::kill(::getpid(), SIGTERM);
    };
    auto started = Node::start(*std::move(options));
    if (!started) return fail_to_start(started.error().to_string());
    Node& node = **started;
    const Ports& ports = node.ports();
    log::info("clamor serves", {{"version", kVersion},
                                {"http", address_at(ports, PortKind::http)},
                                {"irc", address_at(ports, PortKind::irc)},
                                {"https", address_at(ports, PortKind::https)},
                                {"ircs", address_at(ports, PortKind::ircs)},
                                {"data", config.server.data},
                                {"catalog", config.catalog.url.empty()
                                                ? "in the data folder"
                                                : store::without_password(config.catalog.url)},
                                {"dev", config.server.dev}});
    std::cout << "clamor " << kVersion << '\n';
    for (const bool tls : {false, true}) print_addresses(ports, tls);
    if (config.server.dev) {
        std::cout << "  dev mode  any name logs in with PASS oauth:anything; channels come into "
                     "being when named\n";
    }
    std::cout << std::flush;

    int signal = 0;
    for (sigwait(&signals, &signal); signal == SIGHUP; sigwait(&signals, &signal))
        reload(node, config, command.read_again);
    log::info("stopping; a second signal ends the wait for clients", {{"signal", signal}});
    std::thread second([&] {
        int again = SIGHUP;
        while (again == SIGHUP) sigwait(&signals, &again);
        node.hurry();
    });
    soon ? node.stop_soon() : node.stop();
    ::pthread_kill(second.native_handle(), SIGTERM);
    second.join();
    log::info("stopped");
    return 0;
}

}  // namespace clamor::app
