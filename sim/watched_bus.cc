// SPDX-License-Identifier: Apache-2.0
#include "sim/watched_bus.h"

#include <stdexcept>
#include <string>
#include <utility>

namespace clamor::sim {

void WatchedBus::publish(ChannelId channel, std::string_view bytes) {
    const auto event = chat::decode_event(bytes);
    const auto* message = event ? std::get_if<chat::Message>(&event->body) : nullptr;
    const auto* act = event ? std::get_if<chat::Moderation>(&event->body) : nullptr;
    if (message == nullptr && act == nullptr) {
        checkers_.violations.add("channel {} published what is neither message nor act",
                                 channel.value);
        return;
    }
    if (std::exchange(fail_next_, false)) lose(channel, *event);
    if (message != nullptr) {
        see(channel, *message);
    } else {
        ++checkers_.acts_published;
        checkers_.acts.published(channel, *act);
        checkers_.rules.published(channel, *act, shard_.now().mono);
        checkers_.history.acted(channel, *act);
    }
    bus_.publish(channel, bytes);
}

void WatchedBus::see(ChannelId channel, const chat::Message& message) {
    ++checkers_.published;
    checkers_.history.published(channel, message);
    const chat::User author{.id = message.author_id,
                            .login = message.author_login,
                            .display_name = message.author_display_name,
                            .color = message.author_color,
                            .verified_bot = population_.is_verified_bot(message.author_id)};
    checkers_.rules.accepted(channel, population_.chatter(channel, author), message, shard_.now());
}

void WatchedBus::lose(ChannelId channel, const chat::Event& event) {
    ++checkers_.faults;
    if (const auto* act = std::get_if<chat::Moderation>(&event.body)) {
        checkers_.acts.lost(channel, *act);
        checkers_.rules.published(channel, *act, shard_.now().mono);
    } else {
        ++checkers_.messages_lost;
    }
    checkers_.rules.forget(channel, shard_.now().mono);
    checkers_.history.faulted(channel);
    throw std::runtime_error("a fault of the simulation's");
}

void WatchedBus::Watch::on_received(const bus::Received& received) {
    const auto event = chat::decode_event(received.bytes);
    if (const auto* act = std::get_if<chat::Moderation>(&event->body)) {
        checkers_.delivery.published(received.channel, received.position, act->id, kNoSession,
                                     DeliveryChecker::Kind::act);
    } else {
        const auto& message = std::get<chat::Message>(event->body);
        const SessionId by = std::stoull(message.client_nonce);  // "session:request"
        checkers_.delivery.published(received.channel, received.position, message.id, by,
                                     chat::for_moderators_only(message)
                                         ? DeliveryChecker::Kind::for_moderators
                                         : DeliveryChecker::Kind::message);
    }
    to_.on_received(received);
}

}  // namespace clamor::sim
