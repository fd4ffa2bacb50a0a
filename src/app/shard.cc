// SPDX-License-Identifier: Apache-2.0
#include "app/shard.h"

#include <utility>

#include <pthread.h>

#include "base/limits.h"

namespace clamor::app {

namespace {

/// Who tries a failing webhook out does not want to wait for thirteen minutes.
constexpr std::uint32_t kHurryInDev = 100;

}  // namespace

Shard::Parts::Parts(ShardId id, ShardParts& shared, std::unique_ptr<reactor::Engine> engine)
    : loop(id, std::move(engine), &shared.loops, shared.options.mailbox_tasks),
      hub(loop, shared.hubs, shared.hub, shared.options.hub),
      authenticator(loop, shared.hub.workers, shared.tokens),
      sessions{.hub = hub,
               .gateway = shared.gateway,
               .scheduler = loop,
               .encoder = shared.hub.encoder,
               .authenticator = authenticator,
               .accounts = shared.accounts,
               .shared_limits = shared.shared_limits,
               .counters = session_counters,
               .options = shared.options.sessions},
      server(loop.engine(), sessions, shared.http, shared.addresses, shared.options.server),
      webhooks(loop, shared.poster,
               {.random = shared.random, .hurry = shared.options.dev ? kHurryInDev : 1}),
      events(loop, shared.events,
             {.watch = [this](ChannelId channel) { hub.watch(channel); },
              .unwatch = [this](ChannelId channel) { hub.unwatch(channel); }},
             &webhooks, {.session = {}, .id_seed = shared.random()}) {
    hub.set_observer(&events);
    server.serve_events(events);
}

void Shard::Parts::watch_viewers(ShardParts& shared) {
    if (shared.viewers.wanted(loop.shard())) {
        ViewerCounts::Counts counts;
        hub.visit_rooms([&](ChannelId channel, const std::string&, std::size_t members) {
            counts[channel] = members;
        });
        shared.viewers.put(loop.shard(), std::move(counts));
    }
    loop.call_at(loop.now().mono + std::chrono::seconds(1),
                 [this, &shared] { watch_viewers(shared); });
}

void Shard::Parts::keep_up(const ShardParts::Upkeep& what) {
    loop.call_at(loop.now().mono + what.every, [this, &what] {
        what.run();
        keep_up(what);
    });
}

void Shard::Parts::watch_tokens(ShardParts& shared) {
    const auto again = [this, &shared] {
        loop.call_at(loop.now().mono + std::chrono::seconds(1),
                     [this, &shared] { watch_tokens(shared); });
    };
    const bool queued = shared.hub.workers.post([this, &shared, again, now = loop.now().wall] {
        shared.tokens.tick(now);
        loop.post_to(loop.shard(), Priority::control, again);
    });
    if (!queued) again();
}

Shard::Shard(ShardId id, ShardParts& parts) : id_(id), shared_(parts) {}

Shard::~Shard() {
    join();
}

Result<std::string> Shard::start() {
    std::promise<Result<std::string>> started;
    auto result = started.get_future();
    thread_ =
        std::thread([this, started = std::move(started)]() mutable { run(std::move(started)); });
    return result.get();
}

void Shard::run(std::promise<Result<std::string>> started) {
    pthread_setname_np(pthread_self(), ("shard-" + std::to_string(id_.value)).c_str());
    // An engine belongs to the thread that made it.
    auto choice = reactor::make_engine(
        shared_.options.engine,
        {.send_buffer_bytes = limits::kSocketSendBufferBytes, .gather_max = limits::kGatherMax});
    if (!choice) {
        started.set_value(tl::unexpected(choice.error()));
        return;
    }
    parts_ = std::make_unique<Parts>(id_, shared_, std::move(choice->engine));
    shared_.loops[id_.value] = &parts_->loop;
    shared_.hubs[id_.value] = &parts_->hub;
    parts_->watch_viewers(shared_);
    if (id_.value == 0)
        parts_->loop.call_at(parts_->loop.now().mono, [this] { parts_->watch_tokens(shared_); });
    auto go = go_.get_future();
    started.set_value(std::move(choice->reason));
    // The other shards must be there before any work is posted to them.
    go.wait();
    parts_->loop.run();
}

void Shard::go() {
    gone_ = true;
    go_.set_value();
}

template <class What>
auto Shard::on_shard(What what) {
    using Answer = decltype(what(*parts_));
    std::promise<Answer> answer;
    auto answered = answer.get_future();
    parts_->loop.post_to(id_, Priority::control,
                         [this, &answer, &what] { answer.set_value(what(*parts_)); });
    return answered.get();
}

Result<reactor::Endpoint> Shard::listen(edge::net::PortKind kind, const reactor::Endpoint& at) {
    return on_shard([&](Parts& parts) { return parts.server.listen(kind, at); });
}

Result<reactor::Endpoint> Shard::listen(edge::net::PortKind kind, reactor::Fd socket) {
    return on_shard([&](Parts& parts) { return parts.server.listen(kind, std::move(socket)); });
}

void Shard::use(std::shared_ptr<const reactor::TlsContext> tls) {
    on_shard([&](Parts& parts) { return parts.server.use(std::move(tls)), true; });
}

void Shard::start_upkeep() {
    on_shard([this](Parts& parts) {
        for (const ShardParts::Upkeep& what : shared_.upkeep) parts.keep_up(what);
        return true;
    });
}

void Shard::stop_listening() {
    on_shard([](Parts& parts) {
        parts.server.stop_listening();
        parts.hub.hurry();
        return true;
    });
}

Result<edge::net::ListeningSockets> Shard::sockets() {
    return on_shard([](Parts& parts) { return parts.server.sockets(); });
}

void Shard::close_events() {
    on_shard([](Parts& parts) { return parts.events.close_all(), true; });
}

void Shard::announce_from_the_start() {
    on_shard([](Parts& parts) { return parts.next_to_reconnect = 0, true; });
}

bool Shard::announce_reconnect(std::size_t most) {
    return on_shard([most](Parts& parts) {
        if (parts.next_to_reconnect)
            parts.next_to_reconnect =
                parts.server.announce_reconnect(*parts.next_to_reconnect, most);
        return parts.next_to_reconnect.has_value();
    });
}

void Shard::close_all() {
    on_shard([](Parts& parts) {
        return parts.server.close_all(edge::CloseReason::server_shutdown), true;
    });
}

bool Shard::empty() {
    return on_shard([](Parts& parts) { return parts.server.empty(); });
}

void Shard::join() {
    if (!thread_.joinable()) return;
    if (parts_) {
        if (!gone_) go();
        parts_->loop.stop();
    }
    thread_.join();
}

Node::ShardCounters Shard::counters() const {
    return {.hub = parts_->hub.counters(),
            .sessions = parts_->session_counters,
            .net = parts_->server.counters(),
            .loop = parts_->loop.counters(),
            .engine = parts_->loop.engine().counters(),
            .events = parts_->events.counters(),
            .webhooks = parts_->webhooks.counters()};
}

}  // namespace clamor::app
