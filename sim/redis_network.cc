// SPDX-License-Identifier: Apache-2.0
#include "sim/redis_network.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace clamor::sim {

/// Only what a client does.
class RedisNetwork::NodeEngine final : public reactor::Engine {
  public:
    NodeEngine(RedisNetwork& network, std::shared_ptr<Side> side)
        : network_(network), side_(std::move(side)) {}

    std::string_view name() const override { return "simulated"; }
    const reactor::EngineCounters& counters() const override { return counters_; }

    Result<void> connect(reactor::Stream& stream, const reactor::Endpoint&) override {
        auto wire = std::make_shared<Wire>(side_, stream);
        network_.wires_.push_back(wire);
        network_.go_up(wire, [network = &network_, at = wire.get()] {
            network->connected(at->shared_from_this());
        });
        return {};
    }
    void send(reactor::Stream& stream, std::span<const std::string_view> parts) override {
        const WirePtr wire = wire_of(stream);
        if (wire == nullptr) return;
        std::string bytes;
        for (const std::string_view part : parts) bytes += part;
        const std::size_t half = pick(network_.random_, bytes.size());
        for (const std::string& piece : {bytes.substr(0, half), bytes.substr(half)}) {
            network_.go_up(wire, [network = &network_, at = wire.get(), piece] {
                if (at->client) network->server_.receive(*at->client, piece);
            });
        }
        network_.on_node(wire, [wire] { tell_sent(*wire->stream); });
    }
    void set_receiving(reactor::Stream& stream, bool on) override {
        const WirePtr wire = wire_of(stream);
        if (wire == nullptr) return;
        wire->receiving = on;
        if (on && !wire->held.empty()) network_.on_node(wire, [wire] { take(*wire, {}); });
    }
    void close(reactor::Stream& stream, reactor::CloseMode) override {
        const WirePtr wire = wire_of(stream);
        if (wire == nullptr) return;
        wire->stream = nullptr;
        network_.go_up(wire, [network = &network_, at = wire.get()] {
            end_client(network->server_, *at);
            std::erase(network->wires_, at->shared_from_this());
        });
        Scheduler& home = side_->node->shard(side_->node->aside());
        home.post_to(home.shard(), Priority::control, [&stream] { tell_closed(stream, {}); });
    }

    static void take(Wire& wire, std::string_view bytes) {
        wire.held += bytes;
        if (!wire.receiving || wire.stream == nullptr) return;
        const std::string all = std::exchange(wire.held, {});
        if (!all.empty()) tell_received(*wire.stream, all);
    }
    static void tell_open(Wire& wire) { tell_connected(*wire.stream); }
    static void tell_ended(Wire& wire, std::errc why) {
        tell_closed(*std::exchange(wire.stream, nullptr), std::make_error_code(why));
    }

    // What only a server does, and what a loop does that turns by itself.
    Result<reactor::Endpoint> listen(reactor::Listener&, const reactor::Endpoint&) override {
        return fail(std::errc::not_supported);
    }
    Result<reactor::Endpoint> listen(reactor::Listener&, reactor::Fd) override {
        return fail(std::errc::not_supported);
    }
    Result<std::vector<reactor::Fd>> sockets_of(const reactor::Listener&) override {
        return fail(std::errc::not_supported);
    }
    void close(reactor::Listener&) override {}
    Result<void> attach(reactor::Stream&, int) override { return fail(std::errc::not_supported); }
    void flush() override {}
    void wait(std::optional<MonoClock::duration>) override {}
    std::size_t report() override { return 0; }
    void wake() override {}

  private:
    WirePtr wire_of(const reactor::Stream& stream) const {
        const auto found = std::ranges::find(network_.wires_, &stream,
                                             [](const WirePtr& wire) { return wire->stream; });
        return found == network_.wires_.end() ? nullptr : *found;
    }

    RedisNetwork& network_;
    const std::shared_ptr<Side> side_;
    reactor::EngineCounters counters_;
};

RedisNetwork::RedisNetwork(Timeline& timeline, RedisServer& server, std::uint64_t seed)
    : timeline_(timeline), server_(server), random_(seed) {}

RedisNetwork::~RedisNetwork() {
    timeline_.forget(this);
}

std::unique_ptr<reactor::Engine> RedisNetwork::make_engine(Cluster& node) {
    sides_.push_back(std::make_shared<Side>(Side{.node = &node}));
    return std::make_unique<NodeEngine>(*this, sides_.back());
}

/// In order after what went the same way before.
MonoTime RedisNetwork::arrival(MonoTime& last) {
    const auto longest = chance(random_, 100) ? latency_max_ * 20 : latency_max_;
    return last = std::max(last, timeline_.now().mono + up_to(random_, longest));
}

void RedisNetwork::go_up(const WirePtr& wire, Task task) {
    wire->up.push_back(std::move(task));
    timeline_.happen_at(this, arrival(wire->last_up), [this, wire] { arrive_up(wire); });
}

