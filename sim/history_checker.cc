// SPDX-License-Identifier: Apache-2.0
#include "sim/history_checker.h"

namespace clamor::sim {

void HistoryChecker::published(ChannelId channel, const chat::Message& message) {
    Channel& known = channels_[channel];
    known.messages.emplace_back(message.id, message.client_nonce);
    if (message.sent_at < known.last_sent_at)
        violations_.add("time goes back in channel {}", channel.value);
    known.last_sent_at = message.sent_at;
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

void HistoryChecker::check_at_rest() {
    for (auto& [channel, known] : channels_) {
        store::HistoryQuery query{.channel = channel};
        query.after_sequence = known.checked;
        query.limit = known.messages.size() + 1;
        const auto stored = log_.read(query);
        if (!stored) {
            violations_.add("the log of channel {} cannot be read: {}", channel.value,
                            stored.error().to_string());
            continue;
        }
        if (stored->size() != known.messages.size() - known.checked) {
            violations_.add("the log of channel {} holds {} new messages, but {} were accepted",
                            channel.value, stored->size(), known.messages.size() - known.checked);
        }
        std::uint64_t sequence = known.checked;
        for (const store::StoredMessage& message : *stored) {
            if (message.position.sequence != ++sequence) {
                violations_.add("the log of channel {} jumps to {} from {}", channel.value,
                                message.position.sequence, sequence - 1);
                break;
            }
            if (sequence > known.messages.size() ||
                message.id != known.messages[sequence - 1].first) {
                violations_.add("the log of channel {} has another message at {}", channel.value,
                                sequence);
            }
        }
        known.checked = known.messages.size();
    }
}

}  // namespace clamor::sim
