// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "base/log.h"
#include "hub/room_host.h"
#include "store/log_queue.h"

/// What the bus brings: from here, from other nodes, and what only the log has.
namespace clamor::hub {

namespace {

/// None: such an event is not stored.
WallTime* time_of(chat::Event& event) {
    if (auto* message = std::get_if<chat::Message>(&event.body)) return &message->sent_at;
    if (auto* act = std::get_if<chat::Moderation>(&event.body)) return &act->at;
    if (auto* notice = std::get_if<chat::UserNotice>(&event.body)) return &notice->message.sent_at;
    if (auto* held = std::get_if<chat::HeldMessage>(&event.body)) return &held->at;
    return nullptr;
}

}  // namespace

void RoomHost::on_received(const bus::Received& received) {
    const auto run = [&](HostedRoom& room) { receive_bytes(room, received); };
    if (!publishing_) return guarded(received.channel, "receive", run, [] {});
    // From inside of publish(): faults are for whoever publishes.
    if (const auto found = rooms_.find(received.channel); found != rooms_.end())
        run(*found->second);
}

void RoomHost::receive_bytes(HostedRoom& room, const bus::Received& received) {
    auto decoded = chat::decode_event(received.bytes);
    if (!decoded) {
        log::error("an event from the bus cannot be read",
                   {{"channel", room.login}, {"error", decoded.error().to_string()}});
        return;
    }
    decoded->position = received.position;
    decoded->elsewhere = !received.published_here;
    bus::Received placed = received;
    std::string rewritten;
    WallTime* const at = time_of(*decoded);
    room.last = std::max(room.last, received.position);
    if (at != nullptr && received.turn != bus::Turn::early) {
        // Nodes have clocks of their own; in the order of the channel time never falls.
        if (*at < room.last_sent_at) {
            *at = room.last_sent_at;
            rewritten = chat::encode_event(*decoded);
            placed.bytes = rewritten;
        }
        room.last_sent_at = *at;
    }
    receive(room, std::make_shared<const chat::Event>(*std::move(decoded)), placed);
}

void RoomHost::receive(HostedRoom& room, const chat::EventRef& event,
                       const bus::Received& received) {
    if (received.turn != bus::Turn::early) store(room, *event, received);
    if (received.turn == bus::Turn::late) return;
    if (std::holds_alternative<chat::Moderation>(event->body))
        return received_act(room, event, received);
    if (std::holds_alternative<chat::HeldMessage>(event->body))
        return received_held(room, event, received);
    if (std::holds_alternative<chat::Message>(event->body))
        return received_message(room, event, received);
    deliver(room, event, nullptr);
}

/// The publisher's node appends to the log. What is taken out of sight may be on its way there from
/// any node, and each sees to its own.
void RoomHost::store(HostedRoom& room, const chat::Event& event, const bus::Received& received) {
    using store::EntryKind;
    const auto* act = std::get_if<chat::Moderation>(&event.body);
    if (!received.published_here) {
        if (act != nullptr && room.published_here) mark_deleted(room, *act, received);
        return;
    }
    if (act != nullptr) {
        room.unplaced_acts.erase(act->id);
        append_to_log(room, received, act->id, act->at, {}, EntryKind::moderation);
        mark_deleted(room, *act, received);
    } else if (const auto* message = std::get_if<chat::Message>(&event.body)) {
        if (const auto echo = echoes_.find(message->id); echo != echoes_.end())
            echo->second.position = received.position;
        append_to_log(room, received, message->id, message->sent_at, message->author_id,
                      EntryKind::message);
    } else if (const auto* notice = std::get_if<chat::UserNotice>(&event.body)) {
        const chat::Message& said = notice->message;
        append_to_log(room, received, said.id, said.sent_at, said.author_id,
                      EntryKind::user_notice);
    } else if (const auto* held = std::get_if<chat::HeldMessage>(&event.body)) {
        append_to_log(room, received, held->id, held->at, {}, EntryKind::moderation);
    }
}

void RoomHost::received_message(HostedRoom& room, const chat::EventRef& event,
                                const bus::Received& received) {
    const auto& message = std::get<chat::Message>(event->body);
    remember(room, event);
    const auto echo = echoes_.find(message.id);
    deliver(room, event, echo != echoes_.end() ? &echo->second.who : nullptr);
    if (received.published_here) return;
    // Slow mode, repetition and unique chat hold over all nodes.
    std::string_view text = message.text;
    if (message.reply) text.remove_prefix(message.reply->parent_display_name.size() + 2);
    room.rules.note(message.author_id, text, scheduler_.now().mono);
    const auto author = room.chatters.find(message.author_id);
    if (author != room.chatters.end()) author->second.chatter.standing.has_spoken = true;
}

void RoomHost::on_gap(ChannelId channel, Position after, Position before) {
    if (before.sequence <= after.sequence + 1) return;
    // Whoever published it may not have written it yet.
    scheduler_.call_at(scheduler_.now().mono + limits::kGapPatience,
                       [this, channel, after, before] { read_gap(channel, after, before); });
}

void RoomHost::read_gap(ChannelId channel, Position after, Position before) {
    if (!rooms_.contains(channel)) return;
    counters_.gaps_read.add();
    // What has changed since is in the catalog.
    channel_changed(channel);
    const bool queued =
        services_.workers.post([this, channel, after, before, home = scheduler_.shard()] {
            auto found = services_.log.read({.channel = channel,
                                             .after_sequence = after.sequence,
                                             .before_sequence = before.sequence,
                                             .limit = limits::kGapMessages});
            if (!found) {
                log::warn("what the bus did not bring could not be read from the log",
                          {{"channel", channel.value}, {"error", found.error().to_string()}});
                return;
            }
            scheduler_.post_to(home, Priority::control, [this, channel, found = *std::move(found)] {
                fill_gap(channel, found);
            });
        });
    if (!queued) on_gap(channel, after, before);
}

void RoomHost::fill_gap(ChannelId channel, const std::vector<store::StoredMessage>& found) {
    for (const store::StoredMessage& stored : found) {
        if (stored.deleted) continue;
        counters_.gap_events.add();
        guarded(
            channel, "gap",
            [&](HostedRoom& room) {
                auto decoded = chat::decode_event(stored.event);
                if (!decoded) return;
                decoded->position = stored.position;
                decoded->elsewhere = true;
                receive(room, std::make_shared<const chat::Event>(*std::move(decoded)),
                        {.channel = channel, .position = stored.position, .bytes = stored.event});
            },
            [] {});
    }
}

}  // namespace clamor::hub
