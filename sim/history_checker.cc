// SPDX-License-Identifier: Apache-2.0
#include "sim/history_checker.h"

#include <algorithm>

namespace clamor::sim {

bool HistoryChecker::Channel::hidden(std::size_t index) const {
    if (!entries[index].author) return false;
    if (entries[index].hidden_by) return true;
    return std::any_of(clearings.begin(), clearings.end(),
                       [index](const auto& clearing) { return index < clearing.second; });
}

void HistoryChecker::Channel::hide(std::size_t index, MessageId by) {
    if (entries[index].author && !hidden(index)) entries[index].hidden_by = by;
}

void HistoryChecker::check_time(ChannelId channel, Channel& known, WallTime at) {
    if (at < known.last_sent_at) violations_.add("time goes back in channel {}", channel.value);
    known.last_sent_at = at;
}

void HistoryChecker::acted(ChannelId channel, const chat::Moderation& act) {
    Channel& known = channels_[channel];
    check_time(channel, known, act.at);
    known.entries.push_back({.id = act.id, .author = {}, .hidden_by = {}});
    if (act.action == chat::ModAction::clear) known.clearings[act.id] = known.entries.size();
    const bool by_author =
        act.action == chat::ModAction::ban || act.action == chat::ModAction::timeout;
    for (std::size_t i = 0; i < known.entries.size(); ++i) {
        const Entry& entry = known.entries[i];
        const bool deleted =
            act.action == chat::ModAction::delete_message && entry.id == act.message_id;
        if (deleted || (by_author && entry.author == act.target.id)) known.hide(i, act.id);
    }
}

void HistoryChecker::undone(ChannelId channel, const std::vector<MessageId>& acts) {
    Channel& known = channels_[channel];
    for (const MessageId act : acts) {
        known.clearings.erase(act);
        for (Entry& entry : known.entries) {
            if (entry.hidden_by == act) entry.hidden_by = {};
        }
    }
}

void HistoryChecker::published(ChannelId channel, const chat::Message& message) {
    Channel& known = channels_[channel];
    known.entries.push_back({.id = message.id, .author = message.author_id, .hidden_by = {}});
    check_time(channel, known, message.sent_at);
    const bool first = known.authors.insert(message.author_id).second;
    if (first != message.first_message && !faulted_.contains(channel)) {
        violations_.add("{}'s message is {}their first in channel {}", message.author_login,
                        first ? "" : "not ", channel.value);
    }
}

void HistoryChecker::echoed(ChannelId channel, MessageId id, const std::string& nonce) {
    const auto stored = log_.find(channel, id);
    if (!stored || !*stored) {
        violations_.add("an echo came for {}, which is not in the log", id.to_string());
        return;
    }
    const auto event = chat::decode_event((*stored)->event);
    const auto* message = event ? std::get_if<chat::Message>(&event->body) : nullptr;
    if (message == nullptr || message->id != id || message->client_nonce != nonce) {
        violations_.add("the echo of {} names a message that is another's", nonce);
    }
}

std::uint64_t HistoryChecker::check_at_rest() {
    std::uint64_t out_of_sight = 0;
    for (const auto& [channel, known] : channels_) {
        store::HistoryQuery query{.channel = channel};
        query.after_sequence = 0;
        query.limit = known.entries.size() + 1;
        const auto stored = log_.read(query);
        if (!stored) {
            violations_.add("the log of channel {} cannot be read: {}", channel.value,
                            stored.error().to_string());
            continue;
        }
        if (stored->size() != known.entries.size()) {
            violations_.add("the log of channel {} holds {} entries, but {} were accepted",
                            channel.value, stored->size(), known.entries.size());
        }
        std::uint64_t sequence = 0;
        for (const store::StoredMessage& message : *stored) {
            if (message.position.sequence != ++sequence) {
                violations_.add("the log of channel {} jumps to {} from {}", channel.value,
                                message.position.sequence, sequence - 1);
                break;
            }
            const std::size_t index = sequence - 1;
            if (index >= known.entries.size() || message.id != known.entries[index].id) {
                violations_.add("the log of channel {} has another message at {}", channel.value,
                                sequence);
                continue;
            }
            const bool hidden = known.hidden(index);
            out_of_sight += hidden ? 1 : 0;
            if (message.deleted != hidden) {
                violations_.add("number {} of channel {} is {} in the log, but moderators {}",
                                sequence, channel.value, message.deleted ? "deleted" : "visible",
                                hidden ? "hid it" : "did not hide it");
            }
        }
    }
    return out_of_sight;
}

}  // namespace clamor::sim
