// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <unordered_set>
#include <utility>

#include "base/limits.h"
#include "base/log.h"
#include "hub/catch_up.h"
#include "hub/room_host.h"
#include "store/log_queue.h"

/// What the bus brings: from here, from other nodes, and what only the log has.
namespace clamor::hub {

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
    if (received.turn != bus::Turn::early) {
        const unsigned region = received.position.region();
        decoded->beside = room.beside(region);
        RegionEnd& end = room.end_of(region);
        // A gap has passed over it: what follows it has its times already.
        const bool passed = received.position < end.last;
        end.last = std::max(end.last, received.position);
        if (WallTime* const at = passed ? nullptr : chat::time_of(*decoded)) {
            // Nodes have clocks of their own; in the order of a region time never falls.
            if (*at < end.sent_at) {
                *at = end.sent_at;
                rewritten = chat::encode_event(*decoded);
                placed.bytes = rewritten;
            }
            note_time(room, region, *at);
        }
    }
    receive(room, std::make_shared<const chat::Event>(*std::move(decoded)), placed);
}

/// What is published here from now on comes after what was heard of, in hybrid time: behind what
/// another region has published, which counts by itself, by a step of the clock.
void RoomHost::note_time(HostedRoom& room, unsigned region, WallTime at) {
    room.end_of(region).sent_at = at;
    const auto step = std::chrono::milliseconds(region == options_.region ? 0 : 1);
    room.last_sent_at = std::max(room.last_sent_at, at + step);
}

void RoomHost::receive(HostedRoom& room, const chat::EventRef& event,
                       const bus::Received& received) {
    if (received.turn != bus::Turn::early) {
        store(room, *event, received);
        remember_hiding(room, event);
    }
    if (!received.published_here) keep_for_catch_up(room, event);
    if (received.turn == bus::Turn::early)
        room.shown_early.emplace_back(chat::id_of(*event), room.newcomers.watch());
    if (received.turn == bus::Turn::late) return show_newcomers(room, event);
    // What was deleted before it came is not shown.
    if (room.deleted_by(chat::id_of(*event))) return;
    if (std::holds_alternative<chat::Moderation>(event->body))
        return received_act(room, event, received);
    if (std::holds_alternative<chat::HeldMessage>(event->body))
        return received_held(room, event, received);
    if (std::holds_alternative<chat::Message>(event->body))
        return received_message(room, event, received);
    deliver(room, event, nullptr);
    if (received.published_here) share(room, event);
}

/// What was shown early has its place now, and is to be shown to those who have joined in between;
/// who began behind the place, which a gap had passed over, reads the log for it. What was shown
/// before it has none.
void RoomHost::show_newcomers(HostedRoom& room, const chat::EventRef& placed) {
    if (room.gaps > 0) room.placed_late.insert(chat::id_of(*placed));
    auto& early = room.shown_early;
    const auto found =
        std::ranges::find(early, chat::id_of(*placed), &std::pair<MessageId, std::uint64_t>::first);
    if (found == early.end()) return;
    std::vector<MemberRef> newcomers = room.newcomers.since(found->second, placed->position);
    // Who spoke before their own join was answered has the echo.
    if (const auto echo = echoes_.find(chat::id_of(*placed)); echo != echoes_.end())
        std::erase(newcomers, echo->second.who);
    for (auto past = early.begin(); past != std::next(found); ++past)
        room.newcomers.forget(past->second);
    early.erase(early.begin(), std::next(found));
    if (!newcomers.empty() && !room.deleted_by(chat::id_of(*placed)))
        outlet_.deliver_to(newcomers, placed);
}

void RoomHost::keep_for_catch_up(HostedRoom& room, const chat::EventRef& event) {
    // What fills a gap is out of order here, and comes from the log.
    auto& kept = room.end_of(event->position.region()).from_others;
    if (!kept.empty() && event->position <= kept.back().event->position) return;
    kept.push_back({event, room.deleted_by(chat::id_of(*event))});
    if (kept.size() > limits::kMissedEvents) kept.pop_front();
}

