// SPDX-License-Identifier: Apache-2.0
#include "sim/watched_bus.h"

#include <stdexcept>
#include <string>
#include <utility>

namespace clamor::sim {

void WatchedBus::publish(ChannelId channel, std::string_view bytes) {
    if (std::exchange(fail_next_, false)) {
        ++checkers_.faults;
        checkers_.rules.forget(channel, shard_.now().mono);
        checkers_.history.faulted(channel);
        throw std::runtime_error("a fault of the simulation's");
    }
    ++checkers_.published;
    const auto event = chat::decode_event(bytes);
    const auto* message = event ? std::get_if<chat::Message>(&event->body) : nullptr;
    if (message == nullptr) {
        checkers_.violations.add("channel {} published what is no message", channel.value);
        return;
    }
    checkers_.history.published(channel, *message);
    const chat::User author{.id = message->author_id,
                            .login = message->author_login,
                            .display_name = message->author_display_name,
                            .color = message->author_color,
                            .verified_bot = population_.is_verified_bot(message->author_id)};
    checkers_.rules.accepted(channel, population_.chatter(channel, author), *message,
                             shard_.now().mono);
    bus_.publish(channel, bytes);
}

void WatchedBus::Watch::on_received(const bus::Received& received) {
    const auto event = chat::decode_event(received.bytes);
    const auto& message = std::get<chat::Message>(event->body);
    const SessionId by = std::stoull(message.client_nonce);  // "session:request"
    checkers_.delivery.published(received.channel, received.position, message.id, by);
    to_.on_received(received);
}

}  // namespace clamor::sim
