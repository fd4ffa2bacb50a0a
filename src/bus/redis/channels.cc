// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "base/log.h"
#include "bus/redis/link_impl.h"
#include "bus/redis/scripts.h"

/// The channels of a link: who is subscribed, what comes in which order, what waits for its place.
namespace clamor::bus::redis {

namespace {

constexpr std::chrono::milliseconds kPushPatience{100};
constexpr std::chrono::milliseconds kAgainAfter{100};
constexpr std::chrono::milliseconds kListenAgain{500};
constexpr std::chrono::seconds kForeignSaidEvery{60};
/// Nodes whose last numbers a channel remembers; they change with each start of a node.
constexpr std::size_t kNumbersMax = 1024;

std::string seconds_text(std::chrono::seconds time) {
    return std::to_string(time.count());
}

}  // namespace

Channel* Link::Impl::find(ChannelId id, std::uint64_t subscription) {
    const auto found = channels_.find(id);
    if (found == channels_.end() || found->second->subscription != subscription) return nullptr;
    return found->second.get();
}

void Link::Impl::start_channel(std::shared_ptr<Port> port, ChannelId id, std::uint64_t subscription,
                               Position last) {
    auto& place_of = channels_[id];
    if (place_of && place_of->subscription == subscription) {
        // Once more, while it holds: what was handed out is newer than what is stored.
        place_of->asked_again = !place_of->answered;
        if (place_of->answered) hand(*place_of, {.kind = Handed::Kind::subscribed});
        return;
    }
    if (place_of) end_channel(id, place_of->subscription);
    auto& slot = channels_[id];
    slot = std::make_unique<Channel>();
    Channel& channel = *slot;
    channel.id = id;
    channel.subscription = subscription;
    channel.port = std::move(port);
    channel.topic = fmt::format("clamor:{{{}}}", id.value);
    channel.stream = channel.topic + ":stream";
    channel.head = channel.topic + ":head";
    channel.slot = slot_of(channel.topic);
    channel.last = channel.newest = last;
    channel.since = now();
    counters.channels.set(channels_.size());
    place(channel);
    busy_.insert(id);
}

void Link::Impl::end_channel(ChannelId id, std::uint64_t subscription) {
    Channel* const channel = find(id, subscription);
    if (channel == nullptr) return;
    for (const Pending& pending : channel->pending) {
        counters.lost.add();
        counters.kept.sub();
        kept_bytes_.fetch_sub(pending.bytes.size(), std::memory_order_relaxed);
    }
    if (channel->server != nullptr && channel->server->state == Server::State::up)
        stop_listening(*channel);
    busy_.erase(id);
    channels_.erase(id);
    counters.channels.set(channels_.size());
}

void Link::Impl::move(Channel& channel, Server* to) {
    if (channel.server == to) return;
    if (channel.server != nullptr && channel.server->state == Server::State::up)
        stop_listening(channel);
    channel.server = to;
    channel.heard = channel.reading = false;
    channel.asked_run.clear();
    channel.sent = 0;
    channel.again_at.reset();
    channel.backlog.reset();
}

/// Finds the channel's server and listens there; early where it is away.
void Link::Impl::place(Channel& channel) {
    move(channel, server_of(channel.slot));
    Server* const server = channel.server;
    if (server != nullptr && server->state == Server::State::up) {
        if (!channel.heard) listen(channel);
        return;
    }
    answer_subscribed(channel);
    hand_out_early(channel);
}

void Link::Impl::stop_listening(const Channel& channel) {
    const bool sharded = options.url.mode == Mode::cluster;
    channel.server->topics->subscribe({sharded ? "SUNSUBSCRIBE" : "UNSUBSCRIBE", channel.topic});
}

void Link::Impl::listen(Channel& channel) {
    channel.listened_at = now();
    busy_.insert(channel.id);
    const bool sharded = options.url.mode == Mode::cluster;
    channel.server->topics->subscribe({sharded ? "SSUBSCRIBE" : "SUBSCRIBE", channel.topic});
}

void Link::Impl::server_up(Server& server) {
    for (auto& [id, channel] : channels_) {
        if (channel->server == &server) listen(*channel);
    }
}

void Link::Impl::server_down(Server& server) {
    server.blocked.clear();
    for (auto& [id, channel] : channels_) {
        if (channel->server != &server) continue;
        channel->heard = channel->reading = false;
        channel->asked_run.clear();
        channel->sent = 0;
        channel->backlog.reset();
        answer_subscribed(*channel);
        hand_out_early(*channel);
    }
}

void Link::Impl::pushed(Server& server, const Reply& push) {
    if (push.is_error() && !server.may_listen) {
        if (!is_about_slots(push.text())) return refuse(server, push.text());
        return listened_around(server, {});
    }
    if (push.is_error()) return failed(server, push.text());
    if (push.size() < 3) return;  // the answer to a PING
    const std::string_view kind = push[0].text();
    const std::string_view topic = push[1].text();
    if (topic == kProbeTopic && kind != "message" && kind != "smessage")
        return listened_around(server, kind);
    constexpr std::string_view kStart = "clamor:{";
    if (!topic.starts_with(kStart) || !topic.ends_with('}')) return;
    const auto digits = topic.substr(kStart.size(), topic.size() - kStart.size() - 1);
    ChannelId id;
    const auto read_to = std::from_chars(digits.data(), digits.data() + digits.size(), id.value);
    if (read_to.ec != std::errc() || read_to.ptr != digits.data() + digits.size()) return;
    const auto found = channels_.find(id);
    if (found == channels_.end() || found->second->server != &server) return;
    Channel& channel = *found->second;
    if (kind == "message" || kind == "smessage") return took_publication(channel, push[2].text());
    if (kind == "subscribe" || kind == "ssubscribe") {
        channel.heard = true;
        return read(channel);
    }
    // The slot has moved to another server.
    if (kind != "sunsubscribe" || !channel.heard) return;
    channel.heard = channel.reading = false;
    busy_.insert(channel.id);
    want_servers();
}

void Link::Impl::took_publication(Channel& channel, std::string_view payload) {
    const auto published = parse_published(payload);
    if (!published || !decode_envelope(published->envelope)) return foreign(channel.topic);
    const Position position = published->position;
    if (misplaced(position, channel.topic)) return;
    if (position > channel.newest || channel.newest == kNewest) {
        channel.newest = position;
        channel.newest_at = now();
    }
    if (!channel.heard || channel.reading) return;  // the stream has it
    if (position <= channel.last) return counters.duplicates.add();
    // A channel's very first one needs no look at the stream, which may be a wide-area hop away.
    const bool same_epoch = position.epoch == channel.last.epoch || nothing_before(channel);
    if (!same_epoch || position.sequence != channel.last.sequence + 1) return read(channel);
    take(channel, position, published->envelope);
}

void Link::Impl::read(Channel& channel) {
    if (channel.reading || !channel.heard || channel.server == nullptr ||
        channel.server->state != Server::State::up)
        return;
    channel.reading = true;
    channel.newest_at_read = channel.newest;
    counters.catch_ups.add();
    if (channel.last == kNewest) return read_head(channel);
    channel.server->commands->ask(
        {"XRANGE", channel.stream,
         channel.last == Position{} ? std::string("-") : "(" + to_entry_id(channel.last), "+",
         "COUNT", std::to_string(limits::kStreamPage)},
        [this, id = channel.id, subscription = channel.subscription,
         server = channel.server](const Reply& reply) {
            Channel* const at = find(id, subscription);
            if (at == nullptr || at->server != server) return;
            if (!reply.is_error()) return took_page(*at, reply);
            at->heard = at->reading = false;  // it is listened to again
            failed(*server, reply.text());
        });
}

void Link::Impl::read_head(Channel& channel) {
    channel.server->commands->ask({"HMGET", channel.head, "epoch", "sequence"},
                                  [this, id = channel.id, subscription = channel.subscription,
                                   server = channel.server](const Reply& reply) {
                                      Channel* const at = find(id, subscription);
                                      if (at == nullptr || at->server != server) return;
                                      if (reply.size() != 2) {
                                          at->heard = at->reading = false;
                                          return failed(*server, reply.text());
                                      }
                                      const auto head = parse_entry_id(
                                          fmt::format("{}-{}", reply[0].text(), reply[1].text()));
                                      at->last = head.value_or(Position{});
                                      if (at->newest == kNewest) at->newest = at->last;
                                      caught_up(*at);
                                  });
}

void Link::Impl::took_page(Channel& channel, const Reply& page) {
    for (std::size_t i = 0; i < page.size(); ++i) {
        const Reply entry = page[i];
        const auto position = entry.size() == 2 ? parse_entry_id(entry[0].text()) : std::nullopt;
        if (!position || entry[1].size() != 2) {
            foreign(channel.stream);
            if (position) channel.last = std::max(channel.last, *position);
            continue;
        }
        if (misplaced(*position, channel.stream)) {
            channel.last = *position;
            continue;
        }
        const bool next = position->epoch == channel.last.epoch &&
                          position->sequence == channel.last.sequence + 1;
        // A subscription that did not hold yet has nothing to miss.
        if (!next && channel.answered && !(nothing_before(channel) && is_first(*position))) {
            counters.gaps.add();
            hand(channel,
                 {.kind = Handed::Kind::gap, .position = *position, .after = channel.last});
        }
        take(channel, *position, entry[1][1].text());
    }
    channel.reading = false;
    if (page.size() >= limits::kStreamPage) return read(channel);
    // What was heard of since it was asked for may have come behind it.
    const bool heard_since = channel.newest != channel.newest_at_read;
    if (channel.newest > channel.last && (page.size() > 0 || heard_since)) return read(channel);
    if (channel.newest > channel.last) {
        // Not in the stream any more.
        counters.gaps.add();
        if (channel.answered) {
            hand(channel, {.kind = Handed::Kind::gap,
                           .position = {.epoch = channel.newest.epoch,
                                        .sequence = channel.newest.sequence + 1},
                           .after = channel.last});
        }
        channel.last = channel.newest;
    }
    hand_all_passed(channel);
    caught_up(channel);
}

void Link::Impl::caught_up(Channel& channel) {
    channel.reading = false;
    if (!channel.answered) channel.run = channel.server->run;
    answer_subscribed(channel);
    if (channel.newest > channel.last) return read(channel);
    lose_placeless(channel);
    if (channel.run != channel.server->run) {
        channel.outlived = true;
        ask_run(channel);
    }
    pump(channel);
}

/// It may be the first one that the channel has ever had: epochs leave out whole steps.
bool Link::Impl::is_first(Position position) const {
    const std::uint64_t base = Position::before_first(options.region).sequence;
    return (position.sequence - base) % limits::kEpochSkip == 1;
}

/// The channel's very first event is still to come: nothing was there in this run, and the
/// subscription holds in no other.
bool Link::Impl::nothing_before(const Channel& channel) {
    return channel.last.epoch == 0 && !channel.outlived && channel.run == channel.server->run;
}

/// Another run may have lost what was newest, and nothing need follow that would tell. A server
/// that goes before it has answered is asked again when it is back.
void Link::Impl::ask_run(Channel& channel) {
    if (channel.asked_run == channel.server->run) return;
    channel.asked_run = channel.server->run;
    const auto still = [this, id = channel.id, subscription = channel.subscription,
                        server = channel.server, run = channel.asked_run](const Reply& reply) {
        Channel* const at = find(id, subscription);
        if (at == nullptr || at->server != server || at->asked_run != run)
            return static_cast<Channel*>(nullptr);
        if (reply.is_error()) failed(*server, reply.text());
        return reply.is_error() ? nullptr : at;
    };
    // The time first: where no place has been given in this run, its epochs begin after that.
    auto began = std::make_shared<std::uint64_t>(0);
    channel.server->commands->ask({"TIME"}, [still, began](const Reply& reply) {
        if (still(reply) == nullptr || reply.size() != 2) return;
        const auto time = std::chrono::floor<std::chrono::milliseconds>(time_in(reply));
        *began = static_cast<std::uint64_t>(time.count());
    });
    channel.server->commands->ask(
        {"HMGET", channel.head, "run"},
        [this, still, began, last = channel.last](const Reply& reply) {
            Channel* const at = still(reply);
            if (at == nullptr) return;
            at->run = std::exchange(at->asked_run, {});
            const bool placed = reply.size() == 1 && reply[0].text() == at->run;
            if (placed || at->last != last) return;
            hand(*at, {.kind = Handed::Kind::gap,
                       .position = {.epoch = *began, .sequence = kNewest.sequence},
                       .after = at->last});
        });
}

void Link::Impl::take(Channel& channel, Position position, std::string_view text) {
    channel.last = position;
    channel.newest = std::max(channel.newest, position);
    const auto envelope = decode_envelope(text);
    if (!envelope) return foreign(channel.topic);
    if (envelope->node == options.node) return take_own(channel, position, *envelope);
    if (channel.numbers.size() >= kNumbersMax) channel.numbers.clear();
    std::uint64_t& last = channel.numbers[envelope->node];
    if (envelope->number <= last) return counters.duplicates.add();
    last = envelope->number;
    hand(channel, {.position = position, .bytes = std::string(envelope->bytes)});
}

void Link::Impl::take_own(Channel& channel, Position position, const Envelope& envelope) {
    while (!channel.pending.empty() && channel.pending.front().number < envelope.number &&
           channel.pending.front().place)
        hand_passed(channel, *channel.pending.front().place);
    const auto own = std::ranges::find(channel.pending, envelope.number, &Pending::number);
    if (own == channel.pending.end()) return counters.duplicates.add();
    // What is in front of it has a place in a part of the stream that is gone, since the script
    // takes no smaller number after a larger: the answer to it, or to the next time that it is
    // sent, says which.
    hand_own(channel, own, position, own->early ? Turn::late : Turn::in_order);
}

/// What the stream does not have any more, and nobody knows where it was.
void Link::Impl::lose_placeless(Channel& channel) {
    for (auto at = channel.pending.begin(); at != channel.pending.end();) {
        if (!at->nowhere) {
            ++at;
            continue;
        }
        log::error("a message got its place in a part of the stream that is gone",
                   {{"channel", channel.id.value}});
        counters.lost.add();
        kept_bytes_.fetch_sub(at->bytes.size(), std::memory_order_relaxed);
        at = forget(channel, at);
    }
}

std::deque<Pending>::iterator Link::Impl::forget(Channel& channel,
                                                 std::deque<Pending>::iterator pending) {
    counters.kept.sub();
    if (static_cast<std::size_t>(pending - channel.pending.begin()) < channel.sent) --channel.sent;
    return channel.pending.erase(pending);
}

/// What waits has its place.
void Link::Impl::hand_own(Channel& channel, std::deque<Pending>::iterator own, Position position,
                          Turn turn) {
    const auto since = std::chrono::duration_cast<std::chrono::microseconds>(now() - own->since);
    counters.round.record(static_cast<std::uint64_t>(since.count()));
    kept_bytes_.fetch_sub(own->bytes.size(), std::memory_order_relaxed);
    hand(channel, {.position = position,
                   .bytes = std::move(own->bytes),
                   .published_here = true,
                   .turn = turn});
    forget(channel, own);
}

/// The first of what waits has a place that a gap has passed over: it is shown out of its turn,
/// once.
void Link::Impl::hand_passed(Channel& channel, Position place) {
    const auto first = channel.pending.begin();
    if (!first->early)
        hand(channel, {.bytes = first->bytes, .published_here = true, .turn = Turn::early});
    hand_own(channel, first, place, Turn::late);
}

void Link::Impl::hand_all_passed(Channel& channel) {
    while (!channel.pending.empty()) {
        const auto place = channel.pending.front().place;
        if (!place || *place > channel.last) return;
        hand_passed(channel, *place);
    }
}

void Link::Impl::take_publish(ChannelId id, std::uint64_t subscription, std::string bytes) {
    Channel* const channel = find(id, subscription);
    if (channel == nullptr) {
        counters.lost.add();
        kept_bytes_.fetch_sub(bytes.size(), std::memory_order_relaxed);
        return;
    }
    channel->pending.push_back(
        {.number = ++last_number_, .bytes = std::move(bytes), .since = now()});
    counters.kept.add();
    busy_.insert(id);
    if (channel->server == nullptr || !channel->server->ready()) return hand_out_early(*channel);
    pump(*channel);
    // Its turn comes after what waits.
    if (channel->backlog) hand_out_early(*channel);
}

/// What was said while the server was away would be too much for viewers at once: it takes a part
/// of the time in which it was said.
bool Link::Impl::may_send(Channel& channel, const Pending& pending) const {
    if (in_a_hurry_ || !pending.early) {
        channel.backlog.reset();
        return true;
    }
    if (!channel.backlog) channel.backlog = {.since = now(), .said_since = pending.since};
    const auto& [since, said_since] = *channel.backlog;
    return now() - since >= (pending.since - said_since) / limits::kBacklogSpeed;
}

void Link::Impl::pump(Channel& channel) {
    Server* const server = channel.server;
    if (server == nullptr || !server->ready() || !channel.heard) return;
    if (channel.reading) return;  // the stream may have what is pending
    if (channel.again_at) return;
    while (channel.sent < channel.pending.size()) {
        if (server->commands->unanswered() >= limits::kRedisUnanswered) {
            server->blocked.push_back(channel.id);
            return;
        }
        if (!may_send(channel, channel.pending[channel.sent])) return;
        const std::size_t next = channel.sent++;
        send(channel, channel.pending[next], next == 0 ? 0 : channel.pending[next - 1].number);
    }
}

/// `before` must have its place first: what is behind a failure must not overtake it.
void Link::Impl::send(Channel& channel, const Pending& pending, std::uint64_t before) {
    Server* const server = channel.server;
    const std::string envelope =
        encode_envelope({.node = options.node, .number = pending.number, .bytes = pending.bytes});
    server->commands->ask({"EVALSHA",
                           server->publish_sha,
                           "3",
                           channel.stream,
                           channel.head,
                           channel.topic + ":" + node_field_,
                           channel.topic,
                           options.url.mode == Mode::cluster ? "SPUBLISH" : "PUBLISH",
                           envelope,
                           node_field_,
                           std::to_string(pending.number),
                           server->run,
                           std::to_string(channel.last.epoch),
                           std::to_string(channel.last.sequence),
                           std::to_string(limits::kEpochSkip),
                           std::to_string(options.stream_entries),
                           seconds_text(limits::kStreamKept),
                           seconds_text(limits::kStreamHeadKept),
                           std::to_string(before),
                           std::to_string(Position::before_first(options.region).sequence),
                           std::to_string(limits::kPlacesKept)},
                          [this, id = channel.id, subscription = channel.subscription, server,
                           number = pending.number](const Reply& reply) {
                              Channel* const at = find(id, subscription);
                              const bool ours = at != nullptr && at->server == server;
                              if (reply.is_error()) {
                                  if (ours) publish_later(*at);
                                  return failed(*server, reply.text());
                              }
                              if (ours) published(*at, number, reply);
                              if (server->blocked.empty() ||
                                  server->commands->unanswered() > limits::kRedisUnanswered / 2)
                                  return;
                              for (const ChannelId blocked : std::exchange(server->blocked, {})) {
                                  const auto found = channels_.find(blocked);
                                  if (found != channels_.end()) pump(*found->second);
                              }
                          });
}

void Link::Impl::published(Channel& channel, std::uint64_t number, const Reply& reply) {
    counters.published.add();
    const auto position = parse_entry_id(reply.text());
    const auto pending = std::ranges::find(channel.pending, number, &Pending::number);
    if (pending != channel.pending.end()) {
        pending->place = position;
        pending->nowhere = !position;  // it was there before, where nobody knows
    }
    if (!position) return read(channel);
    hand_all_passed(channel);
    if (*position > channel.newest) {
        channel.newest = *position;
        channel.newest_at = now();
        busy_.insert(channel.id);
    }
}

void Link::Impl::publish_later(Channel& channel) {
    channel.again_at = now() + kAgainAfter;
    busy_.insert(channel.id);
}

void Link::Impl::hand_out_early(Channel& channel) {
    for (Pending& pending : channel.pending) {
        if (std::exchange(pending.early, true)) continue;
        counters.early.add();
        hand(channel, {.bytes = pending.bytes, .published_here = true, .turn = Turn::early});
    }
}

void Link::Impl::answer_subscribed(Channel& channel) {
    if (!std::exchange(channel.answered, true)) hand(channel, {.kind = Handed::Kind::subscribed});
    if (std::exchange(channel.asked_again, false))
        hand(channel, {.kind = Handed::Kind::subscribed});
}

void Link::Impl::hand(Channel& channel, Handed handed) {
    handed.channel = channel.id;
    handed.subscription = channel.subscription;
    if (handed.kind == Handed::Kind::message) counters.received.add();
    if (channel.port->batch.empty()) touched_.push_back(channel.port);
    channel.port->batch.push_back(std::move(handed));
    if (std::exchange(flush_queued_, true)) return;
    home_->call_at_end_of_turn([this] { flush(); });
}

/// What came in one turn goes to each shard as one task.
void Link::Impl::flush() {
    flush_queued_ = false;
    for (const auto& port : std::exchange(touched_, {})) {
        auto batch = std::exchange(port->batch, {});
        undelivered_.fetch_add(batch.size(), std::memory_order_relaxed);
        port->scheduler.post_to(port->shard, Priority::control,
                                [this, port, batch = std::move(batch)] {
                                    taken(batch.size());
                                    if (port->bus != nullptr) port->bus->take(batch);
                                });
    }
    back_pressure();
}

/// What a shard is too slow to take waits in Redis' buffers, and at last in the streams.
void Link::Impl::back_pressure() {
    const std::size_t waiting = undelivered_.load(std::memory_order_relaxed);
    if (receiving_ && waiting > limits::kBusUndelivered)
        receiving_ = false;
    else if (!receiving_ && waiting < limits::kBusUndelivered / 2)
        receiving_ = true;
    else
        return;
    for (const auto& [address, server] : servers_) {
        if (server->state == Server::State::up) server->topics->set_receiving(receiving_);
    }
}

void Link::Impl::tick_channels() {
    const MonoTime at = now();
    for (auto busy = busy_.begin(); busy != busy_.end();) {
        Channel& channel = *channels_.at(*busy);
        const Server* const server = channel.server;
        const bool away = server == nullptr || !server->ready();
        if (!channel.answered && (away || at - channel.since > options.patience))
            answer_subscribed(channel);
        if (!channel.pending.empty()) {
            const bool overdue = at - channel.pending.front().since > options.patience;
            if (away || overdue) hand_out_early(channel);
            if (overdue && channel.sent > 0) read(channel);
            if (channel.backlog) pump(channel);
        }
        if (channel.again_at && at >= *channel.again_at) {
            channel.again_at.reset();
            channel.sent = 0;
            pump(channel);
        }
        const bool unheard = !away && !channel.heard;
        if (unheard && at - channel.listened_at > kListenAgain) listen(channel);
        const bool behind = channel.newest > channel.last && channel.newest != kNewest;
        if (behind && at - channel.newest_at > kPushPatience) read(channel);
        if (channel.answered && channel.pending.empty() && !behind && !unheard) {
            busy = busy_.erase(busy);
        } else {
            ++busy;
        }
    }
}

/// The nodes do not agree on which region this is: what another one has at that position is another
/// message.
bool Link::Impl::misplaced(Position position, std::string_view where) {
    if (position.region() == options.region) return false;
    foreign(where);
    return true;
}

void Link::Impl::foreign(std::string_view where) {
    counters.foreign.add();
    ++foreign_unsaid_;
    if (foreign_said_at_ != MonoTime() && now() - foreign_said_at_ < kForeignSaidEvery) return;
    foreign_said_at_ = now();
    log::warn("something that is no message of clamor's was ignored",
              {{"where", where}, {"so_many", std::exchange(foreign_unsaid_, 0)}});
}

LinkedBus::LinkedBus(Link::Impl& link, Receiver& receiver, Scheduler& shard)
    : link_(link),
      receiver_(receiver),
      port_(std::make_shared<Port>(Port{.scheduler = shard, .shard = shard.shard(), .bus = this})) {
}

LinkedBus::~LinkedBus() {
    port_->bus = nullptr;
}

void LinkedBus::subscribe(ChannelId channel, Position last, std::span<const Position>) {
    std::uint64_t& subscription = subscriptions_[channel];
    if (subscription == 0) subscription = ++last_subscription_;
    link_.subscribe(port_, channel, subscription, last);
}

void LinkedBus::unsubscribe(ChannelId channel) {
    const auto found = subscriptions_.find(channel);
    if (found == subscriptions_.end()) return;
    link_.unsubscribe(channel, found->second);
    subscriptions_.erase(found);
}

void LinkedBus::publish(ChannelId channel, std::string_view bytes) {
    const auto found = subscriptions_.find(channel);
    CLAMOR_CHECK(found != subscriptions_.end(), "published to a channel that is not subscribed to");
    link_.publish(channel, found->second, bytes);
}

void LinkedBus::take(const std::vector<Handed>& batch) {
    for (const Handed& handed : batch) {
        const auto found = subscriptions_.find(handed.channel);
        if (found == subscriptions_.end() || found->second != handed.subscription) continue;
        switch (handed.kind) {
            case Handed::Kind::message:
                receiver_.on_received({.channel = handed.channel,
                                       .position = handed.position,
                                       .bytes = handed.bytes,
                                       .published_here = handed.published_here,
                                       .turn = handed.turn});
                break;
            case Handed::Kind::subscribed:
                receiver_.on_subscribed(handed.channel);
                break;
            case Handed::Kind::gap:
                receiver_.on_gap(handed.channel, handed.after, handed.position);
                break;
        }
    }
}

}  // namespace clamor::bus::redis