void RedisNetwork::arrive_up(const WirePtr& wire) {
    if (wire->dead) return;
    const MonoTime held_until = std::max(wire->side->parted_until, stalled_until_);
    if (timeline_.now().mono < held_until)
        return timeline_.happen_at(this, held_until, [this, wire] { arrive_up(wire); });
    Task task = std::move(wire->up.front());
    wire->up.pop_front();
    task();
}

void RedisNetwork::go_down(const WirePtr& wire, Task task) {
    wire->down.push_back(std::move(task));
    timeline_.happen_at(this, arrival(wire->last_down), [this, wire] { arrive_down(wire); });
}

void RedisNetwork::arrive_down(const WirePtr& wire) {
    if (wire->dead) return;
    const MonoTime held_until = wire->side->parted_until;
    if (timeline_.now().mono < held_until)
        return timeline_.happen_at(this, held_until, [this, wire] { arrive_down(wire); });
    Task task = std::move(wire->down.front());
    wire->down.pop_front();
    on_node(wire, std::move(task));
}

void RedisNetwork::on_node(const WirePtr& wire, Task task) {
    Cluster* const node = wire->side->node;
    if (node == nullptr) return;
    Scheduler& home = node->shard(node->aside());
    home.post_to(home.shard(), Priority::control, [wire, task = std::move(task)]() mutable {
        if (wire->stream != nullptr) task();
    });
}

void RedisNetwork::connected(const WirePtr& wire) {
    if (wire->stream == nullptr) return;
    if (timeline_.now().mono < away_until_) return reset(wire, std::errc::connection_refused);
    wire->client = server_.connect([this, wire = std::weak_ptr(wire)](std::string bytes) {
        const WirePtr to = wire.lock();
        if (to == nullptr) return;
        go_down(to, [at = to.get(), bytes = std::move(bytes)] { NodeEngine::take(*at, bytes); });
    });
    go_down(wire, [at = wire.get()] { NodeEngine::tell_open(*at); });
}

void RedisNetwork::end_client(RedisServer& server, Wire& wire) {
    if (const auto client = std::exchange(wire.client, std::nullopt)) server.disconnect(*client);
}

/// The server's end is gone, and the node learns of it.
void RedisNetwork::reset(const WirePtr& wire, std::errc why) {
    end_client(server_, *wire);
    wire->dead = true;
    wire->up.clear();
    wire->down.clear();
    timeline_.happen_at(this, timeline_.now().mono + up_to(random_, latency_max_),
                        [this, wire, why] {
                            on_node(wire, [wire, why] { NodeEngine::tell_ended(*wire, why); });
                            std::erase(wires_, wire);
                        });
}

std::vector<RedisNetwork::WirePtr> RedisNetwork::wires_of(const Cluster& node) const {
    std::vector<WirePtr> found;
    std::ranges::copy_if(wires_, std::back_inserter(found), [&](const WirePtr& wire) {
        return wire->side->node == &node && !wire->dead;
    });
    return found;
}

void RedisNetwork::forget(const Cluster& node) {
    for (const WirePtr& wire : wires_of(node)) {
        wire->stream = nullptr;
        go_up(wire, [this, at = wire.get()] { end_client(server_, *at); });
    }
    std::erase_if(wires_, [&](const WirePtr& wire) { return wire->side->node == &node; });
    for (const auto& side : sides_) {
        if (side->node == &node) side->node = nullptr;
    }
    std::erase_if(sides_, [](const auto& side) { return side->node == nullptr; });
}

void RedisNetwork::cut(const Cluster& node) {
    for (const WirePtr& wire : wires_of(node)) reset(wire, std::errc::connection_reset);
}

void RedisNetwork::cut_one(const Cluster& node) {
    const auto wires = wires_of(node);
    if (!wires.empty()) reset(wires[pick(random_, wires.size())], std::errc::connection_reset);
}

void RedisNetwork::part(const Cluster& node, std::chrono::nanoseconds duration) {
    for (const auto& side : sides_) {
        if (side->node == &node) side->parted_until = timeline_.now().mono + duration;
    }
}

void RedisNetwork::stall(std::chrono::nanoseconds duration) {
    stalled_until_ = timeline_.now().mono + duration;
}

void RedisNetwork::restart(std::chrono::nanoseconds away, std::optional<RedisData> with) {
    away_until_ = timeline_.now().mono + away;
    for (const WirePtr& wire : std::vector(wires_)) {
        if (!wire->dead) reset(wire, std::errc::connection_reset);
    }
    server_.restart(std::move(with));
}

void RedisNetwork::heal() {
    set_latency(std::chrono::microseconds(500));
    for (const auto& side : sides_) side->parted_until = timeline_.now().mono;
    // A server that is away comes back by itself, soon: what follows a failover within a second is
    // not promised (ADR 13, "Open").
    stalled_until_ = timeline_.now().mono;
}

}  // namespace clamor::sim
