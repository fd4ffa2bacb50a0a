// SPDX-License-Identifier: Apache-2.0
#include "eventsub/dispatcher.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/limits.h"
#include "eventsub/parts.h"

namespace clamor::eventsub {
namespace {

using chat::ModAction;

std::uint64_t mix(std::uint64_t x) {
    x += 0x9E3779B97F4A7C15ull;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
    return x ^ (x >> 31);
}

/// The id of a notification: the same however often and from wherever an event is told to a
/// subscription, so that a client knows the second copy when it comes over both connections of a
/// reconnect.
MessageId notification_id(const std::string& subscription_id, const MessageId& event) {
    const std::uint64_t seed = std::hash<std::string>()(subscription_id);
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    for (std::size_t i = 0; i < 8; ++i) {
        high = high << 8 | event.bytes[i];
        low = low << 8 | event.bytes[i + 8];
    }
    const std::uint64_t first = mix(seed ^ high);
    return MessageId::from_random(first, mix(first ^ low));
}

/// Types that tell of an event of a channel only where they were asked for that end of it. Those
/// who received a shoutout hear of it by dispatch_shoutout().
bool concerns(const Subscription& subscription, const chat::Event& event) {
    // Its own channel hears of a raid by dispatch_raid_left(), once it is no longer only announced.
    if (subscription.type == Type::raid) {
        return std::holds_alternative<chat::UserNotice>(event.body) &&
               subscription.condition[Field::to_broadcaster];
    }
    if (subscription.type == Type::chat_user_message_hold ||
        subscription.type == Type::chat_user_message_update) {
        const auto* held = std::get_if<chat::HeldMessage>(&event.body);
        return held != nullptr && subscription.condition[Field::user] == held->message.author_id;
    }
    return subscription.type != Type::shoutout_receive;
}

}  // namespace

Dispatcher::Dispatcher(Scheduler& scheduler, Registry& registry, Channels channels,
                       WebhookSink* webhooks, const Options& options)
    : scheduler_(scheduler),
      registry_(registry),
      channels_(std::move(channels)),
      webhooks_(webhooks),
      options_(options),
      ids_made_(mix(options.id_seed ^ (std::uint64_t{scheduler.shard().value} << 48))),
      ticket_(std::make_shared<Dispatcher*>(this)) {
    registry_.attach(scheduler, *this);
    if (webhooks_ == nullptr) return;
    webhooks_->set_on_failed([this](const std::string& id) {
        revoke({0, id, Status::notification_failures_exceeded});
    });
}

Dispatcher::~Dispatcher() {
    if (rights_timer_) scheduler_.cancel(rights_timer_);
    for (const auto& [handle, connection] : connections_) {
        if (connection.timer) scheduler_.cancel(connection.timer);
    }
}

MessageId Dispatcher::make_id(Now now) {
    const std::uint64_t high = mix(++ids_made_);
    return MessageId::at(now.wall, high, mix(++ids_made_));
}

Dispatcher::Connection* Dispatcher::find(Handle handle) {
    const auto found = connections_.find(handle);
    return found == connections_.end() ? nullptr : &found->second;
}

// Connections.

Dispatcher::Handle Dispatcher::connect(Transport& transport, const Arrival& arrival) {
    const Now now = scheduler_.now();
    const Handle handle = ++handles_made_;
    Connection& connection = connections_[handle];
    connection.base = arrival.base;
    Link link;
    WallTime connected_at = now.wall;
    std::optional<Registry::Adopted> adopted;
    const bool reconnect = !arrival.session.empty();
    if (reconnect) {
        adopted =
            registry_.adopt_session(std::string(arrival.session), arrival.key, scheduler_.shard());
        if (adopted) {
            link = adopted->link;
            connected_at = adopted->connected_at;
        }
    } else {
        link = registry_.open_session(scheduler_.shard(), now.wall);
    }
    connection.session = std::make_unique<Session>(
        transport, link, connected_at, parse_keepalive(arrival.keepalive),
        [this](Now at) { return make_id(at); }, options_.session);
    counters_.sessions.add();
    if (reconnect && !adopted) {
        connection.session->close(CloseReason::invalid_reconnect, now);
        settle(handle);
        return handle;
    }
    by_link_.emplace(std::pair(link.session, link.connection), handle);
    if (!adopted) {
        connection.session->open(false, now);
        arm(handle, connection);
        return handle;
    }
    counters_.reconnects.add();
    connection.taking_over = true;
    for (const auto& subscription : adopted->subscriptions)
        take_in(handle, connection.subscribers, subscription);
    connection.timer = scheduler_.call_at(now.mono + limits::kTakeOver, [this, link] {
        if (const auto found = by_link_.find(std::pair(link.session, link.connection));
            found != by_link_.end())
            connections_.find(found->second)->second.timer = {};
        counters_.copies.add();
        go_on(link, {});
    });
    registry_.take_over(*adopted, scheduler_.shard());
    return handle;
}

void Dispatcher::go_on(const Link& link, const std::vector<MessageId>& told) {
    const auto found = by_link_.find(std::pair(link.session, link.connection));
    if (found == by_link_.end()) return;
    const Handle handle = found->second;
    Connection& connection = connections_.find(handle)->second;
    if (!std::exchange(connection.taking_over, false)) return;
    if (connection.timer) scheduler_.cancel(std::exchange(connection.timer, {}));
    const Now now = scheduler_.now();
    connection.session->open(!connection.subscribers.empty(), now);
    const std::set<MessageId> copies(told.begin(), told.end());
    connection.waiting_bytes = 0;
    for (Frame& frame : std::exchange(connection.waiting, {})) {
        if (!copies.contains(frame.id)) connection.session->send(frame.head, frame.body, now);
    }
    if (connection.session->live()) arm(handle, connection);
    settle(handle);
}

void Dispatcher::on_message(Handle handle) {
    if (Connection* connection = find(handle)) {
        connection->session->on_message(scheduler_.now());
        settle(handle);
    }
}

void Dispatcher::on_pong(Handle handle) {
    if (Connection* connection = find(handle)) connection->session->on_pong();
}

void Dispatcher::disconnect(Handle handle, bool network_error) {
    Connection* connection = find(handle);
    if (connection == nullptr) return;
    Session& session = *connection->session;
    if (session.live()) {
        session.on_gone();
        settle(handle);
        registry_.close_session(
            session.link(),
            network_error ? Status::websocket_network_error : Status::websocket_disconnected,
            scheduler_.now().wall);
    }
    connections_.erase(handle);
    counters_.sessions.sub();
}

/// After whatever may have ended the session: takes it out of everything but the list of
/// connections, where it stays until its transport is gone.
void Dispatcher::settle(Handle handle) {
    Connection* connection = find(handle);
    if (connection == nullptr || connection->session->live() || connection->settled) return;
    connection->settled = true;
    const Link& link = connection->session->link();
    by_link_.erase(std::pair(link.session, link.connection));
    if (connection->timer) scheduler_.cancel(std::exchange(connection->timer, {}));
    while (!connection->subscribers.empty()) drop(handle, connection->subscribers.begin()->first);
    if (const auto reason = connection->session->closed()) {
        counters_.closed[static_cast<std::size_t>(*reason)].add();
        registry_.close_session(link, close_info(*reason).status, scheduler_.now().wall);
    }
}

void Dispatcher::arm(Handle handle, Connection& connection) {
    connection.timer = scheduler_.call_at(connection.session->deadline(), [this, handle] {
        Connection* due = find(handle);
        if (due == nullptr) return;
        due->timer = {};
        due->session->on_time(scheduler_.now());
        settle(handle);
        if (due->session->live()) arm(handle, *due);
    });
}

void Dispatcher::reconnect_all() {
    for (auto& [handle, connection] : connections_) {
        Session& session = *connection.session;
        if (!session.live() || session.reconnecting() || connection.taking_over) continue;
        session.start_reconnect(registry_.start_reconnect(session.link(), connection.base),
                                scheduler_.now());
        // Its deadline may be nearer than the timer that runs.
        if (connection.timer) scheduler_.cancel(std::exchange(connection.timer, {}));
        if (session.live()) arm(handle, connection);
    }
    settle_all();
}

void Dispatcher::close_all() {
    for (auto& [handle, connection] : connections_)
        connection.session->close(CloseReason::server_shutdown, scheduler_.now());
    settle_all();
}

void Dispatcher::settle_all() {
    std::vector<Handle> ended;
    for (const auto& [handle, connection] : connections_) {
        if (!connection.session->live() && !connection.settled) ended.push_back(handle);
    }
    for (const Handle handle : ended) settle(handle);
}

// Subscriptions.

void Dispatcher::take_in(Handle handle, Subscribers& subscribers, SubscriptionRef subscription) {
    auto made = std::make_unique<Subscriber>(
        Subscriber{subscription, dump(to_json(*subscription, Place::notification)), handle});
    Subscriber* const subscriber = made.get();
    if (!subscribers.emplace(subscription->id, std::move(made)).second) return;
    counters_.subscriptions.add();
    // Between the look at its rights and now they may have ended: once more, from now on what ends
    // them is heard of.
    if (unchecked_.empty()) {
        scheduler_.call_at_end_of_turn([this, ticket = std::weak_ptr<Dispatcher*>(ticket_)] {
            if (!ticket.expired()) check_rights(std::exchange(unchecked_, {}));
        });
    }
    unchecked_.emplace_back(handle, subscription);
    if (!rights_timer_) {
        rights_timer_ = scheduler_.call_at(scheduler_.now().mono + limits::kRightsChecked,
                                           [this] { check_all_rights(); });
    }
    if (!subscription->channel.id) {
        of_users_[subscription->condition[Field::user]].push_back(subscriber);
        return;
    }
    const ChannelId channel = subscription->watched();
    Watched& watched = watched_[channel];
    watched.channel = subscription->channel;
    people_.put(subscription->channel);
    watched.subscribers.push_back(subscriber);
    if (watched.subscribers.size() == 1 && channels_.watch) channels_.watch(channel);
}

void Dispatcher::let_go(const Subscriber& subscriber) {
    counters_.subscriptions.sub();
    const Subscription& subscription = *subscriber.subscription;
    if (!subscription.channel.id) {
        const auto found = of_users_.find(subscription.condition[Field::user]);
        std::erase(found->second, &subscriber);
        if (found->second.empty()) of_users_.erase(found);
        return;
    }
    const ChannelId channel = subscription.watched();
    const auto found = watched_.find(channel);
    std::erase(found->second.subscribers, &subscriber);
    if (!found->second.subscribers.empty()) return;
    watched_.erase(found);
    // This may be within a call of the hub's, which must not be called back.
    const std::weak_ptr<Dispatcher*> ticket = ticket_;
    scheduler_.call_at_end_of_turn([this, ticket, channel] {
        if (!ticket.expired() && channels_.unwatch) channels_.unwatch(channel);
    });
}

void Dispatcher::drop(Handle handle, const std::string& id) {
    Connection* connection = handle == 0 ? nullptr : find(handle);
    if (handle != 0 && connection == nullptr) return;
    Subscribers& subscribers = handle == 0 ? webhook_subscribers_ : connection->subscribers;
    const auto found = subscribers.find(id);
    if (found == subscribers.end()) return;
    let_go(*found->second);
    subscribers.erase(found);
}

bool Dispatcher::add(const Link& link, SubscriptionRef subscription) {
    const auto found = by_link_.find(std::pair(link.session, link.connection));
    if (found == by_link_.end()) return false;
    Connection& connection = connections_.find(found->second)->second;
    if (connection.session->superseded()) return true;
    connection.session->on_used();
    take_in(found->second, connection.subscribers, std::move(subscription));
    return true;
}

void Dispatcher::remove(const Link& link, const std::string& subscription_id) {
    const auto found = by_link_.find(std::pair(link.session, link.connection));
    if (found != by_link_.end()) drop(found->second, subscription_id);
}

std::vector<MessageId> Dispatcher::supersede(const Link& link) {
    // The new connection began later than what is held back here.
    if (!held_.empty()) release_held(true);
    const auto found = by_link_.find(std::pair(link.session, link.connection));
    if (found == by_link_.end()) return {};
    const Handle handle = found->second;
    Connection& connection = connections_.find(handle)->second;
    connection.session->supersede();
    while (!connection.subscribers.empty())
        drop(handle, std::string(connection.subscribers.begin()->first));
    return {connection.told.begin(), connection.told.end()};
}

void Dispatcher::add_webhook(SubscriptionRef subscription) {
    if (webhooks_ == nullptr) return;
    if (subscription->status == Status::enabled)
        return take_in(0, webhook_subscribers_, std::move(subscription));
    const std::weak_ptr<Dispatcher*> ticket = ticket_;
    webhooks_->verify(subscription, [this, ticket, id = subscription->id](bool verified) {
        if (ticket.expired()) return;
        const auto status =
            verified ? Status::enabled : Status::webhook_callback_verification_failed;
        // Nothing: the client deleted it meanwhile.
        auto changed = registry_.set_status(id, status, scheduler_.now().wall);
        if (changed && verified) take_in(0, webhook_subscribers_, std::move(changed));
    });
}

void Dispatcher::remove_webhook(const std::string& subscription_id) {
    drop(0, subscription_id);
    if (webhooks_ != nullptr) webhooks_->forget(subscription_id);
}

// Events.

void Dispatcher::on_event(const chat::EventRef& event) {
    people_.learn(*event);
    hold(event, As::event);
}

void Dispatcher::on_shouted_out(const chat::EventRef& event) {
    hold(event, As::shoutout);
}

void Dispatcher::on_raid_left(const chat::EventRef& event) {
    hold(event, As::raid_left);
}

void Dispatcher::hold(chat::EventRef event, As as) {
    held_.push_back({std::move(event), as});
    release_held(held_.size() > limits::kEventsHeld);
}

void Dispatcher::release_held(bool late) {
    if (late) counters_.held_late.add();
    if (looking_up_ && !late) return;
    while (!held_.empty()) {
        const chat::Event& next = *held_.front().event;
        const bool shoutout = held_.front().as == As::shoutout;
        if (!late && (shoutout || watched_.contains(next.channel))) {
            auto logins = shoutout ? std::vector{next.channel_login} : mentioned_logins(next);
            std::erase_if(logins, [this](const auto& login) { return people_.knows(login); });
            if (!logins.empty()) return look_up(std::move(logins));
        }
        const Held one = std::move(held_.front());
        held_.pop_front();
        switch (one.as) {
            case As::event:
                dispatch(*one.event);
                break;
            case As::shoutout:
                dispatch_shoutout(*one.event);
                break;
            case As::raid_left:
                dispatch_raid_left(*one.event);
                break;
        }
    }
}

void Dispatcher::look_up(std::vector<std::string> logins) {
    constexpr std::size_t kLoginsAtOnce = 100;
    for (std::size_t i = kLoginsAtOnce; i < logins.size(); ++i) people_.put_nobody(logins[i]);
    if (logins.size() > kLoginsAtOnce) logins.resize(kLoginsAtOnce);
    const std::uint64_t number = ++look_ups_;
    looking_up_ = true;
    const std::weak_ptr<Dispatcher*> ticket = ticket_;
    const auto answered = [this, number](const std::vector<std::string>& asked,
                                         const std::vector<chat::User>& found) {
        for (const auto& login : asked) people_.put_nobody(login);
        for (const auto& user : found) people_.put(chat::person_of(user));
        if (number != look_ups_) return;
        looking_up_ = false;
        release_held(false);
    };
    const bool posted =
        registry_.workers().post([ticket, answered, logins, home = scheduler_.shard(),
                                  &catalog = registry_.catalog(), &scheduler = scheduler_] {
            auto found = catalog.find_users({}, logins);
            scheduler.post_to(home, Priority::control,
                              [ticket, answered, logins,
                               users = found ? *std::move(found) : std::vector<chat::User>()] {
                                  if (!ticket.expired()) answered(logins, users);
                              });
        });
    if (!posted) {
        looking_up_ = false;
        return release_held(true);
    }
    scheduler_.call_at(scheduler_.now().mono + limits::kEventsHeldFor, [this, ticket, number] {
        if (ticket.expired() || !looking_up_ || number != look_ups_) return;
        ++look_ups_;
        looking_up_ = false;
        release_held(true);
    });
}

/// Tells those who watch the channel and want the event so, as one of `of`.
template <class Wants>
void Dispatcher::tell(const Watched& channel, const chat::Event& event, const chat::Person& of,
                      const Wants& wants) {
    Encoded encoded;
    for (const Subscriber* subscriber : channel.subscribers) {
        if (!wants(*subscriber)) continue;
        const std::string& payload = encode(encoded, *subscriber, event, of);
        if (!payload.empty()) notify(*subscriber, id_of(event), payload);
    }
}

void Dispatcher::dispatch(const chat::Event& event) {
    const auto found = watched_.find(event.channel);
    if (found == watched_.end()) return;
    tell(found->second, event, found->second.channel, [&](const Subscriber& subscriber) {
        return !told_elsewhere(subscriber, event.elsewhere) &&
               concerns(*subscriber.subscription, event);
    });
    if (std::holds_alternative<chat::Moderation>(event.body)) revoke_after(event);
    settle_all();
}

void Dispatcher::dispatch_shoutout(const chat::Event& event) {
    const auto* act = std::get_if<chat::Moderation>(&event.body);
    if (act == nullptr) return;
    const auto found = watched_.find(ChannelId(act->target.id.value));
    if (found == watched_.end()) return;
    const chat::Person* known = people_.find(event.channel_login);
    const chat::Person from =
        known != nullptr
            ? *known
            : chat::Person{UserId(event.channel.value), event.channel_login, event.channel_login};
    tell(found->second, event, from, [](const Subscriber& subscriber) {
        return subscriber.subscription->type == Type::shoutout_receive;
    });
    settle_all();
}

void Dispatcher::dispatch_raid_left(const chat::Event& event) {
    const auto found = watched_.find(event.channel);
    if (found == watched_.end()) return;
    tell(found->second, event, found->second.channel, [&](const Subscriber& subscriber) {
        const Subscription& subscription = *subscriber.subscription;
        return subscription.type == Type::raid && subscription.condition[Field::from_broadcaster] &&
               !told_elsewhere(subscriber, event.elsewhere);
    });
    settle_all();
}

const std::string& Dispatcher::encode(Encoded& encoded, const Subscriber& subscriber,
                                      const chat::Event& event, const chat::Person& channel) {
    const std::pair key(subscriber.subscription->type, subscriber.subscription->version);
    for (const auto& [known, text] : encoded) {
        if (known == key) return text;
    }
    const auto made = payload(key.first, key.second, event, channel, people_);
    return encoded.emplace_back(key, made ? dump(*made) : std::string()).second;
}

void Dispatcher::notify(const Subscriber& subscriber, const MessageId& event,
                        std::string_view payload) {
    const Subscription& subscription = *subscriber.subscription;
    const MessageId id = notification_id(subscription.id, event);
    counters_.notifications.add();
    if (subscriber.connection == 0) {
        webhooks_->notify(
            subscriber.subscription, id,
            fmt::format("{{\"subscription\":{},\"event\":{}}}", subscriber.envelope, payload));
        return;
    }
    const Now now = scheduler_.now();
    const std::string head = fmt::format(
        "{{\"metadata\":{{\"message_id\":\"{}\",\"message_type\":\"notification\","
        "\"message_timestamp\":\"{}\",\"subscription_type\":\"{}\",\"subscription_version\":"
        "\"{}\"}},\"payload\":{{\"subscription\":{},\"event\":",
        id.to_string(), rfc3339(now.wall), subscription.info().name, subscription.version,
        subscriber.envelope);
    std::string body(payload);
    body += "}}";
    if (Connection* connection = find(subscriber.connection))
        write(*connection, {id, head, std::move(body)});
}

void Dispatcher::write(Connection& connection, Frame frame) {
    if (!connection.taking_over) {
        if (connection.session->reconnecting()) {
            if (connection.told.size() == limits::kToldBeforeReconnect) connection.told.pop_front();
            connection.told.push_back(frame.id);
        }
        connection.session->send(frame.head, frame.body, scheduler_.now());
        return;
    }
    // Too much to keep: a copy of what the old connection tells is better than a loss.
    const std::size_t most = options_.session.outbox_bytes / 2;
    const bool kept = connection.waiting_bytes <= most;
    connection.waiting_bytes += frame.head.size() + frame.body.size();
    connection.waiting.push_back(std::move(frame));
    if (!kept || connection.waiting_bytes <= most) return;
    counters_.copies.add();
    scheduler_.call_at_end_of_turn(
        [this, ticket = std::weak_ptr<Dispatcher*>(ticket_), link = connection.session->link()] {
            if (!ticket.expired()) go_on(link, {});
        });
}

// Users.

void Dispatcher::on_followed(const hub::Followed& follow) {
    people_.put(follow.follower);
    const auto found = watched_.find(follow.channel);
    if (found == watched_.end()) return;
    const std::string payload = dump(follow_payload(follow, found->second.channel));
    // Who follows again does so later.
    const MessageId id =
        MessageId::from_random(follow.channel.value << 32 ^ follow.follower.id.value,
                               static_cast<std::uint64_t>(unix_ms(follow.at)));
    for (const Subscriber* subscriber : found->second.subscribers) {
        if (told_elsewhere(*subscriber, follow.elsewhere)) continue;
        if (subscriber->subscription->type == Type::follow) notify(*subscriber, id, payload);
    }
    settle_all();
}

void Dispatcher::on_shared_chat_changed(const hub::SharedChatChanged& change) {
    for (const ChannelId channel : change.channels()) {
        const auto found = watched_.find(channel);
        if (found == watched_.end()) continue;
        const Type type = !change.before.has(channel)  ? Type::shared_chat_begin
                          : !change.after.has(channel) ? Type::shared_chat_end
                                                       : Type::shared_chat_update;
        const std::string payload =
            dump(shared_chat_payload(type, change.after, found->second.channel));
        const MessageId id =
            MessageId::from_random(std::hash<std::string>()(change.after.id) ^ channel.value << 32,
                                   static_cast<std::uint64_t>(unix_ms(change.after.updated_at)));
        for (const Subscriber* subscriber : found->second.subscribers) {
            if (told_elsewhere(*subscriber, change.elsewhere)) continue;
            if (subscriber->subscription->type == type) notify(*subscriber, id, payload);
        }
    }
    settle_all();
}

void Dispatcher::on_whisper(const hub::WhisperReceived& whisper) {
    const auto found = of_users_.find(whisper.to.id);
    if (found == of_users_.end()) return;
    const std::string payload = dump(whisper_payload(whisper));
    // The number names the whisper among those between the two.
    const MessageId id =
        MessageId::from_random(whisper.from.id.value << 32 ^ whisper.to.id.value, whisper.number);
    for (const Subscriber* subscriber : found->second) {
        if (told_elsewhere(*subscriber, whisper.elsewhere)) continue;
        if (subscriber->subscription->type == Type::whisper_message)
            notify(*subscriber, id, payload);
    }
    settle_all();
}

void Dispatcher::on_account_changed(const chat::User& user, bool elsewhere) {
    people_.put(chat::person_of(user));
    if (const auto found = watched_.find(ChannelId(user.id.value)); found != watched_.end())
        found->second.channel = chat::person_of(user);
    // Who is no staff any more has no right to what moderators are told.
    Suspects suspects;
    for_each_subscriber([&](const Subscriber& subscriber) {
        if (subscriber.subscription->condition[Field::moderator] == user.id)
            suspects.emplace_back(subscriber.connection, subscriber.subscription);
    });
    check_rights(std::move(suspects));
    const auto found = of_users_.find(user.id);
    if (found == of_users_.end()) return;
    if (std::ranges::none_of(found->second, [](const Subscriber* subscriber) {
            return subscriber->subscription->type == Type::user_update;
        }))
        return;
    const std::weak_ptr<Dispatcher*> ticket = ticket_;
    const auto told = [this, user, elsewhere](const store::Profile& profile) {
        const auto subscribers = of_users_.find(user.id);
        if (subscribers == of_users_.end()) return;
        const MessageId id = make_id(scheduler_.now());
        for (const Subscriber* subscriber : subscribers->second) {
            const Subscription& subscription = *subscriber->subscription;
            if (subscription.type != Type::user_update) continue;
            if (told_elsewhere(*subscriber, elsewhere)) continue;
            notify(*subscriber, id,
                   dump(user_update_payload(user, profile, subscription.may_read_email)));
        }
        settle_all();
    };
    // A full queue loses this one: the next change tells the same again.
    registry_.workers().post([ticket, told, id = user.id, home = scheduler_.shard(),
                              &catalog = registry_.catalog(), &scheduler = scheduler_] {
        auto profile = catalog.profile(id);
        if (!profile) return;
        scheduler.post_to(home, Priority::control, [ticket, told, profile = *std::move(profile)] {
            if (!ticket.expired()) told(profile);
        });
    });
}

}  // namespace clamor::eventsub
