// SPDX-License-Identifier: Apache-2.0
#include "sim/continuity_checker.h"

#include <algorithm>
#include <limits>

#include "bus/redis/envelope.h"

namespace clamor::sim {

namespace {

std::string text(Position position) {
    return bus::redis::to_entry_id(position);
}

bool bans(chat::ModAction action) {
    return action == chat::ModAction::ban || action == chat::ModAction::timeout;
}

bool shown_to_viewers(const chat::Event& event) {
    const auto* message = std::get_if<chat::Message>(&event.body);
    return message == nullptr || !chat::for_moderators_only(*message);
}

/// Whatever was undone. All that has its place before the act; one that is named has it anywhere.
bool reaches(const chat::Moderation& act, const store::StoredMessage& entry) {
    switch (act.action) {
        case chat::ModAction::ban:
        case chat::ModAction::timeout:
            return act.target.id == entry.author;
        case chat::ModAction::delete_message:
            return act.message_id == entry.id;
        case chat::ModAction::clear:
            return true;
        default:
            return false;
    }
}

}  // namespace

void ContinuityChecker::published(NodeId node, const chat::Event& event, bool banned) {
    const MessageId id = id_of(event);
    if (!published_
             .emplace(id, Published{.node = node, .channel = event.channel, .order = ++order_})
             .second)
        violations_.add("node {} published {} twice", node, id.to_string());
    const auto* message = std::get_if<chat::Message>(&event.body);
    if (message == nullptr) return;
    if (const auto sayer = sayers_.find(message->client_nonce); sayer != sayers_.end())
        sayer_of_[id] = sayer->second;
    if (!banned) return;
    if (bans_[{event.channel, message->author_id}].known_to.contains(node)) {
        violations_.add("node {} takes a message of {} in channel {}, of whose ban it was told",
                        node, message->author_login, event.channel.value);
    }
}

void ContinuityChecker::received(NodeId node, const chat::Event& event, bool again) {
    const MessageId id = id_of(event);
    if (!published_.contains(id))
        violations_.add("node {} was given {}, which nobody published", node, id.to_string());
    if (const auto* act = std::get_if<chat::Moderation>(&event.body);
        act != nullptr && bans(act->action) && !again)
        note_ban(node, event.channel, *act);
    if (const auto* act = std::get_if<chat::Moderation>(&event.body); act != nullptr && !again)
        given_[{node, event.channel}].push_back({.id = id, .what = *act, .order = ++order_});
    if (const auto* act = std::get_if<chat::Moderation>(&event.body);
        act != nullptr && act->action == chat::ModAction::delete_message)
        deleted_at_.insert({node, act->message_id});
    if (deleted_at_.contains({node, id})) came_deleted_.insert({node, id});
    if (event.position == Position{}) return;
    check_place("the bus", event.channel, event.position, id);
    Position& newest = newest_[{node, event.channel}];
    if (event.position <= newest && !in_gap(node, event.channel, event.position)) {
        violations_.add("node {} was given {} of channel {} after {}", node, text(event.position),
                        event.channel.value, text(newest));
    }
    newest = std::max(newest, event.position);
}

void ContinuityChecker::gap(NodeId node, ChannelId channel, Position after, Position before) {
    ++gaps_seen_;
    bus_gaps_[{node, channel}].push_back({.after = after, .before = before, .count = 0});
}

void ContinuityChecker::placed(Position position, const chat::Event& event) {
    const MessageId id = id_of(event);
    const Place place(event.channel, position);
    if (!places_.emplace(place, id).second) {
        violations_.add("place {} of channel {} was given twice", text(position),
                        event.channel.value);
    }
    places_of_[id].push_back(position);
    const auto* act = std::get_if<chat::Moderation>(&event.body);
    if (act != nullptr) {
        acts_[event.channel].push_back({.id = id, .position = position, .what = *act});
        return;
    }
    const auto* message = std::get_if<chat::Message>(&event.body);
    if (message != nullptr && !bans_[{event.channel, message->author_id}].known_to.empty())
        ++behind_bans_;
}

void ContinuityChecker::ban_changed(ChannelId channel, UserId user,
                                    std::optional<WallTime> ends_at) {
    bans_[{channel, user}] = {.ends_at = ends_at, .known_to = {}};
}

/// An event that comes late may be of an older ban, which ends earlier.
void ContinuityChecker::note_ban(NodeId node, ChannelId channel, const chat::Moderation& act) {
    Ban& ban = bans_[{channel, act.target.id}];
    if (ban.ends_at == act.ends_at) ban.known_to.insert(node);
}

void ContinuityChecker::undone(NodeId node, MessageId act) {
    undone_[act] = node;
    for (auto& [where, acts] : given_) {
        if (where.first == node)
            std::erase_if(acts, [act](const Given& given) { return given.id == act; });
    }
}

void ContinuityChecker::begins(ClientId client, ChannelId channel, Position from) {
    stays_[{client, channel}] = Stay{.from = from, .newest = from};
}

bool ContinuityChecker::follows(ClientId client, ChannelId channel) const {
    return stays_.contains({client, channel});
}

void ContinuityChecker::connects(ClientId client, ChannelId channel, NodeId node) {
    Stay& stay = stays_.at({client, channel});
    stay.node = node;
    stay.nodes.insert(node);
    stay.shown_here.clear();
}

Position ContinuityChecker::newest(ClientId client, ChannelId channel) const {
    return stays_.at({client, channel}).newest;
}

bool ContinuityChecker::in_gap(NodeId node, ChannelId channel, Position position) const {
    const auto gaps = bus_gaps_.find({node, channel});
    return gaps != bus_gaps_.end() && std::ranges::any_of(gaps->second, [&](const Gap& gap) {
               return gap.after < position && position.sequence < gap.before.sequence;
           });
}

/// Its publisher did not know the times of what a gap had left out.
bool ContinuityChecker::behind_gap(ChannelId channel, const store::StoredMessage& entry) const {
    const auto published = published_.find(entry.id);
    return published != published_.end() && bus_gaps_.contains({published->second.node, channel});
}

void ContinuityChecker::check_place(const char* who, ChannelId channel, Position position,
                                    MessageId id) {
    const auto place = places_.find({channel, position});
    if (place != places_.end() && place->second == id) return;
    violations_.add("{} shows {} at {} of channel {}, where it is not", who, id.to_string(),
                    text(position), channel.value);
}

void ContinuityChecker::shown(ClientId client, const chat::Event& event) {
    const MessageId id = id_of(event);
    const auto found = stays_.find({client, event.channel});
    if (found == stays_.end()) {
        violations_.add("client {} is shown {} of channel {}, in which it is not", client,
                        id.to_string(), event.channel.value);
        return;
    }
    Stay& stay = found->second;
    if (!stay.shown_here.insert(id).second)
        violations_.add("client {} is shown {} twice", client, id.to_string());
    const bool first = stay.shown.insert(id).second;
    // What Redis has forgotten gets another place, and is given to who comes back behind the first.
    const bool first_place = places_of_[id].size() <= 1;
    if (!first && stay.without_place.erase(id) == 0 && first_place)
        violations_.add("client {} is shown {} again", client, id.to_string());
    if (event.position == Position{}) {
        if (first) stay.without_place.insert(id);
        return;
    }
    check_place("a node", event.channel, event.position, id);
    if (event.position > stay.newest) {
        stay.newest = event.position;
    } else if (!in_gap(stay.node, event.channel, event.position)) {
        violations_.add("client {} is shown {} of channel {} after {}", client,
                        text(event.position), event.channel.value, text(stay.newest));
    }
}

void ContinuityChecker::echoed(ClientId client, ChannelId channel, MessageId id,
                               Position position) {
    if (!echoes_.emplace(client, id).second)
        violations_.add("client {} has two echoes of {}", client, id.to_string());
    const auto stored = log_.find(channel, id);
    if (!stored || !*stored || (*stored)->position != position) {
        violations_.add("client {} has an echo of {}, which is not in the log at {}", client,
                        id.to_string(), text(position));
    }
    const auto found = stays_.find({client, channel});
    if (found == stays_.end()) return;
    found->second.shown.insert(id);
    found->second.shown_here.insert(id);
    // It does not say that all before it was shown; so it may be shown once more to who comes back.
    found->second.without_place.insert(id);
}

void ContinuityChecker::announced(ClientId client, ChannelId channel, Position after,
                                  Position before, std::uint64_t count) {
    ++announcements_;
    if (count == 0 || before <= after) {
        violations_.add("client {} is told of {} events between {} and {}", client, count,
                        text(after), text(before));
    }
    const auto found = stays_.find({client, channel});
    if (found == stays_.end()) return;
    found->second.announced.push_back({.after = after, .before = before, .count = count});
}

void ContinuityChecker::not_given(ClientId client, ChannelId channel, Position after,
                                  Position upto) {
    const auto found = stays_.find({client, channel});
    if (found == stays_.end()) return;
    const auto entries =
        log_.read({.channel = channel, .limit = std::numeric_limits<std::size_t>::max()});
    for (const store::StoredMessage& entry : *entries) {
        if (entry.deleted && entry.position > after && entry.position <= upto)
            found->second.excused.insert(entry.id);
    }
    found->second.caught_up.push_back(
        {.after = after, .upto = upto, .acts = given_[{found->second.node, channel}]});
}

std::vector<Position> ContinuityChecker::places_of(const store::StoredMessage& entry) const {
    const auto places = places_of_.find(entry.id);
    return places == places_of_.end() ? std::vector{entry.position} : places->second;
}

/// By an act that came after it to the node that gave the client what it had missed.
bool ContinuityChecker::taken_away(const Stay& stay, const store::StoredMessage& entry) const {
    const auto published = published_.find(entry.id);
    if (published == published_.end()) return false;
    const std::vector<Position> places = places_of(entry);
    return std::ranges::any_of(stay.caught_up, [&](const CaughtUp& missed) {
        const bool there = std::ranges::any_of(places, [&](const Position& place) {
            return missed.after < place && place <= missed.upto;
        });
        return there && std::ranges::any_of(missed.acts, [&](const Given& act) {
                   return act.order > published->second.order && reaches(act.what, entry);
               });
    });
}

void ContinuityChecker::check_at_rest() {
    std::map<ChannelId, std::vector<store::StoredMessage>> logs;
    for (const auto& [id, event] : published_) logs[event.channel];
    for (auto& [channel, entries] : logs) {
        entries =
            *log_.read({.channel = channel, .limit = std::numeric_limits<std::size_t>::max()});
        check_log(channel, entries);
    }
    for (const auto& [who, stay] : stays_)
        check_stay(who.first, who.second, stay, logs[who.second]);
}

void ContinuityChecker::check_log(ChannelId channel,
                                  const std::vector<store::StoredMessage>& entries) {
    std::set<MessageId> stored;
    Position last;
    WallTime last_at{};
    for (const store::StoredMessage& entry : entries) {
        check_place("the log", channel, entry.position, entry.id);
        stored.insert(entry.id);
        if (entry.position <= last || entry.position.sequence <= last.sequence) {
            violations_.add("the log of channel {} has {} after {}", channel.value,
                            text(entry.position), text(last));
        }
        last = entry.position;
        if (entry.sent_at < last_at && !behind_gap(channel, entry)) {
            violations_.add("time goes back at {} in the log of channel {} by {} ms",
                            text(entry.position), channel.value, (last_at - entry.sent_at).count());
        }
        last_at = entry.sent_at;
        check_hidden(channel, entry);
    }
    for (const auto& [id, event] : published_) {
        if (event.channel != channel || crashed_.contains(event.node) || stored.contains(id))
            continue;
        violations_.add("{} of node {} is not in the log of channel {} (places: {})",
                        id.to_string(), event.node, channel.value, places_of_[id].size());
    }
}

/// What a node has published and has not written when it crashes is not in the history, and so
/// takes nothing away there (ADR 13, "Consequences").
bool ContinuityChecker::lost_with_its_node(ChannelId channel, MessageId act) const {
    const auto published = published_.find(act);
    if (published == published_.end() || !crashed_.contains(published->second.node)) return false;
    const auto stored = log_.find(channel, act);
    return stored && !*stored;
}

/// What two acts took away belongs to one of them, and which one is not certain over nodes.
void ContinuityChecker::check_hidden(ChannelId channel, const store::StoredMessage& entry) {
    if (entry.kind == store::EntryKind::moderation) return;
    bool some = false;
    bool all_undone = true;
    bool none_undone = true;
    std::string by;
    for (const Act& act : acts_[channel]) {
        const bool named = act.what.action == chat::ModAction::delete_message;
        if ((act.position < entry.position && !named) || !reaches(act.what, entry)) continue;
        some = true;
        const auto undo = undone_.find(act.id);
        const bool undone = undo != undone_.end();
        if (undone && crashed_.contains(undo->second)) return;  // before it was done, perhaps
        if (!undone && lost_with_its_node(channel, act.id)) return;
        all_undone = all_undone && undone;
        none_undone = none_undone && !undone;
        by += " " + std::string(chat::name_of(act.what.action)) + " at " + text(act.position);
    }
    if (entry.deleted && all_undone) {
        violations_.add("{} of channel {} is out of sight, {}", text(entry.position), channel.value,
                        some ? "though it was undone:" + by : "and nobody did that");
    }
    if (!entry.deleted && some && none_undone) {
        violations_.add("{} of channel {} is in sight, in spite of{}", text(entry.position),
                        channel.value, by);
    }
}

void ContinuityChecker::check_stay(ClientId client, ChannelId channel, const Stay& stay,
                                   const std::vector<store::StoredMessage>& entries) {
    std::vector<std::uint64_t> left;
    for (const Gap& gap : stay.announced) left.push_back(gap.count);
    for (const store::StoredMessage& entry : entries) {
        if (entry.position <= stay.from || entry.deleted || stay.shown.contains(entry.id) ||
            stay.excused.contains(entry.id) || taken_away(stay, entry))
            continue;
        // Redis forgot its first place, at which the node had shown it before the client came.
        const std::vector<Position> places = places_of(entry);
        if (std::ranges::any_of(places, [&](const Position& one) { return one <= stay.from; }))
            continue;
        const bool came_deleted = std::ranges::any_of(stay.nodes, [&](NodeId node) {
            return came_deleted_.contains({node, entry.id});
        });
        if (came_deleted) continue;
        const auto event = chat::decode_event(entry.event);
        if (!event || !shown_to_viewers(*event)) continue;
        if (const auto by = sayer_of_.find(entry.id); by != sayer_of_.end() && by->second == client)
            continue;
        bool told = false;
        for (std::size_t i = 0; i < left.size() && !told; ++i) {
            const Gap& gap = stay.announced[i];
            // Over an epoch nobody can know how many they are.
            const bool counted = gap.after.epoch == gap.before.epoch;
            const bool there = std::ranges::any_of(places, [&](const Position& place) {
                return gap.after < place && place < gap.before;
            });
            told = there && (!counted || left[i] > 0);
            if (told && counted) --left[i];
        }
        if (told) continue;
        violations_.add("client {} was neither shown {} ({}) of channel {} nor told of a gap there",
                        client, text(entry.position), entry.id.to_string(), channel.value);
    }
}

}  // namespace clamor::sim
