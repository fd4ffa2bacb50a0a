// SPDX-License-Identifier: Apache-2.0
#include "bus/redis/link.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <pthread.h>

#include "base/check.h"
#include "base/log.h"
#include "bus/redis/link_impl.h"

/// The thread of a link, and the servers that it is connected to.
namespace clamor::bus::redis {

namespace {

constexpr std::chrono::milliseconds kTick{20};
constexpr std::chrono::seconds kPingEvery{1};
constexpr std::chrono::milliseconds kFindEvery{250};
constexpr std::string_view kSentinelLogin =
    "; the sentinels' own login is ?sentinel_user=USER&sentinel_password=PASSWORD at the end of "
    "the "
    "address";

std::string to_address(std::string_view host, std::string_view port) {
    const bool bare_v6 = host.find(':') != std::string_view::npos;
    return bare_v6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

/// Of an address as above, without the brackets.
std::string host_of(std::string_view address) {
    std::string_view host = address.substr(0, address.rfind(':'));
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    return std::string(host);
}

bool is_about_login(std::string_view error) {
    return error.starts_with("NOAUTH") || error.starts_with("WRONGPASS") ||
           error.starts_with("ERR AUTH");
}

}  // namespace

bool is_about_slots(std::string_view error) {
    for (const std::string_view kind : {"MOVED ", "ASK ", "TRYAGAIN", "CLUSTERDOWN"}) {
        if (error.starts_with(kind)) return true;
    }
    return false;
}

bool passes(std::string_view error) {
    return error.starts_with("CLAMOR") || error.starts_with("OOM");
}

Link::Impl::Impl(LinkOptions given, Executor& resolver)
    : options(std::move(given)),
      resolver_(resolver),
      loops_(1),
      random_(options.seed),
      slots_(kSlots),
      node_field_(fmt::format("n{:016x}", options.node)) {}

Link::Impl::~Impl() {
    stop(std::chrono::milliseconds(0));
}

Result<void> Link::Impl::start() {
    if (options.url.tls) {
        auto loaded = reactor::TlsContext::for_client(options.tls, "redis");
        if (!loaded) return tl::unexpected(loaded.error());
        tls_ = *std::move(loaded);
    }
    started_.emplace();
    auto started = started_->get_future();
    thread_ = std::thread([this] { run(); });
    return started.get();
}

void Link::Impl::run() {
    pthread_setname_np(pthread_self(), "redis");
    auto engine = reactor::make_engine(reactor::EngineKind::epoll, {});
    if (!engine) return started_->set_value(tl::unexpected(engine.error()));
    loop_ = std::make_unique<reactor::Loop>(ShardId(0), std::move(engine->engine), &loops_);
    loops_[0] = loop_.get();
    home_ = loop_.get();
    engine_ = &loop_->engine();
    begin();
    loop_->run();
    // Who waits for an answer gets one.
    end_asked(MonoTime::max());
    servers_.clear();
    finder_.reset();
}

void Link::Impl::start_on(Scheduler& home, reactor::Engine& engine) {
    home_ = &home;
    engine_ = &engine;
    begin();
}

void Link::Impl::begin() {
    home_->call_at(now() + limits::kRedisConnectTimeout, [this] {
        if (!started_) return;
        log::warn("Redis is not there yet: this node goes on alone until it is",
                  {{"url", options.url.to_string()}, {"why", last_failure_}});
        first_news({});
    });
    want_servers();
    find_servers();
    tick();
}

void Link::Impl::first_news(Result<void> news) {
    if (!started_) return;
    started_->set_value(std::move(news));
    started_.reset();
}

void Link::Impl::stop(std::chrono::milliseconds patience) {
    if (home_ != nullptr && !loop_) return;  // what ends the caller's thread ends this
    if (thread_.joinable()) {
        if (loop_) {
            std::promise<void> drained;
            auto end = drained.get_future();
            post([this, &drained, patience] {
                in_a_hurry_ = true;
                for (auto& [id, channel] : channels_) pump(*channel);
                drain(now() + patience, drained);
            });
            end.get();
            loop_->stop();
        }
        thread_.join();
    }
    // What looks up a name tells us in the end.
    for (int left = lookups_.load(); left > 0; left = lookups_.load()) lookups_.wait(left);
}

void Link::Impl::drain(MonoTime until, std::promise<void>& drained) {
    const std::uint64_t left = counters.kept.value();
    if (left > 0 && now() < until) {
        home_->call_at(now() + kTick, [this, until, &drained] { drain(until, drained); });
        return;
    }
    if (left > 0) {
        counters.lost.add(left);
        log::error("messages that Redis did not get are lost; nobody has had an echo of them",
                   {{"messages", left}});
    }
    stopped_ = true;
    flush();
    drained.set_value();
}

void Link::Impl::subscribe(std::shared_ptr<Port> port, ChannelId channel,
                           std::uint64_t subscription, Position last) {
    post([this, port = std::move(port), channel, subscription, last]() mutable {
        start_channel(std::move(port), channel, subscription, last);
    });
}

void Link::Impl::unsubscribe(ChannelId channel, std::uint64_t subscription) {
    post([this, channel, subscription] { end_channel(channel, subscription); });
}

void Link::Impl::publish(ChannelId channel, std::uint64_t subscription, std::string_view bytes) {
    kept_bytes_.fetch_add(bytes.size(), std::memory_order_relaxed);
    post([this, channel, subscription, bytes = std::string(bytes)]() mutable {
        take_publish(channel, subscription, std::move(bytes));
    });
}

// Servers ---------------------------------------------------------------------------------------

Server& Link::Impl::add_server(const std::string& address) {
    auto& slot = servers_[address];
    if (slot) {
        slot->unwanted = false;
        return *slot;
    }
    slot = std::make_unique<Server>();
    Server& server = *slot;
    server.address = address;
    const Connection::Login login{.user = options.url.user,
                                  .password = options.url.password,
                                  .database = options.url.database,
                                  .name = "clamor-" + node_field_,
                                  .tls = tls_};
    server.commands = std::make_unique<Connection>(
        *home_, *engine_, login,
        Connection::Owner{
            .opened = [this, &server] { logged_in(server); },
            .pushed = {},
            .closed = [this, &server](const std::string& why,
                                      bool refused) { closed(server, why, refused); }});
    server.topics = std::make_unique<Connection>(
        *home_, *engine_, login,
        Connection::Owner{
            .opened = [this, &server] { listen_around(server); },
            .pushed = [this, &server](const Reply& push) { pushed(server, push); },
            .closed = [this, &server](const std::string& why,
                                      bool refused) { closed(server, why, refused); }});
    return server;
}

void Link::Impl::connect_soon(Server& server) {
    auto pause = limits::kRedisPauseMin * (1u << std::min(server.failures, 10u));
    pause = std::min<std::chrono::milliseconds>(pause, limits::kRedisPauseMax);
    // Nodes that lost the same server do not come back all at once.
    std::uniform_int_distribution<std::int64_t> jitter(pause.count() / 2, pause.count());
    server.again_at = now() + std::chrono::milliseconds(jitter(random_));
}

void Link::Impl::connect(Server& server) {
    server.state = Server::State::looking_up;
    look_up(server.address, [this, address = server.address](Result<reactor::Endpoint> found) {
        resolved(address, std::move(found));
    });
}

/// A name takes a worker's time; `done` comes on our thread.
void Link::Impl::look_up(const std::string& address,
                         std::function<void(Result<reactor::Endpoint>)> done) {
    lookups_.fetch_add(1);
    const bool queued = resolver_.post([this, address, done] {
        post([done, found = reactor::Endpoint::parse(address)]() mutable {
            done(std::move(found));
        });
        lookups_.fetch_sub(1);
        lookups_.notify_all();
    });
    if (queued) return;
    lookups_.fetch_sub(1);
    done(fail(std::errc::resource_unavailable_try_again));
}

void Link::Impl::resolved(const std::string& address, Result<reactor::Endpoint> found) {
    const auto at = servers_.find(address);
    if (at == servers_.end() || at->second->state != Server::State::looking_up) return;
    Server& server = *at->second;
    if (!found) {
        const bool nonsense = found.error().code == std::errc::invalid_argument;
        return closed(server, found.error().to_string(), nonsense);
    }
    server.state = Server::State::opening;
    server.commands->connect(*found, host_of(address));
    server.topics->connect(*found, host_of(address));
}

void Link::Impl::opened(Server& server) {
    if (server.state != Server::State::opening || !server.may_listen || !server.topics->is_open() ||
        !server.commands->is_open() || server.commands->unanswered() > 0)
        return;
    server.state = Server::State::up;
    server.failures = 0;
    server.stalled = false;
    server.pinged_at = now();
    counters.connects.add();
    log::info("connected to Redis",
              {{"server", server.address}, {"client", "clamor-" + node_field_}});
    if (!receiving_) server.topics->set_receiving(false);
    if (options.url.mode != Mode::cluster) {
        std::fill(slots_.begin(), slots_.end(), &server);
        for (auto& [id, channel] : channels_) move(*channel, &server);
    }
    note_state();
    if (connected.load(std::memory_order_relaxed)) first_news({});
    server_up(server);
}

/// What a server says or does makes no sense, or it cannot be used now: begin again.
void Link::Impl::trouble(Server& server, const std::string& why) {
    server.commands->close(why);
    server.topics->close(why);
}

void Link::Impl::closed(Server& server, const std::string& why, bool refused) {
    const bool was_up = server.state == Server::State::up;
    server.commands->close(why);
    server.topics->close(why);
    if (was_up || why != server.last_failure)
        log::warn("no connection to Redis", {{"server", server.address}, {"why", why}});
    last_failure_ = server.last_failure = why;
    if (refused) {
        first_news(fail(std::errc::permission_denied,
                        fmt::format("Redis at {} cannot be used: {}", server.address, why)));
    }
    if (server.state != Server::State::waiting) {
        server.state = Server::State::waiting;
        server.stalled = false;
        counters.failures.add();
        connect_soon(server);
        ++server.failures;
        note_state();
        want_servers();
        // Also those who ask other servers: they will ask again.
        end_asked(MonoTime::max());
        server_down(server);
    }
}

/// An answer that is an error: the slot has moved or will soon be there, or the server is no good.
void Link::Impl::failed(Server& server, std::string_view error) {
    if (is_about_slots(error)) return want_servers();
    if (passes(error)) return;
    trouble(server, std::string(error));
}

void Link::Impl::want_servers() {
    wanted_ = options.url.mode != Mode::direct;
}

/// Which servers are there to connect to, and who has which slot.
void Link::Impl::find_servers() {
    if (options.url.mode == Mode::direct) {
        // All are asked at once: the master is the one that says so.
        for (const std::string& address : options.url.addresses) connect(add_server(address));
        return;
    }
    if (!finder_) {
        const bool sentinel = options.url.mode == Mode::sentinel;
        finder_ = std::make_unique<Connection>(
            *home_, *engine_,
            Connection::Login{
                .user = sentinel ? options.url.sentinel_user : options.url.user,
                .password = sentinel ? options.url.sentinel_password : options.url.password,
                .database = 0,
                .name = "clamor-" + node_field_,
                .tls = tls_},
            Connection::Owner{
                .opened = [this] { finder_opened(); },
                .pushed = {},
                .closed =
                    [this, sentinel](const std::string& why, bool refused) {
                        finding_ = false;
                        if (!wanted_) return;
                        last_failure_ = why;
                        if (refused)
                            first_news(
                                fail(std::errc::permission_denied,
                                     fmt::format(
                                         "{} at {} cannot be used: {}{}",
                                         sentinel ? "the sentinel" : "Redis", finder_address_, why,
                                         sentinel && is_about_login(why) ? kSentinelLogin : "")));
                    }});
    }
    if (finding_ || !finder_->is_closed()) return;
    std::vector<std::string> candidates = options.url.addresses;
    if (options.url.mode == Mode::cluster) {
        for (const auto& [address, server] : servers_) candidates.push_back(address);
    }
    finding_ = true;
    found_at_ = now();
    finder_address_ = candidates[next_address_++ % candidates.size()];
    look_up(finder_address_, [this](const Result<reactor::Endpoint>& found) {
        if (found && !stopped_) return finder_->connect(*found, host_of(finder_address_));
        finding_ = false;
        if (!found) last_failure_ = found.error().to_string();
    });
}

void Link::Impl::finder_opened() {
    if (options.url.mode == Mode::sentinel) {
        finder_->ask({"SENTINEL", "get-master-addr-by-name", options.url.master},
                     [this](const Reply& reply) { took_master(reply); });
    } else {
        finder_->ask({"CLUSTER", "SLOTS"}, [this](const Reply& reply) { took_slots(reply); });
    }
}

void Link::Impl::took_master(const Reply& reply) {
    if (reply.size() != 2) {
        const std::string why = fmt::format("the sentinel at {} knows no master '{}'",
                                            finder_address_, options.url.master);
        first_news(fail(std::errc::invalid_argument, why));
        return finder_->close(why);
    }
    wanted_ = false;
    const std::string address = to_address(reply[0].text(), reply[1].text());
    for (const auto& [other, server] : servers_) server->unwanted = other != address;
    add_server(address);
    finder_->close("it has said what was asked");
    forget_unwanted();
}

void Link::Impl::took_slots(const Reply& reply) {
    if (reply.size() == 0) {
        const bool no_cluster = reply.text().find("cluster support disabled") != std::string::npos;
        if (no_cluster) {
            first_news(fail(std::errc::not_supported,
                            fmt::format("Redis at {} is no node of a Redis Cluster; the address "
                                        "begins with redis:// then",
                                        finder_address_)));
        }
        return finder_->close(reply.is_error() ? std::string(reply.text())
                                               : "the cluster has no slots yet");
    }
    wanted_ = false;
    const std::string asked_host = finder_address_.substr(0, finder_address_.rfind(':'));
    for (const auto& [address, server] : servers_) server->unwanted = true;
    std::fill(slots_.begin(), slots_.end(), nullptr);
    for (std::size_t i = 0; i < reply.size(); ++i) {
        const Reply range = reply[i];
        if (range.size() < 3 || range[2].size() < 2) continue;
        // An empty host: the one that was asked.
        const std::string_view host = range[2][0].text();
        Server& server =
            add_server(host.empty() ? fmt::format("{}:{}", asked_host, range[2][1].number())
                                    : to_address(host, std::to_string(range[2][1].number())));
        const auto last = std::min<std::int64_t>(range[1].number(), kSlots - 1);
        for (std::int64_t slot = std::max<std::int64_t>(range[0].number(), 0); slot <= last; ++slot)
            slots_[static_cast<std::size_t>(slot)] = &server;
    }
    finder_->close("it has said what was asked");
    for (auto& [id, channel] : channels_) place(*channel);
    forget_unwanted();
    note_state();
}

/// Servers that have nothing of ours any more.
void Link::Impl::forget_unwanted() {
    for (auto at = servers_.begin(); at != servers_.end();) {
        Server& server = *at->second;
        if (!server.unwanted) {
            ++at;
            continue;
        }
        trouble(server, "it is not needed any more");
        const bool ended = server.commands->is_closed() && server.topics->is_closed() &&
                           server.state == Server::State::waiting;
        if (!ended) {
            ++at;
            continue;
        }
        std::replace(slots_.begin(), slots_.end(), &server, static_cast<Server*>(nullptr));
        for (auto& [id, channel] : channels_) {
            if (channel->server == &server) move(*channel, nullptr);
        }
        at = servers_.erase(at);
    }
}

void Link::Impl::note_state() {
    std::size_t away = 0;
    std::size_t up = 0;
    for (const auto& [address, server] : servers_) {
        if (server->ready()) {
            ++up;
        } else {
            ++away;
        }
    }
    // Of several addresses of one master, the others are its replicas.
    if (options.url.mode != Mode::cluster || servers_.empty()) away = up > 0 ? 0 : 1;
    counters.servers_away.set(away);
    connected.store(away == 0 && up > 0, std::memory_order_relaxed);
}

void Link::Impl::tick() {
    home_->call_at(now() + kTick, [this] { tick(); });
    if (wanted_ && now() - found_at_ >= kFindEvery && !stopped_) find_servers();
    forget_unwanted();
    for (const auto& [address, server] : servers_) tick_server(*server);
    if (!asked_.empty()) end_asked(now() - options.patience);
    tick_channels();
    back_pressure();
}

void Link::Impl::tick_server(Server& server) {
    const MonoTime at = now();
    if (server.state == Server::State::waiting) {
        const bool ended = server.commands->is_closed() && server.topics->is_closed();
        if (ended && at >= server.again_at && !stopped_ && !server.unwanted) connect(server);
        return;
    }
    if (server.state != Server::State::up) return;
    const auto silence = server.commands->unanswered() > 0 ? at - server.commands->waits_since()
                                                           : MonoClock::duration(0);
    const bool stalled = silence > options.patience;
    if (stalled != server.stalled) {
        server.stalled = stalled;
        if (stalled) {
            counters.stalls.add();
            log::warn("Redis does not answer in time: this node goes on alone until it does",
                      {{"server", server.address}});
        } else {
            log::info("Redis answers again", {{"server", server.address}});
            for (auto& [id, channel] : channels_) {
                if (channel->server == &server) pump(*channel);
            }
        }
        note_state();
    }
    if (silence > limits::kRedisSilence) return trouble(server, "it does not answer");
    if (receiving_ && at - server.topics->heard_at() > limits::kRedisSilence)
        return trouble(server, "subscriptions are silent");
    if (at - server.pinged_at < kPingEvery) return;
    server.pinged_at = at;
    server.topics->subscribe({"PING"});
    server.commands->ask({"TIME"},
                         [this, &server](const Reply& reply) { took_time(server, reply); });
}

std::chrono::microseconds time_in(const Reply& reply) {
    const auto number = [](std::string_view text) {
        std::int64_t value = 0;
        std::from_chars(text.data(), text.data() + text.size(), value);
        return value;
    };
    return std::chrono::seconds(number(reply[0].text())) +
           std::chrono::microseconds(number(reply[1].text()));
}

/// The times of what is said come from the nodes' clocks, so these must agree.
void Link::Impl::took_time(Server& server, const Reply& reply) {
    if (reply.is_error()) return trouble(server, std::string(reply.text()));
    if (reply.size() != 2) return;
    const auto theirs = time_in(reply);
    const Now at = home_->now();
    // It read its clock somewhere between the question and the answer.
    const auto way =
        std::chrono::duration_cast<std::chrono::microseconds>(at.mono - server.pinged_at);
    const auto ours =
        std::chrono::duration_cast<std::chrono::microseconds>(at.wall.time_since_epoch());
    const auto early = theirs - ours;
    const auto late = ours - way - theirs;
    const auto skew = std::max({early, late, std::chrono::microseconds(0)});
    counters.clock_skew_us.set(static_cast<std::uint64_t>(skew.count()));
    const bool skewed = skew > limits::kClockSkew;
    if (std::exchange(server.skewed, skewed) == skewed) return;
    if (!skewed)
        return log::info("this machine's clock agrees with Redis's again",
                         {{"server", server.address}});
    log::warn(
        "this machine's clock and Redis's differ: the times of messages are wrong on one of them; "
        "let both follow a time server",
        {{"server", server.address},
         {"milliseconds",
          std::chrono::duration_cast<std::chrono::milliseconds>(early > late ? early : -late)
              .count()}});
}

// The public face -------------------------------------------------------------------------------

Link::Link(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Link::~Link() = default;

Result<std::unique_ptr<Link>> Link::start(LinkOptions options, Executor& resolver) {
    auto impl = std::make_unique<Impl>(std::move(options), resolver);
    auto started = impl->start();
    if (!started) return tl::unexpected(started.error());
    return std::unique_ptr<Link>(new Link(std::move(impl)));
}

std::unique_ptr<Link> Link::start_on(LinkOptions options, Executor& resolver, Scheduler& home,
                                     reactor::Engine& engine) {
    auto impl = std::make_unique<Impl>(std::move(options), resolver);
    impl->start_on(home, engine);
    return std::unique_ptr<Link>(new Link(std::move(impl)));
}

void Link::stop(std::chrono::milliseconds patience) {
    impl_->stop(patience);
}

std::unique_ptr<Bus> Link::make_bus(Receiver& receiver, Scheduler& shard) {
    return std::make_unique<LinkedBus>(*impl_, receiver, shard);
}

void Link::check_window(std::string name, limits::Window window, std::optional<std::uint64_t> at,
                        std::function<void(std::optional<WindowAnswer>)> done) {
    impl_->post(
        [impl = impl_.get(), name = std::move(name), window, at, done = std::move(done)]() mutable {
            impl->ask_window(name, window, at, std::move(done));
        });
}

void Link::report(ChannelId channel, std::optional<std::string> here,
                  std::function<void(std::optional<std::vector<std::string>>)> done) {
    impl_->post(
        [impl = impl_.get(), channel, here = std::move(here), done = std::move(done)]() mutable {
            impl->ask_report(channel, std::move(here), std::move(done));
        });
}

bool Link::connected() const {
    return impl_->connected.load(std::memory_order_relaxed);
}
bool Link::accepting() const {
    return impl_->accepting();
}
const Counters& Link::counters() const {
    return impl_->counters;
}
std::uint64_t Link::node() const {
    return impl_->options.node;
}

}  // namespace clamor::bus::redis