std::vector<Heard> RoomHost::heard_between(ChannelId channel, Position after, Position upto) const {
    const auto found = rooms_.find(channel);
    if (found == rooms_.end() || found->second->ends.size() <= upto.region()) return {};
    const auto& all = found->second->ends[upto.region()].from_others;
    const auto position_of = [](const Heard& heard) { return heard.event->position; };
    return {std::ranges::lower_bound(all, after, {}, position_of),
            std::ranges::upper_bound(all, upto, {}, position_of)};
}

void RoomHost::remember_hiding(HostedRoom& room, const chat::EventRef& event) {
    const auto* act = std::get_if<chat::Moderation>(&event->body);
    if (act == nullptr || !chat::hides_messages(act->action)) return;
    room.hidings.push_back({event, scheduler_.now().mono});
    if (room.hidings.size() <= limits::kMissedEvents) return;
    room.hidings.pop_front();
    counters_.deletions_forgotten.add();
}

/// The publisher's node appends to the log. What is taken out of sight may be on its way there from
/// any node, and each sees to its own.
void RoomHost::store(HostedRoom& room, const chat::Event& event, const bus::Received& received) {
    using store::EntryKind;
    const auto* act = std::get_if<chat::Moderation>(&event.body);
    if (!received.published_here) {
        if (act != nullptr && room.published_here)
            mark_deleted(room, *act, received.position, event.beside);
        return;
    }
    if (act != nullptr) {
        append_to_log(room, received, act->id, act->at, {}, EntryKind::moderation);
        mark_deleted(room, *act, received.position, event.beside);
    } else if (const auto* message = std::get_if<chat::Message>(&event.body)) {
        if (const auto echo = echoes_.find(message->id); echo != echoes_.end()) {
            echo->second.position = event.position;
            echo->second.beside = event.beside;
        }
        append_to_log(room, received, message->id, message->sent_at, message->author_id,
                      EntryKind::message);
        if (const MessageId act = room.deleted_by(message->id)) {
            services_.log_queue.mark_deleted(
                {.channel = room.channel, .by = act, .ids = {message->id}});
        }
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
    if (received.published_here) return share(room, event);
    const auto author = room.chatters.find(message.author_id);
    if (author != room.chatters.end()) author->second.chatter.standing.has_spoken = true;
    if (chat::is_copy(message, room.channel)) return;
    // Slow mode, repetition and unique chat hold over all nodes.
    std::string_view text = message.text;
    if (message.reply) text.remove_prefix(message.reply->parent_display_name.size() + 2);
    room.rules.note(message.author_id, text, scheduler_.now().mono);
}

void RoomHost::on_gap(ChannelId channel, Position after, Position before) {
    const auto room = rooms_.find(channel);
    if (room == rooms_.end() || before.sequence <= after.sequence + 1) return;
    // Whether anything was published is found out before anybody is told.
    if (bus::is_doubt(before)) return plan_gap({channel, after, before});
    // Now, before anything that is behind it: whoever goes and comes back does so behind that. Over
    // an epoch nobody knows whether it was any at all.
    Skipped skipped{.by_class = {},
                    .first = {.epoch = after.epoch, .sequence = after.sequence + 1},
                    .last = {.epoch = before.epoch, .sequence = before.sequence - 1}};
    const std::uint64_t events = events_between(after, before);
    skipped.by_class[static_cast<std::size_t>(chat::ShedClass::message)] =
        static_cast<std::uint32_t>(std::max<std::uint64_t>(events, 1));
    skipped.perhaps = events == 0;
    for (const auto& [shard, count] : room->second->members)
        outlet_.tell_skipped(shard, channel, skipped);
    // Who joins from now on is not told, and begins behind it: nothing may follow for a while.
    RegionEnd& end = room->second->end_of(before.region());
    end.last = std::max(end.last, skipped.last);
    ++room->second->gaps;
    plan_gap({channel, after, before, room->second->newcomers.watch()});
}

/// Whoever published it may not have written it yet.
void RoomHost::plan_gap(const Gap& gap) {
    auto patience = std::chrono::milliseconds(limits::kGapPatience);
    // All rooms at once are in doubt.
    if (bus::is_doubt(gap.before))
        patience += std::chrono::milliseconds(random_() % limits::kDoubtsSpread.count());
    scheduler_.call_at(scheduler_.now().mono + patience, [this, gap] { read_gap(gap); });
}

void RoomHost::read_gap(const Gap& gap) {
    const auto room = rooms_.find(gap.channel);
    if (room == rooms_.end()) return;
    const bool doubt = bus::is_doubt(gap.before);
    if (doubt && !in_doubt(*room->second, gap)) return;
    counters_.gaps_read.add();
    reread_facts(*room->second);
    const bool queued = services_.workers.post([this, gap, doubt, home = scheduler_.shard()] {
        std::optional<std::uint64_t> before;
        if (!doubt) before = gap.before.sequence;
        auto found = services_.log.read({.channel = gap.channel,
                                         .after_sequence = gap.after.sequence,
                                         .before_sequence = before,
                                         .one_region = true,
                                         .limit = limits::kGapMessages});
        if (!found) {
            log::warn("what the bus did not bring could not be read from the log",
                      {{"channel", gap.channel.value}, {"error", found.error().to_string()}});
        }
        scheduler_.post_to(home, Priority::control, [this, gap, doubt, found = std::move(found)] {
            if (doubt && found) return end_doubt(gap, *found);
            if (doubt) return;
            if (found) fill_gap(gap, *found);
            gap_is_over(gap);
        });
    });
    if (!queued) plan_gap(gap);
}

/// Nothing has come since then: what does begins an epoch, with a gap of its own in front.
bool RoomHost::in_doubt(HostedRoom& room, const Gap& gap) {
    return room.end_of(gap.after.region()).last <= gap.after;
}

/// What the log has shows where the gap ends: lost epochs, too. What the bus has still to bring is
/// of a later one.
void RoomHost::end_doubt(const Gap& gap, std::vector<store::StoredMessage> found) {
    std::erase_if(found, [&](const store::StoredMessage& stored) {
        const std::uint64_t epoch = stored.position.epoch;
        return epoch != gap.after.epoch && epoch >= gap.before.epoch;
    });
    const auto room = rooms_.find(gap.channel);
    if (room == rooms_.end() || found.empty() || !in_doubt(*room->second, gap)) return;
    Skipped skipped{.by_class = {},
                    .first = {.epoch = gap.after.epoch, .sequence = gap.after.sequence + 1},
                    .last = found.back().position};
    skipped.by_class[static_cast<std::size_t>(chat::ShedClass::message)] =
        static_cast<std::uint32_t>(found.size());
    for (const auto& [shard, count] : room->second->members)
        outlet_.tell_skipped(shard, gap.channel, skipped);
    room->second->end_of(gap.after.region()).last = found.back().position;
    fill_gap(gap, found);
}

/// Who has joined since then has read the log for itself.
void RoomHost::fill_gap(const Gap& gap, const std::vector<store::StoredMessage>& found) {
    const auto room = rooms_.find(gap.channel);
    if (room == rooms_.end()) return;
    // What was shown at a place that Redis has forgotten got another one, which may be in the gap.
    std::unordered_set<MessageId> shown;
    for (const Heard& heard : room->second->end_of(gap.after.region()).from_others)
        shown.insert(chat::id_of(*heard.event));
    for (const store::StoredMessage& stored : found) {
        if (stored.deleted || shown.contains(stored.id)) continue;
        counters_.gap_events.add();
        guarded(
            gap.channel, "gap",
            [&](HostedRoom& room) {
                auto decoded = chat::decode_event(stored.event);
                if (!decoded || room.placed_late.contains(stored.id)) return;
                decoded->position = stored.position;
                decoded->beside = room.beside(stored.position.region());
                decoded->elsewhere = true;
                if (gap.moment != 0) not_for_ = room.newcomers.since(gap.moment);
                receive(
                    room, std::make_shared<const chat::Event>(*std::move(decoded)),
                    {.channel = gap.channel, .position = stored.position, .bytes = stored.event});
            },
            [] {});
        not_for_.clear();
    }
}

void RoomHost::gap_is_over(const Gap& gap) {
    const auto room = rooms_.find(gap.channel);
    if (room == rooms_.end()) return;
    room->second->newcomers.forget(gap.moment);
    if (room->second->gaps > 0 && --room->second->gaps == 0) room->second->placed_late.clear();
}

}  // namespace clamor::hub
