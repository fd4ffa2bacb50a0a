// SPDX-License-Identifier: Apache-2.0
#include "sim/node.h"

#include <utility>

#include "base/check.h"
#include "bus/redis/url.h"

namespace clamor::sim {

/// Says what is restored.
class Node::WatchedQueue final : public store::LogQueue {
  public:
    explicit WatchedQueue(Node& node) : node_(node) {}
    bool accepting() const override { return node_.log_queue_.accepting(); }
    void append(store::StoredMessage message, Task on_durable) override {
        node_.log_queue_.append(std::move(message), std::move(on_durable));
    }
    void mark_deleted(store::Deletion deletion) override {
        node_.log_queue_.mark_deleted(std::move(deletion));
    }
    void restore(ChannelId channel, MessageId by) override {
        node_.ground_.checker.undone(node_.id_, by);
        node_.log_queue_.restore(channel, by);
    }
    Position last_waiting(ChannelId channel) const override {
        return node_.log_queue_.last_waiting(channel);
    }

  private:
    Node& node_;
};

/// The bus of a shard under the checker's eyes.
class Node::WatchedLink final : public bus::Bus, private bus::Receiver {
  public:
    WatchedLink(Node& node, bus::Receiver& to, Scheduler& shard)
        : node_(node), to_(to), bus_(node.link_->make_bus(*this, shard)) {}

    void subscribe(ChannelId channel, Position last, std::span<const Position>) override {
        bus_->subscribe(channel, last);
    }
    void unsubscribe(ChannelId channel) override {
        node_.ground_.checker.subscribed(node_.id_, channel);
        bus_->unsubscribe(channel);
    }
    void publish(ChannelId channel, std::string_view bytes) override {
        if (const auto event = chat::decode_event(bytes)) {
            const auto* message = std::get_if<chat::Message>(&event->body);
            const bool banned =
                message != nullptr && node_.ground_.catalog.standing(channel, message->author_id)
                                          ->banned(node_.cluster_.now().wall);
            node_.ground_.checker.published(node_.id_, *event, banned);
        }
        bus_->publish(channel, bytes);
    }
    bool accepting() const override { return bus_->accepting(); }

  private:
    void on_received(const bus::Received& received) override {
        if (auto event = chat::decode_event(received.bytes)) {
            event->position = received.position;
            node_.ground_.checker.received(node_.id_, *event, received.turn == bus::Turn::late);
        }
        to_.on_received(received);
    }
    void on_subscribed(ChannelId channel) override { to_.on_subscribed(channel); }
    void on_gap(ChannelId channel, Position after, Position before) override {
        // A doubt explains nothing by itself.
        if (!bus::is_doubt(before)) node_.ground_.checker.gap(node_.id_, channel, after, before);
        to_.on_gap(channel, after, before);
    }

    Node& node_;
    bus::Receiver& to_;
    const std::unique_ptr<bus::Bus> bus_;
};

Node::Node(const CommonGround& ground, NodeId id, const Options& options)
    : ground_(ground),
      id_(id),
      cluster_(ground.timeline, options.cluster, options.seed),
      log_queue_(cluster_, ground.log, limits::kLogQueueMessages, options.seed + 1),
      watched_queue_(std::make_unique<WatchedQueue>(*this)),
      engine_(ground.network.make_engine(cluster_)),
      link_(bus::redis::Link::start_on({.url = *bus::redis::parse_url("redis://127.0.0.1:6379"),
                                        .node = id,
                                        .seed = options.seed,
                                        .stream_entries = options.stream_entries},
                                       cluster_, cluster_.shard(cluster_.aside()), *engine_)),
      shared_limits_(*link_),
      shared_presence_(*link_),
      moderation_(ground.catalog, ground.log, {}),
      gateway_(peers_, cluster_, ground.catalog, false) {
    for (std::uint16_t i = 0; i < options.cluster.shards; ++i) {
        Scheduler& shard = cluster_.shard(ShardId(i));
        const hub::Services services{
            .make_bus = [this](bus::Receiver& receiver,
                               Scheduler& on) { return make_bus(receiver, on); },
            .workers = cluster_,
            .catalog = ground.catalog,
            .log = ground.log,
            .log_queue = *watched_queue_,
            .limits = limits_,
            .encoder = encoder_,
            .moderation = moderation_,
            .shared_limits = &shared_limits_,
            .shared_presence = &shared_presence_};
        hub::Options hub_options;
        hub_options.id_seed = options.seed;
        hubs_.push_back(std::make_unique<hub::Hub>(shard, peers_, services, hub_options));
        peers_.push_back(hubs_.back().get());
    }
    cluster_.input(ShardId(0), [this] {
        gateway_.join_nodes([this](bus::Receiver& receiver,
                                   Scheduler& on) { return link_->make_bus(receiver, on); },
                            shared_limits_);
    });
}

Node::~Node() {
    ground_.timeline.forget(&cluster_);
    ground_.network.forget(cluster_);
    ground_.checker.crashed(id_);
}

std::unique_ptr<bus::Bus> Node::make_bus(bus::Receiver& receiver, Scheduler& shard) {
    return std::make_unique<WatchedLink>(*this, receiver, shard);
}

}  // namespace clamor::sim
